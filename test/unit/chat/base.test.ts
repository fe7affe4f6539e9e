import { afterEach, describe, expect, test, vi } from 'vitest'
import type { Call } from '../../../src/call.ts'
import { BaseChatModel } from '../../../src/chat/base.ts'
import { ServiceError, StreamError } from '../../../src/errors.ts'
import type { ChatResult, StreamEvent } from '../../../src/event.ts'
import type { ModelConfig } from '../../../src/options.ts'
import {
  all,
  countedSignal,
  failure,
  finish,
  model,
  saying,
  source,
  text,
  tick,
  usage,
  weather,
} from '../helpers.ts'

afterEach(() => void vi.useRealTimers())

const types = (events: readonly StreamEvent[]) => events.map(({ type }) => type)
const never = () => new Promise<never>(() => {})

describe('a class of six lines', () => {
  class Parrot extends BaseChatModel {
    async *_chatStream(messages: readonly { content?: unknown }[]): AsyncGenerator<string> {
      yield 'You said: '
      yield String(messages.at(-1)?.content)
    }
  }

  test('is a whole model', async () => {
    const llm = new Parrot({ model: 'p-1' })
    const result = await llm.chat('Hi')
    expect({ ...result }).toEqual({
      text: 'You said: Hi',
      reasoning: '',
      toolCalls: [],
      message: { role: 'assistant', content: 'You said: Hi' },
      finishReason: 'stop',
      rawFinishReason: null,
      usage: {
        promptTokens: expect.any(Number),
        completionTokens: expect.any(Number),
        totalTokens: expect.any(Number),
        estimated: true,
      },
      model: 'p-1',
      provider: 'Parrot',
      attempts: [{ provider: 'Parrot', model: 'p-1', durationMs: expect.any(Number) }],
    })
    expect(String(result)).toBe('You said: Hi')
    expect(await all(llm.chat({ prompt: 'Hi', stream: true }))).toEqual(['You said: ', 'Hi'])
    expect(
      (
        await llm.chat({
          messages: [
            { role: 'user', content: 'Hi' },
            result.message,
            { role: 'user', content: 'again' },
          ],
        })
      ).text,
    ).toBe('You said: again')
  })

  test.each([
    ['strings', () => saying(['Hi ', 'there'])],
    ['events', () => saying([text('Hi '), text('there'), finish()])],
    ['arrays of events', () => saying([[text('Hi '), text('there')], [finish()]])],
    ['a mixture', () => saying(['Hi ', [text('there')], [], '', { type: 'usage', usage }])],
    ['a ReadableStream', () => model(() => source(['Hi ', text('there')]).stream)],
    [
      'another async iterable',
      () =>
        model(() => ({
          [Symbol.asyncIterator]: () => {
            const list = ['Hi ', 'there']
            return { next: async () => ({ value: list[0]!, done: list.shift() === undefined }) }
          },
        })),
    ],
    [
      'an iterator without promises',
      () =>
        model(() => ({
          [Symbol.asyncIterator]: () => {
            const list = ['Hi ', 'there']
            return {
              next: () => ({ value: list[0]!, done: list.shift() === undefined }),
              return: () => ({ done: true }),
            }
          },
        })),
    ],
    [
      'the stream of another model',
      () => model(() => saying(['Hi ', 'there']).chat({ prompt: 'x', stream: true })),
    ],
    [
      'the events of another model',
      () => model(() => saying(['Hi ', 'there']).chat({ prompt: 'x', stream: true }).events()),
    ],
    [
      'text from _chatNoStream',
      () =>
        model({
          _chatStream: async function* () {
            yield* ['Hi ', 'there']
          },
          _chatNoStream: async () => 'Hi there',
        }),
    ],
    [
      'a result from _chatNoStream',
      () =>
        model({
          _chatStream: async function* () {
            yield* ['Hi ', 'there']
          },
          _chatNoStream: () => saying(['Hi there']).chat('x'),
        }),
    ],
    [
      'a stream from _chatNoStream',
      () =>
        model({
          _chatStream: async function* () {
            yield* ['Hi ', 'there']
          },
          _chatNoStream: () => saying(['Hi ', 'there']).chat({ prompt: 'x', stream: true }),
        }),
    ],
  ])('may give %s', async (_what, make) => {
    const llm = make()
    expect((await llm.chat('x')).text).toBe('Hi there')
    const events = await all(llm.chat({ prompt: 'x', stream: true }).events())
    expect(types(events).slice(-2)).toEqual(['usage', 'finish'])
    expect(types(events).filter((type) => type === 'usage' || type === 'finish')).toHaveLength(2)
    expect(
      events.flatMap((event) => (event.type === 'text-delta' ? event.text : [])).join(''),
    ).toBe('Hi there')
  })

  test('is asked for a whole answer only where it can give one', async () => {
    const asked: string[] = []
    const llm = model({
      async *_chatStream(_messages, call) {
        asked.push(`stream ${call.stream}`)
        yield 'a'
      },
      async _chatNoStream(_messages: unknown, call: Call) {
        asked.push(`whole ${call.stream}`)
        return 'b'
      },
    })
    await llm.chat('x')
    await all(llm.chat({ prompt: 'x', stream: true }))
    await llm.chat({ prompt: 'x', stream: false })
    expect(asked).toEqual(['whole false', 'stream true', 'whole false'])
  })

  test('keeps all members of a complete result', async () => {
    const whole: Partial<ChatResult> = {
      text: 'a',
      reasoning: 'r',
      finishReason: 'length',
      rawFinishReason: 'max',
      usage,
      sources: [{ url: 'https://a' }],
      toolCalls: [],
    }
    const llm = model({ _chatStream: async function* () {}, _chatNoStream: async () => whole })
    expect(await llm.chat('x')).toMatchObject(whole)
    const calling = model({
      _chatStream: async function* () {},
      _chatNoStream: async () => ({
        text: '',
        toolCalls: [{ id: 'a', name: 'f', arguments: {}, argumentsText: '{}' }],
      }),
    })
    expect(await calling.chat('x')).toMatchObject({
      finishReason: 'tool_calls',
      toolCalls: [{ id: 'a', name: 'f' }],
    })
  })

  test.each([
    ['an object of another shape', { choices: [] }],
    ['an unknown event', { type: 'text', text: 'a' }],
    ['a list of another shape', [{ delta: 'a' }]],
    ['a number', 5],
    ['null', null],
    ['undefined', undefined],
    ['a text event without text', { type: 'text-delta' }],
    ['a thinking event without text', { type: 'reasoning-delta', text: 5 }],
    [
      'a tool call without its text',
      { type: 'tool-call', toolCall: { id: 'a', name: 'f', arguments: {} } },
    ],
    ['a tool call without anything', { type: 'tool-call' }],
  ])('is reported when it yields %s, and its stream is closed', async (_what, chunk) => {
    let closed = false
    const llm = model(async function* () {
      try {
        yield 'a'
        yield chunk
      } finally {
        closed = true
      }
    })
    const error = await failure(() => llm.chat('x'))
    expect(error).toMatchObject({
      name: 'ServiceError',
      code: 'unexpected_response',
      retryable: false,
      provider: 'acme',
      partial: { text: 'a' },
    })
    expect(error.message).toMatch(/"acme" returned .*yield strings or StreamEvents/)
    await tick()
    expect(closed).toBe(true)
  })

  test.each([
    ['nothing', undefined],
    ['an array', ['a']],
    ['a text', 'a'],
    ['a promise of something else', Promise.resolve({ content: 'a' })],
    ['a promise of nothing', Promise.resolve()],
  ])('is reported when it returns %s', async (_what, value) => {
    const error = await failure(() => model(() => value).chat('x'))
    expect(error).toMatchObject({
      name: 'ServiceError',
      code: 'unexpected_response',
      retryable: false,
    })
  })

  test('fails as itself, with what had arrived', async () => {
    for (const thrown of [new Error('boom'), 'boom', new DOMException('boom', 'AbortError')]) {
      const llm = model(async function* () {
        yield 'half'
        yield weather
        throw thrown
      })
      const error = await failure(() => llm.chat('x'))
      expect(error).toMatchObject({
        name: 'ServiceError',
        code: 'server_error',
        message: 'boom',
        retryable: false,
        cause: thrown,
        provider: 'acme',
      })
      expect(error.partial).toMatchObject({
        text: 'half',
        finishReason: 'error',
        usage: { estimated: true },
      })
      expect(error.partial.toolCalls).toMatchObject([
        { name: 'weather', invalid: expect.stringMatching(/cut off/) },
      ])
    }
  })

  test('never shows a key of its call in a message', async () => {
    const llm = model(async function* (_messages, call) {
      call.secrets.push('sk-secret-1')
      yield ''
      throw new StreamError('bad_frame', 'bad sk-secret-1', { retryable: false })
    })
    expect((await failure(() => llm.chat('x'))).message).toBe('bad ***')
  })

  test('may name the model that answered', async () => {
    const llm = model(async function* (_messages, call) {
      Object.assign(call, { responseId: 'id-1', responseModel: 'acme-1-0701', requestId: 'req-1' })
      yield 'a'
    })
    expect(await llm.chat('x')).toMatchObject({
      id: 'id-1',
      model: 'acme-1-0701',
      requestId: 'req-1',
      provider: 'acme',
    })
  })
})

