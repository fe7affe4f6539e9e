/** Replies that go on after the page: `toResponse({ resumable })` and `resumeResponse`, in memory. */
import { array, assert, asyncProperty, nat, string } from 'fast-check'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { ChatStream } from '../../../src/stream/chat-stream.ts'
import { getChatModel } from '../../../src/builtins.ts'
import type { StreamEvent } from '../../../src/event.ts'
import { resumeResponse } from '../../../src/server/resume-response.ts'
import { repliesInMemory } from '../../../src/server/reply-stores/memory.ts'
import type { ReplyStore, ResumableOptions } from '../../../src/stream/reply-store.ts'
import { simulate } from '../../../src/testing/simulator.ts'
import type { Script } from '../../../src/testing/script.ts'
import type { ToResponseOptions } from '../../../src/stream/event-response.ts'
import {
  all,
  failure,
  finish,
  model as custom,
  saying,
  text,
  tick,
  usage,
  weather,
} from '../helpers.ts'

await import('../loaded.ts')

afterEach(() => void vi.useRealTimers())

const URL_OF_CHAT = 'https://app.example/chat'

function ask(
  script: Script,
  options: Partial<ResumableOptions> & Pick<ResumableOptions, 'store'>,
  more: ToResponseOptions = {},
) {
  const fetch = simulate('openai', script)
  const llm = getChatModel({
    model: 'gpt-4o',
    modelServer: 'openai',
    apiKey: 'sk-test',
    fetch,
    maxRetries: 0,
  })
  const response = llm
    .chat({ prompt: 'Hi', stream: true })
    .toResponse({ ...more, resumable: options })
  return { response, id: response.headers.get('chatwire-reply-id')!, requests: fetch.requests }
}

function send(
  store: ReplyStore,
  id: string,
  { method = 'GET', after, header }: { method?: string; after?: number; header?: string } = {},
) {
  const url = `${URL_OF_CHAT}?reply=${id}${after === undefined ? '' : `&after=${after}`}`
  const headers = header === undefined ? undefined : { 'last-event-id': header }
  return resumeResponse(new Request(url, { method, headers }), { store })
}

/** The events of a body, without comments. */
const framesOf = (body: string): string[] =>
  body.split(/(?<=\n\n)/).filter((frame) => frame && !frame.startsWith(':'))

const EVENTS: StreamEvent[] = [
  { type: 'reasoning-delta', text: 'Hm 😀' },
  text('Hel'),
  text('lo\n\nid: 99\n\n'),
  ...weather,
  { type: 'source', source: { url: 'https://a.example' } },
  { type: 'usage', usage },
  finish('tool_calls'),
]

