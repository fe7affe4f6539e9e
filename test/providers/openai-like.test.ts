import { describe, expect, test } from 'vitest'
import type { ChatOptions } from '../../src/options.ts'
import {
  ModelScopeLLM,
  OPENAI_LIKE,
  openAiLike,
  VllmServerLLM,
} from '../../src/providers/openai-like.ts'
import { OpenAiLLM } from '../../src/providers/openai.ts'
import { jsonAnswer, replayFetch } from './replay.ts'

const OK = jsonAnswer({ choices: [{ message: { content: 'ok' }, finish_reason: 'stop' }] })
const TOOLS = [{ type: 'function' as const, function: { name: 'f', parameters: {} } }]
const NAMED = { type: 'function' as const, function: { name: 'f' } }
const SCHEMA = { type: 'json_schema' as const, json_schema: { name: 's', schema: {} } }

function create(row: string, config: object = {}) {
  const fetch = replayFetch(OK)
  const Model = row === 'openai' ? OpenAiLLM : openAiLike(OPENAI_LIKE[row]!, row)
  const model = row === 'openai' ? 'gpt-4o' : 'm'
  return {
    llm: new Model({ model, modelServer: row, apiKey: 'sk-key', fetch, maxRetries: 0, ...config }),
    fetch,
  }
}

/** The body that is sent, or `'refused'`. */
async function sent(row: string, options: ChatOptions, config: object = {}) {
  // Whole replies of models that think would come as a stream.
  const { llm, fetch } = create(row, { streaming: false, ...config })
  try {
    await llm.chat({ prompt: 'Hi', ...options })
  } catch (error) {
    expect(error).toMatchObject({ name: 'ConfigError', code: 'unsupported_option', provider: row })
    expect(fetch.requests).toHaveLength(0)
    return 'refused'
  }
  const { model: _model, messages: _messages, ...body } = fetch.requests[0]!.body
  return body
}

const NO = 'refused'
/** A forced function where names are not accepted: that tool alone, and `required`. */
const ALONE = { tools: TOOLS, tool_choice: 'required' }
const named = (name: string, value: unknown) => ({ [name]: value })
const thinking = (type: string) => ({ thinking: { type } })
const template = (on: boolean) => ({ chat_template_kwargs: { enable_thinking: on, thinking: on } })

// What each server makes of each option. A member that is not listed goes out under its usual name.
type Row = Partial<Record<string, unknown>>
const ROWS: Record<string, Row> = {
  openai: {
    maxTokens: named('max_completion_tokens', 9),
    topK: NO,
    repetitionPenalty: NO,
    search: { web_search_options: {} },
    on: NO,
    off: {},
    effort: NO,
  },
  'vllm-server': {
    on: template(true),
    off: template(false),
    effort: {
      chat_template_kwargs: { enable_thinking: true, thinking: true, reasoning_effort: 'high' },
      reasoning_effort: 'high',
    },
  },
  modelscope: {
    on: { enable_thinking: true },
    off: { enable_thinking: false },
    effort: NO,
    budget: { enable_thinking: true, thinking_budget: 7 },
  },
  deepseek: {
    topK: NO,
    repetitionPenalty: NO,
    seed: NO,
    parallel: NO,
    user: NO,
    schema: NO,
    on: thinking('enabled'),
    off: thinking('disabled'),
    effort: { ...thinking('enabled'), reasoning_effort: 'high' },
  },
  moonshot: {
    topK: NO,
    repetitionPenalty: NO,
    seed: NO,
    parallel: NO,
    user: NO,
    schema: NO,
    named: ALONE,
    on: thinking('enabled'),
    off: thinking('disabled'),
    effort: { reasoning_effort: 'high' },
  },
  siliconflow: {
    repetitionPenalty: NO,
    presencePenalty: NO,
    parallel: NO,
    user: NO,
    on: { enable_thinking: true },
    off: { enable_thinking: false },
    effort: NO,
    budget: { enable_thinking: true, thinking_budget: 7 },
  },
  openrouter: {
    on: { reasoning: { enabled: true } },
    off: { reasoning: { enabled: false } },
    effort: { reasoning: { enabled: true, effort: 'high' } },
    budget: { reasoning: { enabled: true, max_tokens: 7 } },
  },
  groq: { maxTokens: named('max_completion_tokens', 9), topK: NO, repetitionPenalty: NO },
  mistral: {
    topK: NO,
    repetitionPenalty: NO,
    user: NO,
    seed: { random_seed: 5 },
    on: { reasoning_effort: 'high' },
  },
  xai: { topK: NO, repetitionPenalty: NO },
  perplexity: {
    repetitionPenalty: NO,
    seed: NO,
    parallel: NO,
    user: NO,
    tools: NO,
    auto: NO,
    required: NO,
    named: NO,
    json: NO,
  },
  cerebras: {
    maxTokens: named('max_completion_tokens', 9),
    topK: NO,
    repetitionPenalty: NO,
    presencePenalty: NO,
    frequencyPenalty: NO,
  },
  lmstudio: { repetitionPenalty: { repeat_penalty: 1.1 }, named: ALONE, json: NO },
  llamacpp: {
    repetitionPenalty: { repeat_penalty: 1.1 },
    named: ALONE,
    on: template(true),
    off: template(false),
    effort: {
      chat_template_kwargs: { enable_thinking: true, thinking: true, reasoning_effort: 'high' },
      reasoning_effort: 'high',
    },
  },
}

