/**
 * Engines inside of the page, by fakes of their methods; a real one runs in `test/package/engine.test.ts`.
 */
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { EngineLLM, getChatModel } from '../../src/index.ts'
import type { Engine, LoadProgress } from '../../src/index.ts'

await import('../unit/loaded.ts')

type Request = Record<string, any>

const chunk = (content: string, finish_reason: string | null = null) => ({
  id: 'chatcmpl-1',
  model: 'tiny-q4',
  choices: [{ index: 0, delta: { role: 'assistant', content }, finish_reason }],
})
const usage = {
  choices: [],
  usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
}

/** WebLLM: an async iterable, and a method that ends it. */
function webllm(chunks: unknown[]) {
  const requests: Request[] = []
  const seen = { interrupted: 0, requests }
  const create = async (request: never) => {
    requests.push(request)
    return (async function* () {
      yield* chunks
    })()
  }
  const engine: Engine = {
    chat: { completions: { create } },
    interruptGenerate: () => seen.interrupted++,
  }
  return { engine, seen }
}

/** wllama: chunks by a callback, a promise for the end, and a signal. */
function wllama(chunks: unknown[], failure?: Error) {
  const requests: Request[] = []
  const createChatCompletion = async (request: never) => {
    const { onData, ...rest } = request as Request
    requests.push(rest)
    for (const one of chunks) {
      await Promise.resolve()
      if (rest['abortSignal'].aborted) throw new DOMException('Operation aborted', 'AbortError')
      onData(one)
    }
    if (failure) throw failure
  }
  return { engine: { createChatCompletion } satisfies Engine, requests }
}

const WHOLE = [chunk('Hello'), chunk(' there', 'stop'), usage]

describe.each([
  ['WebLLM', () => webllm(WHOLE).engine],
  ['wllama', () => wllama(WHOLE).engine],
])('%s', (_name, create) => {
  test('answers, streamed and whole', async () => {
    const llm = new EngineLLM({ model: 'tiny', engine: create() })
    const stream = llm.chat({ prompt: 'Hi', stream: true })
    const pieces: string[] = []
    for await (const piece of stream) pieces.push(piece)
    expect(pieces).toEqual(['Hello', ' there'])
    const result = await llm.chat('Hi')
    expect(result).toMatchObject({
      text: 'Hello there',
      finishReason: 'stop',
      provider: 'engine',
      model: 'tiny-q4',
      usage: { promptTokens: 3, completionTokens: 2, totalTokens: 5 },
    })
  })

  test('is loaded once, by the first call, and reports progress', async () => {
    const told: LoadProgress[] = []
    let loads = 0
    const llm = getChatModel({
      model: 'tiny',
      modelServer: 'engine',
      engine: async ({ model, onProgress }: { model: string; onProgress(one: object): void }) => {
        loads++
        expect(model).toBe('tiny')
        onProgress({ loaded: 1, total: 4 })
        onProgress({ progress: 1, text: 'Ready', timeElapsed: 1 })
        return create()
      },
      onLoadProgress: (one: LoadProgress) => told.push(one),
    })
    expect(loads).toBe(0)
    await Promise.all([llm.chat('Hi'), llm.chat('Hi')])
    await (llm as EngineLLM).load()
    expect(loads).toBe(1)
    expect(told).toEqual([
      { fraction: 0.25, loaded: 1, total: 4 },
      { fraction: 1, text: 'Ready' },
    ])
  })
})

test('WebLLM gets a schema as text, thinking in extra_body, and is interrupted when its reader leaves', async () => {
  const { engine, seen } = webllm([chunk('one'), chunk('two'), chunk('three', 'stop')])
  const llm = new EngineLLM({ model: 'tiny', engine })
  const schema = { type: 'object', properties: {} }
  const stream = llm.chat({
    prompt: 'Hi',
    stream: true,
    reasoning: false,
    responseFormat: { type: 'json_schema', json_schema: { name: 'any', schema } },
  })
  for await (const _piece of stream) break
  expect(seen.requests[0]).toMatchObject({
    response_format: { type: 'json_object', schema: JSON.stringify(schema) },
    extra_body: { enable_thinking: false },
    stream_options: { include_usage: true },
  })
  expect(seen.requests[0]).not.toHaveProperty('enable_thinking')
  expect(seen.interrupted).toBeGreaterThan(0)
})

