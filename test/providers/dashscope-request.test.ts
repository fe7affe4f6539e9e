import { afterEach, describe, expect, test, vi } from 'vitest'
import type { Message } from '../../src/message.ts'
import type { ChatRequest } from '../../src/options.ts'
import type { DashScopeConfig } from '../../src/providers/dashscope.ts'
import { DashScopeLLM } from '../../src/providers/dashscope.ts'
import { isVendorHost, resolveBase } from '../../src/providers/dashscope/endpoint.ts'
import { QwenChatAtDS } from '../../src/providers/dashscope-qwen.ts'
import type { SentRequest } from './replay.ts'
import { jsonAnswer, replayFetch } from './replay.ts'

const ANSWER = jsonAnswer({ output: { text: 'ok', finish_reason: 'stop' }, request_id: 'r' })
const HI: Message[] = [{ role: 'user', content: 'Hi' }]
const TOOL = { type: 'function' as const, function: { name: 'weather', parameters: {} } }
const PICTURE: Message[] = [
  { role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://a.b/c.png' } }] },
]

function create(config: Partial<DashScopeConfig> = {}, fetch = replayFetch(ANSWER)) {
  const model = new QwenChatAtDS({ model: 'qwen-plus', apiKey: 'sk-test', fetch, ...config })
  return { model, fetch }
}

/** The request that is really sent. */
async function send(
  request: ChatRequest = {},
  config?: Partial<DashScopeConfig>,
): Promise<SentRequest> {
  const { model, fetch } = create(config)
  const whole = { ...(request.prompt === undefined && { messages: HI }), ...request }
  if (request.stream) await model.chat({ ...whole, stream: true }).result()
  else await model.chat({ ...whole, stream: false })
  return fetch.requests[0] as SentRequest
}

/** The error for a request that must not be sent. */
async function refused(request: ChatRequest, config?: Partial<DashScopeConfig>): Promise<string> {
  const { model, fetch } = create(config)
  const error = await model
    .chat({ messages: HI, ...request, stream: false })
    .catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ name: 'ConfigError', code: 'unsupported_option' })
  expect(fetch.requests).toHaveLength(0)
  return (error as Error).message
}

async function parametersOf(request: ChatRequest, config?: Partial<DashScopeConfig>) {
  return (await send(request, config)).body.parameters as Record<string, unknown>
}

afterEach(() => vi.unstubAllEnvs())

