import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { cachedKey } from '../../../src/cached-key.ts'
import { createToken } from '../../../src/gateway.ts'
import type { TokenOptions } from '../../../src/gateway.ts'
import { DashScopeLLM } from '../../../src/providers/dashscope.ts'
import { ZhipuLLM } from '../../../src/providers/zhipu.ts'
import { simulate } from '../../../src/testing/simulator.ts'

const KEY = 'sk-long-lived-0123456789'
const ZHIPU_KEY = 'id12345.se+cret/67890'
const NOW = 1_790_000_000_000

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW })
  for (const name of ['DASHSCOPE_API_KEY', 'ZHIPU_API_KEY', 'ZHIPUAI_API_KEY', 'ZAI_API_KEY'])
    vi.stubEnv(name, undefined)
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllEnvs()
  vi.unstubAllGlobals()
})

describe('DashScope', () => {
  const create = (answer: () => Response | Promise<Response>, more: Partial<TokenOptions> = {}) => {
    const sent: Request[] = []
    const fetch = async (url: string, init: RequestInit) => {
      sent.push(new Request(url, init))
      return answer()
    }
    const token = () => createToken({ server: 'dashscope', apiKey: KEY, fetch, ...more })
    return { token, sent }
  }
  const OK = () => Response.json({ token: 'st-1', expires_at: 1_790_000_300 })

  test('mints a token that opens what the key opens, and says when it ends', async () => {
    const vendor = simulate('dashscope', 'Hello', { key: KEY })
    const made = await createToken({
      server: 'dashscope',
      apiKey: KEY,
      expiresIn: 300,
      fetch: vendor,
    })
    expect(made).toEqual({ token: expect.stringMatching(/^st-/), expiresAt: NOW + 300_000 })
    expect(vendor.requests).toMatchObject([
      {
        method: 'POST',
        url: 'https://dashscope.aliyuncs.com/api/v1/tokens?expire_in_seconds=300',
        headers: { authorization: `Bearer ${KEY}` },
        body: undefined,
      },
    ])
    const llm = new DashScopeLLM({ model: 'qwen-max', apiKey: made.token, fetch: vendor })
    expect(String(await llm.chat('Hi'))).toBe('Hello')
  })

  test('lives for 60 seconds by default, and for half an hour at most', async () => {
    const { token, sent } = create(OK)
    expect(await token()).toEqual({ token: 'st-1', expiresAt: 1_790_000_300_000 })
    expect(new URL(sent[0].url).search).toBe('?expire_in_seconds=60')
    for (const expiresIn of [0, -1, 1.5, 1801, Number.NaN, '60' as never]) {
      const { token, sent } = create(OK, { expiresIn })
      await expect(token()).rejects.toMatchObject({
        code: 'invalid_config',
        message: expect.stringContaining('from 1 to 1800'),
      })
      expect(sent).toEqual([])
    }
    await create(OK, { expiresIn: 1800 }).token()
  })

  test('is asked in the region of the key, however its address is written', async () => {
    for (const path of ['', '/', '/api/v1', '/compatible-mode/v1']) {
      const { token, sent } = create(OK, { baseURL: `https://dashscope-intl.aliyuncs.com${path}` })
      await token()
      expect(sent[0].url).toBe(
        'https://dashscope-intl.aliyuncs.com/api/v1/tokens?expire_in_seconds=60',
      )
    }
  })

  test('takes the key out of the environment, as models do', async () => {
    const env = { DASHSCOPE_API_KEY: 'sk-of-the-worker' }
    const { token, sent } = create(OK, { apiKey: undefined, env })
    await token()
    expect(sent[0].headers.get('authorization')).toBe('Bearer sk-of-the-worker')
    await expect(create(OK, { apiKey: undefined }).token()).rejects.toMatchObject({
      code: 'missing_api_key',
      message: expect.stringContaining('DASHSCOPE_API_KEY'),
    })
  })

  test('says why it refuses, without the key', async () => {
    const body = { code: 'InvalidApiKey', message: `Invalid API-key ${KEY}.`, request_id: 'r-1' }
    const { token } = create(() => Response.json(body, { status: 401 }))
    await expect(token()).rejects.toMatchObject({
      code: 'authentication',
      provider: 'dashscope',
      message: 'Invalid API-key ***.',
      vendorCode: 'InvalidApiKey',
      requestId: 'r-1',
    })
  })

  test.each([
    ['a page', '<html>'],
    ['nothing', ''],
    ['null', 'null'],
    ['no time', '{"token":"st-1"}'],
    ['no token', '{"expires_at":1790000300}'],
    ['an empty token', '{"token":"","expires_at":1790000300}'],
  ])('a response without a token is an error: %s', async (_what, text) => {
    await expect(create(() => new Response(text)).token()).rejects.toMatchObject({
      code: 'unexpected_response',
    })
  })

  test('a server that cannot be reached is an error of the connection', async () => {
    const { token } = create(() => Promise.reject(new TypeError('fetch failed')))
    await expect(token()).rejects.toMatchObject({
      code: 'connection_failed',
      provider: 'dashscope',
      message: expect.stringContaining('Could not reach https://dashscope.aliyuncs.com'),
    })
  })

  test('an abort rethrows its reason', async () => {
    const reason = new Error('left')
    const { token } = create(() => new Promise(() => {}), { signal: AbortSignal.abort(reason) })
    await expect(token()).rejects.toBe(reason)
  })
})