test.each(['webllm', 'wllama'] as const)('%s stops at a stop sequence', async (name) => {
  const chunks = [chunk('one '), chunk('STOP two '), ...WHOLE, ...WHOLE]
  const web = webllm(chunks)
  const wasm = wllama(chunks)
  const llm = new EngineLLM({ model: 'tiny', engine: name === 'webllm' ? web.engine : wasm.engine })
  const result = await llm.chat({ prompt: 'Hi', stop: 'STOP' })
  expect(result.text).toBe('one ')
  await Promise.resolve()
  if (name === 'webllm') expect(web.seen.interrupted).toBe(1)
  else expect(wasm.requests[0]?.['abortSignal'].aborted).toBe(true)
})

test.each([
  [Object.assign(new Error('Full'), { type: 'kv_cache_full' }), 'context_length'],
  [Object.assign(new Error('Not loaded'), { type: 'model_not_loaded' }), 'model_not_found'],
  [new Error('request (9 tokens) exceeds the available context size (8 tokens)'), 'context_length'],
  [new Error('Context size has been exceeded.'), 'context_length'],
  [Object.assign(new Error('Lost'), { name: 'DeviceLostError' }), 'server_error'],
  [new Error('Invalid typed array length: 1163217991'), 'server_error'],
  [
    Object.assign(new Error('No JSON'), { name: 'ToolCallOutputParseError' }),
    'unexpected_response',
  ],
  [
    new Error('The model produced output that does not match the expected format'),
    'unexpected_response',
  ],
])('%s becomes an error with what had arrived', async (failure, code) => {
  const { engine } = wllama([chunk('Hel')], failure)
  const call = new EngineLLM({ model: 'tiny', engine }).chat('Hi')
  await expect(call).rejects.toMatchObject({ code, cause: failure, partial: { text: 'Hel' } })
})

test.each([
  [new Error('Invalid typed array length: 1163217991'), 'bad_request'],
  [new Error('attempting to construct out-of-bounds Uint8Array on ArrayBuffer'), 'bad_request'],
  [new Error('Length out of range of buffer'), 'bad_request'],
  [Object.assign(new Error('Roles'), { name: 'MessageOrderError' }), 'bad_request'],
  [Object.assign(new Error('Tools'), { name: 'UnsupportedToolTypeError' }), 'bad_request'],
])('%s before anything arrived is a refusal', async (failure, code) => {
  const call = new EngineLLM({ model: 'tiny', engine: wllama([], failure).engine }).chat('Hi')
  await expect(call).rejects.toMatchObject({ code, cause: failure })
})

test.each([true, false])(
  'a reply cut by length inside a tool call ends as such: %s',
  async (stream) => {
    const head = (args: string, more: object = {}) => ({
      choices: [
        { index: 0, delta: { tool_calls: [{ index: 0, ...more, function: { arguments: args } }] } },
      ],
    })
    const failure = new Error('The model produced output that does not match the expected format')
    const named = { id: 'c1', type: 'function', function: { name: 'look', arguments: '{"ci' } }
    const first = { choices: [{ index: 0, delta: { tool_calls: [{ index: 0, ...named }] } }] }
    const { engine } = wllama([first, head('ty'), head('":"')], failure)
    const llm = new EngineLLM({ model: 'tiny', engine, maxRetries: 0 })
    const tools = [{ type: 'function' as const, function: { name: 'look' } }]
    const options = { prompt: 'Hi', maxTokens: 3, tools }
    const result = stream
      ? await llm.chat({ ...options, stream: true }).result()
      : await llm.chat(options)
    expect(result.finishReason).toBe('length')
    // It is marked: nothing runs it.
    expect(result.toolCalls).toMatchObject([
      { name: 'look', invalid: expect.stringMatching(/length/) },
    ])
  },
)

test('an engine that ends without its finish reason was cut', async () => {
  const call = new EngineLLM({ model: 'tiny', engine: wllama([chunk('Hel')]).engine }).chat('Hi')
  await expect(call).rejects.toMatchObject({ code: 'stream_truncated', partial: { text: 'Hel' } })
})

