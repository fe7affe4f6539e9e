/**
 * A streamed request before a server that is silent: the relay answers in its place.
 */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { getChatModel } from '../../../src/builtins.ts'
import type { ChatError } from '../../../src/errors.ts'
import { createRelay } from '../../../src/gateway.ts'
import type { RelayOptions } from '../../../src/gateway.ts'
import type { Script } from '../../../src/testing/script.ts'
import { failover } from '../../../src/failover/failover.ts'
import { simulate } from '../../../src/testing/simulator.ts'

const KEY = 'sk-of-the-relay.0123456789'
const PAGE = 'https://app.example'
const INTERVAL = 8000
const JSON_TYPE = { 'content-type': 'application/json' }

type Fetch = (url: string, init: RequestInit) => Response | Promise<Response>

function create(fetch: Fetch, options: Partial<RelayOptions<any, any>> = {}) {
  const ends: unknown[] = []
  const errors: unknown[] = []
  const signals: (AbortSignal | null | undefined)[] = []
  let onAsked = () => {}
  const apiKey = KEY
  const relay = createRelay({
    servers: {
      openai: { apiKey },
      zhipu: { apiKey },
      dashscope: { apiKey },
      anthropic: { apiKey },
      gemini: { apiKey },
      deepseek: { apiKey },
      ollama: { apiKey },
    },
    authorize: 'public',
    onEnd: ({ outcome, status }) => void ends.push([outcome, status]),
    onError: ({ error }) => void errors.push(error),
    fetch: (url, init) => {
      signals.push(init.signal)
      onAsked()
      return Promise.resolve(fetch(url, init))
    },
    ...options,
  })
  /** Asks, waits until the server is asked, and then for the answer while the fake clock runs. */
  const ask = async (path: string, body: unknown, headers: Record<string, string> = {}) => {
    const asked = new Promise<void>((resolve) => (onAsked = resolve))
    const answer = relay(
      new Request(`${PAGE}/relay${path}`, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { ...JSON_TYPE, ...headers },
      }),
    )
    await asked
    return inFakeTime(answer)
  }
  return { relay, ask, ends, errors, signals }
}

/** Answers after `wait` milliseconds of the fake clock; rejects if it is aborted. */
function late(answer: () => Response, wait: number): Fetch {
  return (_url, { signal }) =>
    new Promise((resolve, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason as Error))
      setTimeout(() => resolve(answer()), wait)
    })
}

/** Waits while the fake clock runs. */
async function inFakeTime<T>(promise: Promise<T>): Promise<T> {
  const clock = { isRunning: true }
  const done = promise.finally(() => (clock.isRunning = false))
  done.catch(() => {})
  while (clock.isRunning) await vi.advanceTimersByTimeAsync(500)
  return done
}

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] }))
afterEach(() => void vi.useRealTimers())

const CHAT = '/openai/chat/completions'
const STREAMED = { model: 'gpt-5-mini', messages: [], stream: true }
const stream = (text: string, type = 'text/event-stream') =>
  new Response(text, { headers: { 'content-type': type, 'x-request-id': 'of-the-vendor' } })

