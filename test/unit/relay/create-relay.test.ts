import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { getChatModel } from '../../../src/builtins.ts'
import { ConfigError } from '../../../src/errors.ts'
import type { ChatError } from '../../../src/errors.ts'
import { createRelay } from '../../../src/gateway.ts'
import type { RelayOptions } from '../../../src/gateway.ts'
import { simulate } from '../../../src/testing/simulator.ts'
import { source } from '../helpers.ts'

const KEY = 'sk-of-the-relay-0123456789'
const PAGE = 'https://app.example'
const CHAT = '/relay/openai/chat/completions'
const BODY = '{"model":"gpt-5-mini","messages":[{"role":"user","content":"Hi"}]}'
const JSON_TYPE = { 'content-type': 'application/json' }

type Answer = Response | ((url: string, init: RequestInit) => Response | Promise<Response>)

/** A relay to a server, with a log of every request. */
function create(
  answer: Answer = () => Response.json({}),
  options: Partial<RelayOptions<any, any>> = {},
) {
  const sent: { url: string; headers: Headers; body: string | undefined; init: RequestInit }[] = []
  const errors: unknown[] = []
  const relay = createRelay({
    servers: { openai: { apiKey: KEY } },
    authorize: 'public',
    onError: ({ error }) => errors.push(error),
    fetch: async (url, init) => {
      const body = init.body && new TextDecoder().decode(init.body as Uint8Array)
      sent.push({ url, headers: new Headers(init.headers), body: body ?? undefined, init })
      return typeof answer === 'function' ? answer(url, init) : answer
    },
    ...options,
  })
  const ask = (path = CHAT, init: RequestInit = {}, env?: unknown) => {
    const { headers, method = 'POST', body = BODY, ...rest } = init
    return relay(
      new Request(PAGE + path, {
        method,
        headers: { ...JSON_TYPE, ...(headers as Record<string, string>) },
        ...(method !== 'GET' && { body }),
        ...rest,
      }),
      env,
    )
  }
  return { relay, ask, sent, errors }
}

async function codeOf(answer: Response): Promise<[status: number, code: string | null]> {
  return [answer.status, ((await answer.json()) as { error: { code: string | null } }).error.code]
}

describe('authorization', () => {
  test('there is no relay without `authorize`', () => {
    const servers = { openai: { apiKey: KEY } }
    expect(() => createRelay({ servers } as never)).toThrow(/requires `authorize`/)
    expect(() => createRelay({ servers, authorize: true } as never)).toThrow(ConfigError)
  })

  test('a stranger is refused before anything is looked at', async () => {
    const { ask, sent } = create(undefined, { authorize: () => false })
    expect(await codeOf(await ask())).toEqual([401, 'invalid_api_key'])
    expect(await codeOf(await ask('/relay/nothing/here'))).toEqual([401, 'invalid_api_key'])
    expect(sent).toEqual([])
  })

  test('`authorize` is handed the request, the env and the context', async () => {
    const authorize = vi.fn((request: Request, env: { token: string }) => {
      return request.headers.get('authorization') === `Bearer ${env.token}`
    })
    const { ask, sent } = create(undefined, { authorize })
    const headers = { authorization: 'Bearer of-the-app' }
    expect((await ask(CHAT, { headers }, { token: 'of-the-app' })).status).toBe(200)
    expect((await ask(CHAT, { headers }, { token: 'another' })).status).toBe(401)
    expect(sent).toHaveLength(1)
  })

  test.each(['x-api-key', 'x-goog-api-key', 'api-key'])(
    'the key that a provider in the page sends as %s is in `authorization` too',
    async (name) => {
      const authorize = (request: Request) =>
        request.headers.get('authorization') === 'Bearer of-the-app' &&
        request.headers.get('x-api-key') === 'of-the-app'
      const { ask, sent } = create(undefined, { authorize })
      expect((await ask(CHAT, { headers: { [name]: 'of-the-app' } })).status).toBe(200)
      expect((await ask(CHAT, { headers: { [name]: 'another' } })).status).toBe(401)
      const basic = { [name]: 'of-the-app', authorization: 'Basic YTpi' }
      expect((await ask(CHAT, { headers: basic })).status).toBe(401)
      expect(sent).toHaveLength(1)
      expect(sent[0].headers.get('authorization')).toBe(`Bearer ${KEY}`)
    },
  )

  test('an error in `authorize` rejects the request, and only the owner sees it', async () => {
    const error = new Error('the database of secrets is down')
    const { ask, sent, errors } = create(undefined, {
      authorize: () => {
        throw error
      },
    })
    const answer = await ask()
    expect(answer.status).toBe(500)
    expect(await answer.text()).not.toContain('secrets')
    expect(errors).toEqual([error])
    expect(sent).toEqual([])
  })

  test('`admit` limits frequent callers', async () => {
    const admit = vi.fn(({ server, caller }) => caller !== 'greedy' && server === 'openai')
    const { ask, sent } = create(undefined, {
      authorize: (request: Request) => request.headers.get('x-who'),
      admit,
    })
    expect((await ask(CHAT, { headers: { 'x-who': 'modest' } })).status).toBe(200)
    expect((await ask(CHAT, { headers: { 'x-who': 'greedy' } })).status).toBe(429)
    admit.mockReturnValueOnce({ retryAfter: 1500 } as never)
    const answer = await ask(CHAT, { headers: { 'x-who': 'modest' } })
    expect([answer.status, answer.headers.get('retry-after-ms')]).toEqual([429, '1500'])
    expect(sent).toHaveLength(1)
  })
})

