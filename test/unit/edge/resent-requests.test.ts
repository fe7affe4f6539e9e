import { afterEach, describe, expect, test, vi } from 'vitest'
import { BaseChatModel } from '../../../src/chat/base.ts'
import type { Call } from '../../../src/call.ts'
import { createGateway, createRelay } from '../../../src/gateway.ts'
import type { GatewayEnd, GatewayOptions } from '../../../src/gateway.ts'
import { getChatModel } from '../../../src/builtins.ts'

await import('../loaded.ts')

const KEY = '0123456789abcdef0123456789abcdef'

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

/** A model that streams from a script, and counts its calls and cancellations. */
function createModel() {
  const seen = { asked: 0, stopped: 0 }
  const texts: (string | undefined)[] = []
  let wake = () => {}
  class Model extends BaseChatModel {
    async *_chatStream(_messages: unknown, { signal }: Call) {
      seen.asked++
      signal.addEventListener('abort', () => seen.stopped++)
      for (;;) {
        while (texts.length === 0) await new Promise<void>((resolve) => (wake = resolve))
        const text = texts.shift()
        if (text === undefined) return
        yield text
      }
    }
  }
  const say = async (text?: string) => {
    await settle()
    texts.push(text)
    wake()
    await settle()
  }
  return { model: new Model({ model: 'm' }), seen, say }
}

/** Long enough for a hash, which another thread makes. */
async function settle() {
  await crypto.subtle.digest('SHA-256', new Uint8Array(1000))
  for (let turn = 0; turn < 30; turn++) await new Promise((resolve) => setImmediate(resolve))
}

function createService(options: Partial<GatewayOptions<unknown, unknown>> = {}) {
  const { model, seen, say } = createModel()
  const ends: GatewayEnd<unknown, unknown>[] = []
  const gateway = createGateway({
    models: { m: model },
    authorize: (request) => request.headers.get('authorization') ?? false,
    onEnd: (end) => ends.push(end),
    ...options,
  })
  const ask = (
    members: { key?: string; auth?: string; body?: object; signal?: AbortSignal } = {},
  ) => {
    const { key = KEY, auth = 'Bearer a', body = {}, signal } = members
    const content = { model: 'm', messages: [{ role: 'user', content: 'Hi' }], ...body }
    const headers = {
      'content-type': 'application/json',
      authorization: auth,
      ...(key && { 'idempotency-key': key }),
    }
    const init = { method: 'POST', headers, body: JSON.stringify(content), signal: signal ?? null }
    return gateway(new Request('https://gw.example/v1/chat/completions', init))
  }
  return { ask, seen, say, ends }
}

const textOf = (response: Response) => response.text()