describe('a reply', () => {
  test('has an id and numbered events, and reads like one that cannot resume', async () => {
    const near = saying(EVENTS).chat({ prompt: 'x', stream: true })
    const far = saying(EVENTS).chat({ prompt: 'x', stream: true })
    const response = near.toResponse({ resumable: { store: repliesInMemory() } })
    expect(response.headers.get('chatwire-reply-id')).toMatch(/^[\da-f-]{36}$/)
    expect(response.headers.get('access-control-expose-headers')).toBe('chatwire-reply-id')
    const frames = framesOf(await response.clone().text())
    expect(frames.map((frame) => /^id: (\d+)\n/.exec(frame)![1])).toEqual(
      frames.map((_, at) => String(at + 1)),
    )
    const timeless = (events: StreamEvent[]) =>
      JSON.parse(JSON.stringify(events, (key, value) => (key === 'durationMs' ? 0 : value)))
    expect(timeless(await all(ChatStream.from(response).events()))).toEqual(
      timeless(await all(far.events())),
    )
  })

  test.each(['events', 'ui-message'] as const)(
    'gives the rest exactly once after a cut at every event, as %s',
    async (format) => {
      const store = repliesInMemory()
      const { response, id } = ask(
        {
          reasoning: 'Let me see',
          text: 'One two three four',
          toolCalls: [{ name: 'f', arguments: { a: [1, 2] } }],
        },
        { store },
        { format },
      )
      const frames = framesOf(await response.text())
      for (let after = 0; after <= frames.length; after++) {
        const byHeader = await send(store, id, { header: String(after) })
        const byParameter = await send(store, id, { after })
        expect(framesOf(await byHeader.text())).toEqual(frames.slice(after))
        expect(framesOf(await byParameter.text())).toEqual(frames.slice(after))
        expect(byHeader.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
        expect(byHeader.headers.get('cache-control')).toBe('no-cache, no-transform')
        expect(byHeader.headers.get('x-vercel-ai-ui-message-stream')).toBe(
          format === 'events' ? null : 'v1',
        )
        expect(byHeader.headers.get('chatwire-reply-id')).toBe(id)
      }
    },
  )

  test('comes to the same after any cuts while it is written', async () => {
    await assert(
      asyncProperty(
        array(string({ minLength: 1, unit: 'grapheme' }), { minLength: 1, maxLength: 12 }),
        array(nat({ max: 5 }), { maxLength: 6 }),
        async (pieces, cuts) => {
          const store = repliesInMemory()
          const llm = custom(async function* () {
            for (const piece of pieces) {
              await tick()
              yield piece
            }
          })
          let response = llm
            .chat({ prompt: 'x', stream: true })
            .toResponse({ resumable: { store } })
          const id = response.headers.get('chatwire-reply-id')!
          const got: string[] = []
          for (const count of [...cuts, Infinity]) {
            got.push(...(await readFrames(response, count)))
            response = await send(store, id, { after: got.length })
          }
          await response.body?.cancel()
          const whole = framesOf(await (await send(store, id)).text())
          expect(got).toEqual(whole)
          const last = got.map((frame) => frame.replace(/^id: \d+\n/, '')).join('')
          const { text: said } = await ChatStream.from(new Response(last)).result()
          expect(said).toBe(pieces.join(''))
        },
      ),
      { numRuns: 60 },
    )
  })

  test('is read to its end though the page left at once, and `waitUntil` waits for that', async () => {
    const store = repliesInMemory()
    const waiting: Promise<unknown>[] = []
    const { response, id } = ask(
      { pieces: ['One', ' two', ' three'], delayMs: 2 },
      { store, waitUntil: (work) => void waiting.push(work) },
    )
    await response.body!.cancel()
    expect(waiting).toHaveLength(1)
    await Promise.all(waiting)
    expect((await ChatStream.from(await send(store, id)).result()).text).toBe('One two three')
  })

  test('goes to two pages at once, and the second one stops it: the request of the model ends', async () => {
    const store = repliesInMemory()
    const { response, id, requests } = ask(
      { text: 'One two three', fault: { kind: 'stall', after: 3 } },
      { store },
    )
    const first = ChatStream.from(response)
    const second = ChatStream.from(await send(store, id))
    const reading = Promise.all([failure(() => first.result()), failure(() => second.result())])
    await expect.poll(() => second.partial.text).toContain('One')
    expect(requests[0]!.cancelled).toBe(false)
    expect((await send(store, id, { method: 'DELETE' })).status).toBe(204)
    for (const error of await reading) expect(error).toMatchObject({ name: 'AbortError' })
    await expect.poll(() => requests[0]!.cancelled).toBe(true)
    expect(first.partial.text).toBe(second.partial.text)
    // Stopping again is no error, and the half reply stays.
    expect((await send(store, id, { method: 'DELETE' })).status).toBe(204)
    expect(await (await send(store, id)).text()).toContain('One')
  })

  test('is stopped by another program through the store', async () => {
    const store = repliesInMemory()
    const { response, id, requests } = ask(
      { text: 'One two three', fault: { kind: 'stall', after: 3 } },
      { store },
    )
    const stream = ChatStream.from(response)
    const reading = failure(() => stream.result())
    await expect.poll(() => stream.partial.text).toContain('One')
    await store.stop(id, Date.now() + 1000)
    expect(await reading).toMatchObject({ name: 'AbortError' })
    expect(requests[0]!.cancelled).toBe(true)
  })

  test('that fails, fails for every page with the same masked error', async () => {
    const store = repliesInMemory()
    const { response, id } = ask({ text: 'One two', fault: { kind: 'cut', after: 3 } }, { store })
    const error = await failure(() => ChatStream.from(response).result())
    const again = await send(store, id, { after: 1 })
    expect(await failure(() => ChatStream.from(again).result())).toMatchObject({
      code: error.code,
      message: error.message,
    })
  })

  test('sends pings to pages that wait', async () => {
    const store = repliesInMemory()
    const { id, response } = ask({ text: 'One', fault: { kind: 'stall', after: 2 } }, { store })
    const { body } = await resumeResponse(new Request(`${URL_OF_CHAT}?reply=${id}&after=50`), {
      store,
      pingInterval: 5,
    })
    const reader = body!.getReader()
    expect(new TextDecoder().decode((await reader.read()).value)).toBe(': ping\n\n')
    await reader.cancel()
    await send(store, id, { method: 'DELETE' })
    await response.text()
  })
})

/** Reads a number of events and leaves. */
async function readFrames(response: Response, count: number): Promise<string[]> {
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
  const frames: string[] = []
  while (frames.length < count) {
    const { value, done } = await reader.read()
    if (done) break
    // Of events that came together, those after the cut are lost.
    frames.push(...framesOf(value).slice(0, count - frames.length))
  }
  await reader.cancel()
  return frames
}

describe('limits', () => {
  test('of size and of time stop the model', async () => {
    const store = repliesInMemory()
    const long = ask(
      { text: 'word '.repeat(200), fault: { kind: 'stall', after: 150 } },
      { store, maxSize: 2000 },
    )
    expect(await failure(() => ChatStream.from(long.response).result())).toMatchObject({
      code: 'response_too_large',
      message: 'The reply is too long',
    })
    const slow = ask(
      { text: 'One two', fault: { kind: 'stall', after: 2 } },
      { store, maxDuration: 50 },
    )
    expect(await failure(() => ChatStream.from(slow.response).result())).toMatchObject({
      code: 'timeout',
    })
    await expect.poll(() => slow.requests[0]!.cancelled && long.requests[0]!.cancelled).toBe(true)
  })

  test('of a store drop the oldest, and what has expired is gone', async () => {
    const store = repliesInMemory({ maxSize: 3000 })
    const ids: string[] = []
    for (let at = 0; at < 6; at++) {
      const { response, id } = ask('A reply', { store })
      await response.text()
      await expect.poll(async () => (await store.read(id, 0, 0)).at(-1)).toContain('chatwire-end')
      ids.push(id)
    }
    expect((await send(store, ids[0]!)).status).toBe(404)
    expect((await send(store, ids[5]!)).status).toBe(200)
    vi.useFakeTimers({ now: Date.now() + 1_300_000, toFake: ['Date'] })
    expect((await send(store, ids[5]!)).status).toBe(404)
  })

  test.each([
    [{ store: undefined }, 'resumable.store must be a store of replies'],
    [{ ttl: 0 }, 'resumable.ttl must be a number from 1 to 2147483647'],
    [{ maxSize: Number.NaN }, 'resumable.maxSize must be a number from 1 to 2147483647'],
  ])('%j is refused', (wrong, message) => {
    const options = { store: repliesInMemory(), ...wrong } as ResumableOptions
    const stream = saying(['a']).chat({ prompt: 'x', stream: true })
    expect(() => stream.toResponse({ resumable: options })).toThrow(message)
  })

  test('plain text cannot resume', () => {
    const stream = saying(['a']).chat({ prompt: 'x', stream: true })
    const resumable = { store: repliesInMemory() }
    expect(() => stream.toResponse({ format: 'text', resumable })).toThrow(/cannot be resumed/)
  })
})

describe('a store that fails', () => {
  const broken = (more: Partial<ReplyStore> = {}): ReplyStore => ({
    ...repliesInMemory(),
    append: async () => {
      throw new Error('down')
    },
    ...more,
  })

  test('leaves the page its reply, and is reported', async () => {
    const onError = vi.fn()
    const { response } = ask('One two', { store: broken() }, { onError })
    expect((await ChatStream.from(response).result()).text).toBe('One two')
    expect(onError).toHaveBeenCalledOnce()
    expect(onError.mock.calls[0]![0]).toMatchObject({ message: 'down' })
  })

  test('ends the request of the model once the page has left', async () => {
    const { response, requests } = ask(
      { text: 'One two', fault: { kind: 'stall', after: 3 } },
      { store: broken() },
    )
    const reader = response.body!.getReader()
    await reader.read()
    await reader.cancel()
    await expect.poll(() => requests[0]!.cancelled).toBe(true)
  })
})

describe('a writer that died', () => {
  test('is noticed, and the pages get an error', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const store = repliesInMemory()
    const id = crypto.randomUUID()
    const expiresAt = Date.now() + 1_000_000
    const head = { format: 'events', headers: { 'content-type': 'text/event-stream' }, expiresAt }
    await store.append(id, 0, `: chatwire-head ${JSON.stringify(head)}\n\n`, expiresAt)
    await store.append(id, 1, 'id: 1\ndata: {"type":"text-delta","text":"Ha', expiresAt)
    await store.append(id, 2, 'lf"}\n\n', expiresAt)
    const stream = ChatStream.from(await send(store, id))
    const reading = failure(() => stream.result())
    await expect.poll(() => stream.partial.text).toBe('Half')
    vi.setSystemTime(Date.now() + 31_000)
    expect(await reading).toMatchObject({
      code: 'stream_truncated',
      retryable: false,
      partial: { text: 'Half' },
    })
  })
})