describe('what is forwarded', () => {
  test.each([
    ['another server', '/relay/zhipu/chat/completions'],
    ['what every object has', '/relay/constructor/chat/completions'],
    ['no server', '/relay/'],
    ['the server alone', '/relay/openai'],
    ['its root', '/relay/openai/'],
    ['another path', '/relay/openai/v1/files'],
    ['the list of models', '/relay/openai/v1/models'],
    ['more path', '/relay/openai/chat/completions/chatcmpl-1'],
    ['less path', '/relay/openai/completions/'],
    ['a slash too many', '/relay/openai//chat/completions'],
    ['a host', '/relay/openai//evil.example/chat/completions'],
    ['a whole URL', '/relay/openai/https://evil.example/chat/completions'],
    ['a user in front of a host', '/relay/openai/@evil.example/chat/completions'],
    ['dots', '/relay/openai/../../chat/completions'],
    ['escaped dots', '/relay/openai/%2e%2e/%2e%2e/chat/completions'],
    ['escaped slashes', '/relay/openai/v1%2fchat%2fcompletions'],
    ['an escaped server', '/relay/open%61i/chat/completions'],
    ['escaped twice', '/relay/openai/%252e%252e/chat/completions'],
    ['a backslash', '/relay/openai/v1\\..\\files'],
    ['a semicolon', '/relay/openai/chat/completions;/../files'],
    ['another case', '/relay/OpenAI/chat/completions'],
    ['no prefix', '/openai/chat/completions'],
    ['a prefix of the prefix', '/relays/openai/chat/completions'],
    ['the prefix after another', '/x/relay/openai/chat/completions'],
    ['a query', `${CHAT}?key=mine`],
    ['an empty name in the query', `${CHAT}?=`],
  ])('%s is not: %s', async (_what, path) => {
    const { ask, sent } = create()
    expect(await codeOf(await ask(path))).toEqual([403, 'call_not_allowed'])
    expect(sent).toEqual([])
  })

  test.each(['GET', 'PUT', 'PATCH', 'DELETE'])('another method is not: %s', async (method) => {
    const { ask, sent } = create()
    expect((await ask(CHAT, { method })).status).toBe(403)
    expect(sent).toEqual([])
  })

  test.each([
    ['gemini', '/models/gemini-2.5-pro:generateContent?alt=json'],
    ['gemini', '/models/gemini-2.5-pro:generateContent?alt=sse&alt=sse'],
    ['gemini', '/models/gemini-2.5-pro:generateContent?alt=sse&key=mine'],
    ['gemini', '/models/..:generateContent'],
    ['gemini', '/models/gemini-2.5-pro/../x:generateContent/more'],
    ['gemini', '/models/gemini-2.5-pro:countTokens'],
    ['gemini', '/files/abc:generateContent'],
    ['azure', '/openai/deployments/../v1/files/chat/completions'],
    ['azure', '/openai/deployments/%2e%2e/chat/completions'],
    ['azure', '/openai/v1/chat/completions?api-version=1&api-version=2'],
    ['azure', '/openai/v1/chat/completions?api-version=a%2fb'],
  ])('%s: not %s', async (server, path) => {
    const azure = { server: 'azure_openai', apiKey: KEY, baseURL: 'https://a.openai.azure.com' }
    const { ask, sent } = create(undefined, {
      servers: { gemini: { apiKey: KEY }, azure },
    })
    expect((await ask(`/relay/${server}${path}`)).status).toBe(403)
    expect(sent).toEqual([])
  })

  test('the root of the API may stand in the path, or not', async () => {
    const { ask, sent } = create()
    await ask('/relay/openai/chat/completions')
    await ask('/relay/openai/v1/chat/completions')
    expect(sent.map(({ url }) => url)).toEqual(
      Array(2).fill('https://api.openai.com/v1/chat/completions'),
    )
  })

  test('a server may stand under a name of one’s own, at an address of one’s own', async () => {
    const { ask, sent } = create(undefined, {
      prefix: '',
      servers: (env: { key: string }) => ({
        singapore: {
          server: 'dashscope',
          baseURL: 'https://dashscope-intl.aliyuncs.com',
          apiKey: env.key,
          headers: { 'x-dashscope-workspace': 'llm-1' },
        },
      }),
    })
    const path = '/services/aigc/text-generation/generation'
    const headers = { 'x-dashscope-sse': 'enable', 'x-dashscope-workspace': 'llm-of-another' }
    const answer = await ask(`/singapore/api/v1${path}`, { headers }, { key: 'sk-singapore' })
    expect(answer.status).toBe(200)
    expect(sent[0].url).toBe(`https://dashscope-intl.aliyuncs.com/api/v1${path}`)
    expect(Object.fromEntries(sent[0].headers)).toEqual({
      authorization: 'Bearer sk-singapore',
      'content-type': 'application/json',
      'x-dashscope-sse': 'enable',
      'x-dashscope-workspace': 'llm-1',
    })
  })

  test('of the headers only what the vendor reads, and our key', async () => {
    const { ask, sent } = create()
    await ask(CHAT, {
      headers: {
        accept: 'text/event-stream',
        authorization: 'Bearer of-the-caller',
        'api-key': 'of-the-caller',
        connection: 'keep-alive',
        cookie: 'session=1',
        forwarded: 'for=1.2.3.4',
        host: 'evil.example',
        origin: PAGE,
        'openai-organization': 'org-of-another',
        referer: `${PAGE}/secret`,
        traceparent: '00-not-one',
        'user-agent': 'a browser',
        'x-dashscope-sse': 'enable',
        'x-forwarded-for': '1.2.3.4',
        'x-forwarded-host': 'evil.example',
      },
    })
    expect(Object.fromEntries(sent[0].headers)).toEqual({
      accept: 'text/event-stream',
      authorization: `Bearer ${KEY}`,
      'content-type': 'application/json',
    })
    expect(sent[0].init).toMatchObject({ method: 'POST', redirect: 'manual' })
  })

  test('the trace of the caller goes on', async () => {
    const { ask, sent } = create()
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
    await ask(CHAT, { headers: { traceparent } })
    expect(sent[0].headers.get('traceparent')).toBe(traceparent)
  })

  test('the body, as it is', async () => {
    const body = ' {"seed": 12345678901234567890, "a":1,"a":2}\n'
    const { ask, sent } = create()
    await ask(CHAT, { body })
    expect(sent[0].body).toBe(body)
  })

  test('a body whose type is not JSON is not', async () => {
    const { ask, sent } = create()
    const headers = { 'content-type': 'text/plain;application/json' }
    expect((await ask(CHAT, { headers })).status).toBe(415)
    expect(sent).toEqual([])
  })

  test('a key of Zhipu can be sent as a token that it signs', async () => {
    const apiKey = 'id12345.secret67890'
    const vendor = simulate('zhipu', 'Hello', { key: apiKey })
    const relay = createRelay({
      servers: { zhipu: { apiKey, auth: 'jwt' } },
      authorize: 'public',
      fetch: vendor,
    })
    const llm = getChatModel({
      modelServer: 'zhipu',
      model: 'glm-4.7',
      baseURL: `${PAGE}/relay/zhipu`,
      fetch: (url, init) => relay(new Request(url, init)),
    })
    expect(String(await llm.chat('Hi'))).toBe('Hello')
    expect(String(await llm.chat('Hi'))).toBe('Hello')
    const [first, second] = vendor.requests.map(({ headers }) => headers.authorization)
    expect(first).toMatch(/^Bearer [\w-]+\.[\w-]+\.[\w-]+$/)
    expect(second).toBe(first)
  })
})

