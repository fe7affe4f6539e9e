import { describe, expect, test } from 'vitest'
import { getChatModel } from '../../../src/builtins.ts'
import { simulate } from '../../../src/testing/simulator.ts'
import { checkConfig, checkRequest } from '../../../src/validation/input.ts'
import { failure } from '../helpers.ts'

const SAMPLING = { use_raw_prompt: true, top_p: 0.8 }
const LENGTHS = { knowledge: 4000, input: 6000 }

/** The entries of modelscope-agent's `apps/agentfabric/config/model_config.json`. */
const CONFIGS: Record<string, Record<string, unknown>> = {
  'qwen-turbo': { type: 'dashscope', model: 'qwen-turbo', generate_cfg: SAMPLING },
  'qwen-plus': { type: 'dashscope', model: 'qwen-plus', generate_cfg: SAMPLING },
  'glm-4': { type: 'zhipu', model: 'glm-4' },
  ...Object.fromEntries(
    ['qwen-max-1201', 'qwen-max', 'qwen1.5-72b-chat', 'qwen1.5-14b-chat', 'qwen1.5-7b-chat'].map(
      (model) => [
        model,
        { type: 'dashscope', model, length_constraint: LENGTHS, generate_cfg: SAMPLING },
      ],
    ),
  ),
  'qwen-max-longcontext': {
    type: 'dashscope',
    model: 'qwen-max-longcontext',
    length_constraint: { knowledge: 28000, input: 30000 },
    generate_cfg: SAMPLING,
  },
  ...Object.fromEntries(
    ['qwen-7b', 'qwen-14b', 'qwen-72b'].map((name) => [
      `${name}-api`,
      {
        type: 'dashscope',
        model: `${name}-chat`,
        generate_cfg: { ...SAMPLING, debug: false },
      },
    ]),
  ),
  'qwen1.5-7b-chat-vllm-local': {
    type: 'openai',
    model: 'qwen/Qwen1.5-7B-Chat',
    api_base: 'http://localhost:8000/v1',
    is_chat: true,
    is_function_call: false,
  },
}

test('there are 13 entries', () => {
  expect(Object.keys(CONFIGS)).toHaveLength(13)
})

describe.each(Object.entries(CONFIGS))('%s', (_name, config) => {
  const { type, ...rest } = config
  // agentfabric renames `type` before it calls get_chat_model.
  test.each([
    ['as it is', config],
    ['renamed', { model_server: type, ...rest }],
  ])('loads and chats, %s', async (_how, given) => {
    const fetch = simulate(type as 'dashscope' | 'zhipu' | 'openai', ['Hello', 'Hello'])
    const llm = getChatModel({ api_key: 'id.secret', fetch, ...given } as never)
    expect(String(await llm.chat('Hi'))).toBe('Hello')
    let streamed = ''
    for await (const text of llm.chat({ prompt: 'Hi', stream: true })) streamed += text
    expect(streamed).toBe('Hello')
    const lengths = config.length_constraint as { input: number } | undefined
    if (lengths) expect(llm.getMaxLength()).toBe(lengths.input)
    if (config.generate_cfg)
      expect(JSON.stringify(fetch.requests[0]?.body)).toContain('"top_p":0.8')
    expect(llm.supportFunctionCalling()).toBe(config.is_function_call ?? true)
  })
})

