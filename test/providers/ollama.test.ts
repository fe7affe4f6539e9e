import { afterEach, describe, expect, test, vi } from 'vitest'
import { ServiceError } from '../../src/errors.ts'
import type { Message } from '../../src/message.ts'
import type { ChatRequest, ModelConfig } from '../../src/options.ts'
import { OllamaLLM } from '../../src/providers/ollama.ts'
import type { PullProgress } from '../../src/providers/ollama/pull.ts'
import { simulate } from '../../src/testing.ts'
import { failure } from '../unit/helpers.ts'
import type { Answer } from './replay.ts'
import { jsonAnswer, replayFetch } from './replay.ts'

const DONE = { model: 'llama3.1', done: true, done_reason: 'stop', eval_count: 1 }
const OK = jsonAnswer({
  ...DONE,
  message: { role: 'assistant', content: 'ok' },
  prompt_eval_count: 2,
})
const TOOL = { type: 'function' as const, function: { name: 'f', parameters: { type: 'object' } } }
const SCHEMA = { type: 'object', properties: { a: { type: 'number' } } }
const AS_SCHEMA = {
  type: 'json_schema' as const,
  json_schema: { name: 'answer', schema: SCHEMA },
}
const HELLO: Message = { role: 'user', content: 'Hi' }

afterEach(() => void vi.unstubAllGlobals())

function create(config: Partial<ModelConfig> = {}, answers: Answer | Answer[] = OK) {
  const fetch = replayFetch(answers)
  const llm = new OllamaLLM({ model: 'llama3.1', env: {}, fetch, maxRetries: 0, ...config })
  return { llm, fetch }
}

async function bodyOf(request: Partial<ChatRequest>, config: Partial<ModelConfig> = {}) {
  const { llm, fetch } = create(config)
  await llm.chat({ messages: [HELLO], ...request, stream: false })
  const { model: _model, stream: _stream, truncate: _truncate, ...body } = fetch.requests[0]!.body
  return body
}

const lines = (...all: object[]): Answer => ({
  body: all.map((one) => `${JSON.stringify(one)}\n`).join(''),
  headers: { 'content-type': 'application/x-ndjson' },
})

test('speech and pictures of another model are not sent back', async () => {
  const images = [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }]
  const said = { role: 'assistant', content: 'a', audio: { data: 'QUJD' }, images } as Message
  const { messages } = await bodyOf({ messages: [HELLO, said, HELLO] })
  expect(messages[1]).toEqual({ role: 'assistant', content: 'a' })
})

describe('the address', () => {
  const LOCAL = 'http://localhost:11434'
  test.each([
    [undefined, undefined, LOCAL],
    ['http://127.0.0.1:8080', '10.0.0.1', 'http://127.0.0.1:8080'],
    ['http://box/ollama/', undefined, 'http://box/ollama'],
    ['http://box:11434/api', undefined, 'http://box:11434'],
    ['http://box:11434/api/chat?a=b', undefined, 'http://box:11434'],
    ['http://box:11434/v1', undefined, 'http://box:11434'],
    [undefined, '127.0.0.1', 'http://127.0.0.1:11434'],
    [undefined, '0.0.0.0', 'http://127.0.0.1:11434'],
    [undefined, '0.0.0.0:8080', 'http://127.0.0.1:8080'],
    [undefined, ':8080', 'http://localhost:8080'],
    [undefined, '[::]:8080', 'http://[::1]:8080'],
    [undefined, '[::1]', 'http://[::1]:11434'],
    [undefined, 'box', 'http://box:11434'],
    [undefined, 'box:80', 'http://box'],
    [undefined, 'box/prefix/', 'http://box:11434/prefix'],
    [undefined, 'http://box', 'http://box'],
    [undefined, 'https://box:8443', 'https://box:8443'],
    [undefined, '"box:1234"', 'http://box:1234'],
  ])('baseURL %s, OLLAMA_HOST %s', async (baseURL, host, root) => {
    const env = host === undefined ? {} : { OLLAMA_HOST: host }
    const { llm, fetch } = create({ baseURL, env })
    await llm.chat('Hi')
    const { url, method, headers } = fetch.requests[0]!
    expect([method, url]).toEqual(['POST', `${root}/api/chat`])
    // Its CORS rules know no other header.
    expect([...headers.keys()].sort()).toEqual(['accept', 'content-type'])
  })

  test.each(['ftp://box', 'box:port', 'http://me:secret@box', '://'])(
    'OLLAMA_HOST %s is an error that does not show it',
    async (host) => {
      const error = await failure(() => create({ env: { OLLAMA_HOST: host } }).llm.chat('Hi'))
      expect(error).toMatchObject({ name: 'ConfigError', code: 'invalid_config' })
      expect(error.message).not.toContain('secret')
    },
  )

  test('a key is demanded by the cloud alone, and sent wherever there is one', async () => {
    const cloud = { baseURL: 'https://ollama.com' }
    await expect(create(cloud).llm.chat('Hi')).rejects.toMatchObject({
      code: 'missing_api_key',
      message: expect.stringContaining('OLLAMA_API_KEY') as string,
    })
    for (const config of [{ ...cloud, env: { OLLAMA_API_KEY: 'k' } }, { apiKey: 'k' }]) {
      const { llm, fetch } = create(config)
      await llm.chat('Hi')
      expect(fetch.requests[0]!.headers.get('authorization')).toBe('Bearer k')
    }
  })
})