describe('limits', () => {
  test('a body that says to be too large is not read', async () => {
    const { ask, sent } = create(undefined, { limits: { maxBodyBytes: 100 } })
    const body = source([new Uint8Array(10)], 'stall')
    const answer = await ask(CHAT, {
      body: body.stream,
      headers: { 'content-length': '101' },
      duplex: 'half',
    } as RequestInit)
    expect(answer.status).toBe(413)
    expect(body).toMatchObject({ pulls: 0, cancelled: expect.anything() })
    expect(sent).toEqual([])
  })

  test.each([
    [100, 200],
    [101, 413],
  ])('bytes are counted, whatever is said: %i of 100 give %i', async (size, status) => {
    const { ask, sent } = create(undefined, { limits: { maxBodyBytes: 100 } })
    const pieces = [new Uint8Array(size - 60), new Uint8Array(60)]
    const body = source(pieces, status === 413 ? 'stall' : 'close')
    const headers = { 'content-length': '1' }
    const answer = await ask(CHAT, { body: body.stream, headers, duplex: 'half' } as RequestInit)
    expect(answer.status).toBe(status)
    expect(sent).toHaveLength(status === 200 ? 1 : 0)
    expect(body.cancelled !== undefined).toBe(status === 413)
  })

  const models = ['gpt-5-mini', 'o4-mini']
  const servers = { openai: { apiKey: KEY, models } }

  test.each([
    ['another', '{"model":"gpt-5"}'],
    ['none', '{}'],
    ['one of two', '{"model":"o4-mini","models":["o4-mini","gpt-5"]}'],
    ['a list of a list', '{"model":[["gpt-5"]]}'],
    ['the second of one name', '{"model":"o4-mini","model":"gpt-5"}'],
  ])('only the models on the list: not %s', async (_what, body) => {
    const { ask, sent } = create(undefined, { servers })
    expect(await codeOf(await ask(CHAT, { body }))).toEqual([404, 'model_not_found'])
    expect(sent).toEqual([])
  })

  test('of two members of one name the server sees the one that was checked', async () => {
    const { ask, sent } = create(undefined, { servers })
    const answer = await ask(CHAT, { body: '{"model":"gpt-5","model":"o4-mini","__proto__":1}' })
    expect(answer.status).toBe(200)
    expect(sent[0].body).toBe('{"model":"o4-mini","__proto__":1}')
  })

  test.each(['', 'null', '"gpt-5-mini"', '{"model":"gpt-5-mini"', `${'['.repeat(50_000)}`])(
    'a body that is not an object is rejected: %.20s',
    async (body) => {
      const { ask, sent } = create(undefined, { servers })
      expect((await ask(CHAT, { body })).status).toBe(400)
      expect(sent).toEqual([])
    },
  )

  test('a model in the path counts too', async () => {
    const { ask, sent } = create(undefined, {
      servers: { gemini: { apiKey: KEY, models: ['gemini-2.5-flash'] } },
    })
    const call = (model: string) => `/relay/gemini/v1beta/models/${model}:generateContent`
    expect((await ask(call('gemini-2.5-flash'), { body: '{}' })).status).toBe(200)
    expect((await ask(call('gemini-2.5-pro'), { body: '{}' })).status).toBe(404)
    const body = '{"model":"gemini-2.5-flash"}'
    expect((await ask(call('gemini-2.5-pro'), { body })).status).toBe(404)
    expect(sent).toHaveLength(1)
  })
})