test('a load that failed is tried again by the next call', async () => {
  let loads = 0
  const engine = () => {
    if (++loads === 1) throw new Error('No GPU')
    return wllama(WHOLE).engine
  }
  const llm = new EngineLLM({ model: 'tiny', engine })
  await expect(llm.chat('Hi')).rejects.toMatchObject({ code: 'server_error', message: 'No GPU' })
  expect((await llm.chat('Hi')).text).toBe('Hello there')
})

test.each([undefined, {}, 'engine', { chat: {} }])('%j is no engine', (engine) => {
  expect(() => new EngineLLM({ model: 'tiny', engine: engine as Engine })).toThrow(/config\.engine/)
})

test('media that the engine cannot take is refused before it is asked', async () => {
  const { engine, requests } = wllama(WHOLE)
  const url = 'https://a.example/a.mp4'
  const content = [{ type: 'video_url' as const, video_url: { url } }]
  const call = new EngineLLM({ model: 'tiny', engine }).chat({
    messages: [{ role: 'user', content }],
  })
  await expect(call).rejects.toMatchObject({ code: 'unsupported_option' })
  expect(requests).toHaveLength(0)
})

describe('an engine that is stopped by a flag', () => {
  test('and throws when it is: nothing is unhandled, and the next chat has its turn', async () => {
    for (const interruptGenerate of [
      () => {
        throw new Error('No flag')
      },
      async () => {
        throw new Error('No flag')
      },
    ]) {
      const engine = { ...webllm(WHOLE).engine, interruptGenerate }
      const llm = new EngineLLM({ model: 'tiny', engine })
      for await (const _piece of llm.chat({ prompt: 'Hi', stream: true })) break
      expect((await llm.chat('Hi')).text).toBe('Hello there')
    }
  })

  test('and hangs: the next chat gets its turn soon', async () => {
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    let count = 0
    const create = async () =>
      ++count === 1
        ? { [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) }
        : webllm(WHOLE).engine.chat?.completions.create({} as never)
    const engine: Engine = { chat: { completions: { create } }, interruptGenerate() {} }
    const llm = new EngineLLM({ model: 'tiny', engine, timeout: 300, maxRetries: 0 })
    const first = expect(llm.chat('Hi')).rejects.toMatchObject({ which: 'response' })
    const second = llm.chat('Hi')
    await vi.advanceTimersByTimeAsync(6000)
    await first
    expect((await second).text).toBe('Hello there')
  })
})

test.each([
  ['ContextWindowSizeExceededError: too long', 'context_length'],
  ['MessageOrderError: roles', 'bad_request'],
  ['ToolCallOutputParseError: no JSON', 'unexpected_response'],
])("WebLLM's worker rejects with text: %s", async (words, code) => {
  const create = async () => {
    throw words
  }
  const engine: Engine = { chat: { completions: { create } } }
  const call = new EngineLLM({ model: 'tiny', engine }).chat('Hi')
  await expect(call).rejects.toMatchObject({ name: 'ServiceError', code })
})

test.each(['ModelNotLoadedError: none', 'WorkerEngineModelNotLoadedError: none'])(
  'an engine that was unloaded in its worker is loaded again: %s',
  async (words) => {
    let loads = 0
    const dead: Engine = {
      chat: {
        completions: {
          create: async () => {
            throw words
          },
        },
      },
    }
    const engine = () => (++loads === 1 ? dead : webllm(WHOLE).engine)
    const llm = new EngineLLM({ model: 'tiny', engine })
    expect((await llm.chat('Hi')).text).toBe('Hello there')
    expect(loads).toBe(2)
  },
)

test('chats at once after an unload load the engine once', async () => {
  let loads = 0
  let isLoaded = true
  const engine = () => {
    loads++
    isLoaded = true
    return { ...wllama(WHOLE).engine, isModelLoaded: () => isLoaded }
  }
  const llm = new EngineLLM({ model: 'tiny', engine })
  await llm.load()
  isLoaded = false
  await Promise.all([llm.chat('a'), llm.chat('b'), llm.chat('c')])
  expect(loads).toBe(2)
})

test.each([Infinity, 2 ** 31, Number.NaN, -5])('a loadTimeout of %s is refused', (loadTimeout) => {
  const create = () =>
    new EngineLLM({ model: 'tiny', engine: () => webllm([]).engine, loadTimeout })
  expect(create).toThrow(expect.objectContaining({ code: 'invalid_config' }))
})

