/**
 * Whatever is waited for besides the body ends with its call: by `signal`, by `cancel()` and by `totalTimeout`.
 */
import { describe, expect, test } from 'vitest'
import { OpenAiLLM, chatObject, runTools, tool } from '../../../src/index.ts'
import type { Callbacks, ModelConfig, StandardSchema } from '../../../src/index.ts'
import { simulate } from '../../../src/testing.ts'

const never = () => new Promise<never>(() => {})

/** The reply of a simulated model. */
const REPLY = { text: '{"a":1}' }

function create(config: Partial<ModelConfig> = {}): OpenAiLLM {
  return new OpenAiLLM({
    model: 'gpt-4o',
    apiKey: 'sk-test',
    fetch: simulate('openai', REPLY),
    ...config,
  })
}

/** The first key is refused; the second is waited for. */
function refusedKey(config: Partial<ModelConfig>): OpenAiLLM {
  let count = 0
  const fetch = async () => new Response('{"error":{"message":"expired"}}', { status: 401 })
  return create({ apiKey: () => (++count === 1 ? 'sk-old' : never()), fetch, ...config })
}

const stuckSchema: StandardSchema<unknown, { a: number }> = {
  '~standard': {
    version: 1,
    vendor: 'stuck',
    validate: never,
    jsonSchema: { input: () => ({ type: 'object' }), output: () => ({ type: 'object' }) },
  },
}

/** A picture whose bytes never arrive. */
class StuckBlob extends Blob {
  override readonly type = 'image/png'
  override arrayBuffer = never
}

const callback = (name: keyof Callbacks) => (config: Partial<ModelConfig>) =>
  create({ ...config, callbacks: { [name]: never } })

interface Waiting {
  chat: (config: Partial<ModelConfig>, signal?: AbortSignal) => Promise<unknown>
  stream: (config: Partial<ModelConfig>) => {
    result: () => Promise<unknown>
    cancel: (reason?: unknown) => unknown
  }
}

/** A chat of a model that waits for something. */
const chatOf = (make: (config: Partial<ModelConfig>) => OpenAiLLM): Waiting => ({
  chat: (config, signal) => make(config).chat({ prompt: 'Hi', signal }),
  stream: (config) => make(config).chat({ prompt: 'Hi', stream: true }),
})

const CASES: Record<string, Waiting> = {
  'a key after a 401': chatOf(refusedKey),
  'the first key': chatOf((config) => create({ ...config, apiKey: never })),
  onLLMStart: chatOf(callback('onLLMStart')),
  onLLMEnd: chatOf(callback('onLLMEnd')),
  'the bytes of a Blob': {
    chat: (config, signal) => create(config).chat({ messages: picture(), signal }),
    stream: (config) => create(config).chat({ messages: picture(), stream: true }),
  },
  'the validation of an object': {
    chat: (config, signal) =>
      chatObject(create(config), { prompt: 'Hi', schema: stuckSchema, signal }),
    stream: (config) =>
      chatObject(create(config), { prompt: 'Hi', schema: stuckSchema, stream: true }),
  },
}

function picture() {
  const image = { type: 'image_url' as const, image_url: { url: new StuckBlob() } }
  return [{ role: 'user' as const, content: [image] }]
}

describe.each(Object.entries(CASES))('%s', (_name, { chat, stream }) => {
  test('ends with the signal', async () => {
    const controller = new AbortController()
    const reply = chat({}, controller.signal)
    setTimeout(() => controller.abort(new Error('left')), 30)
    await expect(reply).rejects.toThrow('left')
  })

  test('ends with cancel()', async () => {
    const reply = stream({})
    const result = reply.result()
    setTimeout(() => void reply.cancel(new Error('left')), 30)
    await expect(result).rejects.toThrow(/left|cancel/i)
  })

  test('ends with totalTimeout', async () => {
    await expect(chat({ totalTimeout: 50 })).rejects.toMatchObject({
      code: 'timeout',
      which: 'total',
    })
  })
})

describe('a tool that never settles', () => {
  const look = tool({
    name: 'look',
    description: 'Looks.',
    parameters: { type: 'object', properties: {} },
    execute: never,
  })
  const llm = () =>
    new OpenAiLLM({
      model: 'gpt-4o',
      apiKey: 'sk-test',
      fetch: simulate('openai', [
        { toolCalls: [{ name: 'look', arguments: {} }] },
        { text: 'Seen.' },
      ]),
    })

  test('ends with the signal', async () => {
    const controller = new AbortController()
    const reply = runTools(llm(), { prompt: 'Hi', tools: [look], signal: controller.signal })
    setTimeout(() => controller.abort(new Error('left')), 30)
    await expect(reply).rejects.toThrow('left')
  })

  test('is given up after toolTimeout, and the model is told', async () => {
    const result = await runTools(llm(), { prompt: 'Hi', tools: [look], toolTimeout: 30 })
    expect(result.text).toBe('Seen.')
    expect(JSON.stringify(result.messages)).toMatch(/did not finish within 30 ms/)
  })
})