describe('a gateway answers a request that arrives twice once', () => {
  test('while the first one is in progress', async () => {
    const { ask, seen, say, ends } = createService()
    const first = ask()
    await expect.poll(() => seen.asked).toBe(1)
    const second = ask()
    await say('Hello')
    await say()
    const [one, two] = await Promise.all([first, second])
    expect(await textOf(two)).toBe(await textOf(one))
    expect(one.headers.get('idempotent-replayed')).toBeNull()
    expect(two.headers.get('idempotent-replayed')).toBe('true')
    expect(two.headers.get('x-request-id')).not.toBe(one.headers.get('x-request-id'))
    expect(seen.asked).toBe(1)
    expect(ends).toHaveLength(2)
    expect(ends.filter(({ resent }) => resent)).toMatchObject([
      { outcome: 'answered', status: 200 },
    ])
  })

  test('after the first one, for a minute', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const { ask, seen, say } = createService()
    const first = ask()
    await say('Hello')
    await say()
    const text = await textOf(await first)
    expect(await textOf(await ask())).toBe(text)
    expect(seen.asked).toBe(1)
    vi.setSystemTime(Date.now() + 61_000)
    const third = ask()
    await say('Anew')
    await say()
    expect(await textOf(await third)).toContain('Anew')
    expect(seen.asked).toBe(2)
  })

  test('in a stream, every client from its start', async () => {
    const { ask, seen, say } = createService()
    const body = { stream: true }
    const first = ask({ body })
    await say('One')
    const one = textOf(await first)
    await say('Two')
    const two = textOf(await ask({ body }))
    await say('Three')
    await say()
    expect(await two).toBe(await one)
    expect(await two).toMatch(/One.*Two.*Three.*\[DONE\]/s)
    expect(seen.asked).toBe(1)
  })

  test.each([
    ['another key', { key: 'fedcba9876543210' }],
    ['another caller', { auth: 'Bearer b' }],
    ['another body', { body: { temperature: 1 } }],
  ])('but not with %s', async (_what, other) => {
    const { ask, seen } = createService()
    void ask().catch(() => {})
    void ask(other).catch(() => {})
    await expect.poll(() => seen.asked).toBe(2)
  })

  test.each([
    ['no key', ''],
    ['a key that is easily guessed', 'order-1'],
  ])('and not with %s', async (_what, key) => {
    const { ask, seen } = createService()
    void ask({ key })
    void ask({ key })
    await expect.poll(() => seen.asked).toBe(2)
  })

  test('and not after a failure', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const { ask, seen, say } = createService({ limits: { totalTimeout: 50 } })
    const first = ask()
    while (seen.asked === 0) await settle()
    vi.advanceTimersByTime(50)
    expect((await first).status).toBe(504)
    const second = ask()
    await say('Hello')
    await say()
    expect((await second).status).toBe(200)
    expect(seen.asked).toBe(2)
  })

  test('and not in a Worker, which may not wait for another request', async () => {
    vi.stubGlobal('navigator', { userAgent: 'Cloudflare-Workers' })
    const { ask, seen, say } = createService()
    void ask()
    await expect.poll(() => seen.asked).toBe(1)
    const second = ask()
    await expect.poll(() => seen.asked).toBe(2)
    await say('Hello')
    await say()
    const text = await textOf(await second)
    expect(await textOf(await ask())).toBe(text)
    expect(seen.asked).toBe(2)
  })
})

describe('a client that leaves a gateway', () => {
  test('before the first byte may come back', async () => {
    const { ask, seen, say, ends } = createService()
    const controller = new AbortController()
    const first = ask({ signal: controller.signal })
    await expect.poll(() => seen.asked).toBe(1)
    controller.abort()
    const second = ask()
    await say('Hello')
    await say()
    expect(await textOf(await second)).toContain('Hello')
    expect((await first).status).toBe(200)
    expect(seen).toEqual({ asked: 1, stopped: 0 })
    expect(ends.map(({ outcome }) => outcome)).toEqual(['answered', 'answered'])
  })

  test('before the first byte finds a reply that was complete meanwhile', async () => {
    const { ask, seen, say } = createService()
    const controller = new AbortController()
    const first = ask({ signal: controller.signal, body: { stream: true } })
    await expect.poll(() => seen.asked).toBe(1)
    controller.abort()
    await say('One')
    await say('Two')
    await say()
    await first
    await new Promise((resolve) => setTimeout(resolve, 3500))
    const second = await ask({ body: { stream: true } })
    expect(await textOf(second)).toMatch(/One.*Two.*\[DONE\]/s)
    expect(seen).toEqual({ asked: 1, stopped: 0 })
  })

  test('before the first byte stops the model after three seconds', async () => {
    const { ask, seen, ends } = createService()
    const controller = new AbortController()
    const first = ask({ signal: controller.signal }).catch((error: unknown) => error)
    await expect.poll(() => seen.asked).toBe(1)
    controller.abort()
    expect(seen.stopped).toBe(0)
    await expect.poll(() => seen.stopped).toBe(1)
    await first
    expect(ends).toMatchObject([{ outcome: 'left' }])
  })

  test('in mid-stream stops the model at once', async () => {
    const { ask, seen, say, ends } = createService()
    const first = ask({ body: { stream: true } })
    await say('One')
    const reader = (await first).body!.getReader()
    await reader.read()
    await reader.cancel()
    await expect.poll(() => seen.stopped).toBe(1)
    expect(ends).toMatchObject([{ outcome: 'left' }])
  })

  test('does not stop the model while another client waits', async () => {
    const { ask, seen, say } = createService()
    const body = { stream: true }
    const first = ask({ body })
    await say('One')
    const reader = (await first).body!.getReader()
    const second = textOf(await ask({ body }))
    await reader.cancel()
    await say('Two')
    await say()
    expect(await second).toMatch(/One.*Two.*\[DONE\]/s)
    expect(seen).toEqual({ asked: 1, stopped: 0 })
  })
})