describe('a call ends', () => {
  test.each([
    [
      'heeds its signal',
      (call: Call) =>
        new Promise((_resolve, reject) =>
          call.signal.addEventListener('abort', () => reject(new Error('inner'))),
        ),
    ],
    ['ignores it', never],
  ])("with the caller's own reason where the class %s", async (_what, wait) => {
    const { controller, listeners } = countedSignal()
    const llm = model(async function* (_messages, call) {
      yield 'a'
      await wait(call)
    })
    for (const stream of [false, true]) {
      const own = countedSignal()
      const answer = stream
        ? llm.chat({ prompt: 'x', stream, signal: own.controller.signal }).result()
        : llm.chat({ prompt: 'x', signal: own.controller.signal })
      const pending = failure(() => answer)
      await tick()
      const reason = { mine: stream }
      own.controller.abort(reason)
      expect(await pending).toBe(reason)
      expect(own.listeners()).toBe(0)
    }
    controller.abort()
    expect(listeners()).toBe(0)
  })

  test('before it began where its signal is aborted, also that of the defaults', async () => {
    let asked = 0
    const ask = async function* () {
      asked++
      yield 'a'
    }
    const signal = AbortSignal.abort('no')
    expect(await failure(() => model(ask).chat({ prompt: 'x', signal }))).toBe('no')
    expect(await failure(() => model(ask, { defaults: { signal } }).chat('x'))).toBe('no')
    expect(asked).toBe(0)
  })

  test('at the total limit, with what had arrived, though the class never answers', async () => {
    vi.useFakeTimers()
    for (const config of [{}, { totalTimeout: 5000 }] as Partial<ModelConfig>[]) {
      const llm = model(
        async function* () {
          yield 'half'
          await never()
        },
        { idleTimeout: false, ...config },
      )
      const pending = failure(() => llm.chat('x'))
      await vi.advanceTimersByTimeAsync(config.totalTimeout || 1_800_000)
      expect(await pending).toMatchObject({
        name: 'TimeoutError',
        which: 'total',
        retryable: false,
        partial: { text: 'half' },
      })
    }
    expect(vi.getTimerCount()).toBe(0)
  })

  test('with its whole answer where only what follows the end never comes', async () => {
    vi.useFakeTimers()
    const llm = model(async function* () {
      yield [text('whole'), finish()]
      await never()
    })
    const pending = llm.chat('x')
    await vi.advanceTimersByTimeAsync(1_800_000)
    expect(await pending).toMatchObject({ text: 'whole', finishReason: 'stop' })
  })

  test('never at a limit that is switched off', async () => {
    vi.useFakeTimers()
    const llm = model(
      async function* () {
        await tick(7_200_000)
        yield 'late'
      },
      { timeout: false, totalTimeout: false },
    )
    const pending = llm.chat('x')
    await vi.advanceTimersByTimeAsync(7_200_000)
    expect((await pending).text).toBe('late')
  })

  test('at a stop sequence, and closes what the class opened', async () => {
    const upstream = source(['one ', 'tw', 'o END three', 'four'], 'stall')
    const llm = model(() => upstream.stream)
    const result = await llm.chat({ prompt: 'x', stop: 'END' })
    expect(result).toMatchObject({
      text: 'one two ',
      finishReason: 'stop',
      usage: { estimated: true },
    })
    await tick()
    expect(upstream.cancelled).toBeDefined()
  })

  test("at the stop sequences of the model's family", async () => {
    const seen: unknown[] = []
    class Family extends BaseChatModel {
      protected async *_chatStream(_messages: unknown, call: Call): AsyncGenerator<string> {
        seen.push(call.stop)
        yield 'Hi<|im_end|>ignored'
      }
    }
    const result = await new Family({ model: 'qwen', defaults: { stop: 'z' } }).chat({
      prompt: 'x',
      stop: ['a'],
    })
    expect(result.text).toBe('Hi')
    expect(seen).toEqual([['a', '<|im_end|>']])
  })
})

