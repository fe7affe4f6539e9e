import * as fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import type { BaseChatModel } from '../../../src/chat/base.ts'
import { ServiceError, StreamError, TimeoutError } from '../../../src/errors.ts'
import type { StreamEvent } from '../../../src/event.ts'
import { ChatStream } from '../../../src/stream/chat-stream.ts'
import { withPings } from '../../../src/stream/event-response/with-pings.ts'
import type { Source } from '../helpers.ts'
import {
  all,
  countedSignal,
  cut,
  failure,
  finish,
  model,
  respond,
  saying,
  source,
  text,
  tick,
  usage,
  weather,
} from '../helpers.ts'

const open = (llm: BaseChatModel, more = {}): ChatStream =>
  llm.chat({ prompt: 'Hi', stream: true, ...more })
const over = (upstream: Source<string>, config = {}): ChatStream =>
  open(model(() => upstream.stream, config))

async function read<T>(stream: ReadableStream<T>, pieces = Infinity): Promise<T[]> {
  const reader = stream.getReader()
  const got: T[] = []
  while (got.length < pieces) {
    const { done, value } = await reader.read()
    if (done) break
    got.push(value)
  }
  reader.releaseLock()
  return got
}

describe('ChatStream is read', () => {
  test('not before someone reads', async () => {
    let asked = 0
    const stream = open(
      model(async function* () {
        asked++
        yield 'a'
      }),
    )
    stream.toReadableStream()
    await tick()
    expect(asked).toBe(0)
    expect('then' in stream).toBe(false)
  })

  test('once: a second reader gets an error with the way out', async () => {
    for (const again of [
      (stream: ChatStream) => all(stream),
      (stream: ChatStream) => all(stream.events()),
      (stream: ChatStream) => read(stream.toReadableStream()),
      (stream: ChatStream) => read(stream.toResponse().body!),
    ]) {
      const stream = open(saying(['a', 'b']))
      expect(await all(stream)).toEqual(['a', 'b'])
      const error = await failure(() => again(stream))
      expect(error).toBeInstanceOf(TypeError)
      expect(error.message).toContain('result()')
      expect((await stream.result()).text).toBe('ab')
    }
  })

  test('in order by several next() at once', async () => {
    const iterator = open(saying([[text('a'), text('b')], 'c', 'd'])).events()
    const events = await Promise.all(Array.from({ length: 9 }, () => iterator.next()))
    expect(events.map(({ value }) => value?.text ?? value?.type)).toEqual([
      'a',
      'b',
      'c',
      'd',
      'usage',
      'finish',
      undefined,
      undefined,
      undefined,
    ])
  })

  test('and after its end or its return() gives nothing more', async () => {
    const ended = open(saying(['a'])).events()
    await all(ended)
    expect(await ended.next()).toEqual({ done: true, value: undefined })
    const left = open(saying([[text('a'), text('b')]])).events()
    await left.next()
    await left.return?.()
    expect(await left.next()).toEqual({ done: true, value: undefined })
  })
})

