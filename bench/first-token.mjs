/** Measures how much later than in a bare loop the first text arrives, request and headers included. */
import { inTurn } from './measure.mjs'
import { round, tell, withSpread } from './result.mjs'

const ENTRANTS = {
  'bare loop': 'bareLoop',
  'bare loop that can be aborted': 'abortableLoop',
  'the same, by ky': 'abortableKyLoop',
  chatwire: 'chatwireText',
  openai: 'openai',
  xsai: 'xsai',
}
const SLOW = { LangChain: 'langchain', ai: 'ai' }

const results = await inTurn(
  Object.entries({ ...ENTRANTS, ...SLOW }).map(([name, contender]) => ({
    name,
    task: { job: 'first', contender, wire: 'openai', calls: name in SLOW ? 20 : 200 },
  })),
  { rounds: 25, warmUps: 4, isClock: true },
)
const bare = results[0].value.median
tell({
  title: 'First token',
  note: 'From the call until the first text, wall-clock time, in process; a new client for every call.',
  head: ['', 'µs', 'later than the bare loop, ms'],
  rows: results.map(({ name, value }) => [
    name,
    withSpread(value),
    round((value.median - bare) / 1000),
  ]),
  figures: [
    {
      what: 'first token later than in the bare loop',
      value: (results.find(({ name }) => name === 'chatwire').value.median - bare) / 1000,
      limit: 0.2,
      unit: 'ms',
    },
  ],
})
