import { expect, onTestFinished, test, vi } from 'vitest'
import { ConfigError, ServiceError, StreamError } from '../../../src/errors.ts'
import type { GatewayOptions } from '../../../src/gateway/create-gateway.ts'
import { createSlimGateway } from '../../../src/gateway/create-gateway.ts'
import { createKeys } from '../../../src/gateway/create-keys.ts'
import type { GatewayEnd } from '../../../src/gateway/hooks.ts'
import { keysInMemory } from '../../../src/gateway/key-stores/memory.ts'
import { checkBody } from '../../gateway/schema.ts'
import { finish, model, saying, text, tick, usage } from '../helpers.ts'

await import('../loaded.ts')

const ANTHROPIC = { 'anthropic-version': '2023-06-01' }

type Options = Partial<GatewayOptions<any, any>>

const hello = saying([text('Hel'), text('lo'), { type: 'usage', usage }, finish()])

/** A gateway with a log of how its requests ended. */
function create(options: Options = {}) {
  const ends: GatewayEnd[] = []
  const gateway = createSlimGateway({
    models: { fast: hello },
    authorize: 'public',
    onEnd: (end) => void ends.push(end),
    ...options,
  })
  const ask = (body: object = {}, init: RequestInit = {}, env?: unknown, context?: object) =>
    gateway(
      new Request('https://gateway.example/api/v1/chat/completions', {
        method: 'POST',
        body: JSON.stringify({
          model: 'fast',
          messages: [{ role: 'user', content: 'Hi' }],
          ...body,
        }),
        ...init,
        headers: { 'content-type': 'application/json', ...(init.headers as object) },
      }),
      env,
      context,
    )
  return { gateway, ask, ends }
}

const errorOf = async (response: Response) => (await response.json()).error

