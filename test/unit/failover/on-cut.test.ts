import { describe, expect, test, vi, afterEach } from 'vitest'
import type { FailoverOptions } from '../../../src/failover/failover.ts'
import { failover } from '../../../src/failover/failover.ts'
import { ServiceError, StreamError } from '../../../src/errors.ts'
import type { StreamEvent } from '../../../src/event.ts'
import type { Message } from '../../../src/message.ts'
import type { Reply } from '../../../src/testing/script.ts'
import { ChatStream } from '../../../src/stream/chat-stream.ts'
import { all, failure, model, text, usage, weather } from '../helpers.ts'
import { actions, at, forty, shown, sixty, WORDS } from './helpers.ts'

await import('../loaded.ts')

afterEach(() => void vi.useRealTimers())

/** Zhipu's first frame has text in it already; OpenAI's has none. */
const cutAtZhipu: Reply = { pieces: WORDS, fault: { kind: 'cut', after: 40 } }
const rest = WORDS.slice(40).join('')
const cut: Reply = { pieces: WORDS, fault: { kind: 'cut', after: 41 } }
const lost = () => new StreamError('connection_lost', 'lost')

/** A model that says this and then breaks. */
const breaking = (chunks: readonly unknown[], seen: unknown[] = [], more = {}) =>
  model(
    {
      async *_chatStream(messages, call) {
        seen.push(call.rawPrompt ?? messages)
        yield* chunks
        throw lost()
      },
      supportRawPrompt: () => true,
    },
    { modelServer: 'broken', maxRetries: 0, ...more },
  )

/** A model that notes what it is asked, and says this. */
const noting = (chunks: readonly unknown[], seen: unknown[]) =>
  model(
    {
      async *_chatStream(messages, call) {
        seen.push(call.rawPrompt ?? messages)
        yield* chunks
      },
      supportRawPrompt: () => true,
    },
    { modelServer: 'backup' },
  )

const everyCharacter = (chunks: readonly any[]) =>
  chunks.flatMap((chunk) =>
    chunk.type === 'text-delta'
      ? Array.from(chunk.text, (letter) => text(letter as string))
      : chunk,
  )

const CUTS: [name: string, reply: Reply, code: string][] = [
  ['stream cut after 40 of 60 tokens', cut, 'stream_truncated'],
  ['connection lost', { ...cut, fault: { kind: 'reset', after: 41 } }, 'connection_lost'],
  ['30 s stall', { ...cut, fault: { kind: 'stall', after: 41 } }, 'timeout'],
  ['malformed chunk', { ...cut, fault: { kind: 'garbage', after: 41 } }, 'bad_frame'],
]

describe('onCut: restart', () => {
  test.each(CUTS)('%s: begins again at the next model, and says so', async (_name, reply, code) => {
    vi.useFakeTimers()
    const primary = at('openai', reply, { idleTimeout: 30_000 })
    const backup = at('zhipu', {
      text: sixty,
      usage: { promptTokens: 3, completionTokens: 60, totalTokens: 63 },
    })
    const llm = failover([primary.llm, backup.llm], { onCut: 'restart' })
    const stream = llm.chat({ prompt: 'Count', stream: true })
    const pending = all(stream.events())
    await vi.advanceTimersByTimeAsync(30_000)
    const events = await pending
    const result = await stream.result()
    expect(actions(events)).toEqual([`restart zhipu ${code}`])
    expect(shown(events)).toBe(sixty)
    expect(result).toMatchObject({
      text: sixty,
      message: { content: sixty },
      provider: 'zhipu',
      finishReason: 'stop',
      attempts: [
        { provider: 'openai', error: { code }, usage: { estimated: true } },
        { provider: 'zhipu', usage: { promptTokens: 3, completionTokens: 60 } },
      ],
    })
    expect(backup.server.requests[0]?.body.messages).toEqual([{ role: 'user', content: 'Count' }])
  })

  test('forgets thinking, tool calls and sources of the cut reply', async () => {
    const first = [
      { type: 'reasoning-delta', text: 'Hm' },
      text('a'),
      { type: 'source', source: { url: 'https://a' } },
      ...weather,
    ]
    const llm = failover([breaking(first), noting([text('<think>I see</think>b')], [])], {
      onCut: 'restart',
    })
    const result = await llm.chat({ prompt: 'x', stream: true }).result()
    expect(result).toMatchObject({
      text: 'b',
      reasoning: 'I see',
      toolCalls: [],
      finishReason: 'stop',
    })
    expect(result.sources).toBeUndefined()
  })

  test('goes through the models once', async () => {
    const seen: unknown[] = []
    const models = ['a', 'b', 'c'].map((piece) => breaking([piece], seen))
    const stream = failover(models, { onCut: 'restart' }).chat({ prompt: 'x', stream: true })
    const events: StreamEvent[] = []
    const error = await failure(async () => {
      for await (const event of stream.events()) events.push(event)
    })
    expect(seen).toHaveLength(3)
    expect(actions(events)).toHaveLength(2)
    expect(shown(events)).toBe('c')
    expect(error).toMatchObject({
      code: 'connection_lost',
      partial: { text: 'c', usage: { estimated: true } },
    })
    expect(error.partial.attempts).toHaveLength(3)
    const spent = error.partial.attempts.map((attempt: any) => attempt.usage.totalTokens)
    expect(error.partial.usage.totalTokens).toBe(
      spent.reduce((one: number, two: number) => one + two),
    )
    expect(stream.partial).toBe(error.partial)
  })
})