describe('while the server is silent', () => {
  test('a stream begins with a comment after each interval', async () => {
    const { ask, ends } = create(late(() => stream('data: {}\n\n'), INTERVAL * 2.5))
    const answer = await ask(CHAT, STREAMED)
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/event-stream'])
    expect(answer.headers.get('x-request-id')).toMatch(/^req_/)
    expect(await inFakeTime(answer.text())).toBe(': ping\n\n: ping\n\ndata: {}\n\n')
    expect(ends).toEqual([['answered', 200]])
  })

  test('also after its head, until the first byte', async () => {
    const head = new ReadableStream({
      async start(controller) {
        await new Promise((resolve) => setTimeout(resolve, INTERVAL * 1.5))
        controller.enqueue(new TextEncoder().encode('data: 1\n\n'))
        await new Promise((resolve) => setTimeout(resolve, INTERVAL * 1.5))
        controller.close()
      },
    })
    const headers = { 'content-type': 'text/event-stream' }
    const { ask, ends } = create(() => new Response(head, { headers }))
    const answer = await ask(CHAT, STREAMED)
    expect(await inFakeTime(answer.text())).toBe(': ping\n\ndata: 1\n\n')
    expect(ends).toEqual([['answered', 200]])
  })

  test('a client of Ollama gets white space before its first line', async () => {
    const { ask } = create(
      late(() => stream('{"done":true}\n', 'application/x-ndjson'), INTERVAL * 1.5),
    )
    const answer = await ask('/ollama/api/chat', { model: 'm', messages: [] })
    expect(answer.headers.get('content-type')).toBe('application/x-ndjson')
    expect(await inFakeTime(answer.text())).toBe(' {"done":true}\n')
  })

  const whole = { model: 'm', messages: [] }
  const gemini = '/gemini/v1beta/models/gemini-2.5-flash'
  const dashscope = '/dashscope/services/aigc/text-generation/generation'
  const both = { accept: 'application/json, text/event-stream' }
  test.each([
    [CHAT, whole, both],
    [CHAT, { ...whole, stream: false, metadata: { stream: true } }, both],
    ['/anthropic/messages', whole, both],
    ['/ollama/api/chat', { ...whole, stream: false }, both],
    [`${gemini}:generateContent`, {}, both],
    [`${gemini}:streamGenerateContent`, {}, both],
    [dashscope, whole, { accept: 'application/json' }],
  ])('a whole answer of %s keeps its status, %j', async (path, body, headers) => {
    const busy = () => Response.json({ error: { message: 'busy' } }, { status: 503 })
    const { ask } = create(late(busy, INTERVAL * 2))
    expect((await ask(path, body, headers)).status).toBe(503)
  })

  test.each([
    ['/openai/responses', STREAMED, {}],
    ['/anthropic/messages', STREAMED, {}],
    [`${gemini}:streamGenerateContent?alt=sse`, {}, {}],
    [dashscope, whole, { 'x-dashscope-sse': 'enable' }],
    [dashscope, whole, { accept: 'text/event-stream' }],
    ['/zhipu/chat/completions', STREAMED, {}],
    ['/ollama/api/generate', { model: 'm', prompt: '' }, {}],
  ])('a streamed answer of %s begins, %j', async (path, body, headers) => {
    const busy = () => Response.json({ error: { message: 'busy' } }, { status: 503 })
    const { ask } = create(late(busy, INTERVAL * 2))
    const answer = await ask(path, body, headers)
    expect(answer.status).toBe(200)
    expect(await inFakeTime(answer.text())).toContain('busy')
  })

  test('`pingInterval` sets the interval, or `false` none', async () => {
    const never = create(
      late(() => stream(''), INTERVAL * 2),
      { pingInterval: false },
    )
    expect((await never.ask(CHAT, STREAMED)).headers.get('x-request-id')).toBe('of-the-vendor')
    const soon = create(
      late(() => stream('data: 1\n\n'), 2500),
      { pingInterval: 1000 },
    )
    const answer = await soon.ask(CHAT, STREAMED)
    expect(await inFakeTime(answer.text())).toBe(': ping\n\n: ping\n\ndata: 1\n\n')
    expect(() =>
      create(
        late(() => stream(''), 0),
        { pingInterval: 0 },
      ),
    ).toThrow(/pingInterval must be/)
  })
})

