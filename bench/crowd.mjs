/** Thousands of streams at once. */
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

/** CPU of a chunk in a crowd of 5,000, and in one of 100; the streams are as long in both. */
async function ask(job, contender, streams) {
  const one = start()
  try {
    const values = []
    for (let round = 0; round < 4; round++)
      values.push(
        await one.ask({
          job,
          contender,
          wire: 'openai',
          streams,
          chunks: job === 'crowd' ? 50 : 2,
        }),
      )
    return spread(values.slice(1)).median
  } finally {
    one.stop()
  }
}

const IDLE = {
  'bare loop': 'bareLoop',
  'bare loop that can be aborted': 'abortableLoop',
  'the same, by ky': 'abortableKyLoop',
  chatwire: 'chatwireText',
  openai: 'openai',
}
const idle = {}
for (const [name, contender] of Object.entries(IDLE))
  idle[name] = await ask('idle', contender, 5000)
const [few, many] = [
  await ask('crowd', 'chatwireText', 100),
  await ask('crowd', 'chatwireText', 5000),
]
const [bareFew, bareMany] = [
  await ask('crowd', 'bareLoop', 100),
  await ask('crowd', 'bareLoop', 5000),
]
for (const [name, held] of Object.entries(idle)) {
  const ratio = `${round(held / idle['bare loop'])} (memory)`
  rows.push([`5,000 idle: ${name}`, '', ratio, round(held / 1000)])
}
rows.push(['100 at once, 50 chunks: chatwire', round(few), round(few / bareFew), ''])
rows.push(['5,000 at once, 50 chunks: chatwire', round(many), round(many / bareMany), ''])
rows.push(['5,000 × 100 streams: bare loop', round(bareMany / bareFew), '', ''])
tell({
  title: 'Thousands of streams at once',
  note: 'CPU per chunk, the start of each stream included: of 1,000 streams of 50 chunks, then of 100 and of 5,000; the heap of a stream in the middle of it, and of one that waits for its second chunk.',
  head: ['', 'µs a chunk', '× bare', 'kB a stream'],
  rows,
  figures: [
    {
      what: 'memory of an idle stream of 5,000, × bare loop',
      value: idle.chatwire / idle['bare loop'],
      limit: 1.3,
    },
    { what: 'CPU per chunk of 5,000 streams, × 100 streams', value: many / few, limit: 1.1 },
  ],
})
