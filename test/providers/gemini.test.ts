import { describe, expect, test } from 'vitest'
import { getChatModel } from '../../src/builtins.ts'
import type { Message } from '../../src/message.ts'
import type { ChatRequest, ModelConfig } from '../../src/options.ts'
import { GeminiLLM } from '../../src/providers/gemini.ts'
import type { Answer } from './replay.ts'
import { jsonAnswer, replayFetch } from './replay.ts'

const OK = jsonAnswer({
  candidates: [{ content: { parts: [{ text: 'ok' }] }, finishReason: 'STOP' }],
})
const SCHEMA = { type: 'object', properties: { a: { $ref: '#/$defs/x' } }, $defs: { x: {} } }
const TOOLS = [
  { type: 'function' as const, function: { name: 'f', description: 'F', parameters: SCHEMA } },
  { type: 'function' as const, function: { name: 'g', parameters: {} } },
]
const DECLARED = {
  functionDeclarations: [
    { name: 'f', description: 'F', parametersJsonSchema: SCHEMA },
    { name: 'g' },
  ],
}
const JSON_SCHEMA = {
  type: 'json_schema' as const,
  json_schema: { name: 's', schema: { type: 'object' } },
}

function create(config: Partial<ModelConfig> = {}, answers: Answer | Answer[] = OK) {
  const fetch = replayFetch(answers)
  const settings = { model: 'gemini-2.5-flash', apiKey: 'AIza', env: {}, fetch, maxRetries: 0 }
  return { llm: new GeminiLLM({ ...settings, ...config }), fetch }
}

async function bodyOf(request: ChatRequest, model = 'gemini-2.5-flash') {
  const { llm, fetch } = create({ model })
  await llm.chat({ ...(!request.messages && { prompt: 'Hi' }), ...request, stream: false })
  const { contents, ...body } = fetch.requests[0]!.body
  return request.messages ? { contents, ...body } : body
}

const HOST = 'https://generativelanguage.googleapis.com'
const WHOLE = '/v1beta/models/gemini-2.5-flash:generateContent'

describe('the address and the key', () => {
  test.each([
    [undefined, HOST + WHOLE],
    [HOST, HOST + WHOLE],
    [`${HOST}/`, HOST + WHOLE],
    [`${HOST}/v1beta/`, HOST + WHOLE],
    [`${HOST}/v1`, `${HOST}/v1/models/gemini-2.5-flash:generateContent`],
    [`${HOST}/v1beta/models`, HOST + WHOLE],
    [`${HOST}/v1beta/openai/`, HOST + WHOLE],
    [
      `${HOST}/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse`,
      `${HOST}${WHOLE}?alt=sse`,
    ],
    ['http://localhost:8080', `http://localhost:8080${WHOLE}`],
    ['https://app.example/relay/gemini', `https://app.example/relay/gemini${WHOLE}`],
    ['https://proxy/gemini/v1beta?tenant=a#b', `https://proxy/gemini${WHOLE}?tenant=a`],
    [
      'https://aiplatform.googleapis.com/v1beta1/publishers/google',
      'https://aiplatform.googleapis.com/v1beta1/publishers/google/models/gemini-2.5-flash:generateContent',
    ],
  ])('%s', async (baseURL, url) => {
    const { llm, fetch } = create({ baseURL })
    await llm.chat('Hi')
    const { headers } = fetch.requests[0]!
    expect(fetch.requests[0]!.url).toBe(url)
    expect(headers.get('x-goog-api-key')).toBe('AIza')
    expect([...headers.keys()].sort()).toEqual(['accept', 'content-type', 'x-goog-api-key'])
  })

  test('a stream is asked for as server-sent events', async () => {
    const { llm, fetch } = create({ baseURL: 'https://proxy/v1beta?tenant=a' })
    await llm.chat({ prompt: 'Hi', stream: true }).result()
    expect(fetch.requests[0]!.url).toBe(
      'https://proxy/v1beta/models/gemini-2.5-flash:streamGenerateContent?tenant=a&alt=sse',
    )
  })

  test.each([
    ['models/gemini-2.5-flash', 'models/gemini-2.5-flash'],
    ['tunedModels/mine', 'tunedModels/mine'],
    ['gemini x?', 'models/gemini%20x%3F'],
  ])('the model %s', async (model, path) => {
    const { llm, fetch } = create({ model })
    await llm.chat('Hi')
    expect(fetch.requests[0]!.url).toBe(`${HOST}/v1beta/${path}:generateContent`)
  })

  test.each([
    [{ GEMINI_API_KEY: 'a', GOOGLE_API_KEY: 'b' }, 'a'],
    [{ GOOGLE_API_KEY: 'b' }, 'b'],
  ])('%j', async (env, key) => {
    const { llm, fetch } = create({ apiKey: undefined, env })
    await llm.chat('Hi')
    expect(fetch.requests[0]!.headers.get('x-goog-api-key')).toBe(key)
  })

  test("a key is demanded at Google's hosts, and nowhere else", async () => {
    await expect(create({ apiKey: undefined }).llm.chat('Hi')).rejects.toMatchObject({
      code: 'missing_api_key',
      message: expect.stringContaining('GEMINI_API_KEY') as string,
    })
    const away = create({ apiKey: undefined, baseURL: 'http://googleapis.com.example' })
    await away.llm.chat('Hi')
    expect(away.fetch.requests[0]!.headers.has('x-goog-api-key')).toBe(false)
  })

  test('the short form', () => {
    const llm = getChatModel('gemini:gemini-2.5-flash', { apiKey: 'a' })
    expect(llm).toBeInstanceOf(GeminiLLM)
    expect(llm.provider).toBe('gemini')
    expect(new GeminiLLM({ model: 'm' }).provider).toBe('gemini')
  })
})