test.each([
  ['chat/completions', { messages: [{ role: 'user', content: 'Hi' }] }],
  ['messages', { messages: [{ role: 'user', content: 'Hi' }], max_tokens: 1 }],
  ['responses', { input: 'Hi' }],
])('an error of /%s that cuts a name has no lone surrogate', async (path, body) => {
  const { gateway } = create()
  const request = new Request(`https://gateway.example/v1/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...body, model: `${'x'.repeat(99)}😀` }),
  })
  const response = await gateway(request)
  expect(response.status).toBe(404)
  expect(await response.text()).not.toContain('\\ud83d')
})

test.each([undefined, null, true, 'everyone', {}])('authorize: %j is no service', (authorize) => {
  expect(() => create({ authorize: authorize as never })).toThrow(ConfigError)
})

test.each([
  [{ models: {} }, 'at least one model'],
  [{ models: undefined }, 'models must be a table'],
  [{ models: { fast: { model: 'x' } } }, 'needs `getChatModel`'],
  [{ origins: ['app.example'] }, 'origins must be'],
  [{ origins: ['https://a.*'] }, 'origins must be'],
  [{ origins: ['htps://app.example'] }, 'origins must be'],
  [{ origins: ['capacitor://localhost/'] }, 'origins must be'],
  [{ origins: ['https://x*app.example'] }, 'origins must be'],
  [{ pingInterval: 0 }, 'pingInterval must be'],
  [{ limit: 1 }, 'limit is not a known member'],
])('%j is refused when the gateway is made', (options, words) => {
  expect(() => create(options as never)).toThrow(words)
})

test('hooks receive the authorized caller', async () => {
  const { ask, ends } = create({
    authorize: async (request, env) => request.headers.get('x-who') === env.WHO && { id: 7 },
  })
  expect((await ask({}, {}, { WHO: 'me' })).status).toBe(401)
  expect((await ask({}, { headers: { 'x-who': 'me' } }, { WHO: 'me' })).status).toBe(200)
  expect(ends).toMatchObject([
    { outcome: 'refused', status: 401 },
    {
      outcome: 'answered',
      status: 200,
      caller: { id: 7 },
      model: 'fast',
      result: { text: 'Hello', usage },
    },
  ])
})

const fail = () => {
  throw new Error('secret words')
}

test('an `authorize` or `admit` that throws is answered with 500, and reveals nothing', async () => {
  for (const options of [{ authorize: fail }, { admit: fail }, { models: fail }]) {
    const response = await create(options as never).ask()
    expect([response.status, await response.text()]).toEqual([
      500,
      expect.not.stringMatching('secret'),
    ])
  }
})

test.each<[string, Options]>([
  ['onEnd', { onEnd: fail }],
  ['cache', { cache: { get: () => undefined, set: fail } }],
  ['cache', { cache: { get: fail, set: () => {} } }],
  ['admit', { admit: () => fail }],
])('a failing %s costs the caller nothing and is reported to onError', async (hook, options) => {
  const failures: unknown[] = []
  for (const stream of [false, true]) {
    const { ask } = create({ ...options, onError: (failure) => void failures.push(failure) })
    const response = await ask({ stream })
    expect([response.status, await response.text()]).toEqual([200, expect.stringMatching('lo')])
  }
  await tick()
  expect(failures).toMatchObject([
    { hook, error: { message: 'secret words' } },
    { hook, error: { message: 'secret words' } },
  ])
})

test('a hook that hangs does not hold a request', async () => {
  const hang = () => new Promise<never>(() => {})
  const limits = { totalTimeout: 30 }
  for (const options of [{ authorize: hang }, { admit: hang }, { cache: { get: hang, set: hang } }])
    expect((await create({ ...options, limits } as never).ask()).status).toBe(504)
  for (const options of [{ onEnd: hang }, { cache: { get: () => undefined, set: hang } }])
    expect(
      (await create({ ...options, limits: { totalTimeout: 5000 } } as never).ask()).status,
    ).toBe(200)
})

test('an upload that stalls is ended by its own limit, one that goes on is not', async () => {
  const { ask } = create({ limits: { uploadTimeout: 60 } })
  const bytes = new TextEncoder().encode(
    JSON.stringify({ model: 'fast', messages: [{ role: 'user', content: 'Hi' }] }),
  )
  const upload = (pieces: number) => {
    let at = 0
    return new ReadableStream<Uint8Array>({
      async pull(controller) {
        if (at === pieces)
          return pieces < bytes.length ? new Promise<void>(() => {}) : controller.close()
        await new Promise((resolve) => setTimeout(resolve, 5))
        controller.enqueue(bytes.subarray(at, ++at))
      },
    })
  }
  const send = (pieces: number) => ask({}, { body: upload(pieces), duplex: 'half' } as RequestInit)
  expect((await send(5)).status).toBe(408)
  expect((await send(bytes.length)).status).toBe(200)
})

test('the bytes of a body are counted, whatever length it declares', async () => {
  let pulled = 0
  const endless = () =>
    new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled++
        controller.enqueue(new Uint8Array(50).fill(0x20))
      },
    })
  const { ask, ends } = create({ limits: { maxBodyBytes: 100 } })
  for (const headers of [{}, { 'content-length': '10' }])
    expect(
      (await ask({}, { body: endless(), headers, duplex: 'half' } as RequestInit)).status,
    ).toBe(413)
  expect(pulled).toBeLessThan(20)
  expect(ends.map(({ model }) => model)).toEqual([undefined, undefined])
})

test('an admission that comes too late is released', async () => {
  let released = 0
  const admit = async () => {
    await tick(60)
    return () => released++
  }
  expect((await create({ admit, limits: { totalTimeout: 20 } }).ask()).status).toBe(504)
  await expect.poll(() => released, { interval: 5 }).toBe(1)
})

test('a client that leaves during its admission does not keep it, where the runtime waits for `waitUntil` only', async () => {
  let released = 0
  let admitted = () => {}
  const admit = () =>
    new Promise<() => unknown>((resolve) => (admitted = () => resolve(() => released++)))
  const work: Promise<unknown>[] = []
  const controller = new AbortController()
  const context = { waitUntil: (one: Promise<unknown>) => void work.push(one) }
  const asked = create({ admit }).ask({}, { signal: controller.signal }, {}, context)
  await tick(20)
  controller.abort()
  await asked
  setTimeout(() => admitted(), 5)
  await Promise.all(work)
  expect(released).toBe(1)
})

test.each([new Response('no'), new Error('no'), [], new Map(), () => true, Symbol('x'), '', 0])(
  'authorize: %s does not admit',
  async (value) => {
    const response = await create({ authorize: () => value }).ask()
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Bearer'])
  },
)

test.each([
  [{ data: { user: null }, error: new Error('no session') }, 401], // Supabase's `getUser`
  [{ statusCode: 403, body: 'Forbidden' }, 401], // AWS Lambda
  [{ status: 401, message: 'Unauthorized' }, 401],
  [{ id: 1, status: 'active' }, 200],
  [{ session: null, user: null }, 401], // Lucia's `validateSession`
  [{ active: false }, 401], // token introspection, RFC 7662
  [{ valid: false, code: 'NOT_FOUND' }, 401], // Unkey's `verifyKey`
  [{ success: false, error: null }, 401], // `safeParse` and rate limiters
  [{ isSignedIn: false, toAuth: null }, 401], // Clerk's `authenticateRequest`
  [{ data: { user: { id: 'ann' } }, error: null }, 200],
  [{ active: true, sub: 'ann' }, 200],
  [{}, 200],
])('authorize: the result %j of a library is answered with %i', async (value, status) => {
  expect((await create({ authorize: () => value }).ask()).status).toBe(status)
})

test.each<[string, () => unknown]>([
  ['nothing', () => undefined],
  ['an object', () => ({})],
  ['a promise', async () => false],
  ['a promise that rejects', async () => Promise.reject(new Error('down'))],
])('allowModel: %s admits no request', async (_what, allowModel) => {
  const { ask, ends } = create({ allowModel: allowModel as never })
  expect((await ask()).status).toBe(500)
  expect(String(ends[0]?.error)).toContain('allowModel() must return true or false')
})

test.each([
  5,
  { fast: {} },
  { fast: { input: 1 } },
  { fast: { input: '1', output: 2 } },
  { fast: 3 },
])('prices %j are invalid', (prices) => {
  const options = { models: {}, authorize: 'public' as const, prices: prices as never }
  expect(() => createSlimGateway(options)).toThrow('options.prices must have `input` and `output`')
  expect(() => createKeys({ store: keysInMemory(), prices: prices as never })).toThrow('prices')
})

test('only complete replies are cached; the caller can skip the cache and learns of a hit', async () => {
  const kept = new Map<string, string>()
  const cache = {
    get: (key: string) => kept.get(key),
    set: (k: string, v: string) => kept.set(k, v),
  }
  for (const reason of ['length', 'content_filter', 'other'] as const) {
    const cut = saying([text('half'), { type: 'usage', usage }, finish(reason)])
    await create({ models: { fast: cut }, cache }).ask()
    expect(kept.size).toBe(0)
  }
  const { ask } = create({ cache })
  const status = async (control: string) =>
    (await ask({}, { headers: { 'cache-control': control } })).headers.get('x-chatwire-cache')
  expect(await status('no-store')).toBe('bypass')
  expect(kept.size).toBe(0)
  expect(await status('')).toBe('miss')
  expect(await status('')).toBe('hit')
  expect(await status('no-cache')).toBe('bypass')
  await tick(5)
  expect(await status('max-age=0')).toBe('miss')
  expect(await status('max-age=60')).toBe('hit')
})

test('an entry of the cache that is no reply is a miss', async () => {
  const message = { role: 'assistant', content: 'x' }
  for (const result of [
    undefined,
    null,
    {},
    'x',
    { text: 'x', message: {} },
    { text: 'x', message },
  ]) {
    const get = () => JSON.stringify({ storedAt: Date.now(), result })
    const response = await create({ cache: { get, set: () => {} } }).ask()
    expect(response.status).toBe(200)
    expect(response.headers.get('x-chatwire-cache')).toBe('miss')
  }
})

test('the cache distinguishes models of one name', async () => {
  const keys = new Set<string>()
  const cache = { get: () => undefined, set: (key: string) => keys.add(key) }
  const named = (name: string) => saying([text('Hi'), finish()], { model: name })
  for (const name of ['a', 'b']) await create({ models: { fast: named(name) }, cache }).ask()
  expect(keys.size).toBe(2)
})

test('fields of a vendor are opaque to callers, and come back only as they were', async () => {
  const asked: unknown[] = []
  const fields = { provider_data: { anthropic: [{ type: 'thinking', signature: 's' }] } }
  const signing = model(async function* (messages) {
    asked.push(messages)
    yield text('Hi')
    yield finish('stop', { messageFields: fields })
  })
  const { ask } = create({ models: { fast: signing } })
  const { message } = (await (await ask()).json()).choices[0]
  expect(message.provider_data).toMatch(/^cw1\.[\w-]+$/)
  const streamed = await (await ask({ stream: true })).text()
  expect(streamed).toContain('"provider_data":"cw1.')
  expect(JSON.stringify(message) + streamed).not.toMatch(/anthropic|signature/)
  const hi = { role: 'user', content: 'Hi' }
  await ask({ messages: [hi, message, hi] })
  expect(asked.at(-1)).toMatchObject([hi, { content: 'Hi', ...fields }, hi])
  const at = 40
  const other = message.provider_data[at] === 'A' ? 'B' : 'A'
  const flipped = message.provider_data.slice(0, at) + other + message.provider_data.slice(at + 1)
  for (const forged of [fields.provider_data, flipped, 'cw1.', 'cw1.%', 'x', 1]) {
    await ask({ messages: [hi, { ...message, provider_data: forged }, hi] })
    expect((asked.at(-1) as object[])[1]).not.toHaveProperty('provider_data')
  }
})

test('speech and pictures are for the caller, and their words come back', async () => {
  const asked: unknown[] = []
  const fields = {
    audio: { id: 'audio_1', data: 'QUJD', transcript: 'Hi' },
    images: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }],
  }
  const speaking = model(async function* (messages) {
    asked.push(messages)
    yield text('Hi')
    yield finish('stop', { messageFields: fields })
  })
  const { ask } = create({ models: { fast: speaking } })
  const { message } = (await (await ask()).json()).choices[0]
  expect(message).toMatchObject({ content: 'Hi', ...fields })
  const streamed = await (await ask({ stream: true })).text()
  expect(streamed).toContain(JSON.stringify(fields).slice(1, -1))
  const hi = { role: 'user', content: 'Hi' }
  await ask({ messages: [hi, message, hi] })
  expect(asked.at(-1)).toEqual([hi, { role: 'assistant', content: 'Hi' }, hi])
})

test('a secret lets another instance open what this one sealed', async () => {
  const seen: any[] = []
  const signing = model(async function* (messages) {
    seen.push(messages)
    yield text('Hi')
    yield finish('stop', { messageFields: { provider_data: { x: 1 } } })
  })
  const options = { models: { fast: signing }, secret: 'a secret of many characters' }
  const { message } = (await (await create(options).ask()).json()).choices[0]
  const hi = { role: 'user', content: 'Hi' }
  await create({ ...options, secret: () => options.secret }).ask({ messages: [hi, message, hi] })
  expect(seen.at(-1)[1].provider_data).toEqual({ x: 1 })
  await create({ ...options, secret: 'another secret, as long' }).ask({
    messages: [hi, message, hi],
  })
  expect(seen.at(-1)[1]).not.toHaveProperty('provider_data')
})

test('errors that name the server do not reach callers', async () => {
  for (const [code, words, param] of [
    [
      'invalid_messages',
      'Vendor takes no messages[1].content[0] of this kind',
      'messages[1].content[0]',
    ],
    ['unsupported_option', 'Vendor does not support `topK: 5`', 'top_k'],
    ['unsupported_option', 'Vendor takes no image; use `extraBody`', null],
  ] as const) {
    const refusing = model(async function* () {
      yield* []
      throw new ConfigError(code, words)
    })
    const error = await errorOf(await create({ models: { fast: refusing } }).ask())
    expect(error.param ?? null).toBe(param ?? 'messages')
    expect(JSON.stringify(error)).not.toMatch(/Vendor|extra/)
  }
})

test('clients are told not to repeat what the gateway has retried', async () => {
  const failing = (maxRetries: number) =>
    model(
      async function* () {
        yield* []
        throw new ServiceError('overloaded', 'x', { retryable: true })
      },
      { maxRetries },
    )
  const told = async (fast: ReturnType<typeof failing>, page = {}) =>
    (await create({ models: { fast } }).ask({}, { headers: page })).headers
  expect((await told(failing(1))).get('x-should-retry')).toBe('false')
  const headers = await told(failing(0), { origin: 'https://app.example' })
  expect(headers.get('x-should-retry')).toBe('true')
  expect(headers.get('access-control-expose-headers')).toContain('x-should-retry')
})

test('a list continues a reply that was cut, and can tell which model answered', async () => {
  const cut = model(
    async function* () {
      yield text('Hel')
      throw new ServiceError('server_error', 'broken')
    },
    { maxRetries: 0, model: 'first' },
  )
  const next = model(
    async function* () {
      yield text('lo')
      yield finish()
    },
    { model: 'second' },
  )
  const { ask } = create({
    models: { fast: { failover: [cut, next], onCut: 'continue' }, plain: [next] },
    exposeModel: true,
  })
  const body = await (await ask({ stream: true })).text()
  expect([...body.matchAll(/"content":"([^"]+)"/g)].map(([, piece]) => piece).join('')).toBe(
    'Hello',
  )
  expect(body).toContain('[DONE]')
  const response = await ask({ model: 'plain' })
  expect(response.headers.get('x-chatwire-model')).toBe('second')
  expect((await response.json()).model).toBe('second')
})

test('usage is priced, a traceparent is passed on, and prompts are estimated', async () => {
  const headers: unknown[] = []
  const traced = model(async function* (_messages, call) {
    headers.push(call.headers)
    yield [text('Hi'), { type: 'usage', usage } as const, finish()]
  })
  let estimate = 0
  const { ask, ends } = create({
    models: { fast: traced },
    prices: { fast: { input: 1, output: 10 } },
    admit: ({ promptTokens }) => void (estimate = promptTokens),
  })
  const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
  await ask({}, { headers: { traceparent } })
  for (const invalid of [
    'x',
    `00-${'0'.repeat(32)}-${'b'.repeat(16)}-01`,
    `00-${'a'.repeat(32)}-${'0'.repeat(16)}-01`,
    `ff-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
  ])
    await ask({}, { headers: { traceparent: invalid } })
  expect(headers).toEqual([
    expect.objectContaining({ traceparent }),
    ...Array.from({ length: 4 }, () => ({})),
  ])
  expect(ends[0]?.cost).toBeCloseTo(43e-6)
  expect(estimate).toBeGreaterThan(0)
})