describe('onCut: continue', () => {
  test.each(CUTS)('%s: the next model goes on where it stopped', async (_name, reply, code) => {
    vi.useFakeTimers()
    const primary = at('openai', reply, { idleTimeout: 30_000 })
    const backup = at('zhipu', rest)
    const messages: Message[] = [{ role: 'user', content: 'Count' }]
    const llm = failover([primary.llm, backup.llm], { onCut: 'continue' })
    const stream = llm.chat({ messages, stream: true })
    const pending = all(stream.events())
    await vi.advanceTimersByTimeAsync(30_000)
    const events = await pending
    expect(actions(events)).toEqual([`continue zhipu ${code}`])
    expect(shown(events)).toBe(sixty)
    expect(await stream.result()).toMatchObject({
      text: sixty,
      message: { role: 'assistant', content: sixty },
      provider: 'zhipu',
      usage: { estimated: true },
      attempts: [
        { provider: 'openai', error: { code }, usage: {} },
        { provider: 'zhipu', usage: {} },
      ],
    })
    expect(backup.server.requests[0]?.body.messages).toEqual([
      { role: 'user', content: 'Count' },
      { role: 'assistant', content: forty },
      { role: 'user', content: expect.stringMatching(/Continue it exactly where it stops/) },
    ])
    expect(messages).toHaveLength(1)
  })

  test('a fallback that rejects an assistant prefix is not sent one', async () => {
    const backup = at('openai', ({ body }) =>
      body.messages.at(-1).role === 'assistant'
        ? { error: { status: 400, message: 'The last message must be from the user' } }
        : rest,
    )
    const llm = failover([at('zhipu', cutAtZhipu).llm, backup.llm], { onCut: 'continue' })
    expect((await llm.chat({ prompt: 'x', stream: true }).result()).text).toBe(sixty)
    // A prefix of the caller's own is sent as it is, so there it begins again.
    const messages: Message[] = [
      { role: 'user', content: 'x' },
      { role: 'assistant', content: 'w0' },
    ]
    const taking = at('openai', sixty)
    const other = failover([at('zhipu', cutAtZhipu).llm, taking.llm], { onCut: 'continue' })
    const events = await all(other.chat({ messages, stream: true }).events())
    expect(actions(events)).toEqual(['restart openai stream_truncated'])
    expect(taking.server.requests[0]?.body.messages).toMatchObject(messages)
  })

  test('also where the next is cut too, or fails before its first event', async () => {
    const seen: any[] = []
    const busy = model(async function* () {
      yield ''
      throw new ServiceError('overloaded', 'Busy')
    })
    const stream = failover(
      [breaking(['a ', 'b '], seen), breaking(['c '], seen), busy, noting(['d'], seen)],
      { onCut: 'continue' },
    ).chat({ prompt: 'x', stream: true })
    const events = await all(stream.events())
    expect(actions(events)).toEqual([
      'continue broken connection_lost',
      'continue acme connection_lost',
      'continue backup overloaded',
    ])
    expect(shown(events)).toBe('a b c d')
    expect(await stream.result()).toMatchObject({ text: 'a b c d', provider: 'backup' })
    expect(seen.map((messages) => messages[1]?.content)).toEqual([undefined, 'a b ', 'a b c '])
  })

  test('keeps everything in `partial` if no model finishes it', async () => {
    const first = [{ type: 'reasoning-delta', text: 'Hm ' }, text('a ')]
    const second = [{ type: 'reasoning-delta', text: 'so' }, text('b ')]
    const stream = failover([breaking(first), breaking(second)], { onCut: 'continue' }).chat({
      prompt: 'x',
      stream: true,
    })
    const error = await failure(() => stream.result())
    expect(error.partial).toMatchObject({
      text: 'a b ',
      reasoning: 'Hm so',
      message: { content: 'a b ', reasoning_content: 'Hm so' },
      finishReason: 'error',
      attempts: [{ usage: {} }, { usage: {} }],
    })
  })

  const CANNOT: [string, readonly unknown[], object][] = [
    ['a tool call', [text('a'), ...weather], {}],
    ['thinking', [{ type: 'reasoning-delta', text: 'Hm' }], {}],
    ['blanks', [{ type: 'reasoning-delta', text: 'Hm' }, text(' \n')], {}],
    ['JSON', [text('{"a":')], { responseFormat: { type: 'json_object' } }],
  ]
  test.each(CANNOT)('begins again where it was cut in %s', async (_what, chunks, options) => {
    const seen: any[] = []
    const stream = failover([breaking(chunks), noting(['b'], seen)], { onCut: 'continue' }).chat({
      prompt: 'x',
      stream: true,
      ...options,
    })
    expect(actions(await all(stream.events()))).toEqual(['restart backup connection_lost'])
    expect(await stream.result()).toMatchObject({ text: 'b', reasoning: '', toolCalls: [] })
    expect(seen).toEqual([[{ role: 'user', content: 'x' }]])
  })

  test('goes on with a raw prompt as it is', async () => {
    const seen: unknown[] = []
    const llm = failover([breaking(['a '], seen), noting(['b'], seen)], { onCut: 'continue' })
    expect((await llm.chatWithRawPrompt({ prompt: 'P: ', stream: true }).result()).text).toBe('a b')
    expect(seen).toEqual(['P: ', 'P: a '])
  })

  const tower = 'The tower was built in 1889 for the fair.'
  const AGAIN: [string, next: readonly unknown[], expected: object, actions: string[]][] = [
    [
      'begins again',
      [text('The tower was built '), text('in 1889 for the fair.')],
      {},
      ['continue'],
    ],
    [
      'repeats its last words',
      [text('was bui'), text('lt in 1889 for the fair.')],
      {},
      ['continue'],
    ],
    [
      'thinks, and begins again',
      [{ type: 'reasoning-delta', text: 'I go on.' }, text(tower)],
      { reasoning: 'I go on.' },
      ['continue'],
    ],
    [
      'thinks in tags, and begins again',
      [text('<think>I go'), text(' on.</think>'), text(tower)],
      { reasoning: 'I go on.' },
      ['continue'],
    ],
    [
      'begins again, and calls a tool',
      [text(tower), ...weather],
      { toolCalls: [{ name: 'weather' }], finishReason: 'tool_calls' },
      ['continue'],
    ],
    [
      'begins again in other words',
      [{ type: 'reasoning-delta', text: 'Hm.' }, text('The tower was'), text(' erected in 1889.')],
      { text: 'The tower was erected in 1889.', reasoning: 'Hm.' },
      ['continue', 'restart'],
    ],
    [
      'begins again, and calls a tool before it is as far',
      [text('The tower was'), ...weather],
      { text: 'The tower was', toolCalls: [{ name: 'weather' }] },
      ['continue', 'restart'],
    ],
  ]
  test.each(AGAIN)(
    'drops what it says twice where the next %s',
    async (_name, next, more, told) => {
      for (const cut of [(chunks: readonly unknown[]) => chunks, everyCharacter]) {
        const stream = failover(
          [breaking(['The tower was ', 'built in ']), noting(cut(next), [])],
          {
            onCut: 'continue',
          },
        ).chat({ prompt: 'x', stream: true })
        const events = await all(stream.events())
        const result = await stream.result()
        expect(result).toMatchObject({ text: tower, ...more, provider: 'backup' })
        expect(shown(events)).toBe(result.text)
        expect(actions(events).map((action) => action.split(' ')[0])).toEqual(told)
      }
    },
  )

  test('what is held back when the next is cut too is neither lost nor said twice', async () => {
    const seen: any[] = []
    const models = [
      breaking([tower.slice(0, 23)]),
      breaking(['The tower was']),
      breaking(['built in 18']),
      noting(['built in 1889 for the fair.'], seen),
    ]
    const stream = failover(models, { onCut: 'continue' }).chat({ prompt: 'x', stream: true })
    const events = await all(stream.events())
    expect((await stream.result()).text).toBe(tower)
    expect(shown(events)).toBe(tower)
    expect(seen[0][1].content).toBe('The tower was built in 18')
    const all3 = failover(models.slice(0, 3), { onCut: 'continue' })
    const error = await failure(() => all3.chat({ prompt: 'x', stream: true }).result())
    expect(error.partial.text).toBe('The tower was built in 18')
  })

  test('a stop sequence split over the seam ends the text', async () => {
    const llm = failover([breaking(['a E']), noting(['END more'], [])], { onCut: 'continue' })
    const stream = llm.chat({ prompt: 'x', stream: true, stop: 'END' })
    expect((await stream.result()).text).toBe('a ')
    // A possible start of a stop sequence was not shown, so the continuation omits it.
    const whole = failover([breaking(['a E']), noting(['E, b'], [])], { onCut: 'continue' })
    expect((await whole.chat({ prompt: 'x', stream: true, stop: 'END' }).result()).text).toBe(
      'a E, b',
    )
  })

  test('a failover inside begins its own part again', async () => {
    const inner = failover([breaking(['x']), noting(['b'], [])], { onCut: 'restart' })
    const stream = failover([breaking(['a ']), inner], { onCut: 'continue' }).chat({
      prompt: 'x',
      stream: true,
    })
    const events = await all(stream.events())
    expect(actions(events)).toEqual([
      'continue failover connection_lost',
      'restart backup connection_lost',
    ])
    expect(shown(events)).toBe('a b')
    const result = await stream.result()
    expect(result).toMatchObject({ text: 'a b', provider: 'backup' })
    expect(result.attempts.map(({ provider, usage }) => [provider, usage !== undefined])).toEqual([
      ['broken', true],
      ['broken', true],
      ['backup', true],
    ])
  })
})