test('a class is handed the options of the request over those of its defaults', async () => {
  let seen!: Call
  const llm = model(
    async function* (_messages, call) {
      seen = call
      yield 'a'
    },
    {
      defaults: {
        temperature: 1,
        topP: 0.5,
        extraBody: { a: 1, b: 1 },
        headers: { a: '1', b: '1' },
        tools: [{ type: 'x' }],
      },
      extraBody: { a: 0, z: 0 },
      headers: { z: '0', a: '0' },
      timeout: 5,
      idleTimeout: false,
    },
  )
  await llm.chat({
    prompt: 'x',
    temperature: 0,
    topP: undefined,
    extraBody: { b: 2 },
    headers: { b: '2' },
  })
  expect(seen).toMatchObject({
    temperature: 0,
    topP: 0.5,
    tools: [{ type: 'x' }],
    extraBody: { a: 1, b: 2, z: 0 },
    headers: { a: '1', b: '2', z: '0' },
    timeout: 5,
    idleTimeout: false,
    stream: false,
    stop: [],
    provider: 'acme',
    model: 'acme-1',
  })
})

describe('callbacks', () => {
  test('of an unknown name are refused, with the known ones', async () => {
    const chat = saying(['a'], { callbacks: { onToken() {} } as never }).chat('x')
    await expect(chat).rejects.toMatchObject({
      code: 'invalid_config',
      message:
        'callbacks.onToken is not one of onLLMStart, onLLMNewToken, onLLMEnd, onLLMError, onLLMRetry',
    })
  })

  test('may be an object of the caller, with members of its own', async () => {
    const meter = {
      tokens: 0,
      once: true,
      onLLMNewToken: () => void meter.tokens++,
      reset: () => void (meter.tokens = 0),
    }
    expect((await saying(['a'], { callbacks: meter }).chat('x')).text).toBe('a')
    expect(meter.tokens).toBe(1)
  })

  function logging(more = {}) {
    const log: string[] = []
    const note = (name: string) => async (info: any) => {
      expect(info).toMatchObject({ provider: 'acme', model: 'acme-1' })
      expect(Object.isFrozen(info)).toBe(true)
      await tick()
      log.push(
        `${name} ${info.text ?? info.result?.text ?? info.error?.message ?? info.messages?.length}`,
      )
    }
    const names = ['onLLMStart', 'onLLMNewToken', 'onLLMRetry', 'onLLMEnd', 'onLLMError']
    return {
      log,
      callbacks: { ...Object.fromEntries(names.map((name) => [name, note(name)])), ...more },
    }
  }

  test.each([false, true])(
    'are called in their order and waited for (stream: %j)',
    async (stream) => {
      let tries = 0
      const { log, callbacks } = logging()
      const llm = model(
        async function* () {
          if (tries++ === 0)
            throw new ServiceError('overloaded', 'Busy', { retryable: true, retryAfter: 1 })
          yield ['a', 'b'].map(text)
          yield finish()
        },
        { callbacks: [callbacks, {}] },
      )
      await (stream ? llm.chat({ prompt: 'x', stream }).result() : llm.chat('x'))
      expect(log).toEqual([
        'onLLMStart 1',
        'onLLMRetry Busy',
        'onLLMNewToken a',
        'onLLMNewToken b',
        'onLLMEnd ab',
      ])
    },
  )

  test('report a failure once, with the caller’s error', async () => {
    const got: unknown[] = []
    const llm = model(
      async function* () {
        yield 'a'
        throw new Error('boom')
      },
      {
        callbacks: { onLLMError: ({ error }) => got.push(error), onLLMEnd: () => got.push('end') },
      },
    )
    const error = await failure(() => llm.chat('x'))
    expect(got).toEqual([error])
    expect(await failure(() => llm.chat({ prompt: 'x', signal: AbortSignal.abort('mine') }))).toBe(
      'mine',
    )
    expect(got[1]).toBe('mine')
  })

  test('receive the text that the end releases', async () => {
    const { log, callbacks } = logging()
    await saying(['a<'], { callbacks }).chat({ prompt: 'x', stop: '<|' })
    expect(log).toEqual(['onLLMStart 1', 'onLLMNewToken a', 'onLLMNewToken <', 'onLLMEnd a<'])
  })

  test.each(['onLLMStart', 'onLLMNewToken', 'onLLMEnd', 'onLLMRetry'])(
    'fail the call when %s throws, with what it threw',
    async (name) => {
      const thrown = new Error('observer')
      for (const callback of [
        () => {
          throw thrown
        },
        () => Promise.reject(thrown),
      ]) {
        const busy = new ServiceError('overloaded', 'Busy', {
          retryable: name === 'onLLMRetry',
          retryAfter: 1,
        })
        let closed = false
        const llm = model(
          async function* () {
            try {
              if (name === 'onLLMRetry') throw busy
              yield [text('a'), finish()]
            } finally {
              closed = true
            }
          },
          { callbacks: { [name]: callback } },
        )
        expect(await failure(() => llm.chat('x'))).toBe(thrown)
        expect(await failure(() => all(llm.chat({ prompt: 'x', stream: true })))).toBe(thrown)
        await tick()
        expect(closed).toBe(name !== 'onLLMStart')
      }
    },
  )
})