describe('Zhipu', () => {
  test('a token is signed locally, without a request', async () => {
    const fetch = vi.fn()
    const made = await createToken({ server: 'zhipu', apiKey: ZHIPU_KEY, expiresIn: 60, fetch })
    expect(fetch).not.toHaveBeenCalled()
    expect(made.expiresAt).toBe(NOW + 60_000)
    expect(made.token).not.toContain('cret')
    const vendor = simulate('zhipu', 'Hello', { key: ZHIPU_KEY })
    const llm = new ZhipuLLM({ model: 'glm-4.7', apiKey: made.token, fetch: vendor })
    expect(String(await llm.chat('Hi'))).toBe('Hello')
    vi.setSystemTime(NOW + 61_000)
    await expect(llm.chat('Hi')).rejects.toMatchObject({ code: 'authentication' })
  })

  test('lives for three minutes by default, and for a day at most', async () => {
    const make = (expiresIn?: number) =>
      createToken({ server: 'zhipu', apiKey: ZHIPU_KEY, expiresIn })
    expect((await make()).expiresAt).toBe(NOW + 180_000)
    expect((await make(86_400)).expiresAt).toBe(NOW + 86_400_000)
    await expect(make(86_401)).rejects.toMatchObject({ code: 'invalid_config' })
  })

  test.each(['without-a-dot', '.secret', 'id.'])(
    'a key that cannot sign is refused: %s',
    (apiKey) =>
      expect(createToken({ server: 'zhipu', apiKey })).rejects.toMatchObject({
        code: 'invalid_config',
        message: expect.not.stringContaining('secret}'),
      }),
  )
})

test('a page makes no tokens: the key would be in it', async () => {
  vi.stubGlobal('window', {})
  vi.stubGlobal('document', {})
  const options = { server: 'zhipu', apiKey: ZHIPU_KEY } as const
  await expect(createToken(options)).rejects.toMatchObject({ code: 'browser_key' })
})

test.each([undefined, null, 'zhipu', {}, { server: 'openai', apiKey: KEY }, { server: 5 }])(
  'other servers have no tokens: %j',
  (options) =>
    expect(createToken(options as never)).rejects.toMatchObject({
      code: 'unknown_server',
      message: "createToken() takes { server: 'dashscope' } or { server: 'zhipu' }",
    }),
)

test.each([
  [{ baseURL: 5 }, 'options.baseURL must be a URL such as https://host'],
  [{ baseURL: 'dashscope.example' }, 'options.baseURL must be a URL such as https://host'],
  [{ env: 'KEY' }, 'options.env must be an object'],
  [{ fetch: 5 }, 'options.fetch must be a function'],
  [{ signal: new AbortController() }, 'options.signal must be an AbortSignal'],
  [{ expiresin: 60 }, 'options.expiresin is not a known member (did you mean "expiresIn"?)'],
])('a wrong option is named before anything is sent: %j', async (wrong, message) => {
  const fetch = vi.fn()
  const options = { server: 'dashscope', apiKey: KEY, fetch, ...wrong } as never
  await expect(createToken(options)).rejects.toMatchObject({ code: 'invalid_config', message })
  expect(fetch).not.toHaveBeenCalled()
})