test.each(['restart', 'continue'] as const)('accounting of both, onCut: %s', async (onCut) => {
  const told = { promptTokens: 3, completionTokens: 60, totalTokens: 63, cachedTokens: 2 }
  const llm = failover([at('openai', cut).llm, at('zhipu', { text: sixty, usage: told }).llm], {
    onCut,
  })
  const stream = llm.chat({ prompt: 'Count', stream: true })
  const events = await all(stream.events())
  const { usage, attempts } = await stream.result()
  // Both are counted, and the sum is no more exact than its parts.
  const [first, second] = attempts.map((attempt) => attempt.usage!)
  expect(first!.completionTokens).toBeGreaterThan(39)
  expect(second).toMatchObject(told)
  expect(usage).toMatchObject({
    promptTokens: first!.promptTokens + 3,
    completionTokens: first!.completionTokens + 60,
    totalTokens: first!.totalTokens + 63,
    cachedTokens: 2,
    estimated: true,
  })
  expect(events.filter(({ type }) => type === 'usage')).toEqual([{ type: 'usage', usage }])
  expect(llm.getUsage()).toEqual(usage)
})

test.each(['restart', 'continue'] as const)(
  'accounting of both for a reader that leaves the second, onCut: %s',
  async (onCut) => {
    const backup = noting(['Well, then'], [])
    const stream = failover([at('openai', cut).llm, backup], { onCut }).chat({
      prompt: 'Count',
      stream: true,
    })
    for await (const piece of stream) if (piece.includes('Well')) break
    const { usage, attempts } = stream.partial
    const [first] = attempts.map((attempt) => attempt.usage!)
    expect(usage.promptTokens).toBeGreaterThan(first!.promptTokens)
    expect(usage.completionTokens).toBeGreaterThanOrEqual(first!.completionTokens)
    expect(usage.estimated).toBe(true)
  },
)

