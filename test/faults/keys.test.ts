/** Where a key must not be, for every provider of the registry: errors, causes, payloads, URLs, pages. */
import { afterEach, describe, expect, test, vi } from 'vitest'
import { getChatModel, LLM_REGISTRY } from '../../src/builtins.ts'
import { isChatError } from '../../src/errors.ts'
import type { Callbacks, Fetch, ModelConfig } from '../../src/options.ts'
import { everythingOf, failure } from '../unit/helpers.ts'
import { reveals } from './reveal.ts'

const KEY = 'sk-VerySecret0123456789'
/** Those that no key goes to. */
const WITHOUT_KEY: ReadonlySet<string> = new Set(['browser', 'engine'])
const SERVERS = LLM_REGISTRY.names().filter((name) => !WITHOUT_KEY.has(name))
const ADDRESS = 'https://vendor.example/v1'

afterEach(() => {
  vi.unstubAllGlobals()
  vi.unstubAllEnvs()
})

function modelAt(server: string, config: Partial<ModelConfig> = {}) {
  const own = server.startsWith('azure_openai') ? { baseURL: ADDRESS } : {}
  const modelServer = server === 'dashscope_qwen' ? 'dashscope' : server
  const model = server.startsWith('dashscope') ? 'qwen-plus' : 'acme'
  return getChatModel({ model, modelServer, maxRetries: 1, ...own, ...config })
}

/** Ways in which a key could come back, each as a `fetch`. */
const ECHOES: Record<string, Fetch> = {
  'a fetch that says its headers': async (_url, { headers }) => {
    throw new TypeError(`Failed: ${JSON.stringify([...new Headers(headers)])}`)
  },
  'a fetch whose cause says them': async (_url, { headers }) => {
    const cause = new Error(`ECONNRESET ${JSON.stringify([...new Headers(headers)])}`)
    throw new TypeError('fetch failed', { cause })
  },
  'a refusal in JSON': async () =>
    Response.json(
      { error: { message: `Bad key ${KEY}`, code: KEY, type: KEY }, request_id: KEY },
      { status: 401, headers: { 'x-request-id': KEY } },
    ),
  'a refusal that is tried again': async () =>
    new Response(`Busy: ${KEY}`, {
      status: 503,
      headers: { 'retry-after-ms': '1', 'cf-ray': KEY },
    }),
  'a body that is not JSON': async () => new Response(`{"key": ${KEY}`),
  'a frame that is not JSON': async () => new Response(`data: ${KEY}\n\n`),
  'a frame of another shape': async () =>
    new Response(
      `data: {"choices":"${KEY}","output":{"choices":[{"message":{"tool_calls":["${KEY}",null]}}]}}\n\n`,
    ),
  'an error in the stream': async () =>
    new Response(
      `event: error\ndata: {"code":"${KEY}","message":"${KEY}","error":{"message":"${KEY}"}}\n\n`,
    ),
  'a body that breaks': async () =>
    new Response(
      new ReadableStream({
        pull: (controller) => controller.error(new TypeError(`terminated: ${KEY}`)),
      }),
    ),
  'a redirect': async () =>
    new Response(null, { status: 307, headers: { location: `https://evil.example/?key=${KEY}` } }),
}

// At once: most of the time they wait for another try.
describe.concurrent.each(SERVERS)('%s', (server) => {
  test.each(Object.keys(ECHOES))('shows no key after %s', async (what) => {
    const urls: string[] = []
    const told: unknown[] = []
    const names = ['onLLMStart', 'onLLMRetry', 'onLLMError', 'onLLMEnd'] as const
    const callbacks: Callbacks = Object.fromEntries(
      names.map((name) => [name, (payload: unknown) => void told.push(payload)]),
    )
    const fetch: Fetch = (url, init) => {
      urls.push(url)
      return ECHOES[what]!(url, init)
    }
    const events: unknown[] = []
    for (const stream of [true, false]) {
      const llm = modelAt(server, { apiKey: KEY, fetch, callbacks })
      const error = await failure(async () => {
        if (!stream) return llm.chat('Hi')
        for await (const event of llm.chat({ prompt: 'Hi', stream: true }).events())
          events.push(event)
        return undefined
      })
      expect(error).toSatisfy(isChatError)
      expect(reveals('the error', error, KEY)).toEqual([])
      expect(everythingOf(error)).not.toContain(KEY)
      expect(() => structuredClone(error.toJSON())).not.toThrow()
    }
    for (const payload of [...told, ...events])
      expect(reveals('a payload', payload, KEY)).toEqual([])
    expect(urls.length).toBeGreaterThan(1)
    for (const url of urls) {
      expect(url).not.toContain(KEY)
      expect(url).not.toContain('evil.example')
    }
  })

  test('shows no key of a header that the caller set', async () => {
    const headers = { authorization: `Bearer ${KEY}`, 'api-key': KEY }
    for (const what of ['a fetch that says its headers', 'a refusal in JSON']) {
      const llm = modelAt(server, { apiKey: 'sk-another', headers, fetch: ECHOES[what] })
      const error = await failure(() => llm.chat('Hi'))
      expect(reveals('the error', error, KEY)).toEqual([])
    }
  })

  test('shows no key if a class passes a copy of its call on', async () => {
    for (const what of [
      'a fetch that says its headers',
      'a refusal in JSON',
      'an error in the stream',
    ]) {
      const llm = modelAt(server, { apiKey: KEY, maxRetries: 0, fetch: ECHOES[what] })
      const open = llm as any
      const ask = open._chatStream.bind(llm)
      open._chatStream = (messages: unknown, options: object) => ask(messages, { ...options })
      const error = await failure(() => llm.chat({ prompt: 'Hi', stream: true }).result())
      expect(reveals('the error', error, KEY)).toEqual([])
    }
  })
})

describe.each(SERVERS)('%s in a page', (server) => {
  test.each([
    ['an option', { apiKey: KEY }],
    ['a bag of variables', { env: bagOf(KEY) }],
  ])('refuses a long-lived key from %s', async (_what, config) => {
    openPage('https://app.example/chat')
    const fetch = vi.fn<Fetch>()
    const error = await failure(() =>
      modelAt(server, { ...config, baseURL: ADDRESS, fetch }).chat('Hi'),
    )
    expect(error).toMatchObject({ name: 'ConfigError', code: 'browser_key', retryable: false })
    expect(error.message).toMatch(/createRelay.*dangerouslyAllowBrowser/)
    expect(reveals('the error', error, KEY)).toEqual([])
    expect(fetch).not.toHaveBeenCalled()
  })

  test.each([
    ['its own relay', { apiKey: KEY, baseURL: 'https://app.example/relay' }],
    ['a key that a function fetches', { apiKey: () => KEY, baseURL: ADDRESS }],
    ['someone who says so', { apiKey: KEY, baseURL: ADDRESS, dangerouslyAllowBrowser: true }],
  ])('sends to %s', async (_what, config) => {
    openPage('https://app.example/chat')
    const fetch = vi.fn<Fetch>(async () => new Response('no', { status: 400 }))
    await failure(() => modelAt(server, { ...config, fetch }).chat('Hi'))
    expect(fetch).toHaveBeenCalledTimes(1)
  })
})

/** Every variable that could be meant. */
function bagOf(key: string): object {
  return new Proxy({}, { get: (_bag, name) => (/KEY|TOKEN/.test(String(name)) ? key : undefined) })
}

function openPage(href: string): void {
  vi.stubGlobal('window', globalThis)
  vi.stubGlobal('document', {})
  vi.stubGlobal('location', { href, origin: new URL(href).origin })
}
