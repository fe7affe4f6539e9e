import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { getChatModel } from '../../../src/builtins.ts'
import { BaseChatModel } from '../../../src/chat/base.ts'
import { failover } from '../../../src/failover/failover.ts'
import { ServiceError, StreamError } from '../../../src/errors.ts'
import type { ModelConfig } from '../../../src/options.ts'
import type { Reply } from '../../../src/testing/script.ts'
import { withPromptedTools } from '../../../src/prompted/with-prompted-tools.ts'
import type { Fault } from '../../../src/testing/faults.ts'
import { simulate } from '../../../src/testing/simulator.ts'
import { all, failure, model, saying, tick } from '../helpers.ts'
import { actions, at, forty, shown, sixty, WORDS } from './helpers.ts'

await import('../loaded.ts')

// Loads on demand, which takes real time.
beforeAll(() => import('../../../src/prompted/prompted-chat.ts'))
afterEach(() => void vi.useRealTimers())

const status = (status: number, headers?: Record<string, string>): Reply => ({
  error: { status, ...(headers && { headers }) },
})

/** The situations in which nothing has been shown: what the first server does, and what it is called. */
const BEFORE: [name: string, replies: Reply[], config: Partial<ModelConfig>, code: string][] = [
  ['429 with Retry-After', [status(429, { 'retry-after': '7' })], {}, 'rate_limit'],
  ['429 without Retry-After', [status(429)], {}, 'rate_limit'],
  ['503 always', [status(503)], { maxRetries: 1 }, 'overloaded'],
  ['connection reset', [{ fault: { kind: 'reset', after: 0 } }], {}, 'connection_lost'],
  ['connection refused', [{ fault: { kind: 'refuse' } }], {}, 'connection_failed'],
  ['no answer', [{ fault: { kind: 'delayHeaders', ms: 60_000 } }], { timeout: 20 }, 'timeout'],
  ['slow first token', [{ fault: { kind: 'stall', after: 1 } }], { idleTimeout: 20 }, 'timeout'],
  ['headers and no byte', [{ fault: { kind: 'stall', after: 0 } }], { timeout: 20 }, 'timeout'],
  [
    'context too long',
    [{ error: { status: 400, code: 'context_length_exceeded' } }],
    {},
    'context_length',
  ],
  ['a wrong key', [status(401)], {}, 'authentication'],
  ['an empty account', [status(402)], {}, 'insufficient_quota'],
  ['a model that is gone', [status(404)], {}, 'model_not_found'],
  ['a page instead of an answer', [{ fault: { kind: 'html' } }], {}, 'unexpected_response'],
  ['an empty body', [{ fault: { kind: 'empty' } }], {}, 'unexpected_response'],
]