describe('other origins', () => {
  const EVIL = 'https://evil.example'

  test('their pages may not ask', async () => {
    const { ask, sent } = create()
    const answer = await ask(CHAT, { headers: { origin: EVIL } })
    expect(answer.status).toBe(403)
    expect(answer.headers.get('access-control-allow-origin')).toBeNull()
    expect(sent).toEqual([])
  })

  test.each([EVIL, 'null'])('a preflight of %s is refused', async (origin) => {
    const { relay, sent } = create()
    const headers = { origin, 'access-control-request-method': 'POST' }
    const answer = await relay(new Request(PAGE + CHAT, { method: 'OPTIONS', headers }))
    expect(answer.status).toBe(403)
    expect(answer.headers.get('access-control-allow-origin')).toBeNull()
    expect(sent).toEqual([])
  })

  test('a page of the own origin may, and one that is named', async () => {
    const { ask, relay } = create(undefined, { origins: ['https://other.example'] })
    for (const origin of [PAGE, 'https://other.example']) {
      const answer = await ask(CHAT, { headers: { origin } })
      expect(answer.status).toBe(200)
      expect(answer.headers.get('access-control-allow-origin')).toBe(origin)
      expect(answer.headers.get('access-control-allow-credentials')).toBeNull()
      expect(answer.headers.get('vary')).toContain('Origin')
    }
    const headers = {
      origin: 'https://other.example',
      'access-control-request-headers': 'authorization, content-type, x-dashscope-sse',
    }
    const answer = await relay(new Request(PAGE + CHAT, { method: 'OPTIONS', headers }))
    expect(answer.status).toBe(204)
    expect(answer.headers.get('access-control-allow-headers')).toContain('x-dashscope-sse')
  })
})