// The grammar holds the model to the schema; only a message tells it of it.
const SHOWN = {
  role: 'system',
  content: expect.stringContaining(`JSON Schema:\n${JSON.stringify(SCHEMA)}`),
}

describe('options', () => {
  test.each<[Partial<ChatRequest>, object]>([
    [{}, {}],
    [
      {
        temperature: 0,
        topP: 0.9,
        topK: 40,
        maxTokens: 9,
        seed: 5,
        stop: ['A', 'B'],
        presencePenalty: 0.1,
        frequencyPenalty: 0.2,
        repetitionPenalty: 1.1,
      },
      {
        options: {
          temperature: 0,
          top_p: 0.9,
          top_k: 40,
          num_predict: 9,
          seed: 5,
          stop: ['A', 'B'],
          presence_penalty: 0.1,
          frequency_penalty: 0.2,
          repeat_penalty: 1.1,
        },
      },
    ],
    [{ responseFormat: { type: 'text' } }, {}],
    [{ responseFormat: { type: 'json_object' } }, { format: 'json' }],
    [{ responseFormat: AS_SCHEMA }, { messages: [SHOWN, HELLO], format: SCHEMA }],
    [{ reasoning: true }, { think: true }],
    [{ reasoning: false }, { think: false }],
    [{ reasoning: { effort: 'none' } }, { think: false }],
    [{ reasoning: { effort: 'max' } }, { think: 'max' }],
    [{ tools: [TOOL], toolChoice: 'auto', parallelToolCalls: true }, { tools: [TOOL] }],
    [
      { tools: [TOOL], toolChoice: 'none', responseFormat: AS_SCHEMA },
      { messages: [SHOWN, HELLO], format: SCHEMA },
    ],
    [{ search: false }, {}],
    [
      { temperature: 0, extraBody: { keep_alive: '24h', options: { min_p: 0.1 } } },
      { keep_alive: '24h', options: { temperature: 0, min_p: 0.1 } },
    ],
    [{ topK: 3, extraBody: { options: { top_k: 5 } } }, { options: { top_k: 5 } }],
  ])('%j', async (request, expected) => {
    expect(await bodyOf(request)).toEqual({ messages: [HELLO], ...expected })
  })

  test('gpt-oss gets the reasoning effort', async () => {
    const model = 'gpt-oss:20b'
    expect(await bodyOf({ reasoning: true }, { model })).toMatchObject({ think: 'medium' })
    expect(await bodyOf({ reasoning: { effort: 'low' } }, { model })).toMatchObject({
      think: 'low',
    })
    await expect(bodyOf({ reasoning: false }, { model })).rejects.toMatchObject({
      code: 'unsupported_option',
    })
  })

  test('a prompt that does not fit is an error; `maxLength` raises the limit', async () => {
    const { llm, fetch } = create({ maxLength: 8192 })
    await llm.chat('Hi')
    await llm.chat({ prompt: 'Hi', extraBody: { truncate: true, options: { num_ctx: 1 } } })
    expect(fetch.requests.map(({ body }) => [body.truncate, body.options.num_ctx])).toEqual([
      [false, 8192],
      [true, 1],
    ])
    const cloud = { baseURL: 'https://ollama.com', apiKey: 'k', maxLength: 8192 }
    expect(await bodyOf({}, cloud)).toEqual({ messages: [HELLO] })
  })

  test.each<Partial<ChatRequest>>([
    { user: 'somebody' },
    { search: true },
    { tools: [TOOL], toolChoice: 'required' },
    { tools: [TOOL], toolChoice: { type: 'function', function: { name: 'f' } } },
    { tools: [TOOL], parallelToolCalls: false },
    { tools: [TOOL], responseFormat: AS_SCHEMA },
    { tools: [TOOL], responseFormat: { type: 'json_object' } },
    { reasoning: { budget: 100 } },
    { reasoning: { effort: 'minimal' } },
  ])('%j is refused before anything is sent', async (request) => {
    const { llm, fetch } = create()
    await expect(llm.chat({ prompt: 'Hi', ...request, stream: false })).rejects.toMatchObject({
      code: 'unsupported_option',
      provider: 'ollama',
    })
    expect(fetch.requests).toHaveLength(0)
  })

  test('a format is supported unless there are tools to call', () => {
    const { llm } = create()
    const supports = (options?: object) => llm.supportResponseFormat('json_schema', options)
    expect([supports(), supports({ tools: [] }), supports({ tools: [TOOL] })]).toEqual([
      true,
      true,
      false,
    ])
    expect(supports({ tools: [TOOL], toolChoice: 'none' })).toBe(true)
    expect([llm.supportFunctionCalling(), llm.supportRawPrompt()]).toEqual([true, true])
  })
})