const tooled = (more: object) => ({ tools: TOOLS, ...more })
const OPTIONS: [name: string, options: ChatOptions, usual: unknown][] = [
  ['temperature', { temperature: 0 }, { temperature: 0 }],
  ['topP', { topP: 0.5 }, { top_p: 0.5 }],
  ['topK', { topK: 3 }, { top_k: 3 }],
  ['maxTokens', { maxTokens: 9 }, { max_tokens: 9 }],
  ['seed', { seed: 5 }, { seed: 5 }],
  ['stop', { stop: 'X' }, { stop: ['X'] }],
  ['presencePenalty', { presencePenalty: 0.1 }, { presence_penalty: 0.1 }],
  ['frequencyPenalty', { frequencyPenalty: 0.2 }, { frequency_penalty: 0.2 }],
  ['repetitionPenalty', { repetitionPenalty: 1.1 }, { repetition_penalty: 1.1 }],
  ['tools', { tools: TOOLS }, { tools: TOOLS }],
  ['no tools', { tools: [] }, {}],
  ['auto', tooled({ toolChoice: 'auto' }), tooled({ tool_choice: 'auto' })],
  ['required', tooled({ toolChoice: 'required' }), tooled({ tool_choice: 'required' })],
  ['named', tooled({ toolChoice: NAMED }), tooled({ tool_choice: NAMED })],
  ['parallel', tooled({ parallelToolCalls: false }), tooled({ parallel_tool_calls: false })],
  [
    'json',
    { responseFormat: { type: 'json_object' } },
    { response_format: { type: 'json_object' } },
  ],
  ['schema', { responseFormat: SCHEMA }, { response_format: SCHEMA }],
  ['on', { reasoning: true }, {}],
  ['off', { reasoning: false }, { reasoning_effort: 'none' }],
  ['effort', { reasoning: { effort: 'high' } }, { reasoning_effort: 'high' }],
  ['budget', { reasoning: { budget: 7 } }, NO],
  ['search', { search: true }, NO],
  ['no search', { search: false }, {}],
  ['user', { user: 'u' }, { user: 'u' }],
  [
    'extraBody',
    { extraBody: { guided_json: {}, temperature: 2 }, temperature: 1 },
    { guided_json: {}, temperature: 2 },
  ],
]

describe.each(Object.keys(ROWS))('%s takes, translates or refuses', (row) => {
  test.each(OPTIONS)('%s', async (name, options, usual) => {
    expect(await sent(row, options)).toEqual(ROWS[row]![name] ?? usual)
  })
})

test('every row is in the table above', () => {
  expect(Object.keys(ROWS)).toEqual(['openai', ...Object.keys(OPENAI_LIKE)])
})