test('what a caller received before it left, or the model failed, is priced', async () => {
  const cut = model(async function* () {
    yield [text('Hi'), { type: 'usage', usage } as const]
    yield [text(' there')]
    throw new StreamError('connection_lost', 'Cut')
  })
  const { ask, ends } = create({
    models: { fast: cut },
    prices: { fast: { input: 1, output: 10 } },
  })
  await (await ask({ stream: true })).text()
  expect(ends[0]).toMatchObject({ outcome: 'failed', cost: expect.closeTo(43e-6) })
  const left = (await ask({ stream: true })).body?.getReader()
  await left?.read()
  await left?.cancel()
  expect(ends[1]).toMatchObject({ outcome: 'left', cost: expect.closeTo(43e-6) })
})

test('a cost is never negative, whatever a model counts', async () => {
  const odd = model(async function* () {
    yield [text('Hi'), { type: 'usage', usage: { ...usage, cachedTokens: 900 } } as const, finish()]
  })
  const prices = { fast: { input: 1, output: 0, cachedInput: 0.01 } }
  const { ask, ends } = create({ models: { fast: odd }, prices })
  await ask()
  expect(ends[0]?.cost).toBeCloseTo(9e-6)
})

test('methods, HEAD, compressed bodies and health', async () => {
  const { gateway, ask } = create({ authorize: () => false })
  const send = (method: string, path: string) =>
    gateway(new Request(`https://x.example/v1${path}`, { method }))
  const wrong = await send('GET', '/chat/completions')
  expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'POST, OPTIONS'])
  expect((await send('PUT', '/models')).headers.get('allow')).toBe('GET, HEAD, OPTIONS')
  expect(await (await send('GET', '/healthz')).json()).toEqual({ status: 'ok' })
  expect((await send('HEAD', '/models')).status).toBe(401)
  const head = await create().gateway(
    new Request('https://x.example/v1/models', { method: 'HEAD' }),
  )
  expect([head.status, await head.text()]).toEqual([200, ''])
  expect((await ask({}, { headers: { 'content-encoding': 'gzip' } })).status).toBe(401)
  const packed = await create().ask({}, { headers: { 'content-encoding': 'gzip' } })
  expect([packed.status, packed.headers.get('accept-encoding')]).toEqual([415, 'identity'])
  expect(
    (await create().ask({}, { headers: { 'content-type': 'application/json-seq' } })).status,
  ).toBe(415)
  const plain = await send('OPTIONS', '/chat/completions')
  expect([plain.status, plain.headers.get('allow')]).toEqual([204, 'GET, HEAD, POST, OPTIONS'])
  expect(await (await send('HEAD', '/chat/completions')).text()).toBe('')
  expect((await send('GET', '/healthz/')).status).toBe(200)
  expect(await (await send('GET', '/messages')).json()).toMatchObject({ type: 'error' })
})

