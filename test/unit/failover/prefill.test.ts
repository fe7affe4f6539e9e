/** `onCut: 'continue'` gives a model the cut reply as the start of its own where the vendor takes that. */
import { describe, expect, test } from 'vitest'
import { getChatModel } from '../../../src/builtins.ts'
import { failover } from '../../../src/failover/failover.ts'
import { StreamError } from '../../../src/errors.ts'
import type { ModelConfig } from '../../../src/options.ts'
import type { Reply, Script } from '../../../src/testing/script.ts'
import { simulate, type SimulatedVendor } from '../../../src/testing/simulator.ts'
import { all, failure, model } from '../helpers.ts'
import { actions, shown } from './helpers.ts'

const START = 'The tower was built '
const REST = 'in 1889 for the fair.'

/** A model that says this and breaks. */
const breaking = (text = START) =>
  model(
    async function* () {
      yield text
      throw new StreamError('connection_lost', 'lost')
    },
    { modelServer: 'broken', maxRetries: 0 },
  )

function backup(vendor: SimulatedVendor, config: Partial<ModelConfig>, script: Script) {
  const server = simulate(vendor, script)
  const llm = getChatModel({
    apiKey: 'sk-test',
    fetch: server,
    maxRetries: 0,
    modelServer: vendor,
    ...config,
  } as ModelConfig)
  return { llm, server }
}

const messagesOf = (body: any) => body.input?.messages ?? body.messages

/** Continues as a vendor does: with the blank that belongs before the next word, and nothing else. */
const goesOn: Script = ({ body }) => {
  const last = messagesOf(body).at(-1)
  return last.role === 'assistant'
    ? ` ${REST}`
    : { error: { status: 418, message: 'Asked in words' } }
}

const marked = (mark: object = {}) => [
  expect.objectContaining({ role: 'user' }),
  { role: 'assistant', content: START.trimEnd(), ...mark },
]
const claude = [
  expect.objectContaining({ role: 'user' }),
  { role: 'assistant', content: [{ type: 'text', text: START.trimEnd() }] },
]

const TAKES: [
  name: string,
  vendor: SimulatedVendor,
  config: Partial<ModelConfig>,
  messages: unknown[],
  url?: string,
][] = [
  ['DashScope', 'dashscope', { model: 'qwen-max' }, marked({ partial: true })],
  [
    'DashScope, switched off',
    'dashscope',
    { model: 'qwen3-8b', defaults: { reasoning: false } },
    marked({ partial: true }),
  ],
  [
    'DashScope, OpenAI format',
    'openai',
    { model: 'qwen-plus', baseURL: 'https://dashscope.aliyuncs.com/compatible-mode/v1' },
    marked({ partial: true }),
  ],
  [
    'DeepSeek',
    'openai',
    { model: 'deepseek-chat', modelServer: 'deepseek' },
    marked({ prefix: true }),
    'https://api.deepseek.com/beta/chat/completions',
  ],
  [
    'Moonshot',
    'openai',
    { model: 'moonshot-v1-8k', modelServer: 'moonshot' },
    marked({ partial: true }),
  ],
  [
    'Moonshot, not thinking',
    'openai',
    { model: 'kimi-k2.6', modelServer: 'moonshot', defaults: { reasoning: false } },
    marked({ partial: true }),
  ],
  [
    'Mistral',
    'openai',
    { model: 'mistral-large-latest', modelServer: 'mistral' },
    marked({ prefix: true }),
  ],
  ['vLLM', 'openai', { model: 'Qwen/Qwen2.5-7B-Instruct', modelServer: 'vllm-server' }, marked()],
  [
    'llama.cpp',
    'openai',
    { model: 'qwen3', modelServer: 'llamacpp', defaults: { reasoning: false } },
    marked(),
  ],
  ['Claude before 4.6', 'anthropic', { model: 'claude-sonnet-4-5' }, claude],
]

const REFUSES: [name: string, vendor: SimulatedVendor, config: Partial<ModelConfig>][] = [
  ['OpenAI', 'openai', { model: 'gpt-4o' }],
  ['Claude since 4.6', 'anthropic', { model: 'claude-sonnet-4-6' }],
  [
    'Claude while it thinks',
    'anthropic',
    { model: 'claude-sonnet-4-5', defaults: { reasoning: true } },
  ],
  ['a compatible server', 'anthropic', { model: 'glm-4.6', baseURL: 'https://a.example' }],
  ['DashScope, thinking', 'dashscope', { model: 'qwen-plus', defaults: { reasoning: true } }],
  ['DashScope, thinking by default', 'dashscope', { model: 'qwen3-8b' }],
  ['DashScope, always thinking', 'dashscope', { model: 'qwq-plus' }],
  ['DashScope, another vendor', 'dashscope', { model: 'deepseek-v3.2' }],
  ['DeepSeek, thinking', 'openai', { model: 'deepseek-v4-flash', modelServer: 'deepseek' }],
  [
    'DeepSeek through a relay',
    'openai',
    {
      model: 'deepseek-chat',
      modelServer: 'deepseek',
      baseURL: 'https://relay.example/relay/deepseek',
    },
  ],
  ['Moonshot, thinking', 'openai', { model: 'kimi-k2.6', modelServer: 'moonshot' }],
  ['vLLM, a hybrid model', 'openai', { model: 'Qwen/Qwen3-8B', modelServer: 'vllm-server' }],
  ['an unknown server', 'openai', { model: 'm', baseURL: 'http://localhost:1/v1' }],
  ['Zhipu', 'zhipu', { model: 'glm-4.7', apiKey: 'id.secret' }],
]