describe('result()', () => {
  test('before the loop reads it all', async () => {
    const stream = open(saying(['a', { type: 'usage', usage }, 'b']))
    expect(await stream.result()).toMatchObject({ text: 'ab', usage })
    expect(await stream.result()).toBe(await stream.result())
  })

  test('twice at once is one answer', async () => {
    const stream = open(saying(['a', 'b']))
    const [one, two] = await Promise.all([stream.result(), stream.result()])
    expect(one).toBe(two)
  })

  test('inside of the loop does not wait for itself, and the loop loses nothing', async () => {
    const stream = open(saying(['a', 'b', [text('c'), text('d')], 'e']))
    const got: string[] = []
    for await (const piece of stream) {
      got.push(piece)
      if (got.length === 2) expect((await stream.result()).text).toBe('abcde')
    }
    expect(got).toEqual(['a', 'b', 'c', 'd', 'e'])
  })

  test('beside the loop is the same run', async () => {
    const stream = open(saying(['a', 'b']))
    const loop = all(stream)
    expect((await stream.result()).text).toBe('ab')
    expect(await loop).toEqual(['a', 'b'])
  })

  test('beside a response that is sent is the same run', async () => {
    const stream = open(saying(['a', 'b']))
    const response = stream.toResponse({ format: 'text' })
    expect((await stream.result()).text).toBe('ab')
    expect(await response.text()).toBe('ab')
  })

  test('after the loop, also after one that was left at its last event', async () => {
    const stream = open(saying(['a', 'b']))
    await all(stream)
    expect((await stream.result()).text).toBe('ab')
    const left = open(saying(['a']))
    for await (const event of left.events()) if (event.type === 'finish') break
    expect((await left.result()).text).toBe('a')
  })

  test('rejects with the very error that the reader got, as often as it is asked', async () => {
    const stream = open(
      model(async function* () {
        yield 'a'
        throw new Error('broken')
      }),
    )
    const error = await failure(() => all(stream))
    expect(error).toMatchObject({ name: 'ServiceError', message: 'broken', partial: { text: 'a' } })
    expect(await failure(() => stream.result())).toBe(error)
    expect(await failure(() => stream.result())).toBe(error)
    const unread = open(
      model(async function* () {
        yield ''
        throw error
      }),
    )
    expect(await failure(() => unread.result())).toBe(error)
    expect(await failure(() => unread.result())).toBe(error)
  })

  test('inside of a loop that fails lets the loop fail as well', async () => {
    const stream = open(
      model(async function* () {
        yield 'a'
        yield 'b'
        throw new Error('broken')
      }),
    )
    const got: string[] = []
    const errors: unknown[] = []
    errors.push(
      await failure(async () => {
        for await (const piece of stream) {
          got.push(piece)
          if (got.length === 1) errors.push(await failure(() => stream.result()))
        }
      }),
    )
    expect(got).toEqual(['a', 'b'])
    expect(errors[0]).toBe(errors[1])
  })

  test('after the loop was left rejects, and what had arrived is kept', async () => {
    const stream = open(saying(['a', 'b', 'c']))
    for await (const _text of stream) break
    expect(await failure(() => stream.result())).toMatchObject({ name: 'AbortError' })
    expect(stream.partial.text).toBe('a')
  })
})

describe('leaving', () => {
  test('by break closes what the class opened', async () => {
    const upstream = source(['a', 'b'], 'stall')
    for await (const _text of over(upstream)) break
    await tick()
    expect(upstream.cancelled).toBeDefined()
    let closed = false
    const generated = open(
      model(async function* () {
        try {
          yield 'a'
          yield 'b'
        } finally {
          closed = true
        }
      }),
    )
    for await (const _text of generated) break
    await tick()
    expect(closed).toBe(true)
  })

  test.each([
    ['while a read is pending', true],
    ['between two reads', false],
  ])(
    'by cancel() %s rejects with its reason and closes what the class opened',
    async (_when, pending) => {
      const upstream = source(['a'], 'stall')
      const { controller, listeners } = countedSignal()
      const stream = open(
        model(() => upstream.stream),
        { signal: controller.signal },
      )
      const iterator = stream[Symbol.asyncIterator]()
      expect((await iterator.next()).value).toBe('a')
      const reason = { mine: true }
      const waiting = pending ? failure(() => iterator.next()) : undefined
      stream.cancel(reason)
      await tick()
      expect(upstream.cancelled).toBeDefined()
      expect(listeners()).toBe(0)
      expect(await (waiting ?? failure(() => iterator.next()))).toBe(reason)
      expect(await failure(() => stream.result())).toBe(reason)
      expect(stream.partial.text).toBe('a')
    },
  )

  test('by cancel() before any read sends nothing', async () => {
    let asked = 0
    const stream = open(
      model(async function* () {
        asked++
        yield 'a'
      }),
    )
    stream.cancel()
    expect(await failure(() => all(stream))).toMatchObject({ name: 'AbortError' })
    expect(asked).toBe(0)
  })

  test('by cancel() after the end changes nothing', async () => {
    const stream = open(saying(['a']))
    await all(stream)
    stream.cancel('late')
    expect((await stream.result()).text).toBe('a')
  })
})

