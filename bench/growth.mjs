/** Ten thousand chunks, and a million: what each costs, and what is kept of it. */
import { inTurn, start } from './measure.mjs'
import { round, tell, withSpread } from './result.mjs'

const SIZES = [10_000, 100_000, 1_000_000]

/** The sizes in turn; where streams are short, many of them, for what was compiled meanwhile counts. */
async function cost(contender) {
  return inTurn(
    SIZES.map((chunks) => ({
      name: String(chunks),
      task: {
        job: 'chunk',
        contender,
        wire: 'openai',
        chunks,
        streams: Math.ceil(200_000 / chunks),
      },
    })),
    { rounds: 6, warmUps: 1 },
  )
}

/** Bytes that are kept of a chunk when the last one has come. */
async function kept(contender, chunks) {
  const process = start()
  try {
    const task = { job: 'memory', contender, wire: 'openai', streams: 1, share: 1 }
    await process.ask({ ...task, chunks: SIZES[0] })
    return (await process.ask({ ...task, chunks })) / chunks
  } finally {
    process.stop()
  }
}

const ours = await cost('chatwireText')
const bare = await cost('bareLoop')
const rows = []
const bytes = []
for (const [index, chunks] of SIZES.entries()) {
  bytes.push(await kept('chatwireText', chunks))
  rows.push([
    chunks.toLocaleString('en'),
    round(ours[index].value.median),
    withSpread(ours[index].ratio),
    round(bare[index].value.median),
    withSpread(bare[index].ratio),
    round(bytes[index]),
  ])
}
tell({
  title: 'Growth',
  note: 'CPU per chunk in a stream of so many, and as many times as in the shortest; bytes that are kept of a chunk at its end (its text alone is 4.7).',
  head: ['chunks', 'chatwire, µs', '× shortest', 'bare loop, µs', '× shortest', 'bytes kept'],
  rows,
  figures: [
    // Flat, as well as a noisy machine can tell.
    {
      what: 'a chunk of a million, × one of ten thousand',
      value: ours[2].ratio.median,
      limit: 1.1,
    },
  ],
})