describe('continues by prefill', () => {
  test.each(TAKES)('%s', async (_name, vendor, config, messages, url) => {
    const { llm, server } = backup(vendor, config, goesOn)
    const stream = failover([breaking(), llm], { onCut: 'continue' }).chat({
      prompt: 'x',
      stream: true,
    })
    const events = await all(stream.events())
    expect(actions(events)).toEqual([`continue ${llm.provider} connection_lost`])
    expect(shown(events)).toBe(START + REST)
    expect((await stream.result()).text).toBe(START + REST)
    const [request] = server.requests
    expect(messagesOf(request?.body)).toMatchObject(messages)
    if (url) expect(request?.url).toBe(url)
    expect(server.requests).toHaveLength(1)
  })

  test('vLLM is told in the body', async () => {
    const { llm, server } = backup(
      'openai',
      { model: 'Qwen2.5-7B-Instruct', modelServer: 'vllm-server' },
      goesOn,
    )
    await failover([breaking(), llm], { onCut: 'continue' })
      .chat({ prompt: 'x', stream: true })
      .result()
    expect(server.requests[0]?.body).toMatchObject({
      continue_final_message: true,
      add_generation_prompt: false,
    })
    await llm.chat('x').catch(() => {})
    expect(server.requests[1]?.body).not.toHaveProperty('continue_final_message')
  })
})

describe('continues in words', () => {
  test.each(REFUSES)('%s', async (_name, vendor, config) => {
    const { llm, server } = backup(vendor, config, REST)
    const stream = failover([breaking(), llm], { onCut: 'continue' }).chat({
      prompt: 'x',
      stream: true,
    })
    expect(shown(await all(stream.events()))).toBe(START + REST)
    expect(messagesOf(server.requests[0]?.body).at(-1).role).toBe('user')
    expect(server.requests).toHaveLength(1)
  })

  test('after a prefill that the model refused, without a word to the reader', async () => {
    const { llm, server } = backup('dashscope', { model: 'qwen-max' }, ({ body }) =>
      messagesOf(body).at(-1).role === 'assistant'
        ? { error: { status: 400, message: 'partial mode is not supported' } }
        : REST,
    )
    const stream = failover([breaking(), llm], { onCut: 'continue' }).chat({
      prompt: 'x',
      stream: true,
    })
    const events = await all(stream.events())
    expect(actions(events)).toEqual(['continue dashscope connection_lost'])
    expect(shown(events)).toBe(START + REST)
    const { attempts } = await stream.result()
    expect(attempts.map(({ error }) => error?.code)).toEqual([
      'connection_lost',
      'bad_request',
      undefined,
    ])
    expect(server.requests).toHaveLength(2)
  })

  test('once: a model that refuses both ways is refused', async () => {
    const refuses: Reply = { error: { status: 400, message: 'no' } }
    const { llm, server } = backup('dashscope', { model: 'qwen-max' }, refuses)
    const stream = failover([breaking(), llm], { onCut: 'continue' }).chat({
      prompt: 'x',
      stream: true,
    })
    const error = await failure(() => stream.result())
    expect(error).toMatchObject({ code: 'bad_request', partial: { text: START } })
    expect(server.requests).toHaveLength(2)
  })
})

describe('the seam of a prefilled reply', () => {
  const SEAMS: [name: string, kept: string, next: string, expected: string][] = [
    ['the blank that was held back comes once', 'one two ', ' three', 'one two three'],
    ['no blank at all', 'one two ', 'three', 'one two three'],
    ['a word that was cut', 'one tw', 'o three', 'one two three'],
    ['an indented line', 'if x:\n', '\n    y()', 'if x:\n    y()'],
    ['an indented line, in halves', 'if x:\n    ', '\n    y()', 'if x:\n    y()'],
    ['a paragraph', 'One.\n', '\n\nTwo.', 'One.\n\nTwo.'],
    [
      'the same word twice is no repetition',
      'what he had ',
      ' had enough',
      'what he had had enough',
    ],
    ['a counter', '1, 1, ', ' 1, 2', '1, 1, 1, 2'],
    [
      'a server that begins again is joined',
      'The tower was built ',
      'The tower was built in 1889.',
      'The tower was built in 1889.',
    ],
    [
      'a server that repeats its last words is joined',
      'The tower was built ',
      'tower was built in 1889.',
      'The tower was built in 1889.',
    ],
  ]
  test.each(SEAMS)('%s', async (_name, kept, next, expected) => {
    const { llm } = backup('dashscope', { model: 'qwen-max' }, { pieces: [...next] })
    const stream = failover([breaking(kept), llm], { onCut: 'continue' }).chat({
      prompt: 'x',
      stream: true,
    })
    expect(shown(await all(stream.events()))).toBe(expected)
    expect((await stream.result()).text).toBe(expected)
  })
})

test('the start of a reply that a caller writes is marked as the server demands', async () => {
  const messages = [
    { role: 'user', content: 'x' },
    { role: 'assistant', content: 'It is' },
  ] as const
  const asked = async (config: Partial<ModelConfig>) => {
    const { llm, server } = backup('openai', config, 'so')
    await llm.chat({ messages })
    return server.requests[0]
  }
  const deepseek = await asked({ model: 'deepseek-v4-flash', modelServer: 'deepseek' })
  expect(deepseek?.body.messages.at(-1)).toMatchObject({ prefix: true })
  expect(deepseek?.url).toBe('https://api.deepseek.com/beta/chat/completions')
  const moonshot = await asked({ model: 'kimi-k2.6', modelServer: 'moonshot' })
  expect(moonshot?.body.messages.at(-1)).toMatchObject({ partial: true })
  const vllm = await asked({ model: 'Qwen/Qwen3-8B', modelServer: 'vllm-server' })
  expect(vllm?.body).toMatchObject({ continue_final_message: true, add_generation_prompt: false })
})
