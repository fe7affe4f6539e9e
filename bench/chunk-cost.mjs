/** Measures the CPU cost of a streamed chunk in the OpenAI format, with one event a read and with ten. */
import { BASELINE, buildBaseline } from './baseline.mjs'
import { inTurn } from './measure.mjs'
import { round, tell, withSpread } from './result.mjs'

const baseline = buildBaseline()
/** So many reads that a stream takes each about as long: what a call costs once must not count. */
const ENTRANTS = [
  ['bare loop', 'bareLoop', 10_000],
  ['chatwire', 'chatwireText', 10_000],
  ['openai', 'openai', 5000],
  ['xsai', 'xsai', 5000],
  ['LangChain', 'langchain', 1000],
  ['ai', 'ai', 1000],
  ...(baseline ? [[`chatwire of ${BASELINE}`, 'baseline', 10_000]] : []),
]

const measure = (perRead) =>
  inTurn(
    ENTRANTS.map(([name, contender, reads]) => ({
      name,
      env: { BENCH_BASELINE: baseline },
      task: { job: 'chunk', contender, wire: 'openai', chunks: reads * perRead, perRead },
    })),
    { rounds: 40, warmUps: 10 },
  )

const [one, ten] = [await measure(1), await measure(10)]
const [, ours, openai] = one
tell({
  title: 'Cost of a streamed chunk, OpenAI format',
  note: 'CPU per chunk, and how many times that of the bare loop in the same round.',
  head: ['', 'one a read, µs', '× bare', 'ten a read, µs', '× bare'],
  rows: one.map(({ name, value, ratio }, index) => [
    name,
    round(value.median),
    withSpread(ratio),
    round(ten[index].value.median),
    withSpread(ten[index].ratio),
  ]),
  figures: [
    { what: 'OpenAI, one event a read, × bare loop', value: ours.ratio.median, limit: 0.8 },
    { what: 'OpenAI, ten events a read, × bare loop', value: ten[1].ratio.median, limit: 0.6 },
    {
      what: 'one event a read, × openai client',
      value: ours.ratio.median / openai.ratio.median,
      limit: 0.5,
    },
    {
      what: 'ten events a read, × openai client',
      value: ten[1].ratio.median / ten[2].ratio.median,
      limit: 0.5,
    },
  ],
  bars: one.map(({ name, ratio }) => ({ name, value: round(ratio.median) })),
})