describe('limits', () => {
  const endless = (text: string) =>
    new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new TextEncoder().encode(text)),
    })
  const limits = { totalTimeout: 30 }

  test('an upload, a server and an error body that never end are ended', async () => {
    const { ask } = create(undefined, { limits })
    const upload = await ask(CHAT, { body: endless('{'), duplex: 'half' } as RequestInit)
    expect(upload.status).toBe(408)
    const silent = create(() => new Promise<never>(() => {}), { limits })
    expect((await silent.ask()).status).toBe(504)
    expect(silent.sent[0]?.init.signal?.aborted).toBe(true)
    const failing = create(new Response(endless('{'), { status: 500 }), { limits })
    expect((await failing.ask()).status).toBe(504)
  })

  test('an upload that stalls is ended by its own limit', async () => {
    const { ask, sent } = create(undefined, { limits: { uploadTimeout: 30 } })
    const upload = await ask(CHAT, { body: endless('{'), duplex: 'half' } as RequestInit)
    expect([upload.status, (await upload.json()).error.code]).toEqual([408, 'timeout'])
    expect(sent).toHaveLength(0)
  })

  test('a response that takes too long or is too large breaks off', async () => {
    const ends: unknown[] = []
    const onEnd = (end: object) => void ends.push(end)
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const slow = await create(new Response(endless('a')), { limits, onEnd }).ask()
    vi.advanceTimersByTime(limits.totalTimeout)
    await expect(slow.text()).rejects.toThrow()
    vi.useRealTimers()
    const large = create(new Response('x'.repeat(100)), { limits: { maxResponseBytes: 99 }, onEnd })
    await expect((await large.ask()).text()).rejects.toThrow()
    expect(ends).toMatchObject([{ outcome: 'failed' }, { outcome: 'failed', status: 200 }])
  })

  test('hooks that hang are ended', async () => {
    const hang = () => new Promise<never>(() => {})
    for (const options of [{ authorize: hang }, { admit: hang }])
      expect((await create(undefined, { ...options, limits }).ask()).status).toBe(504)
    const patient = { onEnd: hang, limits: { totalTimeout: 5000 } }
    expect((await create(undefined, patient).ask()).status).toBe(200)
  })

  test.each([{ totalTimeout: 0 }, { maxResponseBytes: -1 }, { other: 1 }])(
    '%j is refused',
    (limits) => {
      expect(() => create(undefined, { limits: limits as never })).toThrow(/limits must be/)
    },
  )

  test.each([
    [
      'data: {"usage":null}\n\ndata: {"usage":{"total_tokens":7,"d":{"a":1}}}\n\n',
      { total_tokens: 7, d: { a: 1 } },
    ],
    ['{"usageMetadata":{"totalTokenCount":7}}', { totalTokenCount: 7 }],
    ['{"done":true,"prompt_eval_count":3,"eval_count":4}', { prompt_eval_count: 3, eval_count: 4 }],
    ['{}', undefined],
  ])('onEnd receives the usage in %s', async (body, usage) => {
    const ends: unknown[] = []
    const { ask } = create(new Response(body), { onEnd: (end) => void ends.push(end) })
    await (await ask()).text()
    expect(ends).toMatchObject([
      { outcome: 'answered', status: 200, server: 'openai', responseBytes: body.length },
    ])
    expect((ends[0] as { usage: unknown }).usage).toEqual(usage)
  })

  test('onEnd receives the usage at the end of a long answer, in whatever pieces it came', async () => {
    const usage = { total_tokens: 7 }
    const end = `data: ${JSON.stringify({ usage })}\n\n`
    for (const sizes of [[100], [1, 5000, 16_384], [40_000]]) {
      const ends: unknown[] = []
      const pieces = Array.from(
        { length: 600 },
        (_, n) => `${'x'.repeat(sizes[n % sizes.length] ?? 0)}\n`,
      )
      const all = [...pieces, ...end].map((piece) => new TextEncoder().encode(piece))
      const body = new ReadableStream<Uint8Array>({
        pull: (controller) => {
          const piece = all.shift()
          if (piece) controller.enqueue(piece)
          else controller.close()
        },
      })
      const { ask } = create(new Response(body), { onEnd: (one) => void ends.push(one) })
      expect(await (await ask()).text()).toBe(pieces.join('') + end)
      expect(ends).toMatchObject([{ outcome: 'answered', usage }])
    }
  })
})

