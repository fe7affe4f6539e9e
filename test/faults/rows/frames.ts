/**
 * Frames: garbage, too large, without an end.
 */
import type { Exchange } from '../exchange.ts'
import { half } from '../exchange.ts'
import type { Fault } from '../fault.ts'
import { always, byMode, final, fine, once, said, twice } from '../fault.ts'

/** Small enough to be passed quickly, and larger than any frame of a good answer. */
const LIMIT = { maxFrameLength: 20_000 }
/** Bytes that system and client may buffer after reading stopped. */
const SENT = 8 * 1024 * 1024
const LARGE = 'x'.repeat(60_000)

/** A good frame with another text in it. */
async function frameWith(to: Exchange, text: string): Promise<string> {
  const { frames } = await to.good({ pieces: [text] })
  return frames.find((frame) => frame.includes(text)) as string
}

const garbage: Fault[] = [
  {
    name: 'garbage frame first',
    async perform(to) {
      to.head()
      await to.send(to.stream ? 'data: {oops}\n\n' : '{oops}')
      // In a stream the client hangs up: nothing good can come any more.
      if (!to.stream) to.end()
    },
    // A body that does not parse is taken for one that was cut.
    expected: byMode(twice('bad_frame'), twice('stream_truncated')),
  },
  {
    name: 'garbage frame, then well',
    heals: true,
    async perform(to) {
      to.head()
      await to.send(to.stream ? 'data: {oops}\n\n' : '{oops}')
      if (!to.stream) to.end()
    },
    expected: always(fine({ requests: 2 })),
  },
  {
    name: 'garbage frame in mid-text',
    mode: 'stream',
    async perform(to) {
      await to.say(2)
      await to.send('data: {oops}\n\n')
    },
    expected: always(once('bad_frame', { text: said(2) })),
  },
  {
    name: 'garbage and text in one piece',
    mode: 'stream',
    async perform(to) {
      const { headers, frames } = await to.good()
      to.head(headers)
      const text = frames.slice(0, to.framesOf(frames, 2)).join('')
      await to.send(`${text}data: {oops}\n\n${frames.slice(-2).join('')}`)
    },
    expected: always(once('bad_frame', { text: said(2) })),
  },
  {
    name: 'half a frame, then the next one',
    mode: 'stream',
    async perform(to) {
      const rest = await to.say(2)
      await to.send(`${half((rest[0] as string).trimEnd())}\n\n${rest.slice(1).join('')}`)
    },
    expected: always(once('bad_frame', { text: said(2) })),
  },
  {
    name: 'frames that are not objects',
    mode: 'stream',
    async perform(to) {
      to.head()
      await to.send('data: 5\n\ndata: "words"\n\ndata: null\n\n')
      to.end()
    },
    expected: always(final('unexpected_response')),
  },
  {
    name: 'frames of other shapes',
    mode: 'stream',
    async perform(to) {
      await to.say(1)
      const output = { choices: [{ message: { tool_calls: [null] } }] }
      const candidates = [{ content: { parts: [null] } }]
      const message = { tool_calls: [null] }
      const block = { type: 'content_block_start', content_block: 7 }
      const item = { type: 'response.output_item.done', item: 7 }
      const typed = to.place.column.family === 'openai_responses' ? item : block
      const broken = { choices: [{ delta: 7 }], output, candidates, message, ...typed }
      await to.send(`data: ${JSON.stringify(broken)}\n\n`)
    },
    expected: always(once('bad_frame', { text: said(1) })),
  },
]

const large: Fault[] = [
  {
    name: 'frame over the limit',
    settings: LIMIT,
    async perform(to) {
      if (to.stream) {
        await to.say(2)
        await to.send(await frameWith(to, LARGE))
      } else await to.answer(await to.good({ text: LARGE }))
    },
    expected: byMode(final('frame_too_large', { text: said(2) }), final('frame_too_large')),
  },
  {
    name: 'first frame over the limit',
    mode: 'stream',
    settings: LIMIT,
    async perform(to) {
      to.head()
      await to.send(await frameWith(to, LARGE))
    },
    expected: always(final('frame_too_large')),
  },
  {
    name: 'text and a frame over the limit in one piece',
    mode: 'stream',
    settings: LIMIT,
    async perform(to) {
      const { headers, frames } = await to.good()
      const text = frames.slice(0, to.framesOf(frames, 2)).join('')
      to.head(headers)
      await to.send(text + (await frameWith(to, LARGE)))
    },
    expected: always(final('frame_too_large', { text: said(2) })),
  },
  {
    name: 'endless line',
    settings: LIMIT,
    async perform(to) {
      to.head()
      await to.send(to.stream ? 'data: {"text":"' : '{"text":"')
      await to.flood('x'.repeat(16_384))
    },
    expected: always(final('frame_too_large', { sent: SENT })),
  },
  {
    name: 'endless frame of many lines',
    mode: 'stream',
    except: ['ollama'], // its frame is one line
    settings: LIMIT,
    async perform(to) {
      to.head()
      await to.flood(`data: ${'x'.repeat(100)}\n`.repeat(100))
    },
    expected: always(final('frame_too_large', { sent: SENT })),
  },
  {
    name: 'endless comment',
    mode: 'stream',
    settings: LIMIT,
    async perform(to) {
      await to.say(1)
      await to.send(': ')
      await to.flood('x'.repeat(16_384))
    },
    expected: always(final('frame_too_large', { text: said(1), sent: SENT })),
  },
  {
    name: 'endless line that is not a field',
    mode: 'stream',
    settings: LIMIT,
    async perform(to) {
      await to.say(1)
      await to.send('{"text":"')
      await to.flood('x'.repeat(16_384))
    },
    expected: always(final('frame_too_large', { text: said(1), sent: SENT })),
  },
  {
    name: 'endless page under 200',
    settings: LIMIT,
    async perform(to) {
      to.head({ 'content-type': 'text/html' })
      await to.flood('<p>And another thing</p>\n'.repeat(400))
    },
    expected: always(final('frame_too_large', { sent: SENT })),
  },
  {
    name: 'endless body of a refusal',
    async perform(to) {
      to.head({ 'content-type': 'text/html' }, 400)
      await to.flood('<p>And another thing</p>\n'.repeat(400))
    },
    expected: always(final('bad_request', { sent: SENT })),
  },
]

export const frameRows: readonly Fault[] = [...garbage, ...large]