describe.each([true, false])(
  'before the first event (stream: %j) the next model answers',
  (stream) => {
    test.each(BEFORE)('after %s', async (_name, replies, config, code) => {
      vi.useFakeTimers()
      const primary = at('openai', replies, config)
      const backup = at('zhipu', 'Here I am')
      const llm = failover([primary.llm, backup.llm])
      const answer = llm.chat({ prompt: 'Hi', stream } as { prompt: string })
      const pending = 'result' in answer ? (answer as any).result() : answer
      await vi.advanceTimersByTimeAsync(5000)
      const result = await pending
      const tries = (config.maxRetries ?? 0) + 1
      expect(result).toMatchObject({ text: 'Here I am', provider: 'zhipu', model: 'glm-4.7' })
      expect(
        result.attempts.map((attempt: any) => [attempt.provider, attempt.error?.code]),
      ).toEqual([...Array.from({ length: tries }, () => ['openai', code]), ['zhipu', undefined]])
      expect(primary.server.requests).toHaveLength(tries)
      expect(result.usage.estimated).toBeUndefined()
      expect(llm.getUsage()).toEqual(result.usage)
    })

    test.each([
      ['500 once', status(500), 500],
      ['429 with Retry-After, which is waited for', status(429, { 'retry-after': '2' }), 429],
    ])('%s: a model with retries left is asked again itself', async (_name, reply, code) => {
      vi.useFakeTimers()
      const primary = at('openai', [reply, 'I am back'], { maxRetries: 2 })
      const backup = at('zhipu', 'unused')
      const llm = failover([primary.llm, backup.llm])
      const answer = stream ? llm.chat({ prompt: 'x', stream }).result() : llm.chat('x')
      await vi.advanceTimersByTimeAsync(2500)
      expect(await answer).toMatchObject({
        text: 'I am back',
        provider: 'openai',
        attempts: [{ provider: 'openai', error: { status: code } }, { provider: 'openai' }],
      })
      expect(backup.server.requests).toEqual([])
    })

    test.each([
      ['response', { kind: 'delayHeaders', ms: 60_000 }],
      ['idle', { kind: 'stall', after: 0 }],
    ] as [string, Fault][])(
      'after a timeout (%s) at once, though retries are left; the last model spends its own',
      async (_which, fault) => {
        vi.useFakeTimers()
        const config = { timeout: 10_000, idleTimeout: 10_000, maxRetries: 2 }
        const [one, two, three] = [1, 2, 3].map(() => at('openai', { fault }, config)) as any[]
        const inner = failover([one.llm, withPromptedTools(two.llm, { format: 'hermes' })])
        const llm = failover([inner, three.llm])
        const pending = failure(() => {
          const answer: any = llm.chat({ prompt: 'Hi', stream } as { prompt: string })
          return stream ? answer.result() : answer
        })
        await vi.advanceTimersByTimeAsync(55_000)
        expect(await pending).toMatchObject({ code: 'timeout' })
        expect([one, two, three].map(({ server }) => server.requests.length)).toEqual([1, 1, 3])
      },
    )

    test('instead of a long wait that the server asks for; the last model waits', async () => {
      vi.useFakeTimers()
      const busy = { error: { status: 429, headers: { 'retry-after': '30' } } }
      const one = at('openai', busy, { maxRetries: 2 })
      const patient = at('zhipu', [busy, 'Here I am'], { maxRetries: 1 })
      const answer: any = failover([one.llm, patient.llm]).chat({ prompt: 'x', stream } as any)
      const pending = stream ? answer.result() : answer
      await vi.advanceTimersByTimeAsync(45_000)
      expect(await pending).toMatchObject({ text: 'Here I am', attempts: { length: 3 } })
      expect([one, patient].map(({ server }) => server.requests.length)).toEqual([1, 2])
    })

    test.each([
      ['content filter', { error: { status: 400, code: 'content_filter' } }, 'content_filter'],
      ['a bad request', status(400), 'bad_request'],
    ])('but not after %s', async (_name, reply, code) => {
      const backup = at('zhipu', 'unused')
      const llm = failover([at('openai', reply).llm, backup.llm])
      const error = await failure(() =>
        stream ? llm.chat({ prompt: 'x', stream }).result() : llm.chat('x'),
      )
      expect(error).toMatchObject({
        code,
        provider: 'openai',
        partial: { text: '', attempts: [{ provider: 'openai', error: { code } }] },
      })
      expect(backup.server.requests).toEqual([])
    })

    test('all fail: the last failure is thrown, with all attempts', async () => {
      const llm = failover([at('openai', status(429)).llm, at('dashscope', status(503)).llm])
      const error = await failure(() =>
        stream ? llm.chat({ prompt: 'x', stream }).result() : llm.chat('x'),
      )
      expect(error).toMatchObject({
        name: 'ServiceError',
        code: 'overloaded',
        provider: 'dashscope',
        partial: {
          text: '',
          provider: 'dashscope',
          model: 'qwen-max',
          attempts: [
            { provider: 'openai', model: 'gpt-4o', error: { code: 'rate_limit' } },
            { provider: 'dashscope', model: 'qwen-max', error: { code: 'overloaded' } },
          ],
        },
      })
      expect(error.partial.attempts).toHaveLength(2)
    })

    test('a model without a key, or that lacks an option, is skipped; the server’s failure is thrown', async () => {
      const backup = at('dashscope', 'Hello')
      const keyless = at('openai', 'unused', { apiKey: undefined, env: {} })
      const llm = failover([keyless.llm, backup.llm])
      const ask = (llm: any) =>
        stream ? llm.chat({ prompt: 'x', stream }).result() : llm.chat('x')
      expect(await ask(llm)).toMatchObject({
        text: 'Hello',
        attempts: [{ provider: 'openai', error: { code: 'missing_api_key' } }, {}],
      })
      const error = await failure(() => ask(failover([at('openai', status(503)).llm, keyless.llm])))
      expect(error).toMatchObject({
        code: 'overloaded',
        partial: {
          attempts: [{ error: { code: 'overloaded' } }, { error: { code: 'missing_api_key' } }],
        },
      })
      expect(await failure(() => ask(failover([keyless.llm])))).toMatchObject({
        code: 'missing_api_key',
      })
    })

    test('an abort of the caller’s ends it with his own reason', async () => {
      const primary = at('openai', { text: 'x', fault: { kind: 'stall', after: 0 } })
      const backup = at('zhipu', 'unused')
      const controller = new AbortController()
      const llm = failover([primary.llm, backup.llm])
      const request = { prompt: 'x', stream, signal: controller.signal }
      const pending = failure(() => {
        const answer: any = llm.chat(request)
        return stream ? answer.result() : answer
      })
      await tick(5)
      controller.abort('mine')
      expect(await pending).toBe('mine')
      await tick()
      expect(primary.server.requests[0]?.cancelled).toBe(true)
      expect(backup.server.requests).toEqual([])
    })
  },
)