test.each(['restart', 'continue'] as const)(
  'onCut: %s does not matter before the first event',
  async (onCut) => {
    const seen: any[] = []
    const llm = failover([breaking(['a']), noting([{ type: 'usage', usage }, 'b'], seen)], {
      onCut,
    })
    const result = await llm.chat('x')
    expect(result).toMatchObject({ text: 'b', provider: 'backup' })
    expect(seen).toEqual([[{ role: 'user', content: 'x' }]])
    // The first had begun to answer: that is paid for.
    expect(result.usage.totalTokens).toBeGreaterThan(usage.totalTokens)
  },
)

test('what a model took that showed nothing before it failed is part of the usage', async () => {
  const failed = breaking([{ type: 'usage', usage }])
  const result = await failover([failed, noting([{ type: 'usage', usage }, 'b'], [])]).chat('x')
  expect(result.usage).toEqual({
    promptTokens: 2 * usage.promptTokens,
    completionTokens: 2 * usage.completionTokens,
    totalTokens: 2 * usage.totalTokens,
    estimated: true,
  })
  expect(result.attempts).toMatchObject([{ usage: { estimated: true } }, { usage }])
  const error = await failure(() => failover([failed, breaking([])]).chat('x'))
  expect(error.partial.usage).toMatchObject(usage)
})