describe('a model with a short-lived key', () => {
  /** The simulated vendor, and a page's way to its tokens. */
  function create(expiresIn = 60) {
    const vendor = simulate('dashscope', 'Hello', { key: KEY })
    const minted = vi.fn(() =>
      createToken({ server: 'dashscope', apiKey: KEY, expiresIn, fetch: vendor }),
    )
    const llm = new DashScopeLLM({
      model: 'qwen-max',
      apiKey: cachedKey(minted),
      fetch: vendor,
      maxRetries: 0,
    })
    const tokens = () =>
      vendor.requests
        .filter(({ url }) => !url.includes('/tokens'))
        .map(({ headers }) => headers.authorization.slice('Bearer '.length))
    return { vendor, minted, llm, tokens }
  }

  test('asks for one only when it has none that will last', async () => {
    const { llm, minted, tokens } = create()
    expect(minted).not.toHaveBeenCalled()
    await Promise.all([llm.chat('Hi'), llm.chat('Hi'), llm.chat('Hi')])
    expect(minted).toHaveBeenCalledTimes(1)
    vi.setSystemTime(NOW + 49_000)
    await llm.chat('Hi')
    expect(minted).toHaveBeenCalledTimes(1)
    vi.setSystemTime(NOW + 51_000)
    await llm.chat('Hi')
    expect(minted).toHaveBeenCalledTimes(2)
    expect(new Set(tokens()).size).toBe(2)
  })

  test('asks anew when the server has refused it, and sends the request once more', async () => {
    const { llm, minted, vendor, tokens } = create()
    await llm.chat('Hi')
    // A wrong clock accepts it: the next one is.
    minted.mockImplementationOnce(async () => ({ token: 'st-ended', expiresAt: NOW + 120_000 }))
    vi.setSystemTime(NOW + 55_000)
    const result = await llm.chat('Hi')
    expect(String(result)).toBe('Hello')
    expect(result.attempts).toHaveLength(1)
    expect(tokens().slice(1)).toEqual(['st-ended', expect.stringMatching(/^st-simulated/)])
    expect(minted).toHaveBeenCalledTimes(3)
    expect(vendor.requests.filter(({ url }) => url.includes('/tokens'))).toHaveLength(2)
  })

  test('gives up when the next one is refused too', async () => {
    const vendor = simulate('dashscope', 'Hello', { key: KEY })
    let number = 0
    const apiKey = vi.fn(() => `st-${++number}`)
    const config = { model: 'qwen-max', apiKey, fetch: vendor, maxRetries: 2 }
    await expect(new DashScopeLLM(config).chat('Hi')).rejects.toMatchObject({
      code: 'authentication',
    })
    expect(vendor.requests).toHaveLength(2)
    expect(apiKey.mock.calls).toEqual([[], ['st-1']])
    const sent = vendor.requests.map(({ headers }) => headers.authorization)
    expect(sent).toEqual(['Bearer st-1', 'Bearer st-2'])
  })

  test.each([
    ['the same key again', () => 'st-old'],
    [
      'none',
      (refused?: string) => {
        if (refused) throw new Error('logged out')
        return 'st-old'
      },
    ],
  ])('sends nothing more where the function gives %s', async (_what, apiKey) => {
    const vendor = simulate('dashscope', 'Hello', { key: KEY })
    const llm = new DashScopeLLM({ model: 'qwen-max', apiKey, fetch: vendor, maxRetries: 2 })
    await expect(llm.chat('Hi')).rejects.toMatchObject({ code: 'authentication' })
    expect(vendor.requests).toHaveLength(1)
  })

  test('is not asked again for anything but a refused key, and never for a string', async () => {
    const apiKey = vi.fn(() => 'sk-any')
    const vendor = simulate('dashscope', { error: { status: 403 } })
    const config = { model: 'qwen-max', fetch: vendor, maxRetries: 0 }
    const ask = (own: typeof config & { apiKey: string | (() => string) }) =>
      expect(new DashScopeLLM(own).chat('Hi')).rejects.toThrow()
    await ask({ ...config, apiKey })
    expect(apiKey).toHaveBeenCalledTimes(1)
    vendor.use({ error: { status: 401 } })
    await ask({ ...config, apiKey: 'sk-any' })
    expect(vendor.requests).toHaveLength(2)
  })
})

describe('cachedKey()', () => {
  test('keeps nothing of a fetch that failed', async () => {
    const fetchKey = vi.fn(async () => ({ token: 'good', expiresAt: NOW + 60_000 }))
    fetchKey.mockRejectedValueOnce(new Error('offline'))
    const apiKey = cachedKey(fetchKey)
    const both = await Promise.allSettled([apiKey(), apiKey()])
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(fetchKey).toHaveBeenCalledTimes(1)
    expect(await apiKey()).toBe('good')
  })

  test('a function that throws at once is no different', async () => {
    const apiKey = cachedKey(() => {
      throw new Error('logged out')
    })
    await expect(apiKey()).rejects.toThrow('logged out')
    await expect(apiKey()).rejects.toThrow('logged out')
  })

  test.each([null, {}, { error: 'logged out' }, { token: 't', expiresAt: '1 h' }])(
    'does not cache an invalid key: %o',
    async (answer) => {
      const fetchKey = vi.fn(async () => answer as never)
      const vendor = simulate('dashscope', 'Hello')
      const llm = new DashScopeLLM({
        model: 'qwen-max',
        apiKey: cachedKey(fetchKey),
        fetch: vendor,
      })
      for (const times of [1, 2]) {
        await expect(llm.chat('Hi')).rejects.toMatchObject({ code: 'invalid_config' })
        expect(fetchKey).toHaveBeenCalledTimes(times)
      }
    },
  )

  test('a key that is refused long after it was replaced replaces nothing', async () => {
    let number = 0
    const apiKey = cachedKey(async () => ({ token: `t${++number}`, expiresAt: NOW + 60_000 }))
    expect(await apiKey()).toBe('t1')
    expect(await apiKey('t1')).toBe('t2')
    expect(await apiKey('t1')).toBe('t2')
  })
})