describe('messages', () => {
  const messagesOf = async (messages: Message[]) => (await bodyOf({ messages })).messages
  const CALL = {
    id: 'call_1',
    type: 'function' as const,
    function: { name: 'f', arguments: '{"a":1}' },
  }
  const EXCHANGE: Message[] = [
    { role: 'developer', content: [{ type: 'text', text: 'Be kind' }] },
    HELLO,
    { role: 'assistant', content: 'old', reasoning_content: 'old thought' },
    HELLO,
    { role: 'assistant', content: null, tool_calls: [CALL], reasoning_content: 'thought' },
    { role: 'tool', tool_call_id: 'call_1', content: '7', name: 'ignored' },
  ]

  test('a tool exchange: arguments as an object, the name of the tool, the thinking of this turn', async () => {
    const before = JSON.stringify(EXCHANGE)
    expect(await messagesOf(EXCHANGE)).toEqual([
      { role: 'system', content: 'Be kind' },
      HELLO,
      { role: 'assistant', content: 'old' },
      HELLO,
      {
        role: 'assistant',
        content: '',
        thinking: 'thought',
        tool_calls: [{ id: 'call_1', function: { name: 'f', arguments: { a: 1 } } }],
      },
      { role: 'tool', tool_call_id: 'call_1', tool_name: 'f', content: '7' },
    ])
    expect(JSON.stringify(EXCHANGE)).toBe(before)
  })

  test.each(['', '{oops', '[1]'])('arguments %j become an object', async (text) => {
    const asked = { ...CALL, function: { name: 'f', arguments: text } }
    const [, sent] = await messagesOf([HELLO, { role: 'assistant', tool_calls: [asked] }])
    expect(sent.tool_calls[0].function.arguments).toEqual({})
  })

  test('pictures travel beside the text, as base64', async () => {
    const picture = (url: string) => ({ type: 'image_url' as const, image_url: { url } })
    const content = [
      { type: 'text' as const, text: 'What ' },
      picture('data:image/png;base64,iVBORw0KGgo='),
      { type: 'text' as const, text: 'is this?' },
      picture('data:image/svg+xml,%3Csvg/%3E'),
    ]
    expect(await messagesOf([{ role: 'user', content }])).toEqual([
      { role: 'user', content: 'What is this?', images: ['iVBORw0KGgo=', 'PHN2Zy8+'] },
    ])
  })

  test.each([
    { type: 'image_url' as const, image_url: { url: 'https://a/b.png' } },
    { type: 'input_audio' as const, input_audio: { data: 'AA==', format: 'wav' } },
    { type: 'video_url' as const, video_url: { url: 'data:video/mp4;base64,AA==' } },
    { type: 'file' as const, file: { file_data: 'data:application/pdf;base64,AA==' } },
  ])('$type is refused before anything is sent', async (part) => {
    await expect(messagesOf([{ role: 'user', content: [part] }])).rejects.toMatchObject({
      code: 'unsupported_option',
    })
  })

  test('members of its own travel on', async () => {
    const message = { role: 'user', content: 'Hi', images: ['AA=='] } as Message
    expect(await messagesOf([message])).toEqual([message])
  })

  test('what the answer gave back can be sent again', async () => {
    const server = simulate('ollama', [
      { reasoning: 'hm', toolCalls: [{ name: 'f', arguments: { a: 1 } }] },
      'Sunny',
    ])
    const llm = new OllamaLLM({ model: 'llama3.1', fetch: server, env: {} })
    const { message, toolCalls } = await llm.chat({ messages: [HELLO], tools: [TOOL] })
    const answer: Message = { role: 'tool', tool_call_id: toolCalls[0]!.id, content: '7' }
    expect((await llm.chat({ messages: [HELLO, message, answer] })).text).toBe('Sunny')
    expect(server.requests[1]!.body.messages[1]).toMatchObject({ thinking: 'hm' })
  })
})