const HOMES: [row: string, url: string, variable: string, asks: boolean][] = [
  ['openai', 'https://api.openai.com/v1/chat/completions', 'OPENAI_API_KEY', true],
  ['vllm-server', 'http://localhost:8000/v1/chat/completions', 'VLLM_API_KEY', false],
  [
    'modelscope',
    'https://api-inference.modelscope.cn/v1/chat/completions',
    'MODELSCOPE_API_KEY',
    true,
  ],
  ['deepseek', 'https://api.deepseek.com/v1/chat/completions', 'DEEPSEEK_API_KEY', true],
  ['moonshot', 'https://api.moonshot.ai/v1/chat/completions', 'MOONSHOT_API_KEY', true],
  ['siliconflow', 'https://api.siliconflow.cn/v1/chat/completions', 'SILICONFLOW_API_KEY', true],
  ['openrouter', 'https://openrouter.ai/api/v1/chat/completions', 'OPENROUTER_API_KEY', true],
  ['groq', 'https://api.groq.com/openai/v1/chat/completions', 'GROQ_API_KEY', true],
  ['mistral', 'https://api.mistral.ai/v1/chat/completions', 'MISTRAL_API_KEY', true],
  ['xai', 'https://api.x.ai/v1/chat/completions', 'XAI_API_KEY', true],
  ['perplexity', 'https://api.perplexity.ai/chat/completions', 'PERPLEXITY_API_KEY', true],
  ['cerebras', 'https://api.cerebras.ai/v1/chat/completions', 'CEREBRAS_API_KEY', true],
  ['lmstudio', 'http://localhost:1234/v1/chat/completions', 'LMSTUDIO_API_KEY', false],
  ['llamacpp', 'http://localhost:8080/v1/chat/completions', 'LLAMA_API_KEY', false],
]

describe.each(HOMES)('%s at home', (row, url, variable, asks) => {
  const host = new URL(url).origin

  test('its address, and its key from its variable, in a header only', async () => {
    const { llm, fetch } = create(row, { apiKey: undefined, env: { [variable]: 'sk-from-env' } })
    await llm.chat('Hi')
    expect(fetch.requests[0]!.url).toBe(url)
    expect(fetch.requests[0]!.headers.get('authorization')).toBe('Bearer sk-from-env')
  })

  test('its bare host stands for its base', async () => {
    const { llm, fetch } = create(row, { baseURL: `${host}/` })
    await llm.chat('Hi')
    expect(fetch.requests[0]!.url).toBe(url)
  })

  test('a key is demanded at home and nowhere else', async () => {
    const home = create(row, { apiKey: undefined, env: {} })
    const away = create(row, { apiKey: undefined, env: {}, baseURL: 'http://proxy.local/v1' })
    await away.llm.chat('Hi')
    expect(away.fetch.requests[0]!.headers.has('authorization')).toBe(false)
    if (!asks) await home.llm.chat('Hi')
    else {
      const error = {
        code: 'missing_api_key',
        message: expect.stringContaining(variable) as string,
      }
      await expect(home.llm.chat('Hi')).rejects.toMatchObject(error)
      expect(home.fetch.requests).toHaveLength(0)
    }
  })
})

test.each([
  ['moonshot', 'https://api.moonshot.cn/v1'],
  ['siliconflow', 'https://api.siliconflow.com'],
  ['openai', 'https://eu.api.openai.com/v1'],
])('%s has another home, which demands a key too: %s', async (row, baseURL) => {
  const { llm } = create(row, { apiKey: undefined, env: {}, baseURL })
  await expect(llm.chat('Hi')).rejects.toMatchObject({ code: 'missing_api_key' })
})

test('variables name further addresses', async () => {
  const { llm, fetch } = create('vllm-server', { env: { VLLM_BASE_URL: 'http://gpu:9000' } })
  await llm.chat('Hi')
  expect(fetch.requests[0]!.url).toBe('http://gpu:9000/v1/chat/completions')
})