describe('answers', () => {
  test('the body passes piece by piece, unchanged', async () => {
    const pieces = ['data: {}\n\n', 'data: [DONE]\n\n'].map((one) => new TextEncoder().encode(one))
    const upstream = new Response(source(pieces).stream, {
      headers: { 'content-type': 'text/event-stream' },
    })
    const { ask } = create(upstream)
    const answer = await ask()
    const reader = answer.body!.getReader()
    for (const piece of pieces) expect((await reader.read()).value).toEqual(piece)
    expect((await reader.read()).done).toBe(true)
    expect(answer.headers.get('content-type')).toBe('text/event-stream')
  })

  test('a disconnect and a signal reach the server', async () => {
    const body = source([new Uint8Array(1)], 'stall')
    const { ask } = create(new Response(body.stream))
    const reader = (await ask()).body!.getReader()
    await reader.read()
    await reader.cancel('left')
    expect(body.cancelled).toEqual({ reason: 'left' })

    const ends: unknown[] = []
    const endless = new Response(new ReadableStream())
    const { ask: askAgain, sent } = create(endless, { onEnd: (end) => void ends.push(end) })
    const controller = new AbortController()
    const left = (await askAgain(CHAT, { signal: controller.signal })).text()
    controller.abort(new Error('gone'))
    expect(sent[0].init.signal).toMatchObject({ aborted: true })
    expect(ends).toMatchObject([{ outcome: 'left', status: 200 }])
    await expect(left).rejects.toThrow('gone')
  })

  test('a client that disconnects before the first byte is not a failure', async () => {
    const endless = new ReadableStream()
    const answers: ((init: RequestInit) => Response)[] = [
      ({ signal }) => {
        throw signal!.reason
      },
      () => new Response(endless, { status: 500 }),
    ]
    for (const answer of answers) {
      const ends: unknown[] = []
      const controller = new AbortController()
      const { ask, errors } = create(
        (_url, init) => {
          controller.abort()
          return answer(init)
        },
        { onEnd: ({ outcome, status }) => void ends.push([outcome, status]) },
      )
      expect((await ask(CHAT, { signal: controller.signal })).status).toBe(499)
      expect(ends).toEqual([['left', 499]])
      expect(errors).toEqual([])
    }
  })

  test('nothing is asked of the server ahead of the reader', async () => {
    const body = source(Array.from({ length: 100 }, () => new Uint8Array(1)))
    const { ask } = create(new Response(body.stream))
    const reader = (await ask()).body!.getReader()
    await reader.read()
    expect(body.pulls).toBeLessThanOrEqual(2)
    await reader.cancel()
  })

  test('of the headers only what a client reads', async () => {
    const { ask } = create(
      Response.json(
        {},
        {
          headers: {
            'access-control-allow-origin': '*',
            'cache-control': 'max-age=100',
            'content-encoding': 'gzip',
            'content-length': '1000',
            'keep-alive': 'timeout=5',
            'openai-organization': 'org-ours',
            'retry-after': '2',
            'set-cookie': '__cf_bm=1',
            'transfer-encoding': 'chunked',
            'x-request-id': `req_${KEY}`,
          },
        },
      ),
    )
    expect(Object.fromEntries((await ask()).headers)).toEqual({
      'cache-control': 'no-store, no-transform',
      'content-type': 'application/json',
      'retry-after': '2',
      vary: 'Origin',
      'x-accel-buffering': 'no',
      'x-content-type-options': 'nosniff',
      'x-request-id': 'req_***',
    })
  })

  test('what could be run as a page is text', async () => {
    const { ask } = create(
      new Response('<script>', { headers: { 'content-type': 'text/html; x=application/json' } }),
    )
    expect((await ask()).headers.get('content-type')).toBe('text/plain')
  })

  test('an error of the server passes with its words, and without the key', async () => {
    const words = `{"error":{"message":"Your key ${KEY} is over its quota","code":"insufficient_quota"}}`
    const { ask } = create(new Response(words, { status: 429, headers: JSON_TYPE }))
    const answer = await ask()
    expect(answer.status).toBe(429)
    expect(await answer.text()).toBe(words.replace(KEY, '***'))
  })

  test('an error without end is cut', async () => {
    const body = source(Array.from({ length: 100 }, () => new Uint8Array(10_000).fill(65)))
    const { ask } = create(new Response(body.stream, { status: 500 }))
    expect(await (await ask()).text()).toHaveLength(65_536)
    expect(body.pulls).toBeLessThan(10)
    expect(body.cancelled).toBeDefined()
  })

  test.each([
    [
      'a redirect',
      new Response(null, { status: 302, headers: { location: 'https://evil.example' } }),
    ],
    ['an opaque redirect', Response.error()],
  ])('%s is not followed, and not told', async (_what, upstream) => {
    if (upstream.type === 'error') {
      Object.defineProperty(upstream, 'type', { value: 'opaqueredirect' })
    }
    const { ask, errors } = create(upstream)
    const answer = await ask()
    expect(answer.headers.get('location')).toBeNull()
    expect(await codeOf(answer)).toEqual([502, 'server_redirects'])
    expect(errors).toHaveLength(1)
  })

  test('a rejection of the relay’s own key never asks the caller to log in', async () => {
    const upstream = Response.json(
      { error: { message: 'Incorrect API key provided: sk-of-**************6789' } },
      { status: 401 },
    )
    const { ask, errors } = create(upstream)
    const answer = await ask()
    expect(answer.status).toBe(502)
    expect(answer.headers.get('x-should-retry')).toBe('false')
    expect(await answer.text()).not.toContain('6789')
    expect(errors).toHaveLength(1)
  })

  test('an unreachable server is reported without its address', async () => {
    const { ask, errors } = create(() => {
      throw new TypeError('connect ECONNREFUSED 10.0.0.1:443')
    })
    const answer = await ask()
    expect(await codeOf(answer)).toEqual([502, 'server_unreachable'])
    expect(errors).toMatchObject([{ message: expect.stringContaining('10.0.0.1') }])
  })

  test('a header cannot be smuggled in by a key, and an invalid table is reported to the owner', async () => {
    const { ask, sent, errors } = create(undefined, {
      servers: () => ({ openai: { apiKey: 'sk\r\nx-evil: 1' } }),
    })
    const answer = await ask()
    expect(await codeOf(answer)).toEqual([500, 'relay_failed'])
    expect(sent).toEqual([])
    expect(errors).toMatchObject([{ code: 'invalid_config' }])
    const { ask: askAgain, errors: found } = create(undefined, { servers: () => ({ openai: {} }) })
    expect((await askAgain()).status).toBe(500)
    expect(found).toMatchObject([{ code: 'missing_api_key' }])
  })
})