test.each<
  [method: string, path: string, headers: Record<string, string>, status: number, error: object]
>([
  [
    'POST',
    '/v1/embeddings',
    {},
    404,
    { error: { type: 'invalid_request_error', code: 'not_found' } },
  ],
  ['GET', '/v1/responses/resp_1', {}, 404, { error: { code: 'not_found' } }],
  ['POST', '/v1/models/fast', {}, 405, { error: { code: 'method_not_allowed' } }],
  ['GET', '/v1/responses', {}, 405, { error: { code: 'method_not_allowed' } }],
  [
    'GET',
    '/v1/responses',
    { connection: 'Upgrade', upgrade: 'WebSocket' },
    426,
    { error: { type: 'invalid_request_error', message: 'No WebSockets: use POST' } },
  ],
  [
    'POST',
    '/v1beta/models/fast:countTokens',
    {},
    404,
    { error: { code: 404, status: 'NOT_FOUND' } },
  ],
  ['POST', '/v1/projects/p/models/fast:x', {}, 404, { error: { code: 404, status: 'NOT_FOUND' } }],
  ['GET', '/v1beta/files', { 'x-goog-api-key': 'k' }, 404, { error: { status: 'NOT_FOUND' } }],
  [
    'DELETE',
    '/v1beta/models',
    { 'x-goog-api-key': 'k' },
    405,
    { error: { status: 'INVALID_ARGUMENT' } },
  ],
  [
    'POST',
    '/v1/messages/batches',
    ANTHROPIC,
    404,
    { type: 'error', error: { type: 'not_found_error' } },
  ],
  [
    'GET',
    '/v1/models/other',
    ANTHROPIC,
    404,
    { type: 'error', error: { type: 'not_found_error' } },
  ],
  [
    'PUT',
    '/v1/models',
    ANTHROPIC,
    405,
    { type: 'error', error: { type: 'invalid_request_error' } },
  ],
  ['POST', '/api/generate', {}, 404, { error: expect.stringContaining('No such endpoint') }],
])(
  '%s %s with %j is answered with %i in the shape of its client',
  async (method, path, headers, status, error) => {
    const { gateway } = create()
    const response = await gateway(new Request(`https://x.example${path}`, { method, headers }))
    expect(response.status).toBe(status)
    expect(await response.json()).toMatchObject(error)
  },
)

