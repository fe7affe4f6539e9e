/** Every wire and every kind of content, each against a bare loop over the same bytes. */
import { inTurn, start } from './measure.mjs'
import { round, tell, withSpread } from './result.mjs'
import { CONTENTS, TEXT } from './wires.mjs'

/** So many that what a call costs once does not count. */
const CHUNKS = 20_000
const task = (contender, wire, perRead = 1) => ({
  job: 'chunk',
  contender,
  wire,
  chunks: perRead > 1 ? 2 * CHUNKS : CHUNKS,
  perRead,
})

/** Why a wire is left out: its provider may not be there yet. */
async function findFailure(wire) {
  const probe = start()
  try {
    await probe.ask({ ...task('chatwire', wire), chunks: 10 })
    return undefined
  } catch (error) {
    return String(error).split('\n', 1)[0]
  } finally {
    probe.stop()
  }
}

const rows = []
const figures = []
for (const wire of Object.keys({ ...TEXT, ...CONTENTS })) {
  const failure = await findFailure(wire)
  if (failure) {
    rows.push([`${wire}: ${failure}`, '', '', '', ''])
    continue
  }
  const [one, ten] = [await measure(wire, 1), await measure(wire, 10)]
  rows.push([
    wire,
    round(one.bare.value.median),
    round(one.ours.value.median),
    withSpread(one.ours.ratio),
    withSpread(ten.ours.ratio),
  ])
  figures.push({
    what: `${wire}, × bare loop`,
    value: one.ours.ratio.median,
    limit: 1,
  })
}

async function measure(wire, perRead) {
  const [bare, ours] = await inTurn(
    [
      { name: 'bare loop', task: task('bareLoop', wire, perRead) },
      { name: 'chatwire', task: task('chatwire', wire, perRead) },
    ],
    { rounds: 30, warmUps: 15 },
  )
  return { bare, ours }
}

tell({
  title: 'Cost of a streamed chunk, each wire and content',
  note: 'Read by `events()`. CPU per chunk, against a bare loop over the same bytes in the same round.',
  head: ['', 'bare loop, µs', 'chatwire, µs', '× bare, one a read', '× bare, ten a read'],
  rows,
  figures,
})