test('memory is bounded: a reply over a megabyte is not remembered, and still complete', async () => {
  const { ask, seen, say } = createService()
  const body = { stream: true }
  const first = ask({ body })
  await say('a'.repeat(700_000))
  const text = textOf(await first)
  await say('b'.repeat(700_000))
  await say()
  expect((await text).length).toBeGreaterThan(1_400_000)
  void ask({ body })
  await expect.poll(() => seen.asked).toBe(2)
})

test('a client that lags in such a reply is cut off, and its end is reported', async () => {
  const { ask, say, ends } = createService()
  const body = { stream: true }
  const responses = [ask({ body }), ask({ body }), ask({ body })]
  await say('a'.repeat(1_100_000))
  const [first, along, lagging] = (await Promise.all(responses)).map((each) =>
    each.body!.getReader(),
  )
  const read = async (reader = first) => {
    let size = 0
    for (;;) {
      const { done, value } = await reader!.read()
      if (done) return size
      size += value.byteLength
    }
  }
  const [one, two] = [read(), read(along)]
  for (let piece = 0; piece < 5; piece++) await say('b'.repeat(100_000))
  await say()
  expect(await two).toBe(await one)
  await expect(read(lagging)).rejects.toThrow('disconnected')
  await expect
    .poll(() => ends.map(({ outcome }) => outcome).toSorted())
    .toEqual(['answered', 'answered', 'failed'])
})

describe('a relay', () => {
  function createRelayService() {
    let asked = 0
    const ends: unknown[] = []
    const relay = createRelay({
      servers: { openai: { apiKey: 'sk-of-the-relay-0123456789' } },
      authorize: 'public',
      onEnd: (end) => ends.push(end),
      fetch: async (_url, init) => {
        asked++
        expect(new Headers(init.headers).has('idempotency-key')).toBe(false)
        await settle()
        return Response.json({ id: `${asked}` })
      },
    })
    const ask = (temperature = 0) => {
      const headers = { 'content-type': 'application/json', 'idempotency-key': KEY }
      const body = JSON.stringify({ model: 'gpt-5-mini', messages: [], temperature })
      const url = 'https://app.example/relay/openai/chat/completions'
      return relay(new Request(url, { method: 'POST', headers, body }))
    }
    return { ask, asked: () => asked, ends }
  }

  test('forwards a request that arrives twice once', async () => {
    const { ask, asked, ends } = createRelayService()
    const [one, two] = await Promise.all([ask(), ask()])
    expect(await textOf(two)).toBe(await textOf(one))
    expect(await textOf(await ask())).toBe('{"id":"1"}')
    expect(asked()).toBe(1)
    await settle()
    expect(ends).toHaveLength(3)
    expect(ends.slice(1)).toMatchObject([{ resent: true }, { resent: true }])
  })

  test('forwards another body', async () => {
    const { ask, asked } = createRelayService()
    await Promise.all([ask(), ask(1)])
    expect(asked()).toBe(2)
  })
})

test('a chat of ours through our gateway is retried at no cost', async () => {
  const { model, seen, say } = createModel()
  const gateway = createGateway({ models: { m: model }, authorize: 'public' })
  let sent = 0
  const llm = getChatModel({
    model: 'm',
    modelServer: 'openai',
    apiKey: 'k',
    baseURL: 'https://gw.example/v1',
    // The connection breaks after the gateway has read the first request.
    fetch: async (url, init) => {
      const answer = gateway(new Request(url, init))
      if (++sent > 1) return answer
      await settle()
      throw new TypeError('fetch failed')
    },
  })
  const result = llm.chat('Hi')
  await say('Hello')
  await say()
  expect((await result).text).toBe('Hello')
  expect({ sent, ...seen }).toEqual({ sent: 2, asked: 1, stopped: 0 })
})