describe('a client that leaves', () => {
  test.each([1, 2])('ends the request to the server after %i comments', async (comments) => {
    const { ask, ends, errors, signals } = create(late(() => stream(''), INTERVAL * 9))
    const reader = (await ask(CHAT, STREAMED)).body!.getReader()
    for (let read = 0; read < comments; read++) await inFakeTime(reader.read())
    await reader.cancel()
    expect(signals.map((signal) => signal?.aborted)).toEqual([true])
    await vi.waitFor(() => expect(ends).toEqual([['left', 499]]))
    expect(errors).toEqual([])
  })

  test('in mid-answer is told to `onEnd`', async () => {
    const { ask, ends, errors } = create(late(() => stream('data: 1\n\n'), INTERVAL * 1.5))
    const reader = (await ask(CHAT, STREAMED)).body!.getReader()
    await inFakeTime(reader.read())
    await inFakeTime(reader.read())
    await reader.cancel()
    expect([ends, errors]).toEqual([[['left', 200]], []])
  })
})

test('a late refusal is not repeated for the same `Idempotency-Key`', async () => {
  let asked = 0
  const busy = () => Response.json({ error: { message: 'busy' } }, { status: 503 })
  const { ask } = create(late(() => (asked++ ? stream('data: 1\n\n') : busy()), INTERVAL * 1.5))
  const key = { 'idempotency-key': 'one-of-sixteen-characters' }
  const read = async () => inFakeTime((await ask(CHAT, STREAMED, key)).text())
  expect(await read()).toContain('"status":503')
  expect(await read()).toContain('data: 1')
  expect(asked).toBe(2)
})

describe('limits hold', () => {
  test('the total one', async () => {
    const limits = { totalTimeout: INTERVAL * 3.5 }
    const { ask, errors, signals } = create(
      late(() => stream(''), INTERVAL * 99),
      { limits },
    )
    const text = await inFakeTime((await ask(CHAT, STREAMED)).text())
    expect(text).toContain('data: {"error":{"status":504,"message":"The server took too long')
    expect(signals[0]?.aborted).toBe(true)
    expect(errors).toMatchObject([{ code: 'timeout' }])
  })

  test('the one of size', async () => {
    const limits = { maxResponseBytes: 9 }
    const { ask, ends } = create(
      late(() => stream('x'.repeat(10)), INTERVAL * 1.5),
      { limits },
    )
    const answer = await ask(CHAT, STREAMED)
    await expect(inFakeTime(answer.text())).rejects.toThrow()
    expect(ends).toEqual([['failed', 200]])
  })
})