test('what onLLMError throws does not hide the failure', async () => {
  const busy = new ServiceError('overloaded', 'Busy', { retryable: false })
  for (const onLLMError of [
    () => {
      throw new Error('observer')
    },
    () => Promise.reject(new Error('observer')),
  ]) {
    const llm = model(
      // oxlint-disable-next-line require-yield -- it fails at once
      async function* () {
        throw busy
      },
      { callbacks: { onLLMError } },
    )
    expect(await failure(() => llm.chat('x'))).toBe(busy)
  }
})

test.each(['onLLMStart', 'onLLMEnd', 'onLLMError'])(
  'a %s that never settles ends with the signal, cancel() and the total limit',
  async (name) => {
    const make = (config: Partial<ModelConfig> = {}) =>
      model(
        async function* () {
          if (name === 'onLLMError') throw new ServiceError('bad_request', 'no')
          yield 'a'
        },
        { callbacks: { [name]: never }, ...config },
      )
    const limited = await failure(() => make({ totalTimeout: 30 }).chat('x'))
    const reason = new Error('left')
    const signal = AbortSignal.timeout(30)
    const stopped = await failure(() => make().chat({ prompt: 'x', signal }))
    const stream = make().chat({ prompt: 'x', stream: true })
    setTimeout(() => stream.cancel(reason), 30)
    const cancelled = await failure(() => stream.result())
    if (name === 'onLLMError') {
      // The failure is known already: it is what the caller gets.
      for (const error of [limited, stopped, cancelled])
        expect(error === reason || error.code === 'bad_request').toBe(true)
    } else {
      expect(limited).toMatchObject({ code: 'timeout', which: 'total' })
      expect(stopped).toBe(signal.reason)
      expect(cancelled).toBe(reason)
    }
  },
)