describe('the reader of a stream', () => {
  test('gets a whole reply where only [DONE] is missing', async () => {
    const primary = at('openai', { text: 'ok', fault: { kind: 'cut', after: -1 } })
    const stream = failover([primary.llm, at('zhipu', 'unused').llm]).chat({
      prompt: 'x',
      stream: true,
    })
    expect(await stream.result()).toMatchObject({ text: 'ok', provider: 'openai' })
  })

  test('reports the failover and the retries before it', async () => {
    vi.useFakeTimers()
    const primary = at('openai', status(503), { maxRetries: 1 })
    const stream = failover([primary.llm, at('zhipu', 'Hello').llm]).chat({
      prompt: 'x',
      stream: true,
    })
    const pending = all(stream.events())
    await vi.advanceTimersByTimeAsync(1000)
    const events = await pending
    expect(events.map(({ type }) => type)).toEqual([
      'retry',
      'failover',
      'text-delta',
      'usage',
      'finish',
    ])
    expect(events[1]).toEqual({
      type: 'failover',
      action: 'next',
      provider: 'zhipu',
      model: 'glm-4.7',
      error: expect.objectContaining({ code: 'overloaded', provider: 'openai' }),
      attempts: [1, 2].map(() => expect.objectContaining({ provider: 'openai' })),
    })
    expect(JSON.parse(JSON.stringify(events))).toEqual(events)
    expect(events.at(-1)).toMatchObject({ response: { provider: 'zhipu', attempts: [{}, {}, {}] } })
  })

  test('leaving early closes the connection of the answering model', async () => {
    const primary = at('openai', status(503))
    const backup = at('zhipu', { pieces: WORDS, fault: { kind: 'stall', after: 5 } })
    for await (const _text of failover([primary.llm, backup.llm]).chat({
      prompt: 'x',
      stream: true,
    }))
      break
    await tick()
    expect(backup.server.requests[0]?.cancelled).toBe(true)
  })

  test('gets no second start: nothing is sent before the first read, and no more than is read', async () => {
    const primary = at('openai', 'Hello')
    const stream = failover([primary.llm]).chat({ prompt: 'x', stream: true })
    await tick()
    expect(primary.server.requests).toEqual([])
    expect((await stream.result()).text).toBe('Hello')
    expect(primary.server.requests).toHaveLength(1)
  })
})

describe('a stream that is cut (onCut: error)', () => {
  const CUTS: [name: string, reply: Reply, config: Partial<ModelConfig>, code: string][] = [
    [
      'stream cut after 40 of 60 tokens',
      { fault: { kind: 'cut', after: 41 } },
      {},
      'stream_truncated',
    ],
    ['connection lost', { fault: { kind: 'reset', after: 41 } }, {}, 'connection_lost'],
    ['30 s stall', { fault: { kind: 'stall', after: 41 } }, { idleTimeout: 30_000 }, 'timeout'],
    ['malformed chunk', { fault: { kind: 'garbage', after: 41 } }, {}, 'bad_frame'],
    ['missing [DONE] and finish', { fault: { kind: 'cut', after: 41 } }, {}, 'stream_truncated'],
  ]

  test.each(CUTS)('after its first event throws: %s', async (_name, reply, config, code) => {
    vi.useFakeTimers()
    const primary = at('openai', { pieces: WORDS, ...reply }, config)
    const backup = at('zhipu', 'unused')
    const stream = failover([primary.llm, backup.llm]).chat({ prompt: 'x', stream: true })
    const pending = failure(() => stream.result())
    await vi.advanceTimersByTimeAsync(30_000)
    const error = await pending
    expect(error).toMatchObject({
      code,
      provider: 'openai',
      partial: { text: forty, attempts: [{ provider: 'openai', error: { code } }] },
    })
    expect(stream.partial).toBe(error.partial)
    expect(backup.server.requests).toEqual([])
  })

  test.each(CUTS.slice(0, 3))(
    'falls back before the first event: %s',
    async (_name, reply, config) => {
      vi.useFakeTimers()
      const fault = { ...(reply.fault as any), after: 1 }
      const primary = at('openai', { pieces: WORDS, fault }, config)
      const pending = failover([primary.llm, at('zhipu', sixty).llm]).chat('x')
      await vi.advanceTimersByTimeAsync(30_000)
      expect(await pending).toMatchObject({ text: sixty, provider: 'zhipu' })
    },
  )
})