test.each([
  [
    'breaks off',
    () => new ReadableStream({ pull: (controller) => controller.error(new Error('secret')) }),
  ],
  ['is not UTF-8', () => new Uint8Array([0x22, 0xff, 0x22])],
])('a body that %s is answered with 400', async (_what, body) => {
  const { ask, ends } = create()
  const response = await ask({}, { body: body(), duplex: 'half' } as RequestInit)
  expect([response.status, await response.text()]).toEqual([
    400,
    expect.not.stringMatching('secret'),
  ])
  expect(ends).toMatchObject([{ outcome: 'refused' }])
})

test('subdomains and a proxy that ends TLS', async () => {
  const { ask } = create({ origins: ['https://*.app.example'], trustProxy: true })
  const status = async (origin: string, more = {}) =>
    (await ask({}, { headers: { origin, ...more } })).status
  expect(await status('https://a.app.example')).toBe(200)
  expect(await status('https://a.b.app.example')).toBe(200)
  for (const foreign of [
    'https://app.example',
    'http://a.app.example',
    'https://a.app.example.evil',
    'https://a..app.example',
    'null',
  ])
    expect(await status(foreign)).toBe(403)
  for (const host of ['front.example', 'Front.example:443', 'front.example, inner']) {
    const proxy = { 'x-forwarded-proto': 'https', 'x-forwarded-host': host }
    expect(await status('https://front.example', proxy)).toBe(200)
  }
  expect(await status('https://front.example', { 'x-forwarded-host': ':' })).toBe(403)
})