describe('a model in a page', () => {
  const SERVERS = [
    ['dashscope', 'qwen-max'],
    ['zhipu', 'glm-4.7'],
    ['openai', 'gpt-5-mini'],
  ] as const

  test.each(SERVERS)(
    '%s chats through the relay, with no key of its own',
    async (server, model) => {
      const vendor = simulate(server, { text: 'Hello there', reasoning: 'Hm' }, { key: KEY })
      const { relay } = create(undefined, { servers: { [server]: { apiKey: KEY } }, fetch: vendor })
      const llm = getChatModel({
        modelServer: server,
        model,
        baseURL: `${PAGE}/relay/${server}`,
        fetch: (url, init) => relay(new Request(url, init)),
      })
      const stream = llm.chat({ prompt: 'Hi', stream: true })
      let text = ''
      for await (const piece of stream) text += piece
      expect(text).toBe('Hello there')
      expect((await llm.chat('Hi')).text).toBe('Hello there')
      expect(vendor.requests).toHaveLength(2)
    },
  )

  test.each(SERVERS)('%s gets a clear error for what the relay rejects', async (server, model) => {
    const vendor = simulate(server, 'Hello', { key: 'another' })
    let options: Partial<RelayOptions<any, any>> = {}
    const told = async (more: typeof options): Promise<Partial<ChatError>> => {
      options = { servers: { [server]: { apiKey: KEY } }, fetch: vendor, ...more }
      const { relay } = create(undefined, options)
      const llm = getChatModel({
        modelServer: server,
        model,
        baseURL: `${PAGE}/relay/${server}`,
        maxRetries: 0,
        fetch: (url, init) => relay(new Request(url, init)),
      })
      const error = (await llm.chat('Hi').catch((thrown: unknown) => thrown)) as ChatError
      expect(error.requestId).toMatch(/^req_/)
      return { code: error.code, retryable: error.retryable }
    }
    const final = (code: string) => ({ code, retryable: false })
    const later = (code: string) => ({ code, retryable: true })
    expect(await told({ authorize: () => false })).toEqual(final('authentication'))
    expect(await told({ prefix: '/other' })).toEqual(final('permission'))
    expect(await told({ servers: { [server]: { apiKey: KEY, models: [] } } })).toEqual(
      final('model_not_found'),
    )
    expect(await told({ limits: { maxBodyBytes: 1 } })).toEqual(final('bad_request'))
    expect(await told({ admit: () => false })).toEqual(later('rate_limit'))
    expect(await told({ fetch: () => Promise.reject(new TypeError('gone')) })).toEqual(
      later('server_error'),
    )
    expect(await told({})).toEqual(final('server_error')) // our own key is refused
    expect(
      await told({
        authorize: () => {
          throw new Error('x')
        },
      }),
    ).toEqual(final('server_error'))
  })

  test('an error of the vendor’s reaches the page as if it had asked itself', async () => {
    const error = { status: 429, code: 'Throttling.AllocationQuota' }
    const vendor = simulate('dashscope', { error, headers: { 'retry-after': '7' } }, { key: KEY })
    const { relay } = create(undefined, {
      servers: { dashscope: { apiKey: KEY } },
      fetch: vendor,
    })
    const llm = getChatModel({
      modelServer: 'dashscope',
      model: 'qwen-max',
      baseURL: `${PAGE}/relay/dashscope`,
      maxRetries: 0,
      fetch: (url, init) => relay(new Request(url, init)),
    })
    await expect(llm.chat('Hi')).rejects.toMatchObject({
      code: 'rate_limit',
      vendorCode: 'Throttling.AllocationQuota',
      retryAfter: 7000,
    })
  })
})

