import { runInNewContext } from 'node:vm'
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { Call } from '../../../src/call.ts'
import type { PostRequest } from '../../../src/http/client.ts'
import { readRetryAfter } from '../../../src/http/client.ts'
import { post } from '../../../src/http/late-post.ts'
import { readSSE } from '../../../src/http/sse.ts'
import { call, countedSignal, everythingOf, failure, respond, source, tick } from '../helpers.ts'

const KEY = 'sk-this-is-a-secret-0123456789'
const AUTH = { authorization: `Bearer ${KEY}` }
const URL_ = 'https://api.acme.example/v1/chat?token=query-secret'

/** Posts to an in-memory server. */
const ask = (
  answer: Response | (() => Response | Promise<Response>),
  members: Partial<Call> = {},
  request: Partial<PostRequest> = {},
) =>
  post(
    URL_,
    { body: { a: 1 }, headers: AUTH, ...request },
    call({
      fetch: async () => (typeof answer === 'function' ? answer() : answer),
      secrets: [KEY],
      ...members,
    }),
  )

const answer = (status: number, body: string = '', headers: Record<string, string> = {}) =>
  respond(body, [], { status, headers })

const servers: Server[] = []
afterEach(() => {
  vi.useRealTimers()
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

async function serve(
  listener: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<string> {
  const server = createServer(listener)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Number of open connections of the last server. */
function connections(): Promise<number> {
  return new Promise((resolve) => servers.at(-1)?.getConnections((_error, count) => resolve(count)))
}

/** Tells when the client has closed the connection of a request. */
function watchSocket() {
  let tell = () => {}
  const gone = new Promise<void>((resolve) => void (tell = resolve))
  return { gone, watch: (request: IncomingMessage) => void request.socket.on('close', tell) }
}

const overSocket = (members: Partial<Call> = {}) =>
  call({ fetch: fetch.bind(globalThis), secrets: [KEY], ...members })

describe('post() sends', () => {
  async function sent(
    headers: Record<string, string> | undefined,
    own: Record<string, string> = {},
  ): Promise<Request> {
    let seen!: Request
    const remember = async (url: string, init: RequestInit) => {
      seen = new Request(url, init)
      return answer(200)
    }
    await post(URL_, { body: { text: 'é😀' }, headers }, call({ fetch: remember, headers: own }))
    return seen
  }

  test('JSON by POST, with no header that a browser would have to ask about', async () => {
    const request = await sent(AUTH)
    expect(request.method).toBe('POST')
    expect(request.redirect).toBe('manual')
    expect(await request.json()).toEqual({ text: 'é😀' })
    expect([...request.headers.keys()].sort()).toEqual(['accept', 'authorization', 'content-type'])
    expect(request.headers.get('content-type')).toBe('application/json')
  })

  test("the caller's headers in place of the provider's, in whatever case", async () => {
    const request = await sent(
      { authorization: 'Bearer a', 'x-b': '1' },
      { Authorization: 'Bearer mine', ACCEPT: 'x/y' },
    )
    expect(Object.fromEntries(request.headers)).toMatchObject({
      authorization: 'Bearer mine',
      accept: 'x/y',
      'x-b': '1',
    })
  })

  test('nothing where the body is not JSON, and reports it', async () => {
    const circular: Record<string, unknown> = {}
    circular.self = circular
    for (const body of [circular, { big: 1n }]) {
      const error = await failure(() => ask(answer(200), {}, { body }))
      expect(error).toMatchObject({ name: 'ConfigError', retryable: false })
    }
  })
})

describe('post() reads a status', () => {
  test.each([
    [400, 'bad_request', false],
    [401, 'authentication', false],
    [402, 'insufficient_quota', false],
    [403, 'permission', false],
    [404, 'model_not_found', false],
    [408, 'server_error', true],
    [409, 'server_error', true],
    [413, 'bad_request', false],
    [422, 'bad_request', false],
    [429, 'rate_limit', true],
    [500, 'server_error', true],
    [502, 'server_error', true],
    [503, 'overloaded', true],
    [529, 'overloaded', true],
  ])('%i as %s (retryable: %j)', async (status, code, retryable) => {
    const error = await failure(() => ask(answer(status)))
    expect(error).toMatchObject({ name: 'ServiceError', code, retryable, status })
    expect(error.message).toContain(String(status))
  })

  test.each([
    [
      400,
      '{"error":{"message":"This model\'s maximum context length is 8192 tokens"}}',
      'context_length',
      false,
    ],
    [
      400,
      '{"code":"DataInspectionFailed","message":"Input data may contain inappropriate content."}',
      'content_filter',
      false,
    ],
    [400, '{"error":{"message":"The model `x` does not exist"}}', 'model_not_found', false],
    [
      429,
      '{"error":{"code":"insufficient_quota","message":"You exceeded your current quota"}}',
      'insufficient_quota',
      false,
    ],
    [429, 'Too many tokens per minute', 'rate_limit', true],
    [
      403,
      '{"code":"Arrearage","message":"Access denied, your account is in arrears"}',
      'insufficient_quota',
      false,
    ],
    [500, 'input is too long for this model', 'context_length', false],
  ])('%i with the words %s as %s', async (status, body, code, retryable) => {
    expect(await failure(() => ask(answer(status, body)))).toMatchObject({ code, retryable })
  })

  test.each([
    [
      'a page',
      '<html><style>p{}</style><script>x()</script><h1>Bad gateway</h1></html>',
      /502: Bad gateway$/,
    ],
    [
      "nginx's page",
      '<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx/1.22.1</center>\r\n</body>\r\n</html>\r\n',
      /^HTTP 502: Bad Gateway nginx\/1\.22\.1$/,
    ],
    [
      'a page with a title only',
      '<title>Down for maintenance</title>',
      /^HTTP 502: Down for maintenance$/,
    ],
    ['nothing', '', /^HTTP 502 with an empty body$/],
    ['server-sent events', 'event: error\ndata: {"message":"no"}\n\n', /502: event: error data/],
    ['something endless', 'x'.repeat(200_000), /^.{1,300}$/],
    ['a title without end', '<title>Down for maintenance', /^HTTP 502: Down for maintenance$/],
  ])('with %s as body', async (_what, body, message) => {
    const error = await failure(() => ask(answer(502, body)))
    expect(error.message).toMatch(message)
    expect(error.message.length).toBeLessThan(400)
  })

  test.each([404, 405])(
    '%i with a web page as a wrong `baseURL`, not a missing model',
    async (status) => {
      const page =
        '<!DOCTYPE html><html><head><title>Not Found</title></head><h1>Not Found</h1></html>'
      const decodeError = () => ({ code: 'model_not_found' as const })
      const error = await failure(() => ask(answer(status, page), {}, { decodeError }))
      expect(error).toMatchObject({ code: 'unexpected_response', status, retryable: false })
      expect(error.message).toBe(`HTTP ${status} with a web page: check \`baseURL\``)
    },
  )

  test.each([504, 524])('%i after a long wait as not worth paying for again', async (status) => {
    const late = () => {
      vi.setSystemTime(Date.now() + 60_000)
      return answer(status, '')
    }
    vi.useFakeTimers({ toFake: ['Date'] })
    try {
      const soon = await failure(() => ask(answer(status, '')))
      expect(soon).toMatchObject({ code: 'server_error', retryable: true })
      const error = await failure(() => ask(late))
      expect(error).toMatchObject({ code: 'server_error', retryable: false })
    } finally {
      vi.useRealTimers()
    }
  })

  test('and closes a body of an error that never ends', async () => {
    const body = source(
      Array.from({ length: 200 }, () => new Uint8Array(1000).fill(120)),
      'stall',
    )
    const error = await failure(() => ask(new Response(body.stream, { status: 500 })))
    expect(error.status).toBe(500)
    expect(body.cancelled).toBeDefined()
    expect(body.pulls).toBeLessThan(100)
  })

  test('alone where the body of the error breaks or stalls', async () => {
    for (const end of ['stall', new TypeError('terminated')] as const) {
      const body = new Response(source([new Uint8Array(3).fill(120)], end).stream, { status: 503 })
      expect(await failure(() => ask(body, { idleTimeout: 20 }))).toMatchObject({
        code: 'overloaded',
        status: 503,
      })
    }
  })

  test("in the vendor's own words", async () => {
    const decodeError = (text: string, status: number) => ({
      code: 'overloaded' as const,
      message: `${status} ${text} ${KEY}`,
      vendorCode: 'Busy',
      requestId: 'r-2',
      status: 429,
      retryAfter: 7,
    })
    const error = await failure(() =>
      ask(answer(418, 'tea', { 'x-request-id': 'r-1' }), {}, { decodeError }),
    )
    expect(error).toMatchObject({
      code: 'overloaded',
      vendorCode: 'Busy',
      requestId: 'r-2',
      status: 429,
      retryAfter: 7,
      retryable: true,
    })
    expect(error.message).toBe('418 tea Bearer ***'.replace('Bearer ', ''))
  })

  test('and what it says about another try', async () => {
    expect(await failure(() => ask(answer(500, '', { 'x-should-retry': 'false' })))).toMatchObject({
      retryable: false,
    })
    expect(await failure(() => ask(answer(409, '', { 'x-should-retry': 'true' })))).toMatchObject({
      retryable: true,
    })
    expect(await failure(() => ask(answer(500, '', { 'x-should-retry': 'maybe' })))).toMatchObject({
      retryable: true,
    })
    // A bad key stays bad, whatever a proxy promises.
    expect(await failure(() => ask(answer(401, '', { 'x-should-retry': 'true' })))).toMatchObject({
      retryable: false,
    })
  })

  test('and the id of the request, for good answers too', async () => {
    const state = call({ fetch: async () => answer(200, '{}', { 'x-request-id': 'r-9' }) })
    await post(URL_, { body: {} }, state)
    expect(state.requestId).toBe('r-9')
    expect(await failure(() => ask(answer(500, '', { 'apim-request-id': 'r-8' })))).toMatchObject({
      requestId: 'r-8',
    })
  })
})

describe('readRetryAfter()', () => {
  const AT = Date.parse('2026-01-01T00:00:00Z')
  test.each([
    [{}, undefined],
    [{ 'retry-after': '2' }, 2000],
    [{ 'retry-after': '0' }, 0],
    [{ 'retry-after': '0.5' }, 500],
    [{ 'retry-after-ms': '150', 'retry-after': '9' }, 150],
    [{ 'retry-after-ms': 'soon', 'retry-after': '9' }, 9000],
    [{ 'retry-after': 'Thu, 01 Jan 2026 00:00:10 GMT' }, 10_000],
    [{ 'retry-after': 'Wed, 31 Dec 2025 00:00:00 GMT' }, undefined],
    [{ 'retry-after': '-4' }, undefined],
    [{ 'retry-after': 'after lunch' }, undefined],
    [{ 'retry-after': '1e99' }, 1e102],
  ])('reads %j as %j milliseconds', (headers, expected) => {
    vi.useFakeTimers({ now: AT })
    expect(readRetryAfter(new Headers(headers as Record<string, string>))).toBe(expected)
  })
})

describe('post() over a socket', () => {
  test('reports a refused connection, without the query', async () => {
    const url = await serve(() => {})
    servers.splice(0).forEach((server) => server.close())
    await tick()
    const error = await failure(() =>
      post(`${url}/v1?key=query-secret`, { body: {}, headers: AUTH }, overSocket()),
    )
    expect(error).toMatchObject({ name: 'StreamError', code: 'connection_failed', retryable: true })
    expect(error.message).toMatch(/^Could not reach http:\/\/127\.0\.0\.1:\d+\/v1: .*ECONNREFUSED/)
    expect(everythingOf(error)).not.toContain(KEY)
  })

  test('tells the reason that an error of another realm gives, as in Jest', async () => {
    const thrown = runInNewContext(
      'new TypeError("fetch failed", { cause: new Error("connect ECONNREFUSED 127.0.0.1:9") })',
    )
    const fetch = () => Promise.reject(thrown)
    const error = await failure(() =>
      post('http://host/v1', { body: {} }, { ...overSocket(), fetch }),
    )
    expect(error.message).toBe('Could not reach http://host/v1: connect ECONNREFUSED 127.0.0.1:9')
  })

  test('reports a connection reset before its answer', async () => {
    const url = await serve((request) => request.socket.destroy())
    const error = await failure(() => post(url, { body: {}, headers: AUTH }, overSocket()))
    expect(error).toMatchObject({ code: 'connection_failed', retryable: true })
    expect(everythingOf(error)).not.toContain(KEY)
  })

  test('reports a connection reset in its answer', async () => {
    const url = await serve((_request, response) => {
      response.write('data: 1\n\n', () => setTimeout(() => response.destroy(), 5))
    })
    const state = overSocket()
    const got: string[] = []
    const error = await failure(async () => {
      for await (const frames of readSSE(await post(url, { body: {} }, state), state))
        got.push(...frames.map(({ data }) => data))
    })
    expect(got).toEqual(['1'])
    expect(error).toMatchObject({ code: 'connection_lost', retryable: true })
  })

  test('waits for the first byte no longer than configured', async () => {
    const url = await serve(() => {})
    const { controller, listeners } = countedSignal()
    const error = await failure(() =>
      post(url, { body: {} }, overSocket({ timeout: 50, signal: controller.signal })),
    )
    expect(error).toMatchObject({ code: 'timeout', which: 'response', limit: 50, retryable: true })
    expect(listeners()).toBe(0)
    // On a busy machine the limit may pass before the server has seen the request: then there is nothing to close.
    await expect.poll(() => connections()).toBe(0)
  })

  test.each([301, 302, 303, 307, 308])(
    'never follows a %i, so that no key travels',
    async (status) => {
      const seen: unknown[] = []
      const other = await serve((request, response) => {
        seen.push(request.headers)
        response.end('{}')
      })
      const url = await serve((_request, response) => {
        response.writeHead(status, { location: `${other}/steal` }).end('moved')
      })
      const error = await failure(() =>
        post(url, { body: {}, headers: { ...AUTH, 'x-api-key': KEY } }, overSocket()),
      )
      expect(error).toMatchObject({
        code: 'unexpected_response',
        status,
        retryable: false,
        message: expect.stringContaining('baseURL'),
      })
      expect(seen).toEqual([])
    },
  )

  test('closes the connection when its reader leaves', async () => {
    const { gone, watch } = watchSocket()
    const url = await serve((request, response) => {
      watch(request)
      response.write('data: 1\n\n')
    })
    const state = overSocket()
    for await (const _frames of readSSE(await post(url, { body: {} }, state), state)) break
    await gone
  })
})

describe('post() ends', () => {
  test("with the caller's own reason, also where `fetch` does not heed its signal", async () => {
    const reason = new Error('enough')
    for (const before of [true, false]) {
      const { controller, listeners } = countedSignal()
      if (before) controller.abort(reason)
      const pending = failure(() =>
        ask(() => new Promise<Response>(() => {}), { signal: controller.signal }),
      )
      controller.abort(reason)
      expect(await pending).toBe(reason)
      expect(listeners()).toBe(0)
    }
  })

  test('without a request where the call is over already', async () => {
    let asked = 0
    await failure(() => ask(() => (asked++, answer(200)), { signal: AbortSignal.abort('no') }))
    expect(asked).toBe(0)
  })

  test('and closes the body of an answer that comes too late', async () => {
    const body = source([], 'stall')
    const late = new Promise<Response>((resolve) =>
      setTimeout(() => resolve(new Response(body.stream)), 30),
    )
    expect(await failure(() => ask(() => late, { timeout: 10 }))).toMatchObject({
      which: 'response',
    })
    await late
    await tick(5)
    expect(body.cancelled).toBeDefined()
  })

  test('with its own error for whatever `fetch` throws', async () => {
    for (const thrown of [
      'a string',
      new TypeError('Failed to fetch'),
      new DOMException('odd', 'AbortError'),
      undefined,
    ]) {
      const error = await failure(() => ask(() => Promise.reject(thrown)))
      expect(error).toMatchObject({ code: 'connection_failed', retryable: true })
      expect(error.message).toMatch(/^Could not reach https:\/\/api\.acme\.example\/v1\/chat(:|$)/)
    }
  })
})

test.each([
  [
    'an echo of it in the body',
    () => answer(401, `{"error":{"message":"Incorrect API key provided: ${KEY}"}}`),
  ],
  ['an echo of it in a page', () => answer(500, `<p>${KEY}</p>`)],
  [
    'a failing fetch',
    () =>
      Promise.reject(new TypeError('fetch failed', { cause: new Error('getaddrinfo ENOTFOUND') })),
  ],
  ['a redirect', () => answer(302, KEY, { location: `https://evil.example/?k=${KEY}` })],
] as [string, () => Response][])(
  'the key is nowhere in the error after %s',
  async (_what, reply) => {
    const error = await failure(() => ask(reply))
    expect(error.name).toMatch(/ServiceError|StreamError/)
    for (const told of [everythingOf(error), JSON.stringify(error), String(error)]) {
      expect(told).not.toContain(KEY)
      expect(told).not.toContain('query-secret')
    }
  },
)