const config = (members: object) => ({ generationConfig: members })
const thinking = (members: object) => config({ thinkingConfig: members })
const SHOWN = { includeThoughts: true }

describe('options', () => {
  test.each<[ChatRequest, object]>([
    [{}, {}],
    [
      { temperature: 0, topP: 0.9, topK: 40, maxTokens: 9, seed: 5 },
      config({ temperature: 0, topP: 0.9, topK: 40, maxOutputTokens: 9, seed: 5 }),
    ],
    [
      { presencePenalty: 1, frequencyPenalty: -1 },
      config({ presencePenalty: 1, frequencyPenalty: -1 }),
    ],
    [
      { stop: ['A', 'B', 'C', 'D', 'E', 'F'] },
      config({ stopSequences: ['A', 'B', 'C', 'D', 'E'] }),
    ],
    [{ responseFormat: { type: 'text' } }, {}],
    [{ responseFormat: { type: 'json_object' } }, config({ responseMimeType: 'application/json' })],
    [
      { responseFormat: JSON_SCHEMA },
      config({ responseMimeType: 'application/json', responseJsonSchema: { type: 'object' } }),
    ],
    [{ tools: TOOLS }, { tools: [DECLARED] }],
    [{ tools: TOOLS, toolChoice: 'auto', parallelToolCalls: true }, { tools: [DECLARED] }],
    [
      { tools: TOOLS, toolChoice: 'none' },
      { tools: [DECLARED], toolConfig: { functionCallingConfig: { mode: 'NONE' } } },
    ],
    [
      { tools: TOOLS, toolChoice: 'required' },
      { tools: [DECLARED], toolConfig: { functionCallingConfig: { mode: 'ANY' } } },
    ],
    [
      { tools: TOOLS, toolChoice: { type: 'function', function: { name: 'g' } } },
      {
        tools: [DECLARED],
        toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['g'] } },
      },
    ],
    [
      { tools: [{ type: 'function', function: { name: 'h', strict: true } }] },
      {
        tools: [{ functionDeclarations: [{ name: 'h' }] }],
        toolConfig: { functionCallingConfig: { mode: 'VALIDATED' } },
      },
    ],
    [{ tools: [], toolChoice: 'auto', parallelToolCalls: false }, {}],
    [{ search: true }, { tools: [{ googleSearch: {} }] }],
    [
      { search: { excludeDomains: ['a'] } },
      { tools: [{ googleSearch: { excludeDomains: ['a'] } }] },
    ],
    [{ search: false }, {}],
    [
      { tools: [{ type: 'codeExecution' }, { type: 'fileSearch', fileSearch: { stores: ['a'] } }] },
      { tools: [{ codeExecution: {} }, { fileSearch: { stores: ['a'] } }] },
    ],
    [
      {
        temperature: 1,
        extraBody: { generationConfig: { topK: 3 }, safetySettings: [], cachedContent: 'c' },
      },
      { ...config({ temperature: 1, topK: 3 }), safetySettings: [], cachedContent: 'c' },
    ],
    [
      { tools: TOOLS, toolChoice: 'none', extraBody: { toolConfig: { retrievalConfig: {} } } },
      {
        tools: [DECLARED],
        toolConfig: { functionCallingConfig: { mode: 'NONE' }, retrievalConfig: {} },
      },
    ],
  ])('%j', async (request, body) => {
    expect(await bodyOf(request)).toEqual(body)
  })

  test.each<[string, ChatRequest['reasoning'], object]>([
    ['gemini-2.5-flash', true, thinking({ ...SHOWN, thinkingBudget: -1 })],
    ['gemini-2.5-flash', false, thinking({ thinkingBudget: 0 })],
    ['gemini-2.5-flash', { effort: 'none' }, thinking({ thinkingBudget: 0 })],
    ['gemini-2.5-flash', { budget: 0 }, thinking({ thinkingBudget: 0 })],
    ['gemini-2.5-pro', { budget: 512 }, thinking({ ...SHOWN, thinkingBudget: 512 })],
    ['gemini-2.5-pro', { effort: 'low' }, thinking({ ...SHOWN, thinkingBudget: 1024 })],
    ['models/gemini-2.5-pro', { effort: 'high' }, thinking({ ...SHOWN, thinkingBudget: 24_576 })],
    ['gemini-3-pro-preview', true, thinking(SHOWN)],
    ['gemini-3.1-pro-preview', { effort: 'low' }, thinking({ ...SHOWN, thinkingLevel: 'LOW' })],
    [
      'gemini-3-flash-preview',
      { effort: 'minimal' },
      thinking({ ...SHOWN, thinkingLevel: 'MINIMAL' }),
    ],
    ['gemini-3-flash-preview', { budget: 99 }, thinking({ ...SHOWN, thinkingBudget: 99 })],
    ['gemini-flash-latest', { effort: 'high' }, thinking({ ...SHOWN, thinkingLevel: 'HIGH' })],
    ['gemini-2.0-flash', false, {}],
  ])('%s thinks by %j', async (model, reasoning, body) => {
    expect(await bodyOf({ reasoning }, model)).toEqual(body)
  })

  test('from generation 3 on functions go together with search and with JSON', async () => {
    const request = { tools: TOOLS, search: true, responseFormat: JSON_SCHEMA }
    expect(await bodyOf(request, 'gemini-3-flash-preview')).toEqual({
      tools: [{ googleSearch: {} }, DECLARED],
      toolConfig: { includeServerSideToolInvocations: true },
      ...config({ responseMimeType: 'application/json', responseJsonSchema: { type: 'object' } }),
    })
  })

  test.each<[ChatRequest, string?]>([
    [{ repetitionPenalty: 1.1 }],
    [{ user: 'somebody' }],
    [{ temperature: 2.1 }],
    [{ toolChoice: 'required' }],
    [{ tools: TOOLS, toolChoice: { type: 'function', function: { name: 'nobody' } } }],
    [{ tools: TOOLS, parallelToolCalls: false }],
    [{ tools: [{ type: 'function', function: { name: '1st' } }] }],
    [{ tools: TOOLS, search: true }],
    [{ tools: [...TOOLS, { type: 'urlContext' }] }],
    [{ tools: TOOLS, responseFormat: { type: 'json_object' } }],
    [{ search: true, responseFormat: JSON_SCHEMA }],
    [{ reasoning: { effort: 'high', budget: 5 } }],
    [{ reasoning: { effort: 'extreme' } }],
    [{ reasoning: false }, 'gemini-2.5-pro'],
    [{ reasoning: false }, 'gemini-3-flash-preview'],
    [{ reasoning: { effort: 'minimal' } }, 'gemini-3-pro-preview'],
    [{ reasoning: true }, 'gemini-2.0-flash'],
  ])('%j is refused', async (request, model) => {
    const { llm, fetch } = create(model ? { model } : {})
    await expect(llm.chat({ prompt: 'Hi', ...request, stream: false })).rejects.toMatchObject({
      name: 'ConfigError',
      code: 'unsupported_option',
    })
    expect(fetch.requests).toHaveLength(0)
  })

  test('declares its output formats', () => {
    const old = create().llm
    expect(old.supportResponseFormat('json_schema')).toBe(true)
    expect(old.supportResponseFormat('json_object', { tools: [] })).toBe(true)
    expect(old.supportResponseFormat('json_schema', { tools: TOOLS })).toBe(false)
    expect(create({ defaults: { search: true } }).llm.supportResponseFormat('json_object')).toBe(
      false,
    )
    const third = create({ model: 'gemini-3-flash-preview' }).llm
    expect(third.supportResponseFormat('json_schema', { tools: TOOLS, search: true })).toBe(true)
  })
})