test("a model of one's own is timed: its first event, and the silence between two", async () => {
  const silent = model(
    async function* () {
      await never()
      yield 'a'
    },
    { timeout: 30 },
  )
  const stalling = model(
    async function* () {
      yield 'a'
      await never()
    },
    { idleTimeout: 30 },
  )
  for (const stream of [true, false]) {
    const ask = (llm: typeof silent) =>
      failure(() => (stream ? llm.chat({ prompt: 'x', stream }).result() : llm.chat('x')))
    expect(await ask(silent)).toMatchObject({ code: 'timeout', which: 'response', limit: 30 })
    const error = await ask(stalling)
    expect(error).toMatchObject({ code: 'timeout', which: 'idle', partial: { text: 'a' } })
  }
})

test('one signal may end twenty calls at once, without a warning of a leak', async () => {
  const { controller, listeners } = countedSignal()
  const llm = model(async function* () {
    await never()
    yield 'a'
  })
  const { signal } = controller
  const all = Array.from({ length: 20 }, () => failure(() => llm.chat({ prompt: 'x', signal })))
  await tick()
  expect(listeners()).toBe(1)
  const reason = new Error('left')
  controller.abort(reason)
  expect(new Set(await Promise.all(all))).toEqual(new Set([reason]))
  expect(listeners()).toBe(0)
})