test('apps and extensions have origins of their own', async () => {
  const { ask } = create({ origins: ['capacitor://localhost', 'chrome-extension://abcdef'] })
  const status = async (origin: string) => (await ask({}, { headers: { origin } })).status
  expect(await status('capacitor://localhost')).toBe(200)
  expect(await status('chrome-extension://abcdef')).toBe(200)
  expect(await status('chrome-extension://other')).toBe(403)
  expect(await status('null')).toBe(403)
})

test('a function of models is called once for each env', async () => {
  let calls = 0
  const models = () => {
    calls++
    return { fast: hello }
  }
  const { ask } = create({ models })
  const env = {}
  for (const one of [env, env, undefined, undefined, {}]) await (await ask({}, {}, one)).text()
  expect(calls).toBe(3)
})

test('a list of models is asked in its order', async () => {
  const broken = model(
    async function* () {
      yield* []
      throw new ServiceError('server_error', 'broken')
    },
    { maxRetries: 0 },
  )
  const { ask, ends } = create({ models: { fast: [broken, hello] } })
  expect((await ask({ stream: true })).status).toBe(200)
  const answer = await (await ask()).json()
  expect(answer.choices[0].message.content).toBe('Hello')
  expect(ends.at(-1)?.result?.attempts).not.toHaveLength(0)
})

test('admit() refuses with a time to wait, or is called back at the end of an admitted request', async () => {
  let running = 0
  const { ask, ends } = create({
    admit: ({ caller, model: name, stream }) => {
      expect([caller, name]).toEqual([undefined, 'fast'])
      if (!stream) return { retryAfter: 1500 }
      running++
      return () => running--
    },
  })
  const refused = await ask()
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '2'])
  const response = await ask({ stream: true })
  expect(running).toBe(1)
  await response.text()
  expect(running).toBe(0)
  const left = await ask({ stream: true })
  await left.body?.cancel()
  expect(running).toBe(0)
  expect(ends.map(({ outcome }) => outcome)).toEqual(['refused', 'answered', 'left'])
})