describe('requests', () => {
  test('for what is not there or wrong are refused', async () => {
    const store = repliesInMemory()
    const { response, id } = ask('Hi', { store })
    await response.text()
    expect((await send(store, crypto.randomUUID())).status).toBe(404)
    expect((await send(store, crypto.randomUUID(), { method: 'DELETE' })).status).toBe(404)
    expect((await send(store, 'x/../y')).status).toBe(404)
    expect((await resumeResponse(new Request(URL_OF_CHAT), { store })).status).toBe(404)
    expect((await send(store, id, { header: '-1' })).status).toBe(400)
    expect((await send(store, id, { method: 'POST' })).status).toBe(405)
    for (const options of [undefined, null, {}, { store: {} }])
      await expect(
        resumeResponse(new Request(URL_OF_CHAT), options as never),
      ).rejects.toMatchObject({
        code: 'invalid_config',
        message: 'resumeResponse() takes { store }, a store of replies',
      })
    expect(framesOf(await (await send(store, id, { after: 1000 })).text())).toEqual([])
  })

  test('get the headers that the server adds', async () => {
    const store = repliesInMemory()
    const { response, id } = ask(
      'Hi',
      { store },
      { headers: { 'access-control-expose-headers': 'x-mine' } },
    )
    expect(response.headers.get('access-control-expose-headers')).toBe('x-mine, chatwire-reply-id')
    await response.text()
    const headers = { 'access-control-allow-origin': 'https://app.example' }
    for (const reply of [id, crypto.randomUUID()]) {
      const served = await resumeResponse(new Request(`${URL_OF_CHAT}?reply=${reply}`), {
        store,
        headers,
      })
      expect(served.headers.get('access-control-allow-origin')).toBe('https://app.example')
      await served.body?.cancel()
    }
  })
})
