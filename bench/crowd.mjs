/** A thousand streams at once. */
import { inTurn, spread, start } from './measure.mjs'
import { round, tell, withSpread } from './result.mjs'

const ENTRANTS = {
  'bare loop': 'bareLoop',
  chatwire: 'chatwireText',
  openai: 'openai',
  xsai: 'xsai',
}
const task = { wire: 'openai', streams: 1000, chunks: 50 }

const costs = await inTurn(
  Object.entries(ENTRANTS).map(([name, contender]) => ({
    name,
    task: { ...task, job: 'crowd', contender },
  })),
  { rounds: 6, warmUps: 1 },
)

async function memory(contender) {
  const process = start()
  try {
    const values = []
    for (let round = 0; round < 3; round++)
      values.push(await process.ask({ ...task, job: 'memory', contender }))
    return spread(values.slice(1)).median / 1000
  } finally {
    process.stop()
  }
}

const rows = []
for (const [index, contender] of Object.values(ENTRANTS).entries()) {
  const { name, value, ratio } = costs[index]
  rows.push([name, round(value.median), withSpread(ratio), round(await memory(contender))])
}
tell({
  title: '1,000 streams at once',
  note: 'CPU per chunk, the start of each stream (50 chunks) included; the heap of a stream in the middle of it.',
  head: ['', 'µs a chunk', '× bare', 'kB a stream'],
  rows,
})