describe('the members that modelscope-agent has', () => {
  test('getUsage() returns the usage of the last completed call', async () => {
    let fails = false
    const llm = model(async function* () {
      yield { type: 'usage', usage }
      yield 'a'
      if (fails) throw new Error('no')
    })
    expect(llm.getUsage()).toBeUndefined()
    await llm.chat('x')
    expect(llm.getUsage()).toEqual(usage)
    fails = true
    await failure(() => llm.chat('x'))
    expect(llm.getUsage()).toEqual(usage)
  })

  test('countTokens(), getMaxLength() and checkMaxLength() agree', () => {
    const llm = saying([], { maxLength: 10 })
    expect(llm.getMaxLength()).toBe(10)
    expect(saying([]).getMaxLength()).toBe(6000)
    expect(llm.countTokens('')).toBe(0)
    expect(llm.countTokens([{ role: 'user', content: 'Hi' }])).toBeGreaterThan(
      llm.countTokens('Hi'),
    )
    expect(llm.checkMaxLength('Hi')).toBe(true)
    expect(llm.checkMaxLength([{ role: 'user', content: 'word '.repeat(20) }])).toBe(false)
    expect(llm.countTokens([])).toBe(0)
    expect(llm.countTokens([{ role: 'tool', content: '21', tool_call_id: 'a' }])).toBe(5)
  })

  test.each([
    [undefined, 'messages must be a list of messages'],
    [5, 'messages must be a list of messages'],
    [[null], 'messages[0] must be an object with role and content'],
    [[{ role: 'user', content: 5 }], 'messages[0].content must be a string or a list of parts'],
    [[{ role: 'user', content: ['Hi'] }], 'messages[0].content[0] must be an object'],
  ])('countTokens() names what it cannot count: %j', (input, message) => {
    for (const name of ['countTokens', 'checkMaxLength'] as const)
      expect(() => saying([])[name](input as never)).toThrow(
        expect.objectContaining({ code: 'invalid_messages', message }),
      )
  })

  test('chatWithFunctions() takes tools and the older functions, not both', async () => {
    const seen: unknown[] = []
    const llm = model(async function* (_messages, call) {
      seen.push(call.tools)
      yield weather
      yield finish('tool_calls')
    })
    const definition = { name: 'weather', parameters: { type: 'object' } }
    const tools = [{ type: 'function' as const, function: definition }]
    for (const bad of [
      undefined,
      { prompt: 'x', functions: 'y' },
      { prompt: 'x', functions: [null] },
    ])
      expect(await failure(() => llm.chatWithFunctions(bad as never))).toMatchObject({
        name: 'ConfigError',
      })
    expect(
      (await llm.chatWithFunctions({ prompt: 'x', functions: [definition] })).toolCalls,
    ).toHaveLength(1)
    expect(
      (await llm.chatWithFunctions({ prompt: 'x', tools, stream: true }).result()).finishReason,
    ).toBe('tool_calls')
    expect(seen).toEqual([tools, tools])
    expect(
      await failure(() => llm.chatWithFunctions({ prompt: 'x', functions: [definition], tools })),
    ).toMatchObject({ code: 'unsupported_option' })
    expect(
      await failure(() => llm.chatWithFunctions({ prompt: 'x', functions: [{} as never] })),
    ).toMatchObject({ name: 'ConfigError' })
  })

  test('chatWithFunctions() is refused where the class declares none', async () => {
    const llm = model({ _chatStream: async function* () {}, supportFunctionCalling: () => false })
    for (const stream of [false, true]) {
      expect(
        await failure(() => llm.chatWithFunctions({ prompt: 'x', functions: [], stream })),
      ).toMatchObject({ code: 'unsupported_option', provider: 'acme' })
    }
  })

  test('a class without the method of a call is told which one to write', async () => {
    class Empty extends (BaseChatModel as unknown as new (config: object) => any) {}
    const whole = { _chatNoStream: async () => 'a' }
    for (const [own, stream] of [
      [{}, false],
      [{}, true],
      [whole, true],
    ] as const) {
      const llm = Object.assign(new Empty({ model: 'm' }), own)
      const chat = () => (stream ? llm.chat({ prompt: 'x', stream }).result() : llm.chat('x'))
      expect(await failure(chat)).toMatchObject({
        code: 'invalid_config',
        message: 'Empty must implement _chatStream(messages, options)',
      })
    }
    expect(String(await Object.assign(new Empty({ model: 'm' }), whole).chat('x'))).toBe('a')
  })

  test('chatWithRawPrompt() hands the prompt over as it is, and no messages', async () => {
    const seen: unknown[] = []
    const llm = model({
      async *_chatStream(messages, call) {
        seen.push([messages, call.rawPrompt, call.stop, call.stream])
        yield 'a'
      },
      supportRawPrompt: () => true,
    })
    const result = await llm.chatWithRawPrompt({ prompt: '<|im_start|>user\n', stop: 'z' })
    expect(result.usage.promptTokens).toBe(llm.countTokens('<|im_start|>user\n'))
    await all(llm.chatWithRawPrompt({ prompt: 'p', stream: true }))
    expect(seen).toEqual([
      [[], '<|im_start|>user\n', ['z'], false],
      [[], 'p', [], true],
    ])
    for (const prompt of ['', undefined, 5]) {
      const bad = { prompt, messages: [{ role: 'user', content: 'x' }] } as never
      expect(await failure(() => llm.chatWithRawPrompt(bad))).toMatchObject({ name: 'ConfigError' })
      expect(await failure(() => llm.chatWithRawPrompt({ prompt } as never))).toMatchObject({
        name: 'ConfigError',
      })
    }
  })

  test('chatWithRawPrompt() is refused where the class does not declare it', async () => {
    const llm = saying(['a'])
    expect(llm.supportRawPrompt()).toBe(false)
    for (const stream of [false, true]) {
      expect(await failure(() => llm.chatWithRawPrompt({ prompt: 'p', stream }))).toMatchObject({
        code: 'unsupported_option',
      })
    }
  })
})