describe('toReadableStream()', () => {
  test('gives the text, and fails as the loop would', async () => {
    expect(
      await read(
        open(saying(['a', { type: 'reasoning-delta', text: 'r' }, 'b'])).toReadableStream(),
      ),
    ).toEqual(['a', 'b'])
    const error = new ServiceError('server_error', 'no')
    const broken = open(
      model(async function* () {
        yield 'a'
        throw error
      }),
    ).toReadableStream()
    expect(await failure(() => read(broken))).toBe(error)
  })

  test.each(['toReadableStream', 'toResponse'] as const)(
    '%s() pulls nothing while its reader pauses',
    async (method) => {
      const upstream = source(['a', 'b', 'c', 'd'], 'stall')
      const stream = over(upstream)
      const out = method === 'toResponse' ? stream.toResponse().body! : stream.toReadableStream()
      await tick(5)
      expect(upstream.pulls).toBe(0)
      await read<unknown>(out as ReadableStream<unknown>, 1)
      await tick(5)
      expect(upstream.pulls).toBe(1)
      await out.cancel('enough')
    },
  )

  test.each([0, 1])('reaches upstream with its cancel after %i reads', async (reads) => {
    const upstream = source(['a'], 'stall')
    const stream = over(upstream)
    const out = stream.toReadableStream()
    await read(out, reads)
    await out.cancel('enough')
    await tick()
    if (reads > 0) expect(upstream.cancelled).toBeDefined()
    else expect(upstream.pulls).toBe(0)
    expect(await failure(() => stream.result())).toMatchObject({ name: 'AbortError' })
  })

  test('reaches upstream with its cancel while a read is pending', async () => {
    const upstream = source<string>([], 'stall')
    const reader = over(upstream).toResponse().body!.getReader()
    const pending = reader.read()
    await tick()
    await reader.cancel('enough')
    expect(await pending).toMatchObject({ done: true })
    await tick()
    expect(upstream.cancelled).toBeDefined()
  })
})

const FULL = [
  { type: 'reasoning-delta', text: 'r' } as const,
  text('a\nb'),
  { type: 'source', source: { url: 'https://a.example' } } as const,
  ...weather,
  { type: 'usage', usage } as const,
  finish('stop', { messageFields: { signature: 's' } }),
]