describe('answers', () => {
  test('calls without an id get one, the same in every place', async () => {
    const call = { function: { name: 'f', arguments: { a: 1 } } }
    const { llm } = create(
      {},
      lines({ message: { tool_calls: [call, call] }, done: false }, { ...DONE, message: {} }),
    )
    const stream = llm.chat({ prompt: 'Hi', stream: true })
    const events = []
    for await (const event of stream.events()) events.push(event)
    const { toolCalls, finishReason, rawFinishReason } = await stream.result()
    expect([finishReason, rawFinishReason]).toEqual(['tool_calls', 'stop'])
    expect(toolCalls.map(({ argumentsText }) => argumentsText)).toEqual(['{"a":1}', '{"a":1}'])
    const ids = toolCalls.map(({ id }) => id)
    expect(new Set(ids).size).toBe(2)
    for (const type of ['tool-call-delta', 'tool-call'] as const) {
      const told = events.filter((event) => event.type === type)
      expect(told.map((event: any) => event.id ?? event.toolCall.id)).toEqual(ids)
    }
  })

  test.each([
    [{ prompt_eval_count: 7, eval_count: 3 }, { promptTokens: 7, totalTokens: 10 }, undefined],
    [{ eval_count: 3 }, { completionTokens: 3 }, true],
    [{ prompt_eval_count: 7, eval_count: undefined }, {}, true],
    [{ eval_count: undefined }, {}, true],
  ])('usage of %j', async (counts, usage, estimated) => {
    const { llm } = create({}, jsonAnswer({ ...DONE, message: { content: 'ok' }, ...counts }))
    const result = await llm.chat('Hello there')
    expect(result.usage).toMatchObject(usage)
    expect(result.usage.promptTokens).toBeGreaterThan(0)
    expect(result.usage.completionTokens).toBeGreaterThan(0)
    expect(result.usage.estimated).toBe(estimated)
  })

  test('an answer of no tokens says so', async () => {
    const { llm } = create({}, lines({ ...DONE, eval_count: undefined, prompt_eval_count: 7 }))
    expect((await llm.chat('Hi')).usage).toEqual({
      promptTokens: 7,
      completionTokens: 0,
      totalTokens: 7,
    })
  })

  test.each([
    ['length', 'length'],
    ['constructor', 'other'],
    [undefined, 'stop'],
  ])('the reason %s', async (raw, finishReason) => {
    const { llm } = create({}, lines({ ...DONE, message: { content: 'x' }, done_reason: raw }))
    const result = await llm.chat('Hi')
    expect([result.finishReason, result.rawFinishReason]).toEqual([finishReason, raw ?? null])
    expect([result.model, result.provider]).toEqual(['llama3.1', 'ollama'])
  })

  test.each(['load', 'unload', 'abort'])('the reason %s is an error', async (reason) => {
    const { llm } = create(
      {},
      lines({ ...DONE, message: { content: 'Half' }, done_reason: reason }),
    )
    await expect(llm.chat('Hi')).rejects.toMatchObject({
      code: 'server_error',
      retryable: true,
      vendorCode: reason,
      partial: { text: 'Half' },
    })
  })

  test.each([
    ['bad_frame', true, '{"message":{"content":"a"},"done":false}\n{"message":7}\n'],
    ['bad_frame', true, '{"message":{"content":["a"]}}\n'],
    ['bad_frame', true, '{"message":{"tool_calls":[{"function":{}}]}}\n'],
    ['stream_truncated', true, '{"message":{"content":"a"},"done":false}\n'],
    ['unexpected_response', true, ''],
    ['unexpected_response', false, '{"version":"0.12.3"}'],
    ['unexpected_response', false, 'Ollama is running'],
    ['context_length', false, '{"error":"the input length exceeds the context length"}\n'],
    ['server_error', true, '[{"error":{"message":"broken"}}]'],
  ])('%s (retryable: %s) of %s', async (code, retryable, body) => {
    for (const stream of [true, false]) {
      const { llm } = create({}, { body })
      const error = await failure(() =>
        stream ? llm.chat({ prompt: 'Hi', stream }).result() : llm.chat('Hi'),
      )
      expect(error).toMatchObject({ code, retryable, provider: 'ollama' })
    }
  })
})