test('Mistral and Perplexity are not asked for usage, the others are', async () => {
  const frames = 'data: {"choices":[{"delta":{"content":"a"},"finish_reason":"stop"}]}\n\n'
  for (const row of Object.keys(ROWS)) {
    const fetch = replayFetch({ body: frames })
    await create(row, { fetch }).llm.chat({ prompt: 'Hi', stream: true }).result()
    const asked = fetch.requests[0]!.body.stream_options
    expect(asked).toEqual(/mistral|perplexity/.test(row) ? undefined : { include_usage: true })
  }
})

test('a row with former names of its members works as before', async () => {
  const row = {
    baseURL: 'https://api.acme.example/v1',
    keyVariables: ['ACME_KEY'],
    keyless: true,
    refused: ['topK'],
    refusedParts: ['video_url'],
    inlineParts: ['file'],
    usageIn: 'x_acme',
    formatless: { json_schema: /small/ },
    effort: 'low',
    reasoning: 'effort',
  } as const
  const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 }
  const body = { choices: [{ message: { content: 'ok' }, finish_reason: 'stop' }] }
  const fetch = replayFetch(jsonAnswer({ ...body, x_acme: { usage } }))
  const Acme = openAiLike(row, 'acme')
  const llm = new Acme({ model: 'small', fetch, env: {}, maxRetries: 0 })
  const reply = await llm.chat({ prompt: 'Hi', reasoning: true })
  expect(reply.usage.totalTokens).toBe(3)
  expect(fetch.requests[0]!.body.reasoning_effort).toBe('low')
  expect(llm.supportResponseFormat('json_schema')).toBe(false)
  const video = { type: 'video_url', video_url: { url: 'https://host.example/v' } } as const
  const file = { type: 'file', file: { file_url: 'https://host.example/f' } } as const
  for (const options of [
    { prompt: 'Hi', topK: 3 },
    { messages: [{ role: 'user' as const, content: [video] }] },
    { messages: [{ role: 'user' as const, content: [file] }] },
  ])
    await expect(llm.chat(options)).rejects.toMatchObject({ code: 'unsupported_option' })
  // The current name wins, and keeps its meaning.
  const Strict = openAiLike({ ...row, requiresKey: true, unsupportedOptions: [] }, 'acme')
  const strict = new Strict({ model: 'm', fetch, env: {}, maxRetries: 0 })
  await expect(strict.chat({ prompt: 'Hi', topK: 3 })).rejects.toMatchObject({
    code: 'missing_api_key',
  })
})

test('models made without a registry have a name in their errors', () => {
  expect(new VllmServerLLM({ model: 'm' }).provider).toBe('vllm-server')
  expect(new ModelScopeLLM({ model: 'm' }).provider).toBe('modelscope')
})

test.each([
  ['deepseek', 'https://api.deepseek.com/beta/completions'],
  ['vllm-server', 'http://localhost:8000/v1/completions'],
  ['openrouter', 'https://openrouter.ai/api/v1/completions'],
  ['cerebras', 'https://api.cerebras.ai/v1/completions'],
  ['lmstudio', 'http://localhost:1234/v1/completions'],
  ['llamacpp', 'http://localhost:8080/v1/completions'],
])('%s completes raw prompts at %s', async (row, url) => {
  const { llm, fetch } = create(row)
  expect(llm.supportRawPrompt()).toBe(true)
  await llm.chatWithRawPrompt({ prompt: '<|im_start|>', maxTokens: 9 })
  expect(fetch.requests[0]).toMatchObject({ url, body: { prompt: '<|im_start|>', max_tokens: 9 } })
})

test.each(['modelscope', 'moonshot', 'siliconflow', 'groq', 'mistral', 'xai', 'perplexity'])(
  '%s does not complete raw prompts',
  async (row) => {
    const { llm, fetch } = create(row)
    expect(llm.supportRawPrompt()).toBe(false)
    await expect(llm.chatWithRawPrompt({ prompt: 'x' })).rejects.toMatchObject({
      code: 'unsupported_option',
    })
    expect(fetch.requests).toHaveLength(0)
  },
)