test('a stream is to be passed on as it is, a whole answer may be compressed', async () => {
  const { ask } = create()
  const headers = { 'cache-control': 'no-store, no-transform', 'x-accel-buffering': 'no' }
  expect(Object.fromEntries((await ask({ stream: true })).headers)).toMatchObject(headers)
  expect((await ask()).headers.get('cache-control')).toBe('no-store')
})

test('an answer is kept once, and given again as a stream or whole', async () => {
  const kept = new Map<string, string>()
  const { ask, ends } = create({
    cache: { get: (key) => kept.get(key), set: (key, value) => void kept.set(key, value) },
  })
  await (await ask({ stream: true })).text()
  expect(kept.size).toBe(1)
  const whole = await (await ask()).text()
  checkBody(200, 'application/json', whole)
  expect(whole).toContain('"Hello"')
  const stream = await (await ask({ stream: true, stream_options: { include_usage: true } })).text()
  checkBody(200, 'text/event-stream', stream)
  expect(ends.map(({ cached }) => cached)).toEqual([undefined, true, true])
  await (await ask({ temperature: 1 })).text()
  expect(kept.size).toBe(2)
})

test('what is done at the end is given to waitUntil, where there is one', async () => {
  const work: Promise<unknown>[] = []
  const { ask, ends } = create()
  await ask({}, {}, {}, { waitUntil: (one: Promise<unknown>) => void work.push(one) })
  expect(work).toHaveLength(1)
  await Promise.all(work)
  expect(ends).toHaveLength(1)
})

test('pages of other origins are refused where there is a list', async () => {
  const { ask, gateway } = create({ origins: ['https://app.example'] })
  const from = (origin: string) => ask({}, { headers: { origin } })
  const foreign = await from('https://evil.example')
  expect([foreign.status, foreign.headers.get('access-control-allow-origin')]).toEqual([403, null])
  const own = await from('https://app.example')
  expect(own.headers.get('access-control-allow-origin')).toBe('https://app.example')
  expect((await from('https://gateway.example')).status).toBe(200)
  const preflight = (origin: string) =>
    gateway(new Request('https://gateway.example/v1/x', { method: 'OPTIONS', headers: { origin } }))
  expect((await preflight('https://evil.example')).status).toBe(403)
  expect((await preflight('https://app.example')).status).toBe(204)
})

test('tools for a model that takes none are refused by their name', async () => {
  const toolless = model({
    _chatStream: async function* () {},
    supportFunctionCalling: () => false,
  })
  const { ask } = create({ models: { fast: toolless } })
  const tools = [{ type: 'function', function: { name: 'f' } }]
  expect(await errorOf(await ask({ tools }))).toMatchObject({ param: 'tools' })
})

test('an answer that takes too long ends with 504, or in the middle of its stream', async () => {
  const stalls = (...events: unknown[]) =>
    model(async function* (_messages, call) {
      yield* events
      await new Promise((_resolve, reject) => {
        call.signal.addEventListener('abort', () => reject(call.signal.reason as Error))
      })
    })
  const options = { limits: { totalTimeout: 30 } }
  const late = create({ ...options, models: { fast: stalls() } })
  expect((await late.ask({ stream: true })).status).toBe(504)
  expect((await late.ask()).status).toBe(504)
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const cut = create({ ...options, models: { fast: stalls(text('Hi')) } })
  const answer = await cut.ask({ stream: true })
  vi.advanceTimersByTime(30)
  vi.useRealTimers()
  const body = await answer.text()
  checkBody(200, 'text/event-stream', body)
  expect(body).toContain('"code":"timeout"')
  expect(cut.ends).toMatchObject([{ outcome: 'failed', result: { text: 'Hi' } }])
})

test('a client that does not read pauses the model, and the limit of time ends it all the same', async () => {
  let said = 0
  const talker = model(async function* () {
    for (;;) {
      await Promise.resolve()
      said++
      yield text('word '.repeat(1000))
    }
  })
  const { ask, ends } = create({ models: { fast: talker }, limits: { totalTimeout: 40 } })
  await ask({ stream: true })
  await tick(10)
  expect(said).toBeLessThan(10)
  await expect.poll(() => ends.length, { interval: 5 }).toBe(1)
  expect(ends[0]).toMatchObject({ outcome: 'failed', error: { code: 'timeout' } })
})