describe('a failover', () => {
  test('asks each model with the options of the call, and its own stop sequences', async () => {
    const first = at('openai', status(503), { model: 'Qwen/Qwen-7B-Chat' })
    const second = at('openai', 'Hello END there', {
      defaults: { stop: ['OWN'], temperature: 0.5 },
    })
    const llm = failover([first.llm, second.llm])
    const result = await llm.chat({ prompt: 'x', topP: 0.5, stop: 'END', headers: { 'x-a': '1' } })
    expect(result.text).toBe('Hello ')
    expect(first.server.requests[0]?.body).toMatchObject({
      stop: ['END', '<|im_end|>'],
      top_p: 0.5,
    })
    expect(second.server.requests[0]?.body).toMatchObject({ stop: ['END'], temperature: 0.5 })
    expect(second.server.requests[0]?.headers['x-a']).toBe('1')
    await llm.chat('x')
    expect(second.server.requests[1]?.body.stop).toEqual(['OWN'])
  })

  test('passes thinking, tool calls, sources and vendor fields through, streamed or not', async () => {
    const reply: Reply = {
      reasoning: 'Hm.',
      text: 'Look: ',
      toolCalls: [{ name: 'weather', arguments: { city: 'Oslo' } }],
    }
    for (const stream of [true, false]) {
      const alone: any = at('openai', reply).llm
      const llm: any = failover([at('zhipu', status(503)).llm, at('openai', reply).llm])
      const ask = (llm: any) => {
        const answer = llm.chat({
          prompt: 'x',
          stream,
          tools: [{ type: 'function', function: { name: 'weather' } }],
        })
        return stream ? answer.result() : answer
      }
      const { attempts: _own, ...expected } = await ask(alone)
      const { attempts, ...result } = await ask(llm)
      expect(result).toEqual(expected)
      expect(result.toolCalls).toMatchObject([{ name: 'weather', arguments: { city: 'Oslo' } }])
      expect(attempts).toHaveLength(2)
    }
  })

  test('takes custom models, and keeps their metadata', async () => {
    const told = model(
      async function* (_messages, call) {
        Object.assign(call, {
          responseId: 'id-1',
          responseModel: 'acme-1-0701',
          requestId: 'req-1',
        })
        yield 'a'
        yield { type: 'finish', finishReason: 'stop', messageFields: { signature: 's' } }
      },
      { modelServer: 'told' },
    )
    for (const stream of [true, false]) {
      const answer: any = failover([told]).chat({ prompt: 'x', stream })
      expect(stream ? await answer.result() : await answer).toMatchObject({
        id: 'id-1',
        model: 'acme-1-0701',
        requestId: 'req-1',
        provider: 'told',
        message: { signature: 's' },
        attempts: [{ provider: 'told', model: 'acme-1' }],
      })
    }
  })

  test('offers what its models offer', () => {
    const none = model({
      _chatStream: async function* () {},
      supportFunctionCalling: () => false,
      supportRawPrompt: () => true,
      getMaxLength: () => 100,
      countTokens: () => 90,
    })
    const some = saying(['a'])
    expect(failover([none, some]).supportFunctionCalling()).toBe(true)
    expect(failover([none]).supportFunctionCalling()).toBe(false)
    expect(failover([none, some]).supportRawPrompt()).toBe(false)
    expect(failover([none, none]).supportRawPrompt()).toBe(true)
    expect(failover([none, some]).getMaxLength()).toBe(100)
    expect(failover([none, some]).countTokens('x')).toBe(90)
    expect(failover([none, some]).checkMaxLength('x')).toBe(true)
  })

  test('with tools asks only models that take them', async () => {
    let asked = 0
    const without = model({
      async *_chatStream() {
        asked++
        yield 'no tools'
      },
      supportFunctionCalling: () => false,
    })
    const llm = failover([without, saying(['tools'])])
    const functions = [{ name: 'f' }]
    expect((await llm.chatWithFunctions({ prompt: 'x', functions })).text).toBe('tools')
    expect(asked).toBe(0)
    expect((await llm.chat('x')).text).toBe('no tools')
    expect(
      await failure(() => failover([without]).chatWithFunctions({ prompt: 'x', functions })),
    ).toMatchObject({
      code: 'unsupported_option',
    })
  })

  test('hands raw prompts on', async () => {
    const seen: unknown[] = []
    const raw = (fails: boolean) =>
      model({
        async *_chatStream(messages, call) {
          seen.push([messages, call.rawPrompt])
          if (fails) throw new ServiceError('overloaded', 'Busy')
          yield 'a'
        },
        supportRawPrompt: () => true,
      })
    expect((await failover([raw(true), raw(false)]).chatWithRawPrompt({ prompt: 'p' })).text).toBe(
      'a',
    )
    expect(seen).toEqual([
      [[], 'p'],
      [[], 'p'],
    ])
  })

  test('calls its own callbacks for the whole call, and each model’s for its part', async () => {
    const log: string[] = []
    const note = (who: string) => ({
      onLLMStart: () => log.push(`${who} start`),
      onLLMNewToken: ({ text }: any) => log.push(`${who} ${text}`),
      onLLMError: () => log.push(`${who} error`),
      onLLMEnd: ({ result, provider }: any) =>
        log.push(`${who} ${provider} end ${result.provider}`),
    })
    const first = at('openai', status(503), { callbacks: note('first') })
    const second = at('zhipu', 'Hi', { callbacks: note('second') })
    await failover([first.llm, second.llm], { callbacks: note('all') })
      .chat({ prompt: 'x', stream: true })
      .result()
    expect(log).toEqual([
      'all start',
      'first start',
      'first error',
      'second start',
      'second Hi',
      'all Hi',
      'second zhipu end zhipu',
      'all failover end zhipu',
    ])
  })

  test('does not take an observer’s failure for a model’s', async () => {
    const first = at('openai', 'Hi', {
      callbacks: {
        onLLMEnd: () => {
          throw new Error('observer')
        },
      },
    })
    const backup = at('zhipu', 'unused')
    expect(await failure(() => failover([first.llm, backup.llm]).chat('x'))).toMatchObject({
      message: 'observer',
    })
    expect(backup.server.requests).toEqual([])
  })

  test('has a total limit if configured', async () => {
    vi.useFakeTimers()
    const first = at('openai', status(503))
    const second = at('zhipu', { text: 'x', fault: { kind: 'keepAlive', after: 0 } })
    const llm = failover([first.llm, second.llm], { totalTimeout: 5000 })
    for (const stream of [true, false]) {
      const pending = failure(() => {
        const answer: any = llm.chat({ prompt: 'x', stream })
        return stream ? answer.result() : answer
      })
      await vi.advanceTimersByTimeAsync(5000)
      const error = await pending
      expect(error).toMatchObject({ name: 'TimeoutError', which: 'total', limit: 5000 })
      expect(error.partial).toMatchObject({ provider: 'zhipu', attempts: [{ provider: 'openai' }] })
    }
    await vi.advanceTimersByTimeAsync(50)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('may hold another', async () => {
    const inner = failover([at('openai', status(503)).llm, at('zhipu', status(500)).llm])
    const stream = failover([inner, at('dashscope', 'Hello').llm]).chat({
      prompt: 'x',
      stream: true,
    })
    const events = await all(stream.events())
    expect(actions(events)).toEqual(['next zhipu overloaded', 'next dashscope server_error'])
    const { attempts, provider } = await stream.result()
    expect(provider).toBe('dashscope')
    expect(attempts.map(({ provider }) => provider)).toEqual(['openai', 'zhipu', 'dashscope'])
    expect(shown(events)).toBe('Hello')
  })

  test.each([
    ['no list', undefined, undefined, /list of models/],
    ['an empty list', [], undefined, /list of models/],
    ['what is no model', [{}], undefined, /list of models/],
    ['an unknown option', undefined, { cooldown: 5 }, /options\.cooldown is not a known member/],
    [
      'an unknown way',
      undefined,
      { onCut: 'go' },
      /options\.onCut must be "error", "restart" or "continue"/,
    ],
    [
      'no failure',
      undefined,
      { maxFailures: 0 },
      /options\.maxFailures must be a whole number from 1/,
    ],
    ['a time below zero', undefined, { coolDown: -1 }, /options\.coolDown must be/],
    ['a limit of no time', undefined, { totalTimeout: 0 }, /config\.totalTimeout must be/],
    ['callbacks that are none', undefined, { callbacks: 5 }, /config\.callbacks must be/],
  ])('refuses %s', async (_what, models, options, message) => {
    const error = await failure(() =>
      failover((models ?? (options ? [saying(['a'])] : models)) as never, options as never),
    )
    expect(error).toMatchObject({ name: 'ConfigError', code: 'invalid_config' })
    expect(error.message).toMatch(message)
  })
})

test('a class that throws and says nothing else is left for the next', async () => {
  const broken = model(async function* () {
    yield ''
    throw new StreamError('connection_failed', 'no', { retryable: false })
  })
  expect((await failover([broken, saying(['ok'])]).chat('x')).text).toBe('ok')
})

describe('getChatModel() takes a list', () => {
  const config = { modelServer: 'openai', apiKey: 'sk-test', maxRetries: 0 }

  test('of configs, in either spelling, and of short names', async () => {
    const first = simulate('openai', status(503))
    const second = simulate('dashscope', 'Hello')
    const llm = getChatModel([
      { ...config, model: 'gpt-4o', fetch: first },
      { model: 'qwen-max', model_server: 'dashscope', api_key: 'sk-test', fetch: second },
      'lmstudio:any',
    ])
    expect(llm).toBeInstanceOf(BaseChatModel)
    expect(llm).toMatchObject({ provider: 'failover', model: 'failover(gpt-4o, qwen-max, any)' })
    expect(await llm.chat('x')).toMatchObject({ text: 'Hello', provider: 'dashscope' })
  })

  test('with the options of a failover', async () => {
    const first = simulate('openai', { text: 'a b c', fault: { kind: 'cut', after: 2 } })
    const llm = getChatModel(
      [
        { ...config, model: 'gpt-4o', fetch: first },
        { ...config, model: 'gpt-5', fetch: simulate('openai', 'Hello') },
      ],
      { onCut: 'restart' },
    )
    expect((await llm.chat({ prompt: 'x', stream: true }).result()).text).toBe('Hello')
    expect(
      await failure(() => getChatModel(['lmstudio:a'], { apiKey: 'k' } as never)),
    ).toMatchObject({ code: 'invalid_config', message: 'options.apiKey is not a known member' })
  })

  test('and refuses an empty one, and one with a wrong member', async () => {
    expect(await failure(() => getChatModel([]))).toMatchObject({ code: 'invalid_config' })
    expect(
      await failure(() => getChatModel([{ model: 'x', modelServer: 'nowhere' }])),
    ).toMatchObject({
      code: 'unknown_server',
    })
  })
})

test('a class of one’s own may hand on the whole answer of another model', async () => {
  const { llm } = at('zhipu', { text: 'Hi', reasoning: 'Hm' })
  const own = model({ async *_chatStream() {}, _chatNoStream: () => llm.chat('x') })
  const { attempts: _theirs, ...expected } = await llm.chat('x')
  const { attempts, ...result } = await own.chat('x')
  expect(result).toEqual({ ...expected, id: expect.any(String) })
  expect(attempts).toMatchObject([{ provider: 'zhipu', model: 'glm-4.7' }])
})

test.each([
  { type: 'failover', action: 'next' },
  { type: 'finish', finishReason: 'stop', response: { model: 5 } },
])('a custom class that yields $type without its properties gets an error', async (event) => {
  expect(await failure(() => saying(['a', event]).chat('x'))).toMatchObject({
    code: 'unexpected_response',
  })
})

test('a failover does not try again what its model has given up', async () => {
  const { llm, server } = at('openai', status(503))
  expect(await failure(() => failover([llm]).chat('x'))).toMatchObject({ code: 'overloaded' })
  expect(server.requests).toHaveLength(1)
})

test('a stop sequence of one family is not sent to another', async () => {
  const { llm, server } = at('openai', 'Hi')
  await failover([llm, at('openai', 'unused', { model: 'Qwen/qwen:7b' }).llm]).chat('x')
  expect(server.requests[0]?.body.stop).toBeUndefined()
})