test.each(['content_filter', 'bad_request'] as const)(
  'a stream that ends by %s is not gone on with',
  async (code) => {
    const filtered = model(async function* () {
      yield 'half'
      throw new ServiceError(code, 'No')
    })
    for (const onCut of ['restart', 'continue'] as const) {
      const stream = failover([filtered, noting(['b'], [])], { onCut }).chat({
        prompt: 'x',
        stream: true,
      })
      expect(await failure(() => stream.result())).toMatchObject({
        code,
        partial: { text: 'half' },
      })
    }
  },
)

test.each<FailoverOptions['onCut']>(['restart', 'continue'])(
  'a page of one’s own reads the same, onCut: %s',
  async (onCut) => {
    const make = () =>
      failover([at('openai', cut).llm, at('zhipu', onCut === 'restart' ? sixty : rest).llm], {
        onCut,
      }).chat({
        prompt: 'x',
        stream: true,
      })
    const here = await make().result()
    const stream = ChatStream.from(make().toResponse())
    const events = await all(stream.events())
    expect(actions(events)).toEqual([`${onCut} zhipu stream_truncated`])
    expect(shown(events)).toBe(sixty)
    const there = await stream.result()
    const timeless = (value: unknown) =>
      JSON.parse(
        JSON.stringify(value, (key, inner) =>
          // Messages and servers' names are masked.
          key === 'durationMs' ? 0 : key === 'error' ? inner.code : inner,
        ),
      )
    expect(timeless(there)).toEqual(timeless(here))
  },
)

test('a page gets the attempts of a failure', async () => {
  const stream = ChatStream.from(
    failover([breaking(['a']), breaking(['b'])], { onCut: 'restart' })
      .chat({ prompt: 'x', stream: true })
      .toResponse(),
  )
  const error = await failure(() => stream.result())
  expect(error).toMatchObject({
    code: 'connection_lost',
    partial: { text: 'b', provider: 'broken', attempts: [{ provider: 'broken' }] },
  })
})

test('one error object thrown by every call describes the last', async () => {
  const [one, two] = ['one', 'two'].map((name) => new ServiceError('overloaded', name))
  const llm = failover(
    [one, two].map((error) =>
      model(
        async function* () {
          yield ''
          throw error
        },
        { maxRetries: 0 },
      ),
    ),
    { maxFailures: 100 },
  )
  for (let time = 0; time < 20; time++) {
    expect((await failure(() => llm.chat('x'))).partial.attempts).toHaveLength(2)
  }
})

test('a failover inside that is cut for good is counted once, its thinking kept', async () => {
  const hm = { type: 'reasoning-delta', text: 'Hm ' }
  const inner = failover([breaking([text('b')]), breaking([hm, text('c ')])], { onCut: 'restart' })
  const stream = failover([breaking([hm, text('a ')]), inner, noting(['d'], [])], {
    onCut: 'continue',
  }).chat({ prompt: 'x', stream: true })
  const events = await all(stream.events())
  const result = await stream.result()
  expect(result).toMatchObject({ text: 'a c d', reasoning: 'Hm Hm ' })
  expect(shown(events)).toBe('a c d')
  const spent = result.attempts.map(({ usage }) => usage!.totalTokens)
  expect(spent).toHaveLength(4)
  expect(result.usage.totalTokens).toBe(spent.reduce((one, two) => one + two))
})

test('each event has the attempts so far', async () => {
  const busy = model(async function* () {
    yield ''
    throw new ServiceError('overloaded', 'Busy')
  })
  const stream = failover([breaking(['a']), busy, noting(['b'], [])], { onCut: 'restart' }).chat({
    prompt: 'x',
    stream: true,
  })
  const events = await all(stream.events())
  // The page is clear already when the second fails.
  expect(actions(events)).toEqual(['restart acme connection_lost', 'next backup overloaded'])
  expect(
    events.flatMap((event) => (event.type === 'failover' ? event.attempts.length : [])),
  ).toEqual([1, 2])
})