describe('raw prompts', () => {
  test('go to their own path, without a template', async () => {
    const server = simulate('ollama', { reasoning: 'hm', text: 'four five', usage: null })
    const llm = new OllamaLLM({ model: 'llama3.1', fetch: server, env: {} })
    for (const stream of [true, false]) {
      const request = { prompt: '<|im_start|>user', maxTokens: 5 }
      const result = stream
        ? await llm.chatWithRawPrompt({ ...request, stream }).result()
        : await llm.chatWithRawPrompt(request)
      expect(result).toMatchObject({ text: 'four five', reasoning: 'hm', finishReason: 'stop' })
      expect(server.requests.at(-1)).toMatchObject({
        url: 'http://localhost:11434/api/generate',
        body: { prompt: '<|im_start|>user', raw: true, stream, options: { num_predict: 5 } },
      })
    }
  })

  test('know no tools', async () => {
    const { llm, fetch } = create()
    await expect(llm.chatWithRawPrompt({ prompt: 'x', tools: [TOOL] })).rejects.toMatchObject({
      code: 'unsupported_option',
    })
    expect(fetch.requests).toHaveLength(0)
  })
})

describe('refusals that say too little', () => {
  test('a foreign origin gets a hint at OLLAMA_ORIGINS', async () => {
    const error = await failure(() => create({}, { body: '', status: 403 }).llm.chat('Hi'))
    expect(error).toMatchObject({ code: 'permission', status: 403, retryable: false })
    expect(error.message).toContain('OLLAMA_ORIGINS')
  })

  test('an empty one in a line is none', async () => {
    const lines = [
      { message: { content: 'Hi' }, error: '', done: false },
      { done: true, done_reason: 'stop' },
    ]
    const body = lines.map((line) => `${JSON.stringify(line)}\n`).join('')
    const { llm } = create({}, { body })
    expect((await llm.chat({ prompt: 'x', stream: true }).result()).text).toBe('Hi')
  })

  test('words of a 403 are left alone', async () => {
    const body = { error: 'ollama cloud is disabled' }
    const error = await failure(() => create({}, jsonAnswer(body, 403)).llm.chat('Hi'))
    expect(error).toMatchObject({ code: 'permission', message: 'ollama cloud is disabled' })
  })

  test.each([
    [404, { error: "model 'x' not found" }, 'model_not_found', /pull\(\)/],
    [
      401,
      { error: 'unauthorized', signin_url: 'https://ollama.com/?key=abc' },
      'authentication',
      /signin/,
    ],
    [400, { error: '"x" does not support tools' }, 'bad_request', /does not support tools/],
    [429, { error: 'you have reached your limit' }, 'rate_limit', /limit/],
    [503, { error: 'server busy' }, 'overloaded', /busy/],
  ] as const)('%i', async (status, body, code, words) => {
    const error = await failure(() => create({}, jsonAnswer(body, status)).llm.chat('Hi'))
    expect(error).toBeInstanceOf(ServiceError)
    expect(error).toMatchObject({ code, status })
    expect(error.message).toMatch(words)
    expect(error.message).not.toContain('key=')
  })

  test('a body that may be too large is not sent again', async () => {
    const reset = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })
    const fetch = () => Promise.reject(new TypeError('fetch failed', { cause: reset }))
    const content = 'x'.repeat(1_000_001)
    const error = await failure(() => create({ fetch }).llm.chat(content))
    expect(error).toMatchObject({ code: 'connection_failed', retryable: false })
    expect(error.message).toMatch(/while sending 1\.0 MB.*\. Is Ollama running there/)
  })

  test('a server that cannot be reached: is it running, and does it know this page?', async () => {
    const refuse = async () => {
      throw new TypeError('Failed to fetch')
    }
    const messageOf = async (config: Partial<ModelConfig> = {}) => {
      const error = await failure(() => create({ fetch: refuse, ...config }).llm.chat('Hi'))
      expect(error).toMatchObject({ code: 'connection_failed', retryable: true })
      expect(error.cause).toBeInstanceOf(TypeError)
      return error.message
    }
    expect(await messageOf()).toMatch(/localhost:11434.*`ollama serve`\)\?$/)
    vi.stubGlobal('location', { origin: 'https://app.example', href: 'https://app.example/' })
    expect(await messageOf()).toMatch(/with https:\/\/app\.example in its OLLAMA_ORIGINS/)
    const cloud = await messageOf({ baseURL: 'https://ollama.com', apiKey: 'k' })
    expect(cloud).not.toMatch(/ollama serve/)
  })
})