describe('a model in a page', () => {
  beforeEach(() => void vi.useRealTimers())

  const SERVERS = {
    openai: 'gpt-5-mini',
    openai_responses: 'gpt-5-mini',
    deepseek: 'deepseek-chat',
    zhipu: 'glm-4.7',
    dashscope: 'qwen-max',
    anthropic: 'claude-sonnet-4-5',
    gemini: 'gemini-2.5-flash',
    ollama: 'qwen3:8b',
  } as const
  const names = Object.keys(SERVERS) as (keyof typeof SERVERS)[]

  /**
   * Asks through a relay whose server answers at once, or `late`: once the relay has answered in its place. No clock
   * decides which comes first.
   */
  function page(name: (typeof names)[number], answer: Fetch, when: 'now' | 'late') {
    let answerNow = () => {}
    const answered = new Promise<void>((resolve) => (answerNow = resolve))
    const server: Fetch = async (url, init) => {
      if (when === 'late') await answered
      return answer(url, init)
    }
    const pingInterval = when === 'late' && 1
    const { relay, ends, errors } = create(server, { pingInterval })
    const llm = getChatModel({
      modelServer: name,
      model: SERVERS[name],
      apiKey: 'of.the-page',
      baseURL: `${PAGE}/relay/${name.replace('_responses', '')}`,
      maxRetries: 0,
      fetch: async (url, init) => {
        const response = await relay(new Request(url, init))
        answerNow()
        return response
      },
    })
    return { llm, ends, errors }
  }

  async function chat(name: (typeof names)[number], answer: Fetch, when: 'now' | 'late') {
    const { llm, ...seen } = page(name, answer, when)
    const result = llm.chat({ prompt: 'Hi', stream: true }).result()
    return { told: await result.catch((error: unknown) => error as ChatError), ...seen }
  }

  const simulated = (name: (typeof names)[number], script: Script) =>
    simulate(name === 'deepseek' ? 'openai' : name, script)

  test.each(names)('%s reads an answer that is late', async (name) => {
    const { told, ends } = await chat(name, simulated(name, { text: 'Hello there' }), 'late')
    expect(told).toMatchObject({ text: 'Hello there', finishReason: 'stop' })
    expect(ends).toEqual([['answered', 200]])
  })

  const STATUSES = [400, 401, 402, 403, 404, 408, 413, 429, 500, 502, 503, 504, 529]
  test.each(names)('%s reads a late refusal as it reads the status', async (name) => {
    for (const status of STATUSES) {
      const vendor = simulated(name, { error: { status } })
      const plain = await chat(name, vendor, 'now')
      const inBand = await chat(name, vendor, 'late')
      const { code, message, retryable, status: real } = plain.told as ChatError
      expect(inBand.told, `${status}`).toMatchObject({ code })
      // Errors in the lines of Ollama are those of a download: no advice, no status.
      if (name !== 'ollama')
        expect(inBand.told, `${status}`).toMatchObject({ message, status: real })
      // The relay's own key was refused: only a header says that this is final.
      if (status !== 401) expect(inBand.told, `${status}`).toMatchObject({ retryable })
      expect(inBand.ends).toEqual(plain.ends)
      expect(inBand.errors).toHaveLength(plain.errors.length)
    }
  })

  test.each(names)('%s: another model takes over after a late 429', async (name) => {
    const busy = page(name, simulated(name, { error: { status: 429 } }), 'late')
    const other = page(name, simulated(name, { text: 'Hello there' }), 'late')
    const stream = failover([busy.llm, other.llm]).chat({ prompt: 'Hi', stream: true })
    expect(await stream.result()).toMatchObject({
      text: 'Hello there',
      attempts: [{ error: { code: 'rate_limit' } }, {}],
    })
    expect([busy.ends, other.ends]).toEqual([[['answered', 429]], [['answered', 200]]])
  })

  test.each(names)('%s reads a failure to connect', async (name) => {
    const gone = () => Promise.reject(new TypeError(`connect ECONNREFUSED with ${KEY}`))
    const { told, errors } = await chat(name, gone, 'late')
    expect(told).toMatchObject({ code: 'server_error', retryable: true })
    expect(JSON.stringify(told)).not.toContain(KEY)
    expect(errors).toHaveLength(1)
  })

  test.each(names)('%s reads a page of a proxy, and sees no key', async (name) => {
    const html = () => new Response(`<html>${KEY}</html>`, { status: 503 })
    const { told } = await chat(name, html, 'late')
    expect(told).toMatchObject({ code: 'overloaded', retryable: true, message: 'HTTP 503' })
    const words = () => new Response(`busy with ${KEY}`, { status: 503 })
    const plain = (await chat(name, words, 'late')).told as ChatError
    expect(plain.message).toContain('busy with')
    expect(plain.message).not.toContain(KEY)
  })

  const whole = {
    id: 'c',
    object: 'chat.completion',
    choices: [
      { index: 0, message: { role: 'assistant', content: 'Hello' }, finish_reason: 'stop' },
    ],
  }
  test('an answer in one piece is read, although a stream was asked for', async () => {
    const answer = () => new Response(JSON.stringify(whole, null, 2), { headers: JSON_TYPE })
    const { told } = await chat('openai', answer, 'late')
    expect(told).toMatchObject({ text: 'Hello', finishReason: 'stop' })
  })

  test('a web page with status 200 is no answer', async () => {
    const { told } = await chat('openai', () => new Response('<html>\nHi\n</html>'), 'late')
    expect(told).toMatchObject({ code: 'server_error' })
  })
})
