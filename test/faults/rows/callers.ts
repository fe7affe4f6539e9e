/**
 * Callers that stop, and servers that echo a key.
 */
import type { Exchange } from '../exchange.ts'
import type { Fault } from '../fault.ts'
import { always, byMode, final, once, said, twice } from '../fault.ts'

const gone = { requests: 1, ownReason: true, within: 15_000 } as const

const stops: Fault[] = [
  {
    name: 'abort before headers',
    stop: 'abort before headers',
    perform() {},
    expected: always(gone),
  },
  {
    name: 'abort while waiting',
    stop: 'abort while waiting',
    async perform(to) {
      to.head({ 'retry-after': '30' }, 503)
      to.end()
    },
    expected: always(gone),
  },
  {
    name: 'abort in mid-text',
    stop: 'abort in mid-text',
    async perform(to) {
      await to.say(2)
    },
    expected: byMode({ ...gone, text: said(2) }, gone),
  },
  {
    name: 'cancel in mid-text',
    mode: 'stream',
    stop: 'cancel',
    async perform(to) {
      await to.say(2)
    },
    expected: always({ ...gone, text: said(2) }),
  },
  {
    name: 'leave in mid-text',
    mode: 'stream',
    stop: 'leave',
    async perform(to) {
      await to.say(2)
      await to.flood(': more\n\n', 10)
    },
    // Both pieces came at once, so both had arrived.
    expected: always({ requests: 1, text: said(2), within: 15_000 }),
  },
]

const echo = (to: Exchange) => `Incorrect API key provided: ${to.place.column.key}`

const echoes: Fault[] = [
  {
    name: 'key said back in a refusal',
    async perform(to) {
      to.head({ 'content-type': 'application/json' }, 401)
      const { key } = to.place.column
      await to.send(
        JSON.stringify({
          error: { message: echo(to), code: key, type: key },
          code: key,
          message: echo(to),
          request_id: key,
        }),
      )
      to.end()
    },
    expected: always(final('authentication')),
  },
  {
    name: 'key said back in a page',
    async perform(to) {
      to.head({ 'content-type': 'text/html', 'x-request-id': to.place.column.key }, 400)
      await to.send(`<pre>authorization: Bearer ${to.place.column.key}</pre>`)
      to.end()
    },
    expected: always(final('bad_request')),
  },
  {
    name: 'key said back in words under 200',
    async perform(to) {
      to.head({ 'content-type': 'text/plain' })
      await to.send(echo(to))
      to.end()
    },
    expected: always(final('unexpected_response')),
  },
  {
    name: 'key said back in a broken body',
    async perform(to) {
      to.head({ 'x-request-id': to.place.column.key })
      const { key } = to.place.column
      await to.send(to.stream ? `data: ${key} {\n\n` : `{"you":"${key}",`)
      if (!to.stream) to.end()
    },
    expected: byMode(twice('bad_frame'), twice('stream_truncated')),
  },
  {
    name: 'key said back in mid-stream',
    mode: 'stream',
    async perform(to) {
      await to.say(2)
      await to.send(
        `event: error\ndata: ${JSON.stringify({ error: { message: echo(to), code: 'invalid_api_key', status: 'UNAUTHENTICATED' }, code: 'InvalidApiKey', message: echo(to) })}\n\n`,
      )
    },
    expected: always({ ...once('authentication'), retryable: false, text: said(2) }),
  },
  {
    name: 'key said back in a redirect',
    async perform(to) {
      to.head(
        { location: `${to.place.elsewhere}/stolen/${to.place.id}?key=${to.place.column.key}` },
        302,
      )
      to.end()
    },
    expected: always(final('unexpected_response')),
  },
]

export const callerRows: readonly Fault[] = [...stops, ...echoes]
