/** Measures the CPU cost of a streamed chunk in each Node, recorded shapes and small ones, beside a bare loop and the baseline. */
import { existsSync } from 'node:fs'
import { BASELINE, buildBaseline } from './baseline.mjs'
import { inTurn } from './measure.mjs'
import { ROOT } from './programs.mjs'
import { round, tell, withSpread } from './result.mjs'

const baseline = buildBaseline()
const env = { BENCH_BASELINE: baseline }
const ENTRANTS = [
  ['bare loop', 'bareLoop'],
  ['chatwire', 'chatwireText'],
  ['an iterator alone', 'floor'],
  ...(baseline ? [[`chatwire of ${BASELINE}`, 'baseline']] : []),
]
/** So many that what a call costs once does not count. */
const CHUNKS = 50_000
const rows = []
const figures = []
for (const major of [22, 24, 26]) {
  const node = `${ROOT}test/runtimes/node/node_modules/node${major}/bin/node`
  if (!existsSync(node)) continue
  for (const [wire, frames] of [
    ['openai', 'recorded frames'],
    ['openai, small frames', 'small frames'],
  ]) {
    const measure = (perRead) =>
      inTurn(
        ENTRANTS.map(([name, contender]) => ({
          name,
          node,
          env,
          task: { job: 'chunk', contender, wire, chunks: CHUNKS, perRead },
        })),
        // As many warm-ups as the engine takes to compile all that is used. What it makes of it differs from process to
        // process by 5 %.
        { rounds: 7, warmUps: 13, starts: 5 },
      )
    const [one, ten] = [await measure(1), await measure(10)]
    for (const [index, { name, value, ratio }] of one.entries())
      rows.push([
        `Node ${major}, ${frames}, ${name}`,
        round(value.median),
        withSpread(ratio),
        round(ten[index].value.median),
        withSpread(ten[index].ratio),
      ])
    figures.push(
      {
        what: `Node ${major}, ${frames}, one a read, × bare loop`,
        value: one[1].ratio.median,
        limit: 0.8,
      },
      {
        what: `Node ${major}, ${frames}, ten a read, × bare loop`,
        value: ten[1].ratio.median,
        limit: 0.6,
      },
    )
  }
}
tell({
  title: 'Cost of a streamed chunk, in each Node',
  note: 'CPU per chunk, and how many times that of the bare loop in the same Node and round. Recorded frames have the members of a frame of OpenAI, small ones only the text. The iterator alone cuts the text out of frames whose form it is given, and does nothing else.',
  head: ['', 'one a read, µs', '× bare', 'ten a read, µs', '× bare'],
  rows,
  figures,
})