describe('toResponse() and from()', () => {
  test('make the same events and the same result on the other side, cut anywhere', async () => {
    const near = open(saying(FULL))
    const response = near.toResponse()
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(response.headers.get('x-accel-buffering')).toBe('no')
    expect(response.headers.get('cache-control')).toBe('no-cache, no-transform')
    const bytes = new Uint8Array(await response.arrayBuffer())
    const expected = { ...(await near.result()) }
    const events = await all(open(saying(FULL)).events())
    const plain = (event: StreamEvent) =>
      event.type === 'finish' ? { ...event, response: undefined } : event
    const property = fc.asyncProperty(fc.array(fc.nat(2000), { maxLength: 8 }), async (cuts) => {
      const far = ChatStream.from(respond(bytes, cuts))
      expect((await all(far.events())).map(plain)).toEqual(events.map(plain))
      expect({ ...(await far.result()) }).toEqual(expected)
    })
    await fc.assert(property, { numRuns: 40 })
    expect((await ChatStream.from(new Response(source(cut(bytes)).stream)).result()).provider).toBe(
      'acme',
    )
  })

  test('never double a tool call whose pieces bear no id', async () => {
    const pieces = [
      { type: 'tool-call-delta', index: 0, name: 'f', argumentsDelta: '{}' },
      finish('tool_calls'),
    ]
    const far = ChatStream.from(open(saying(pieces)).toResponse())
    expect((await far.result()).toolCalls).toHaveLength(1)
  })

  test.each(['ui-message', 'ag-ui'] as const)(
    'a response of format %s is no text',
    async (format) => {
      const far = ChatStream.from(open(saying([text('Hello'), finish()])).toResponse({ format }))
      const error = await failure(() => far.result())
      expect(error).toMatchObject({ code: 'unexpected_response', partial: { text: '' } })
      expect(error.message).toContain("`format: 'events'`")
    },
  )

  test('keep the mark on calls that must not be run', async () => {
    const far = ChatStream.from(open(saying([...weather, finish('length')])).toResponse())
    const { toolCalls, finishReason } = await far.result()
    expect(finishReason).toBe('length')
    expect(toolCalls[0]?.invalid).toMatch(/length/)
  })

  test.each([
    [
      'an error of a server',
      new ServiceError('rate_limit', 'Slow', { status: 429, retryable: false, requestId: 'r' }),
      {
        name: 'ServiceError',
        code: 'rate_limit',
        message: 'Rate limit exceeded',
        status: undefined,
        requestId: undefined,
        provider: undefined,
      },
    ],
    [
      'a timeout',
      new TimeoutError('idle', 5),
      { name: 'TimeoutError', code: 'timeout', retryable: true, which: 'idle', limit: 5 },
    ],
  ])('carry %s in-band, with what had arrived', async (_what, thrown, expected) => {
    const near = open(
      model(
        async function* () {
          yield 'half'
          yield weather
          throw thrown
        },
        { maxRetries: 0 },
      ),
    )
    const far = ChatStream.from(near.toResponse())
    const got: string[] = []
    const error = await failure(async () => {
      for await (const piece of far) got.push(piece)
    })
    expect(got).toEqual(['half'])
    expect(error).toMatchObject({
      ...expected,
      partial: { text: 'half', toolCalls: [{ invalid: expect.any(String) }] },
    })
    expect(await failure(() => far.result())).toBe(error)
  })

  test('show the text that arrives together with a failure', async () => {
    const near = open(
      model(
        async function* () {
          yield 'half'
          throw new StreamError('connection_lost', 'Gone')
        },
        { maxRetries: 0 },
      ),
    )
    const far = ChatStream.from(new Response(await near.toResponse().text()))
    const got: string[] = []
    const error = await failure(async () => {
      for await (const piece of far) got.push(piece)
    })
    expect(got).toEqual(['half'])
    expect(error).toMatchObject({ code: 'connection_lost', partial: { text: 'half' } })
  })

  test('mask what is internal, in errors of retries and attempts too', async () => {
    const secret = 'http://10.1.2.3/v1 sk-hidden DASHSCOPE_API_KEY'
    const error = new ServiceError('overloaded', secret, {
      provider: 'inside',
      requestId: 'r-1',
      vendorCode: secret,
      retryAfter: 5,
      retryable: true,
    })
    const info = error.toJSON()
    const make = () =>
      open(
        model(
          async function* () {
            yield { type: 'retry' as const, attempt: 1, delayMs: 1, error: info }
            yield 'half'
            throw error
          },
          { maxRetries: 0 },
        ),
      )
    const text = await make().toResponse().text()
    expect(text).toContain('"code":"overloaded"')
    expect(text).not.toMatch(/10\.1\.2\.3|sk-|DASHSCOPE|inside|r-1/)
    const seen: unknown[] = []
    const told = make().toResponse({
      onError(failed) {
        seen.push(failed)
        return 'Please try again'
      },
    })
    expect(await failure(() => ChatStream.from(told).result())).toMatchObject({
      name: 'ServiceError',
      code: 'overloaded',
      message: 'Please try again',
      retryAfter: 5,
    })
    expect(seen).toEqual([error])
  })

  test.each(['events', 'ui-message', 'ag-ui'] as const)(
    'send the general message if `onError` returns no words, as %s',
    async (format) => {
      const broken = model(() => Promise.reject(new Error('inside')) as never, { maxRetries: 0 })
      const near = open(broken)
      const sent = await near.toResponse({ format, onError: () => '' }).text()
      expect(sent).toContain('"The model failed to reply"')
    },
  )

  test.each([[null], ['ui-message'], [5], [[]], [{ format: 'sse' }], [{ format: null }]])(
    'options that are none are refused: %j',
    (options) =>
      expect(() => open(saying(['a'])).toResponse(options as never)).toThrow(
        expect.objectContaining({
          code: 'invalid_config',
          message: 'options.format must be one of text, events, ui-message, ag-ui',
        }),
      ),
  )

  test('send comments while the model is silent', async () => {
    let release = () => {}
    const silent = new Promise<void>((resolve) => (release = resolve))
    const near = open(
      model(async function* () {
        await silent
        yield 'late'
      }),
    )
    const reader = near.toResponse({ pingInterval: 5 }).body!.getReader()
    const decoder = new TextDecoder()
    for (let pings = 0; pings < 2; pings++)
      expect(decoder.decode((await reader.read()).value)).toBe(': ping\n\n')
    release()
    let rest = ''
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      rest += decoder.decode(value)
    }
    expect(rest).toContain('"text":"late"')
    expect(() => open(saying(['a'])).toResponse({ pingInterval: 0 })).toThrow(/pingInterval/)
  })

  test('set one timer for all comments, and clear it at the end', async () => {
    const set = vi.spyOn(globalThis, 'setTimeout')
    const cleared = vi.spyOn(globalThis, 'clearTimeout')
    const pingInterval = 12_345
    await open(saying(['a', 'b', 'c']))
      .toResponse({ pingInterval })
      .text()
    const timers = set.mock.results.filter((_, at) => set.mock.calls[at]?.[1] === pingInterval)
    expect(timers).toHaveLength(1)
    expect(cleared).toHaveBeenCalledWith(timers[0]?.value)
    vi.restoreAllMocks()
  })

  test('leave no timer behind a failure', async () => {
    vi.useFakeTimers()
    try {
      const frames = withPings({ next: () => Promise.reject(new Error('lost')) }, 15_000)
      await expect(frames.next()).rejects.toThrow('lost')
      expect(vi.getTimerCount()).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  })

  test('tell strangers nothing of what is not ours', async () => {
    const near = open(
      saying(['a'], {
        callbacks: {
          onLLMNewToken: () => {
            throw new Error('internal secret')
          },
        },
      }),
    )
    expect(await near.toResponse().text()).not.toContain('internal secret')
  })

  test('as text send the text alone, and break off where it broke', async () => {
    const response = open(saying(['né', '😀'])).toResponse({
      format: 'text',
      status: 201,
      headers: { 'x-a': 'b' },
    })
    expect(response.status).toBe(201)
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8')
    expect(response.headers.get('x-a')).toBe('b')
    expect(await response.text()).toBe('né😀')
    const broken = open(
      model(async function* () {
        yield 'a'
        throw new Error('no')
      }),
    ).toResponse({ format: 'text' })
    await expect(broken.text()).rejects.toThrow()
  })

  test.each([
    [
      'a stream that ends early',
      'data: {"type":"text-delta","text":"half"}\n\n',
      200,
      'stream_truncated',
    ],
    [
      'a stream cut in a frame',
      'data: {"type":"text-delta","text":"half"}\n\ndata: {"ty',
      200,
      'stream_truncated',
    ],
    ['a page', '<html>login</html>', 200, 'unexpected_response'],
    ['JSON of another kind', '{"error":"no"}', 200, 'unexpected_response'],
    ['frames of another kind', 'data: 5\n\n', 200, 'unexpected_response'],
    ['an error that is none', 'event: error\ndata: null\n\n', 200, 'unexpected_response'],
    ['nothing', '', 200, 'stream_truncated'],
    ['a bad status', 'data: 1\n\n', 500, 'unexpected_response'],
  ])('from() refuses %s', async (_what, body, status, code) => {
    const stream = ChatStream.from(respond(body, [], { status }))
    const error = await failure(() => stream.result())
    expect(error).toMatchObject({ code })
    expect(error.partial.text).toBe(body.includes('half') ? 'half' : '')
  })

  test.each([Promise.resolve(new Response('')), '/api/chat'])(
    'from(%o) says that it takes a response',
    async (given) => {
      const error = await failure(() => ChatStream.from(given as never).result())
      expect(error).toMatchObject({ name: 'ConfigError', code: 'invalid_config' })
      expect(error.message).toContain('await the fetch')
    },
  )

  test('from() closes the response, however it is left', async () => {
    const frame = new TextEncoder().encode('data: {"type":"text-delta","text":"a"}\n\n')
    const leave: [string, (stream: ChatStream) => unknown][] = [
      [
        'break',
        async (stream) => {
          for await (const _text of stream) break
        },
      ],
      ['cancel unread', (stream) => stream.cancel()],
      [
        'cancel read',
        async (stream) => {
          await stream[Symbol.asyncIterator]().next()
          stream.cancel()
        },
      ],
      ['return unread', (stream) => stream.events().return?.()],
    ]
    for (const [how, run] of leave) {
      const body = source([frame], 'stall')
      await run(ChatStream.from(new Response(body.stream)))
      await tick()
      expect([how, body.cancelled !== undefined]).toEqual([how, true])
    }
    const bad = source([frame], 'stall')
    await failure(() => ChatStream.from(new Response(bad.stream, { status: 500 })).result())
    expect(bad.cancelled).toBeDefined()
  })

  test("from() throws the caller's reason, and leaves no listener", async () => {
    const { controller, listeners } = countedSignal()
    const stream = ChatStream.from(new Response(source<Uint8Array>([], 'stall').stream), {
      signal: controller.signal,
    })
    const pending = failure(() => stream.result())
    await tick()
    const reason = new Error('enough')
    controller.abort(reason)
    expect(await pending).toBe(reason)
    expect(listeners()).toBe(0)
  })
})

test('events survive structuredClone and JSON', async () => {
  let tries = 0
  const events = await all(
    open(
      model(async function* () {
        if (tries++ === 0)
          throw new ServiceError('overloaded', 'Busy', {
            retryable: true,
            retryAfter: 1,
            cause: new Error('x'),
          })
        yield* FULL
      }),
    ).events(),
  )
  expect(events.map(({ type }) => type)).toEqual([
    'retry',
    'reasoning-delta',
    'text-delta',
    'source',
    'tool-call-delta',
    'tool-call-delta',
    'tool-call',
    'usage',
    'finish',
  ])
  expect(structuredClone(events)).toEqual(events)
  expect(JSON.parse(JSON.stringify(events))).toEqual(events)
})