describe('messages', () => {
  const contentsOf = async (...messages: Message[]) => (await bodyOf({ messages })).contents
  const partsOf = async (content: Extract<Message, { role: 'user' }>['content']) =>
    (await contentsOf({ role: 'user', content }))[0].parts

  test('instructions have a place of their own, and turns alternate', async () => {
    const { systemInstruction, contents } = await bodyOf({
      messages: [
        { role: 'system', content: 'Be short.' },
        { role: 'user', content: 'a' },
        { role: 'user', content: [{ type: 'text', text: 'b' }] },
        { role: 'assistant', content: 'c', reasoning_content: 'hm' },
        { role: 'assistant', content: '' },
        { role: 'developer', content: [{ type: 'text', text: 'Be kind.' }] },
        { role: 'user', content: 'd' },
      ],
    })
    expect(systemInstruction).toEqual({ parts: [{ text: 'Be short.' }, { text: 'Be kind.' }] })
    expect(contents).toEqual([
      { role: 'user', parts: [{ text: 'a' }, { text: 'b' }] },
      { role: 'model', parts: [{ text: 'c' }] },
      { role: 'user', parts: [{ text: 'd' }] },
    ])
  })

  test('media go inline from data URLs, and as files from addresses', async () => {
    const parts = await partsOf([
      { type: 'text', text: '' },
      { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==', detail: 'high' } },
      { type: 'image_url', image_url: { url: 'https://a.test/b.JPG?c=d.png' } },
      {
        type: 'video_url',
        video_url: { url: 'https://youtu.be/x' },
        videoMetadata: { fps: 2 },
      } as never,
      { type: 'input_audio', input_audio: { data: 'AA==', format: 'mp3' } },
      { type: 'input_audio', input_audio: { data: 'https://a.test/b.wav', format: 'wav' } },
      { type: 'file', file: { file_data: 'data:application/pdf;base64,AA==', filename: 'a.pdf' } },
      { type: 'file', file: { file_url: 'gs://a/b.pdf' } },
      { type: 'file', file: { file_id: `${HOST}/v1beta/files/abc` } },
    ])
    expect(parts).toEqual([
      { inlineData: { mimeType: 'image/png', data: 'AA==' } },
      { fileData: { mimeType: 'image/jpeg', fileUri: 'https://a.test/b.JPG?c=d.png' } },
      { fileData: { fileUri: 'https://youtu.be/x' }, videoMetadata: { fps: 2 } },
      { inlineData: { mimeType: 'audio/mp3', data: 'AA==' } },
      { fileData: { mimeType: 'audio/wav', fileUri: 'https://a.test/b.wav' } },
      { inlineData: { mimeType: 'application/pdf', data: 'AA==' } },
      { fileData: { mimeType: 'application/pdf', fileUri: 'gs://a/b.pdf' } },
      { fileData: { fileUri: `${HOST}/v1beta/files/abc` } },
    ])
  })

  const image = { type: 'image_url' as const, image_url: { url: 'data:image/png;base64,AA==' } }
  test.each<Message[]>([
    [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'blob:https://a/b' } }] }],
    [{ role: 'user', content: [{ type: 'file', file: { file_id: 'file-1' } }] }],
    [
      { role: 'system', content: [image] as never },
      { role: 'user', content: 'x' },
    ],
    [
      { role: 'user', content: 'x' },
      { role: 'assistant', content: [image] as never },
    ],
  ])('%j cannot be sent', async (...messages) => {
    const { llm, fetch } = create()
    await expect(llm.chat({ messages })).rejects.toMatchObject({ code: 'unsupported_option' })
    expect(fetch.requests).toHaveLength(0)
  })

  const call = (id: string, name: string, args = '{}') => ({
    id,
    type: 'function' as const,
    function: { name, arguments: args },
  })
  const ask: Message = { role: 'user', content: 'x' }
  const answer = (id: string): Message => ({ role: 'tool', tool_call_id: id, content: `of ${id}` })

  test('tool results go by name, in the order of their calls, before the next message', async () => {
    const contents = await contentsOf(
      ask,
      {
        role: 'assistant',
        content: null,
        tool_calls: [call('a', 'f', '{"n":1}'), call('b', 'f', '')],
      },
      answer('b'),
      { role: 'system', content: 'y' },
      answer('a'),
      { role: 'user', content: 'and?' },
    )
    expect(contents.slice(1)).toEqual([
      {
        role: 'model',
        parts: [
          { functionCall: { name: 'f', args: { n: 1 } } },
          { functionCall: { name: 'f', args: {} } },
        ],
      },
      {
        role: 'user',
        parts: [
          { functionResponse: { name: 'f', response: { result: 'of a' } } },
          { functionResponse: { name: 'f', response: { result: 'of b' } } },
          { text: 'and?' },
        ],
      },
    ])
  })

  test('another model’s arguments that are not an object are wrapped as text', async () => {
    const called: Message = { role: 'assistant', tool_calls: [call('a', 'f', '{"n":')] }
    expect((await contentsOf(ask, called, answer('a')))[1].parts).toEqual([
      { functionCall: { name: 'f', args: { invalid: '{"n":' } } },
    ])
  })

  const called: Message = { role: 'assistant', tool_calls: [call('a', 'f'), call('b', 'g')] }
  test.each<[string, Message[]]>([
    ['of the system alone', [{ role: 'system', content: 'x' }]],
    ['that say nothing', [{ role: 'assistant', content: '' }]],
    ['with an answer that is missing', [ask, called, answer('a')]],
    ['with an answer that comes too late', [ask, called, answer('a'), ask, answer('b')]],
    ['with an answer that comes twice', [ask, called, answer('a'), answer('a'), answer('b')]],
  ])('messages %s are invalid', async (_what, messages) => {
    const { llm, fetch } = create()
    await expect(llm.chat({ messages })).rejects.toMatchObject({
      name: 'ConfigError',
      code: 'invalid_messages',
    })
    expect(fetch.requests).toHaveLength(0)
  })
})