describe('checkConfig() translates', () => {
  test.each<[given: Record<string, unknown>, expected: Record<string, unknown>]>([
    [
      { model_server: 'ollama', host: ' http://a.example:11434 ' },
      { modelServer: 'ollama', baseURL: 'http://a.example:11434' },
    ],
    [
      {
        model_server: 'azure_openai',
        azure_endpoint: 'https://a.example',
        api_version: '2024-06-01',
      },
      { modelServer: 'azure_openai', baseURL: 'https://a.example', apiVersion: '2024-06-01' },
    ],
    [{ model_server: 'openai', api_version: '2024-06-01' }, { modelServer: 'openai' }],
    [
      { model_server: 'openai', temperature: 0.5, top_p: 0.9, seed: 7 },
      { modelServer: 'openai', defaults: { temperature: 0.5, topP: 0.9, seed: 7 } },
    ],
    [
      { model_server: 'openai', top_p: 0.9, defaults: { topP: 0.1 } },
      { modelServer: 'openai', defaults: { topP: 0.1 } },
    ],
    [
      { model_server: 'openai', support_fn_call: true, support_stream: false },
      { modelServer: 'openai', functionCalling: true, streaming: false },
    ],
    [
      {
        model_server: 'openai',
        is_chat: null,
        is_function_call: null,
        api_key: null,
        model_version: 'v1',
      },
      { modelServer: 'openai' },
    ],
    [
      { model_server: 'openai', max_length: 5, length_constraint: LENGTHS },
      { modelServer: 'openai', maxLength: 5 },
    ],
    [
      { generate_cfg: { max_new_tokens: 9, stop: ['x'], repetition_penalty: 1.1 } },
      { defaults: { maxTokens: 9, stop: ['x'], repetitionPenalty: 1.1 } },
    ],
  ])('%j', (given, expected) => {
    const own = given.model_server === 'azure_openai' ? ['apiVersion'] : []
    expect(checkConfig({ model: 'm', ...given }, own)).toEqual({ model: 'm', ...expected })
  })

  test.each([
    [
      { generate_cfg: { top_q: 1 } },
      /config\.generate_cfg\.top_q is not a known member \(did you mean "top_[pk]"\?\)/,
    ],
    [{ generate_cfg: 5 }, /config\.generate_cfg must be an object/],
    [
      { device_map: 'auto' },
      /config\.device_map is for local weights: serve the model with vLLM and pass modelServer: 'openai'/,
    ],
    [{ use_lora: true }, /config\.use_lora is for local weights/],
    [{ cache_dir: '/tmp' }, /config\.cache_dir is for local weights/],
    [
      { modelServer: 'openai', temperature: 1 },
      /config\.temperature is not a known member: pass defaults: \{ temperature \}/,
    ],
    [
      { modelServer: 'openai', top_p: 1 },
      /config\.top_p is not a known member: pass defaults: \{ topP \}/,
    ],
    [
      { modelServer: 'openai', apikey: 'k' },
      /config\.apikey is not a known member \(did you mean "apiKey"\?\)/,
    ],
    [{ modelServer: 'openai', organization: 'o' }, /\(did you mean "headers"\?\)/],
    [{ modelServer: 'openai', proxy: 'http://p' }, /\(did you mean "fetch"\?\)/],
    [{ modelServer: 'openai', system: 'Be brief' }, /: pass messages to chat\(\)/],
    [{ modelServer: 'openai', baseUrl: 'k' }, /\(did you mean "baseURL"\?\)/],
  ])('and rejects %j', async (given, message) => {
    const error = await failure(() => checkConfig({ model: 'm', ...given }))
    expect(error).toMatchObject({ code: 'invalid_config', message: expect.stringMatching(message) })
  })
})

