/**
 * The body as such: empty, cut, of another kind than was asked for.
 */
import type { Exchange } from '../exchange.ts'
import { half } from '../exchange.ts'
import type { Fault } from '../fault.ts'
import { always, byMode, final, fine, once, PIECES, said, TEXT, twice } from '../fault.ts'

const PAGE =
  '<!doctype html>\n<html><head><title>Log in</title><style>p{}</style></head>\n<body><p>Please log in</p></body></html>\n'
const HTML = { 'content-type': 'text/html; charset=utf-8' }

const empty: Fault[] = [
  {
    name: 'empty body',
    perform(to) {
      to.head()
      to.end()
    },
    expected: always(twice('unexpected_response')),
  },
  {
    name: 'empty body, content-length 0',
    perform(to) {
      to.head({ ...to.typeHeaders, 'content-length': '0' })
      to.end()
    },
    expected: always(twice('unexpected_response')),
  },
  {
    name: '204 without a body',
    perform(to) {
      to.head({}, 204)
      to.end()
    },
    expected: always(twice('unexpected_response')),
  },
  {
    name: 'end before the first event',
    async perform(to) {
      to.head()
      await to.send(to.stream ? ': hello\n\n' : ' \n\n')
      to.end()
    },
    expected: always(twice('unexpected_response')),
  },
  {
    name: 'end before the first event, then well',
    heals: true,
    async perform(to) {
      to.head()
      await to.send(to.stream ? ': hello\n\n' : ' \n\n')
      to.end()
    },
    expected: always(fine({ requests: 2 })),
  },
]

async function cutInCharacter(to: Exchange): Promise<void> {
  const { headers, frames } = await to.good()
  to.head(headers)
  const body = Buffer.from(frames.join(''))
  // After the first of three bytes.
  await to.send(body.subarray(0, body.indexOf(PIECES[2].trim()) + 1))
  await to.read(2)
}

const cut: Fault[] = [
  {
    name: 'end in mid-text',
    async perform(to) {
      await to.say(2)
      to.end()
    },
    expected: byMode(once('stream_truncated', { text: said(2) }), twice('stream_truncated')),
  },
  {
    name: 'end in the middle of a frame',
    async perform(to) {
      const rest = await to.say(2)
      if (to.stream) await to.send(half(rest[0] as string))
      to.end()
    },
    expected: byMode(once('stream_truncated', { text: said(2) }), twice('stream_truncated')),
  },
  {
    name: 'end in the middle of the first frame',
    mode: 'stream',
    async perform(to) {
      const { headers, frames } = await to.good()
      to.head(headers)
      await to.send(half(frames[0] as string))
      to.end()
    },
    expected: always(twice('stream_truncated')),
  },
  {
    name: 'end inside a UTF-8 character',
    async perform(to) {
      await cutInCharacter(to)
      to.end()
    },
    expected: byMode(once('stream_truncated', { text: said(2) }), twice('stream_truncated')),
  },
  {
    name: 'reset inside a UTF-8 character',
    async perform(to) {
      await cutInCharacter(to)
      to.reset()
    },
    expected: byMode(once('connection_lost', { text: said(2) }), twice('connection_lost')),
  },
  {
    name: 'end in a tool call',
    tools: true,
    except: ['gemini', 'ollama'], // their calls come whole
    async perform(to) {
      const { headers, frames } = await to.good()
      to.head(headers)
      const at = to.framesOfCall(frames)
      await to.send(to.stream ? frames.slice(0, at).join('') : half(frames[0] as string))
      to.end()
    },
    expected: byMode(
      once('stream_truncated', { toolCall: '{"city":"Ber' }),
      twice('stream_truncated'),
    ),
  },
]

const foreign: Fault[] = [
  {
    name: 'HTML under 200',
    async perform(to) {
      to.head(HTML)
      await to.send(PAGE)
      to.end()
    },
    expected: always(final('unexpected_response', { words: /Please log in/ })),
  },
  {
    name: 'HTML under 200, called an event stream',
    async perform(to) {
      to.head()
      await to.send(PAGE)
      to.end()
    },
    expected: always(final('unexpected_response', { words: /Please log in/ })),
  },
  {
    name: 'HTML in mid-stream',
    mode: 'stream',
    async perform(to) {
      await to.say(2)
      await to.send(PAGE)
      to.end()
    },
    expected: always(once('stream_truncated', { text: said(2) })),
  },
  {
    name: 'plain words under 200',
    async perform(to) {
      to.head({ 'content-type': 'text/plain' })
      await to.send('upstream connect error or disconnect/reset before headers\n')
      to.end()
    },
    expected: always(final('unexpected_response', { words: /upstream connect error/ })),
  },
  {
    name: 'JSON of another format',
    async perform(to) {
      to.head({ 'content-type': 'application/json' })
      await to.send('{"status":"ok","version":"1.2.3"}')
      to.end()
    },
    expected: always(final('unexpected_response')),
  },
  {
    name: 'an event stream of another format',
    async perform(to) {
      to.head({ 'content-type': 'text/event-stream' })
      await to.send('event: tick\ndata: {"now":1}\n\n'.repeat(3))
      to.end()
    },
    expected: always(final('unexpected_response')),
  },
  {
    name: 'JSON instead of SSE',
    mode: 'stream',
    async perform(to) {
      await to.answer(await to.good(undefined, 'the other way'))
    },
    expected: always(fine({ usage: 'server' })),
  },
  {
    name: 'SSE instead of JSON',
    mode: 'whole',
    async perform(to) {
      await to.answer(await to.good(undefined, 'the other way'))
    },
    expected: always(fine()),
  },
  {
    name: 'SSE instead of JSON, cut',
    mode: 'whole',
    async perform(to) {
      const good = await to.good(undefined, 'the other way')
      const frames = good.frames.slice(0, to.framesOf(good.frames, 2))
      await to.answer({ ...good, frames })
    },
    // The caller waits for the whole: what arrived is in the error, and nothing was asked twice.
    expected: always(once('stream_truncated', { text: said(2) })),
  },
]

async function byByte(to: Exchange): Promise<void> {
  const { headers, frames } = await to.good()
  to.head(headers)
  to.socket.setNoDelay(true)
  for (const byte of Buffer.from(frames.join(''))) if (!(await to.send(Buffer.of(byte)))) return
  to.end()
}

const delivery: Fault[] = [
  {
    name: 'byte by byte',
    perform: byByte,
    expected: always(fine({ usage: 'server', text: TEXT })),
  },
  {
    name: 'without a content type',
    async perform(to) {
      const { frames } = await to.good()
      to.head({})
      await to.send(frames.join(''))
      to.end()
    },
    expected: always(fine({ usage: 'server' })),
  },
]

export const bodyRows: readonly Fault[] = [...empty, ...cut, ...foreign, ...delivery]