describe.each(['WebLLM', 'wllama'])('an engine in the shape of %s', (shape) => {
  const create = (answer: () => unknown): Engine =>
    shape === 'WebLLM'
      ? { chat: { completions: { create: answer } } }
      : { createChatCompletion: answer }
  const reply = {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    model: 'tiny-q4',
    choices: [
      { index: 0, message: { role: 'assistant', content: 'Hello' }, finish_reason: 'length' },
    ],
    usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
  }

  test.each([
    ['a complete reply', async () => reply, { finishReason: 'length', usage: { totalTokens: 5 } }],
    [
      'a reply without a finish reason',
      () => ({ choices: [{ message: { content: 'Hello' } }] }),
      {},
    ],
    ['a stream of the platform', () => readable([chunk('Hello', 'stop')]), {}],
  ])('answers with %s', async (_name, answer, expected) => {
    const llm = new EngineLLM({ model: 'tiny', engine: create(answer) })
    const stream = llm.chat({ prompt: 'Hi', stream: true })
    const pieces: string[] = []
    for await (const piece of stream) pieces.push(piece)
    expect(pieces).toEqual(['Hello'])
    expect(await llm.chat('Hi')).toMatchObject({ text: 'Hello', ...expected })
  })

  const circular: Record<string, unknown> = {}
  circular['self'] = circular
  test.each([
    ['nothing', () => undefined],
    ['null', () => null],
    ['a string', () => 'Hello'],
    ['an object without choices', () => ({ text: 'Hello' })],
    ['an empty list of choices', () => ({ choices: [] })],
    ['a circular object', () => circular],
  ])('that returns %s is an unexpected response', async (_name, answer) => {
    const llm = new EngineLLM({ model: 'tiny', engine: create(answer), maxRetries: 0 })
    await expect(llm.chat('Hi')).rejects.toMatchObject({ code: 'unexpected_response' })
  })

  test('that returns an error reports it', async () => {
    const answer = () => ({
      error: { message: 'The model is overloaded', type: 'overloaded_error' },
    })
    const llm = new EngineLLM({ model: 'tiny', engine: create(answer), maxRetries: 0 })
    await expect(llm.chat('Hi')).rejects.toMatchObject({ code: 'overloaded' })
  })
})

function readable(chunks: unknown[]): ReadableStream {
  return new ReadableStream({
    start(controller) {
      for (const one of chunks) controller.enqueue(one)
      controller.close()
    },
  })
}

test('a chunk of a foreign structure is a bad frame, and its generation is interrupted', async () => {
  const { engine, seen } = webllm([
    chunk('one'),
    { choices: [{ delta: { content: 5 } }] },
    chunk('two'),
  ])
  const llm = new EngineLLM({ model: 'tiny', engine })
  await expect(llm.chat('Hi')).rejects.toMatchObject({
    code: 'bad_frame',
    partial: { text: 'one' },
  })
  expect(seen.interrupted).toBe(1)
})

test.each(['WebLLM', 'wllama'])('chunks without events count as life (%s)', async (shape) => {
  const beat = {
    choices: [{ index: 0, delta: { role: 'assistant', content: null }, finish_reason: null }],
  }
  const chunks = [
    ...Array.from({ length: 12 }, () => beat),
    chunk('a'),
    ...Array.from({ length: 12 }, () => beat),
    chunk('b', 'stop'),
  ]
  const tick = () => new Promise((resolve) => setTimeout(resolve, 40))
  const engine: Engine =
    shape === 'WebLLM'
      ? {
          chat: {
            completions: {
              create: async function* () {
                for (const one of chunks) {
                  await tick()
                  yield one
                }
              },
            },
          },
        }
      : {
          createChatCompletion: async ({ onData }: { onData: (one: unknown) => void }) => {
            for (const one of chunks) {
              await tick()
              onData(one)
            }
          },
        }
  const limits = { timeout: 300, idleTimeout: 300, maxRetries: 0 }
  const llm = new EngineLLM({ model: 'tiny', engine, ...limits })
  expect(String(await llm.chat('Hi'))).toBe('ab')
})