describe('listModels()', () => {
  test('lists the models of the server', async () => {
    const server = simulate('ollama', 'x', { models: ['llama3.1', 'llama3.2'] })
    const llm = new OllamaLLM({ model: 'any', fetch: server, env: {} })
    expect(await llm.listModels()).toEqual(
      ['llama3.1', 'llama3.2'].map((name) => ({
        name,
        size: 3_000_000,
        family: 'simulated',
        parameterSize: '8B',
        quantization: 'Q4_K_M',
        capabilities: ['completion', 'tools', 'vision', 'thinking'],
      })),
    )
    expect(server.requests[0]).toMatchObject({
      method: 'GET',
      url: 'http://localhost:11434/api/tags',
    })
  })

  test('of an older server, and of one that has none, also in the cloud without a key', async () => {
    const old = { models: [{ name: 'a', details: { families: null } }] }
    const list = (body: unknown) => (async () => Response.json(body)) as ModelConfig['fetch']
    expect(await create({ fetch: list(old) }).llm.listModels()).toEqual([{ name: 'a' }])
    const cloud = { baseURL: 'https://ollama.com', fetch: list({ models: null }) }
    expect(await create(cloud).llm.listModels()).toEqual([])
  })

  test.each([
    ['unexpected_response', '<html>Log in</html>', 200],
    ['bad_frame', '{"models":7}', 200],
    ['permission', '', 403],
  ])('%s', async (code, body, status) => {
    const fetch = async () => new Response(body, { status })
    const error = await failure(() => create({ fetch }).llm.listModels())
    expect(error).toMatchObject({ code, provider: 'ollama' })
  })
})

