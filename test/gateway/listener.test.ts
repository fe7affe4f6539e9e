/**
 * The listener of `examples/node-server`: a request that is refused with its body unread does not jam the connection that
 * the next one reuses, in whatever shape the body arrives.
 */
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { Agent, createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createGateway } from 'chatwire/gateway'
import { simulate } from 'chatwire/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { toListener } from '../../examples/node-server/listener.mjs'

const gateway = createGateway({
  models: {
    m: { modelServer: 'openai', model: 'gpt-4o', apiKey: 'k', fetch: simulate('openai', 'Hi') },
  },
  authorize: (incoming) => incoming.headers.get('authorization') === 'Bearer k',
  limits: { maxBodyBytes: 100_000 },
})
const server = createServer(toListener(gateway))
const agent = new Agent({ keepAlive: true, maxSockets: 1 })
let port = 0

beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  ;({ port } = server.address() as AddressInfo)
})
afterAll(() => {
  agent.destroy()
  server.closeAllConnections()
  server.close()
})

interface Asked {
  key?: string
  type?: string
  path?: string
  method?: string
  headers?: Record<string, string>
}

async function ask(pieces: readonly string[], asked: Asked = {}): Promise<string> {
  const {
    key = 'k',
    type = 'application/json',
    path = '/v1/chat/completions',
    method = 'POST',
  } = asked
  const headers = { authorization: `Bearer ${key}`, 'content-type': type, ...asked.headers }
  const sent = request({ port, agent, method, path, headers })
  const answered = once(sent, 'response') as Promise<[IncomingMessage]>
  if (asked.headers?.expect) await Promise.race([once(sent, 'continue'), answered])
  for (const piece of pieces) sent.write(piece)
  sent.end()
  const [response] = await answered
  let body = ''
  for await (const piece of response) body += piece
  return `${response.statusCode} ${body.slice(0, 9)}`
}

const BODY = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'Hi' }] })
const LARGE = 'x'.repeat(500_000)
const length = (text: string) => ({ 'content-length': String(text.length) })

test.each<[shape: string, pieces: string[], asked: Asked, status: number]>([
  ['a wrong key', [LARGE], { key: 'old', headers: length(LARGE) }, 401],
  ['a wrong key, in chunks', [LARGE, LARGE], { key: 'old' }, 401],
  ['a wrong key, with a body of 5 MB', Array(10).fill(LARGE), { key: 'old' }, 401],
  [
    'a wrong key and an Expect',
    [LARGE],
    { key: 'old', headers: { ...length(LARGE), expect: '100-continue' } },
    401,
  ],
  ['a declared length beyond the limit', [LARGE], { headers: length(LARGE) }, 413],
  ['chunks beyond the limit', [BODY.slice(0, 5), LARGE, LARGE], {}, 413],
  ['another type', [LARGE], { type: 'text/plain' }, 415],
  ['a compressed body', [LARGE], { headers: { 'content-encoding': 'gzip' } }, 415],
  ['no such path', [LARGE], { path: '/nowhere' }, 404],
  ['another method', [LARGE], { method: 'PUT' }, 405],
  ['a GET with a body', [BODY], { method: 'GET', path: '/v1/models', headers: length(BODY) }, 200],
])(
  'after %s the next request of the connection is answered',
  async (_shape, pieces, asked, status) => {
    expect(await ask(pieces, asked)).toMatch(new RegExp(`^${status} \\{`))
    const began = Date.now()
    expect(await ask([BODY])).toBe('200 {"id":"ch')
    // A connection that is stuck is given up after five seconds.
    expect(Date.now() - began).toBeLessThan(4000)
  },
)