describe('checkRequest() translates', () => {
  test('options', () => {
    const request = { prompt: 'Hi', top_p: 0.5, max_tokens: 9, uuid_str: 'u', append_files: [] }
    expect(checkRequest(request as never).options).toEqual({ topP: 0.5, maxTokens: 9 })
    expect(checkRequest({ prompt: 'Hi', topP: 0.1, top_p: 0.5 } as never).options).toEqual({
      topP: 0.1,
    })
  })

  test('tools with `input_schema`', () => {
    const input_schema = { type: 'object', properties: {} }
    const tools = [{ name: 'f', description: 'd', input_schema }]
    expect(checkRequest({ prompt: 'Hi', tools } as never).options.tools).toEqual([
      { type: 'function', function: { name: 'f', description: 'd', parameters: input_schema } },
    ])
  })

  test('messages of role `function`, without changing them', () => {
    const messages = Object.freeze([
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: null, function_call: { name: 'f', arguments: '{}' } },
      { role: 'function', name: 'f', content: '1' },
    ])
    const id = 'call_1'
    expect(checkRequest({ messages } as never).messages).toEqual([
      messages[0],
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id, type: 'function', function: { name: 'f', arguments: '{}' } }],
      },
      { role: 'tool', name: 'f', content: '1', tool_call_id: id },
    ])
  })

  test('but no `function` result without a call', async () => {
    const messages = [{ role: 'function', name: 'f', content: '1' }]
    expect(await failure(() => checkRequest({ messages } as never))).toMatchObject({
      code: 'invalid_messages',
      message: 'messages[0] is the result of "f", which no earlier assistant message calls',
    })
  })

  test('a `function` result of a call with an id', () => {
    const call = (id: string) => ({
      id,
      type: 'function',
      function: { name: 'f', arguments: '{}' },
    })
    const messages = [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: '', tool_calls: [call('a'), call('b')] },
      { role: 'function', name: 'f', content: '1' },
      { role: 'function', name: 'f', content: '2' },
    ]
    expect(checkRequest({ messages } as never).messages).toMatchObject([
      {},
      {},
      { role: 'tool', tool_call_id: 'a' },
      { role: 'tool', tool_call_id: 'b' },
    ])
  })
})

test.each([
  ['azure', 'azure_openai'],
  ['google', 'gemini'],
  ['claude', 'anthropic'],
  ['qwen', 'dashscope'],
  ['DashScope', 'dashscope'],
  ['lm-studio', 'lmstudio'],
  ['kimi', 'moonshot'],
])('the unknown server "%s" suggests "%s"', async (name, nearest) => {
  const error = await failure(() => getChatModel(`${name}:m`))
  expect(error).toMatchObject({
    code: 'unknown_server',
    message: expect.stringContaining(`did you mean "${nearest}"?`),
  })
})

test('`streaming: false` asks for a complete reply and emits it as a stream', async () => {
  const fetch = simulate('openai', ['Hello there'])
  const llm = getChatModel({
    model: 'm',
    modelServer: 'openai',
    apiKey: 'k',
    fetch,
    streaming: false,
  })
  let text = ''
  for await (const piece of llm.chat({ prompt: 'Hi', stream: true })) text += piece
  expect(text).toBe('Hello there')
  expect(fetch.requests[0]?.body).not.toMatchObject({ stream: true })
})

test('a second argument of chat() is rejected rather than ignored', async () => {
  const llm = getChatModel({
    model: 'm',
    modelServer: 'openai',
    apiKey: 'k',
    fetch: simulate('openai', ['x']),
  })
  const chat = llm.chat.bind(llm) as (...given: unknown[]) => Promise<unknown>
  expect(await failure(() => chat('Hi', { stream: true }))).toMatchObject({
    code: 'unsupported_option',
  })
})

test('every class of modelscope_agent.llm is exported under its name', async () => {
  const classes: Record<string, unknown> = await import('../../../src/index.ts')
  const names = [
    'BaseChatModel',
    'DashScopeLLM',
    'ModelScopeChatGLM',
    'ModelScopeLLM',
    'ModelScopeQwenChat',
    'OllamaLLM',
    'OpenAi',
    'QwenChatAtDS',
    'TextChatAtOAI',
    'Vllm',
    'VllmLLM',
    'ZhipuLLM',
  ]
  expect(names.filter((name) => typeof classes[name] !== 'function')).toEqual([])
})

test('`request_timeout` of a generate_cfg is in seconds', async () => {
  const { getChatModel } = await import('../../../src/index.ts')
  const llm = getChatModel({
    model: 'gpt-4o-mini',
    model_server: 'openai_fn_call',
    api_key: 'k',
    generate_cfg: { request_timeout: 30, top_k: 5 },
  })
  const { config } = llm as unknown as { config: object }
  expect(config).toMatchObject({ timeout: 30_000, defaults: { topK: 5 } })
})