test('the signal of the request ends the model', async () => {
  const controller = new AbortController()
  const reason = new Error('gone')
  const quiet = model(async function* (_messages, call) {
    yield* []
    await new Promise((_resolve, reject) => {
      call.signal.addEventListener('abort', () => reject(call.signal.reason as Error))
    })
  })
  const prices = { fast: { input: 1, output: 10 } }
  const { ask, ends } = create({ models: { fast: quiet }, prices })
  const answer = ask({}, { signal: controller.signal })
  await tick()
  controller.abort(reason)
  expect((await answer).status).toBe(499)
  expect(ends).toMatchObject([{ outcome: 'left', status: 499, result: { text: '' } }])
  expect(ends[0]?.cost).toBeGreaterThan(0)
})

test('the whole error goes to onEnd, with its partial answer', async () => {
  const broken = model(
    async function* () {
      yield text('half')
      throw new ServiceError('server_error', 'upstream words')
    },
    { maxRetries: 0 },
  )
  const { ask, ends } = create({ models: { fast: broken } })
  const body = await (await ask({ stream: true })).text()
  expect(body).not.toContain('upstream words')
  expect(ends[0]).toMatchObject({
    outcome: 'failed',
    result: { text: 'half' },
    error: { message: 'upstream words' },
  })
})

test('a comment is sent while the model is silent, and the model is not asked twice', async () => {
  let asked = 0
  const slow = model(async function* () {
    asked++
    await tick(45)
    yield text('late')
    await tick(45)
  })
  const { ask } = create({ models: { fast: slow }, pingInterval: 10 })
  const body = await (await ask({ stream: true })).text()
  expect(body).toMatch(/^(: ping\n\n)+data: [^]*late[^]*(: ping\n\n)+data: /)
  checkBody(200, 'text/event-stream', body)
  expect(asked).toBe(1)
})

test('the first comment comes after 8 s by default: Bun closes a connection after 10 s of silence', async () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  let speak = () => {}
  const spoken = new Promise<void>((resolve) => (speak = resolve))
  const slow = model(async function* () {
    await spoken
    yield text('late')
  })
  const { ask } = create({ models: { fast: slow } })
  let response: Response | undefined
  void ask({ stream: true }).then((one) => (response = one))
  await vi.advanceTimersByTimeAsync(7900)
  expect(response).toBeUndefined()
  await vi.advanceTimersByTimeAsync(200)
  speak()
  await vi.advanceTimersByTimeAsync(0)
  expect(await response?.text()).toMatch(/^: ping\n\ndata: /)
})

/** The texts in the chunks of each write. */
async function writesOf(response: Response): Promise<string[][]> {
  const writes: string[][] = []
  const reader = response.body?.getReader()
  for (;;) {
    const { done, value } = (await reader?.read()) ?? {}
    if (done || !value) return writes
    const frames = new TextDecoder().decode(value)
    writes.push(
      [...frames.matchAll(/"content":"([^"]+)"/g)].map(([, content]) => content as string),
    )
  }
}

test('what came together leaves together, and nothing waits for what comes after it', async () => {
  const paced = model(async function* () {
    yield [text('a'), text('b'), text('c')]
    yield [{ type: 'usage', usage } as const]
    yield 'd'
    yield [text('e'), finish()]
  })
  const { ask } = create({ models: { fast: paced } })
  expect(await writesOf(await ask({ stream: true }))).toEqual([['a', 'b', 'c'], ['d'], ['e'], []])
})

test('output before an encoder failure is written before the error', async () => {
  const restarted = model(async function* () {
    yield 'a'
    yield [
      text('b'),
      { type: 'failover', action: 'restart', provider: 'p', model: 'm', attempts: [] } as never,
      text('never'),
    ]
    yield finish()
  })
  const { ask, ends } = create({ models: { fast: restarted } })
  const body = await (await ask({ stream: true })).text()
  expect(body).toMatch(/"a"[^]*"b"[^]*"error"/)
  expect(body).not.toMatch(/never|\[DONE\]/)
  expect(ends).toMatchObject([{ outcome: 'failed', error: { code: 'connection_lost' } }])
})

test('models are listed, one by one too, below any path', async () => {
  const { gateway } = create({ models: { fast: hello, 'org/name': hello } })
  const get = async (path: string) =>
    (await gateway(new Request(`https://x.example${path}`))).json()
  expect((await get('/any/path/v1/models')).data.map(({ id }: any) => id)).toEqual([
    'fast',
    'org/name',
  ])
  for (const name of ['org/name', 'org%2Fname', 'fast/']) {
    expect((await get(`/v1/models/${name}`)).object).toBe('model')
  }
  expect((await get('/v1/models/%E0')).error.code).toBe('model_not_found')
})