describe('the options', () => {
  const openai = { apiKey: KEY }

  test.each([
    [{ servers: null }, /options.servers/],
    [{ servers: { openia: openai } }, /Unknown server "openia" \(known: .*dashscope, /],
    [{ servers: { 'a/b': openai } }, /letters, digits/],
    [{ servers: { openai: {} } }, /openai.apiKey is missing/],
    [{ servers: { openai: { apiKey: KEY, key: 1 } } }, /openai.key is not a known member/],
    [{ servers: { openai: { ...openai, baseURL: 'https://u:p@host/' } } }, /baseURL must be a URL/],
    [{ servers: { openai: { ...openai, baseURL: 'https://host/?a=b' } } }, /baseURL must be a URL/],
    [{ servers: { openai: { ...openai, auth: 'jwt' } } }, /only zhipu/],
    [{ servers: { openai: { ...openai, headers: { 'a\nb': '1' } } } }, /headers must be/],
    [{ servers: { openai: { ...openai, models: 'gpt-5' } } }, /models must be a list/],
    [{ servers: { azure_openai: openai } }, /baseURL is missing/],
    [{ servers: { openai }, prefix: 'relay' }, /prefix must be a path/],
    [{ servers: { openai }, prefix: '/relay/' }, /prefix must be a path/],
    [{ servers: { openai }, limits: { maxBodyBytes: 0 } }, /limits must be/],
    [{ servers: { openai }, origins: 'https://a.example' }, /origins must be/],
    [{ servers: { openai }, keys: {} }, /keys is not a known member/],
  ])('%o are refused', (options, words) => {
    expect(() => createRelay({ authorize: 'public', ...options } as never)).toThrow(words)
    expect(() => createRelay({ authorize: 'public', ...options } as never)).toThrow(ConfigError)
  })

  test('a server of one’s own needs no key', async () => {
    const { ask, sent } = create(undefined, { servers: { 'vllm-server': {} } })
    expect((await ask('/relay/vllm-server/v1/chat/completions')).status).toBe(200)
    expect(sent[0].headers.has('authorization')).toBe(false)
  })

  test('a key may be a function, asked for every request', async () => {
    let number = 0
    const { ask, sent } = create(undefined, {
      servers: { openai: { apiKey: async () => `sk-${++number}` } },
    })
    await ask()
    await ask()
    expect(sent.map(({ headers }) => headers.get('authorization'))).toEqual([
      'Bearer sk-1',
      'Bearer sk-2',
    ])
  })

  test('`globalThis.fetch` is looked up when it is needed', async () => {
    const fetch = vi.fn(async () => Response.json({ ok: 1 }))
    vi.stubGlobal('fetch', fetch)
    onTestFinished(() => void vi.unstubAllGlobals())
    const { ask } = create(undefined, { fetch: undefined })
    expect(await (await ask()).json()).toEqual({ ok: 1 })
  })
})
