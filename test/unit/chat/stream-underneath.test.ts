import { describe, expect, test } from 'vitest'
import { getChatModel } from '../../../src/builtins.ts'
import type { ChatOptions, ModelConfig } from '../../../src/options.ts'
import type { Script } from '../../../src/testing/script.ts'
import type { SimulatedVendor } from '../../../src/testing/simulator.ts'
import { simulate } from '../../../src/testing/simulator.ts'
import { replayFetch } from '../../providers/replay.ts'

const MODELS: [SimulatedVendor, string, string][] = [
  ['zhipu', 'zhipu', 'glm-4.7'],
  ['dashscope', 'dashscope', 'qwen-plus'],
  ['anthropic', 'anthropic', 'claude-sonnet-4-5'],
  ['gemini', 'gemini', 'gemini-2.5-flash'],
  ['ollama', 'ollama', 'qwen3'],
  ['openai', 'deepseek', 'deepseek-reasoner'],
  ['openai', 'openai', 'gpt-4o'],
]

const SCRIPT: Script = [
  {
    reasoning: 'Let me think about it.',
    text: 'A text of several words.',
    toolCalls: [{ id: 'call_1', name: 'weather', arguments: { city: 'Oslo' } }],
    usage: { promptTokens: 11, completionTokens: 22, totalTokens: 33 },
  },
]
const tools = [
  { type: 'function' as const, function: { name: 'weather', parameters: { type: 'object' } } },
]

/** Chats, and returns the result and whether the request asked for a stream. */
async function chat(
  [vendor, modelServer, model]: (typeof MODELS)[number],
  config: Partial<ModelConfig>,
  options: ChatOptions = {},
) {
  const server = simulate(vendor, SCRIPT)
  const apiKey = modelServer === 'zhipu' ? 'id1234.secret5678' : 'sk-test-key'
  const llm = getChatModel({ model, modelServer, apiKey, fetch: server, ...config })
  const {
    requestId: _id,
    attempts: _attempts,
    ...result
  } = await llm.chat({
    prompt: 'Hi',
    tools,
    ...options,
  })
  const { url, headers, body } = server.requests[0]!
  const streamed =
    /streamGenerateContent/.test(url) ||
    (body as { stream?: boolean }).stream === true ||
    headers['x-dashscope-sse'] === 'enable' ||
    (modelServer === 'ollama' && (body as { stream?: boolean }).stream !== false)
  return { result, streamed }
}

describe.each(MODELS)('%s as %s (%s)', (...model) => {
  test('gives the same complete reply from a stream', async () => {
    const whole = await chat(model, { streaming: false })
    const streamed = await chat(model, { streaming: true })
    expect([whole.streamed, streamed.streamed]).toEqual([false, true])
    const { id: _one, ...expected } = whole.result
    const { id: _other, ...result } = streamed.result
    expect(JSON.parse(JSON.stringify(result))).toEqual(JSON.parse(JSON.stringify(expected)))
  })

  test.each<[string, Partial<ModelConfig>, boolean]>([
    ['not by default', {}, false],
    ['with a timeout longer than what `fetch` can wait', { timeout: 900_000 }, true],
    ['without a timeout', { timeout: false }, true],
    ['not if `streaming` is false', { timeout: false, streaming: false }, false],
  ])('reads complete replies as a stream: %s', async (_when, config, expected) => {
    // DeepSeek's reasoner thinks, whatever it is asked.
    const thinks = model[1] === 'deepseek' && config.streaming !== false
    expect((await chat(model, config)).streamed).toBe(expected || thinks)
  })
})

test.each<[string, ChatOptions, boolean]>([
  ['reasoning', { reasoning: true }, true],
  ['an effort', { reasoning: { effort: 'high' } }, true],
  ['no effort', { reasoning: { effort: 'none' } }, false],
  ['no reasoning', { reasoning: false }, false],
])('a complete reply with %s: %o', async (_what, options, expected) => {
  expect((await chat(MODELS[0]!, {}, options)).streamed).toBe(expected)
})

test('OpenAI sends nothing while its models think, so their replies are read whole', async () => {
  const openai: (typeof MODELS)[number] = ['openai', 'openai', 'gpt-5']
  expect((await chat(openai, {}, { reasoning: { effort: 'high' } })).streamed).toBe(false)
})

describe('an organization that may not stream', () => {
  const message = 'Your organization must be verified to stream this model.'
  const REFUSAL = { status: 400, body: JSON.stringify({ error: { message, param: 'stream' } }) }
  const WHOLE = { choices: [{ message: { content: 'Hello' }, finish_reason: 'stop' }] }
  const create = () => {
    const fetch = replayFetch([REFUSAL, { body: JSON.stringify(WHOLE) }])
    const config = { model: 'o3', modelServer: 'openai', apiKey: 'k', timeout: false } as const
    return { fetch, llm: getChatModel({ ...config, fetch }) }
  }

  test('gets complete replies whole', async () => {
    const { llm, fetch } = create()
    expect(String(await llm.chat('Hi'))).toBe('Hello')
    expect(fetch.requests.map(({ body }) => Boolean(body.stream))).toEqual([true, false])
  })

  test('gets an error for a stream', async () => {
    const { llm } = create()
    const error = await llm
      .chat({ prompt: 'Hi', stream: true })
      .result()
      .catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'bad_request', message })
  })
})

test('a pause within the reply may be as long as the wait for a complete one', async () => {
  const server = simulate('openai', { text: 'One two three', delayMs: 30 })
  const config = { model: 'm', modelServer: 'openai', apiKey: 'k', fetch: server } as const
  const limits = { streaming: true, timeout: 5000 }
  const llm = getChatModel({ ...config, ...limits })
  expect(String(await llm.chat('Hi'))).toBe('One two three')
  const strict = getChatModel({ ...config, ...limits, idleTimeout: 5, maxRetries: 0 })
  const error = await strict.chat('Hi').catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code: 'timeout', which: 'idle' })
})