describe('the address', () => {
  test.each([
    ['https://dashscope.aliyuncs.com', 'https://dashscope.aliyuncs.com/api/v1'],
    ['https://dashscope-intl.aliyuncs.com/', 'https://dashscope-intl.aliyuncs.com/api/v1'],
    ['https://dashscope-us.aliyuncs.com/api/v1', 'https://dashscope-us.aliyuncs.com/api/v1'],
    ['https://h.aliyuncs.com/api/v1//', 'https://h.aliyuncs.com/api/v1'],
    ['https://h.aliyuncs.com/compatible-mode/v1', 'https://h.aliyuncs.com/api/v1'],
    ['https://h.aliyuncs.com/compatible-mode/v1/', 'https://h.aliyuncs.com/api/v1'],
    ['https://h.aliyuncs.com/compatible-mode/v1/chat/completions', 'https://h.aliyuncs.com/api/v1'],
    ['https://h.aliyuncs.com/apps/anthropic', 'https://h.aliyuncs.com/api/v1'],
    [
      'https://h.aliyuncs.com/api/v1/services/aigc/text-generation/generation',
      'https://h.aliyuncs.com/api/v1',
    ],
    ['https://h.aliyuncs.com/api/v1?a=b#c', 'https://h.aliyuncs.com/api/v1'],
    ['dashscope.aliyuncs.com', 'https://dashscope.aliyuncs.com/api/v1'],
    ['/relay/dashscope', '/relay/dashscope/api/v1'],
    ['/relay/dashscope/api/v1/', '/relay/dashscope/api/v1'],
    ['/api', '/api/api/v1'],
    ['/', '/api/v1'],
    ['http://localhost:8080/dashscope', 'http://localhost:8080/dashscope/api/v1'],
  ])('%s becomes %s', (address, base) => {
    expect(resolveBase(address)).toBe(base)
  })

  test('the variable of the official SDK is read, from env and from the process', async () => {
    const { url } = await send({}, { env: { DASHSCOPE_HTTP_BASE_URL: 'https://a.b/api/v1' } })
    expect(url).toBe('https://a.b/api/v1/services/aigc/text-generation/generation')
    vi.stubEnv('DASHSCOPE_HTTP_BASE_URL', 'https://c.d')
    expect((await send()).url).toMatch(/^https:\/\/c\.d\/api\/v1\//)
    expect((await send({}, { baseURL: 'https://e.f' })).url).toMatch(/^https:\/\/e\.f\//)
  })

  test('a key is needed at the hosts of the vendor only', async () => {
    vi.stubEnv('DASHSCOPE_API_KEY', '')
    const missing = create({ apiKey: undefined }).model.chat('Hi')
    await expect(missing).rejects.toMatchObject({ code: 'missing_api_key' })
    await expect(missing).rejects.toThrow('DASHSCOPE_API_KEY')
    const { headers } = await send({}, { apiKey: undefined, baseURL: 'https://relay.example' })
    expect(headers.has('authorization')).toBe(false)
    expect(isVendorHost('https://llm-x.cn-beijing.maas.aliyuncs.com/api/v1')).toBe(true)
    expect(isVendorHost('https://aliyuncs.com.evil.example/api/v1')).toBe(false)
  })
})

describe('headers', () => {
  test('a whole answer is asked for with nothing beyond the key', async () => {
    const { headers, method } = await send()
    expect(method).toBe('POST')
    expect(Object.fromEntries(headers)).toEqual({
      accept: 'application/json',
      authorization: 'Bearer sk-test',
      'content-type': 'application/json',
    })
  })

  test('a stream is asked for by a header', async () => {
    const { headers, body } = await send({ stream: true })
    expect(headers.get('x-dashscope-sse')).toBe('enable')
    expect(headers.get('accept')).toBe('text/event-stream')
    expect(body).not.toHaveProperty('stream')
  })

  test('an oss:// URL asks the server to resolve it', async () => {
    const url = 'oss://bucket/cat.png'
    const content = [{ type: 'image_url' as const, image_url: { url } }]
    const messages: Message[] = [{ role: 'user', content }]
    const { headers } = await send({ messages }, { model: 'qwen-vl-max' })
    expect(headers.get('x-dashscope-ossresourceresolve')).toBe('enable')
    const other = await send({ messages: PICTURE }, { model: 'qwen-vl-max' })
    expect(other.headers.has('x-dashscope-ossresourceresolve')).toBe(false)
  })

  test('workspace', async () => {
    const { headers } = await send({}, { workspace: 'llm-abc' })
    expect(headers.get('x-dashscope-workspace')).toBe('llm-abc')
    expect(() => create({ workspace: 1 as never })).toThrow('config.workspace')
  })
})

describe('options', () => {
  test('the plainest request', async () => {
    const { body } = await send()
    expect(body).toEqual({
      model: 'qwen-plus',
      input: { messages: [{ role: 'user', content: 'Hi' }] },
      parameters: { result_format: 'message' },
    })
    expect(await parametersOf({ stream: true })).toEqual({
      result_format: 'message',
      incremental_output: true,
    })
  })

  test('those with a name of their own', async () => {
    const options: ChatRequest = {
      temperature: 0,
      topP: 0.5,
      topK: 0,
      maxTokens: 9,
      seed: 0,
      stop: ['a', 'b'],
      presencePenalty: -2,
      frequencyPenalty: 2,
      repetitionPenalty: 1.1,
    }
    expect(await parametersOf(options)).toEqual({
      result_format: 'message',
      temperature: 0,
      top_p: 0.5,
      top_k: 0,
      max_tokens: 9,
      seed: 0,
      stop: ['a', 'b'],
      presence_penalty: -2,
      frequency_penalty: 2,
      repetition_penalty: 1.1,
    })
  })

  test.each<[string, ChatRequest]>([
    ['temperature', { temperature: 2 }],
    ['temperature', { temperature: -0.1 }],
    ['topP', { topP: 0 }],
    ['topP', { topP: 1.1 }],
    ['repetitionPenalty', { repetitionPenalty: 0 }],
    ['presencePenalty', { presencePenalty: 2.5 }],
    ['frequencyPenalty', { frequencyPenalty: -2.5 }],
    ['seed', { seed: 2 ** 31 }],
    ['seed', { seed: -1 }],
    ['user', { user: 'u1' }],
    [
      'toolChoice',
      {
        toolChoice: 'required',
        tools: [TOOL, { type: 'function', function: { name: 'time' } }],
      },
    ],
    ['force a tool', { toolChoice: { type: 'function', function: { name: 'weather' } } }],
    ['"json"', { responseFormat: { type: 'json_object' } }],
    ['while thinking', { responseFormat: { type: 'json_object' }, reasoning: true }],
    ['budget', { reasoning: { effort: 'high', budget: 9 } }],
    ['"search"', { tools: [{ type: 'function', function: { name: 'search' } }] }],
    ['only text', { messages: PICTURE }],
  ])('%s is refused before anything is sent: %j', async (word, request) => {
    expect(await refused(request)).toContain(word)
  })

  test('a tool cannot be forced while the model thinks', async () => {
    const toolChoice = { type: 'function' as const, function: { name: 'weather' } }
    expect(await refused({ tools: [TOOL], toolChoice, reasoning: true })).toContain(
      'while thinking',
    )
    expect(await refused({ tools: [TOOL], toolChoice }, { model: 'qwq-plus' })).toContain(
      'while thinking',
    )
    expect(await refused({ tools: [TOOL], toolChoice }, { model: 'qwen3-8b' })).toContain(
      'while thinking',
    )
    await send({ tools: [TOOL], toolChoice, reasoning: false }, { model: 'qwen3-8b' })
    expect(await parametersOf({ tools: [TOOL], toolChoice })).toMatchObject({
      tools: [TOOL],
      tool_choice: toolChoice,
    })
  })

  test('tools', async () => {
    const options = { tools: [TOOL], toolChoice: 'auto' as const, parallelToolCalls: true }
    expect(await parametersOf(options)).toMatchObject({
      tools: [TOOL],
      tool_choice: 'auto',
      parallel_tool_calls: true,
    })
    const without = await parametersOf({ tools: [], toolChoice: 'none', parallelToolCalls: true })
    expect(without).toEqual({ result_format: 'message' })
  })

  test.each<[ChatRequest['reasoning'], Record<string, unknown>, boolean]>([
    [true, { enable_thinking: true }, true],
    [false, { enable_thinking: false }, false],
    [{ budget: 100 }, { enable_thinking: true, thinking_budget: 100 }, true],
    [{ budget: 0 }, { enable_thinking: false }, false],
    [{ effort: 'high' }, { enable_thinking: true, reasoning_effort: 'high' }, true],
    [{ effort: 'none' }, { reasoning_effort: 'none' }, false],
    [{}, { enable_thinking: true }, true],
  ])('reasoning %j; thinking streams underneath', async (reasoning, members, streams) => {
    const { body, headers } = await send({ reasoning })
    const frame = streams ? { incremental_output: true } : {}
    expect(body.parameters).toEqual({ result_format: 'message', ...frame, ...members })
    expect(headers.has('x-dashscope-sse')).toBe(streams)
  })

  test.each([
    ['qwq-32b', undefined, true],
    ['qvq-max', undefined, true],
    ['qwen2.5-omni-7b', undefined, true],
    ['qwen3-8b', undefined, true],
    ['qwen3-0.6b', undefined, true],
    ['qwen3-8b', false, false],
    ['qwen3-235b-a22b-instruct-2507', undefined, false],
    ['qwen3-235b-a22b-thinking-2507', undefined, true],
    ['qwen3-max', undefined, false],
    ['qwen3-coder-plus', undefined, false],
  ])('%s with reasoning %s streams underneath: %s', async (model, reasoning, streams) => {
    const { headers } = await send({ reasoning }, { model })
    expect(headers.has('x-dashscope-sse')).toBe(streams)
  })

  test('thinking cannot be turned off for a model that always thinks', async () => {
    expect(await refused({ reasoning: false }, { model: 'qwq-plus' })).toContain('thinking')
  })

  test('search brings its sources', async () => {
    expect(await parametersOf({ search: true })).toMatchObject({
      enable_search: true,
      search_options: { enable_source: true },
    })
    expect(await parametersOf({ search: { forced_search: true } })).toMatchObject({
      enable_search: true,
      search_options: { enable_source: true, forced_search: true },
    })
    expect(await parametersOf({ search: { enable_source: false } })).toMatchObject({
      search_options: { enable_source: false },
    })
    expect(await parametersOf({ search: false })).toMatchObject({ enable_search: false })
  })

  test('responseFormat', async () => {
    const format = { type: 'json_object' as const }
    const parameters = await parametersOf({ prompt: 'As JSON, please', responseFormat: format })
    expect(parameters.response_format).toEqual(format)
    expect(await parametersOf({ responseFormat: { type: 'text' } })).toEqual({
      result_format: 'message',
    })
  })

  test('instructions go into one message at the start', async () => {
    const { body } = await send({
      messages: [
        { role: 'system', content: 'A' },
        { role: 'user', content: 'x' },
        { role: 'developer', content: 'B' },
        { role: 'user', content: 'y' },
      ],
    })
    expect(body.input.messages).toEqual([
      { role: 'system', content: 'A\n\nB' },
      { role: 'user', content: 'x' },
      { role: 'user', content: 'y' },
    ])
  })

  test('extraBody goes into parameters, but for the members of the body', async () => {
    const extraBody = {
      top_p: 0.9,
      enable_code_interpreter: true,
      parameters: { n: 1 },
      input: { customized_model_id: 'c' },
      model: 'qwen-turbo',
    }
    const { body } = await send({ topP: 0.5, extraBody })
    expect(body.model).toBe('qwen-turbo')
    expect(body.input).toMatchObject({ messages: HI, customized_model_id: 'c' })
    expect(body.parameters).toEqual({
      result_format: 'message',
      top_p: 0.9,
      enable_code_interpreter: true,
      n: 1,
    })
    const { headers } = await send({ extraBody: { enable_thinking: true } })
    expect(headers.get('x-dashscope-sse')).toBe('enable')
  })
})

const CONVERSATION: Message[] = [
  { role: 'developer', content: 'Be brief' },
  {
    role: 'user',
    content: [
      { type: 'text', text: 'Weather' },
      { type: 'text', text: '?' },
    ],
  },
  {
    role: 'assistant',
    content: null,
    reasoning_content: 'hm',
    tool_calls: [{ id: 'c1', type: 'function', function: { name: 'weather', arguments: '{}' } }],
  },
  { role: 'tool', tool_call_id: 'c1', content: '21 °C' },
  { role: 'assistant', content: 'It is', partial: true } as Message,
]

describe('messages', () => {
  test('the text path takes strings', async () => {
    const before = JSON.stringify(CONVERSATION)
    const { body } = await send({ messages: CONVERSATION })
    expect(body.input.messages).toEqual([
      { role: 'system', content: 'Be brief' },
      { role: 'user', content: 'Weather?' },
      { ...CONVERSATION[2], content: '' },
      CONVERSATION[3],
      { role: 'assistant', content: 'It is', partial: true },
    ])
    expect(JSON.stringify(CONVERSATION)).toBe(before)
  })

  test('a mark for the cache goes from a part to its message', async () => {
    const part = { type: 'text' as const, text: 'Long', cache_control: { type: 'ephemeral' } }
    const messages: Message[] = [{ role: 'user', content: [part] }]
    const { body } = await send({ messages })
    expect(body.input.messages).toEqual([
      { role: 'user', content: 'Long', cache_control: { type: 'ephemeral' } },
    ])
    const seeing = await send({ messages }, { model: 'qwen-vl-max' })
    expect(seeing.body.input.messages[0].content).toEqual([
      { text: 'Long', cache_control: { type: 'ephemeral' } },
    ])
  })

  test('the multimodal path takes parts, and no result_format', async () => {
    const { body, url } = await send({ messages: CONVERSATION }, { model: 'qwen3.5-plus' })
    expect(url).toContain('/multimodal-generation/')
    expect(body.parameters).toEqual({})
    expect(body.input.messages).toEqual([
      { role: 'system', content: [{ text: 'Be brief' }] },
      { role: 'user', content: [{ text: 'Weather' }, { text: '?' }] },
      { ...CONVERSATION[2], content: [] },
      { ...CONVERSATION[3], content: [{ text: '21 °C' }] },
      { role: 'assistant', content: [{ text: 'It is' }], partial: true },
    ])
  })

  test('the key of a part is its type', async () => {
    const content = [
      { type: 'image_url', image_url: { url: 'https://a/i', detail: 'high' }, min_pixels: 4 },
      { type: 'video_url', video_url: { url: 'https://a/v' }, fps: 2 },
      { type: 'video', video: ['https://a/1', 'https://a/2'], fps: 1 },
      { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } },
      { type: 'input_audio', input_audio: { data: 'https://a/s', format: 'mp3' } },
      { type: 'file', file: { file_url: 'https://a/f' } },
      { type: 'text', text: 'What?' },
    ]
    const messages = [{ role: 'user', content }] as Message[]
    const { body } = await send({ messages }, { model: 'qwen3-vl-plus' })
    expect(body.input.messages[0].content).toEqual([
      { image: 'https://a/i', min_pixels: 4 },
      { video: 'https://a/v', fps: 2 },
      { video: ['https://a/1', 'https://a/2'], fps: 1 },
      { audio: 'data:audio/wav;base64,AAAA' },
      { audio: 'https://a/s' },
      { file: 'https://a/f' },
      { text: 'What?' },
    ])
    const unknown = [{ role: 'user', content: [{ type: 'file', file: { file_id: 'f' } }] }]
    const request = { messages: unknown as Message[] }
    expect(await refused(request, { model: 'qwen3-vl-plus' })).toContain('file_url')
  })

  test('qwen-doc reads documents on the text path', async () => {
    const content = [{ type: 'file', file: { file_url: 'https://a/f' } }]
    const messages = [{ role: 'user', content }] as Message[]
    const { body, url } = await send({ messages }, { model: 'qwen-doc-turbo' })
    expect(url).toContain('/text-generation/')
    expect(body.input.messages[0].content).toEqual([
      { type: 'doc_url', doc_url: ['https://a/f'], file_parsing_strategy: 'auto' },
    ])
  })
})

describe('a raw prompt', () => {
  const prompt = '<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n'

  test('goes to Qwen as it is', async () => {
    const { model, fetch } = create()
    expect(model.supportRawPrompt()).toBe(true)
    expect((await model.chatWithRawPrompt({ prompt, stop: 'x' })).text).toBe('ok')
    expect(fetch.requests[0]?.body).toEqual({
      model: 'qwen-plus',
      input: { prompt },
      parameters: { result_format: 'message', stop: ['x'], use_raw_prompt: true },
    })
  })

  test('is not for others, nor for models that see', async () => {
    const other = new DashScopeLLM({ model: 'deepseek-v3', apiKey: 'sk-test' })
    expect(other.supportRawPrompt()).toBe(false)
    const seeing = create({ model: 'qwen-vl-max' }).model
    expect(seeing.supportRawPrompt()).toBe(false)
    await expect(seeing.chatWithRawPrompt({ prompt })).rejects.toMatchObject({
      code: 'unsupported_option',
    })
  })
})

describe('assistant messages of the history', () => {
  const calling = (text: string, more: object = {}): Message => ({
    role: 'assistant',
    content: '',
    tool_calls: [{ id: 'a', type: 'function', function: { name: 'weather', arguments: text } }],
    ...more,
  })
  const answer: Message = { role: 'tool', tool_call_id: 'a', content: '1' }

  test.each([
    ['{"city": "Ro', '{}'],
    ['null', '{}'],
    [JSON.stringify('{"city":"Rome"}'), '{"city":"Rome"}'],
    ['{"city": "Rome"}', '{"city": "Rome"}'],
  ])('arguments %s are sent as %s, which DashScope demands', async (text, expected) => {
    const { body } = await send({ messages: [...HI, calling(text), answer] })
    expect(body.input.messages[1].tool_calls[0].function.arguments).toBe(expected)
  })

  test('a message that says nothing is left out, and so are members of other SDKs', async () => {
    const silent: Message = { role: 'assistant', content: '' }
    const foreign = { role: 'assistant', content: 'Hi', annotations: [], parsed: {} } as Message
    const { body } = await send({ messages: [...HI, silent, ...HI, foreign, ...HI] })
    const [hi] = HI
    expect(body.input.messages).toEqual([hi, hi, { role: 'assistant', content: 'Hi' }, hi])
  })
})