test('a schema as `responseFormat` is adapted to Gemini, or refused with the way out', async () => {
  const json = (schema: Record<string, unknown>): ChatRequest['responseFormat'] => ({
    type: 'json_schema',
    json_schema: { name: 'answer', schema },
  })
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    properties: {
      when: { type: 'string', format: 'email', pattern: '^a' },
      kind: { const: 'once' },
    },
    required: ['when'],
  }
  const before = structuredClone(schema)
  const { generationConfig } = await bodyOf({ prompt: 'Hi', responseFormat: json(schema) })
  const sent = generationConfig.responseJsonSchema
  expect(sent.properties.when).toMatchObject({ type: 'string' })
  expect(sent.properties.when).not.toHaveProperty('pattern')
  expect(sent.properties.when).not.toHaveProperty('format')
  expect(sent.properties.kind).toMatchObject({ type: 'string', enum: ['once'] })
  expect(sent).not.toHaveProperty('$schema')
  expect(schema).toEqual(before)

  const node = {
    type: 'object',
    properties: { next: { $ref: '#/$defs/node' } },
    required: ['next'],
  }
  const recursive = { $defs: { node }, ...node }
  await expect(bodyOf({ prompt: 'Hi', responseFormat: json(recursive) })).rejects.toMatchObject({
    code: 'unsupported_option',
    message: expect.stringMatching(/Gemini does not accept .* use chatObject\(\)/),
  })
})