describe('pull()', () => {
  const STEPS = [
    { status: 'pulling manifest' },
    { status: 'pulling 8eeb', digest: 'sha256:8eeb', total: 30 },
    { status: 'pulling 8eeb', digest: 'sha256:8eeb', total: 30, completed: 30 },
    { status: 'success' },
  ]

  test('reports its progress', async () => {
    const { llm, fetch } = create({}, lines(...STEPS))
    const told: PullProgress[] = []
    await llm.pull({ onProgress: (progress) => told.push(progress) })
    expect(told).toEqual(STEPS)
    expect(fetch.requests[0]).toMatchObject({
      url: 'http://localhost:11434/api/pull',
      body: { model: 'llama3.1', stream: true },
    })
  })

  test('gets a model that was not there', async () => {
    const server = simulate('ollama', 'x', { models: [] })
    const llm = new OllamaLLM({ model: 'llama3.1', fetch: server, env: {}, maxRetries: 0 })
    await expect(llm.chat('Hi')).rejects.toMatchObject({ code: 'model_not_found' })
    await llm.pull()
  })

  test.each([
    ['stream_truncated', STEPS.slice(0, 3)],
    ['model_not_found', [STEPS[0]!, { error: 'pull model manifest: file does not exist' }]],
    ['server_error', [STEPS[0]!, { error: 'write: no space left on device' }]],
    ['unexpected_response', []],
  ])('%s', async (code, steps) => {
    const error = await failure(() => create({}, lines(...steps)).llm.pull())
    expect(error).toMatchObject({ code, provider: 'ollama' })
  })

  test('ends with the reason of the caller, and leaves the server', async () => {
    const server = simulate('ollama', { text: 'x', fault: { kind: 'stall', after: 3 } })
    const llm = new OllamaLLM({ model: 'llama3.1', fetch: server, env: {} })
    const controller = new AbortController()
    const reason = new Error('Enough')
    let steps = 0
    const onProgress = () => {
      if (++steps === 3) controller.abort(reason)
    }
    expect(await failure(() => llm.pull({ onProgress, signal: controller.signal }))).toBe(reason)
    expect(server.requests[0]!.cancelled).toBe(true)
  })

  test('a listener that throws ends it', async () => {
    const { llm, fetch } = create({}, lines(...STEPS))
    const broken = new Error('The page is gone')
    const onProgress = () => {
      throw broken
    }
    expect(await failure(() => llm.pull({ onProgress }))).toBe(broken)
    expect(fetch.cancelled).toBe(1)
  })

  test('shows no key', async () => {
    const body = { error: 'no such key sk-secret' }
    const error = await failure(() =>
      create({ apiKey: 'sk-secret' }, jsonAnswer(body, 401)).llm.pull(),
    )
    expect(error.code).toBe('authentication')
    expect(error.message).not.toContain('sk-secret')
  })
})

describe('ends that public reports describe', () => {
  const call = { function: { name: 'f', arguments: { a: 1 } } }
  const read = (...all: object[]) =>
    create({}, lines(...all))
      .llm.chat({ prompt: 'Hi', tools: [TOOL], stream: true })
      .result()

  test('tool calls in the last line', async () => {
    expect(await read({ ...DONE, message: { content: '', tool_calls: [call] } })).toMatchObject({
      finishReason: 'tool_calls',
      toolCalls: [{ name: 'f', arguments: { a: 1 } }],
    })
  })

  test('tool calls in a line before the last', async () => {
    const first = { model: 'm', message: { content: '', tool_calls: [call] }, done: false }
    expect(await read(first, { ...DONE, message: { content: '' } })).toMatchObject({
      finishReason: 'tool_calls',
      toolCalls: [{ name: 'f' }],
    })
  })

  test('a reason without `done`', async () => {
    const last = { model: 'm', message: { content: '' }, done_reason: 'stop' }
    expect(await read({ model: 'm', message: { content: 'Hi' }, done: false }, last)).toMatchObject(
      {
        text: 'Hi',
        finishReason: 'stop',
      },
    )
  })

  test('`done` twice, with text between', async () => {
    const text = { model: 'm', message: { content: 'It is 4.' }, done: false }
    expect(await read({ ...DONE, message: { content: 'Well. ' } }, text, DONE)).toMatchObject({
      text: 'Well. It is 4.',
      finishReason: 'stop',
    })
  })
})