describe('media in a tool result', () => {
  const toolCall = {
    id: 'a',
    type: 'function' as const,
    function: { name: 'see', arguments: '{}' },
  }
  const ask = async (model: string, url: string) => {
    const fetch = replayFetch(OK)
    const content = [
      { type: 'text' as const, text: 'A dot' },
      { type: 'image_url' as const, image_url: { url } },
    ]
    await new GeminiLLM({ model, apiKey: 'test', fetch }).chat({
      messages: [
        { role: 'user', content: 'Look' },
        { role: 'assistant', content: null, tool_calls: [toolCall] },
        { role: 'tool', tool_call_id: 'a', content },
      ],
    })
    return fetch.requests[0]?.body.contents.at(-1).parts[0].functionResponse
  }
  const [png, gif] = ['png', 'gif'].map((type) => `data:image/${type};base64,AQI=`) as [
    string,
    string,
  ]

  test('is sent to generation 3, described if of another type', async () => {
    expect(await ask('gemini-3-pro-preview', png)).toEqual({
      name: 'see',
      response: { result: 'A dot' },
      parts: [{ inlineData: { mimeType: 'image/png', data: 'AQI=' } }],
    })
    expect(await ask('gemini-3-pro-preview', gif)).toEqual({
      name: 'see',
      response: { result: 'A dot\n[image/gif]' },
    })
  })

  test.each([
    ['gemini-2.5-flash', png],
    ['gemini-3-pro-preview', 'https://files.example/a.png'],
  ])('%s refuses %s', async (model, url) => {
    await expect(ask(model, url)).rejects.toMatchObject({ code: 'unsupported_option' })
  })
})
