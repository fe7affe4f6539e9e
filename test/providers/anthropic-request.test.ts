import { afterEach, describe, expect, test, vi } from 'vitest'
import type { Message } from '../../src/message.ts'
import type { ChatRequest, ModelConfig } from '../../src/options.ts'
import { AnthropicLLM } from '../../src/providers/anthropic.ts'
import { simulate } from '../../src/testing.ts'

const WEATHER = {
  type: 'function' as const,
  function: { name: 'weather', parameters: { properties: { city: { type: 'string' } } } },
}
const user = (content: string): Message => ({ role: 'user', content })
const OLD = 'claude-haiku-4-5'
const NEW = 'claude-opus-4-8'

function create(config: Partial<ModelConfig> = {}) {
  // As strict as the vendor: whatever it would refuse fails the test.
  const fetch = simulate('anthropic', 'ok')
  const settings = { model: 'claude-sonnet-4-6', apiKey: 'sk-ant-key', env: {}, maxRetries: 0 }
  return { llm: new AnthropicLLM({ ...settings, fetch, ...config }), fetch }
}

async function bodyOf(request: ChatRequest, config: Partial<ModelConfig> = {}) {
  const { llm, fetch } = create(config)
  await llm.chat({ ...(request.messages ? {} : { prompt: 'Hi' }), ...request, stream: false })
  const { model: _model, messages, ...body } = fetch.requests[0]!.body
  return request.messages ? { messages, ...body } : body
}

const turnsOf = async (messages: Message[], more: ChatRequest = {}) =>
  (await bodyOf({ messages, ...more })).messages

function refused(request: ChatRequest, words: RegExp, config: Partial<ModelConfig> = {}) {
  const { llm, fetch } = create(config)
  const whole = {
    ...(request.messages ? {} : { prompt: 'Hi' }),
    ...request,
    stream: false as const,
  }
  return expect(llm.chat(whole))
    .rejects.toMatchObject({
      name: 'ConfigError',
      message: expect.stringMatching(words),
    })
    .then(() => expect(fetch.requests).toEqual([]))
}

describe('the address, the key and the headers', () => {
  afterEach(() => void vi.unstubAllGlobals())

  test('a page sends the direct-access header to the vendor, and not to its own relay', async () => {
    vi.stubGlobal('location', { origin: 'https://app.test', href: 'https://app.test/chat' })
    const sent = async (config: Partial<ModelConfig>) => {
      const { llm, fetch } = create({ dangerouslyAllowBrowser: true, ...config })
      await llm.chat('Hi')
      return fetch.requests[0]!.headers['anthropic-dangerous-direct-browser-access']
    }
    expect(await sent({})).toBe('true')
    expect(await sent({ baseURL: 'https://app.test/relay/anthropic' })).toBeUndefined()
  })

  const OWN = 'https://api.anthropic.com/v1/messages'

  test.each([
    [undefined, OWN],
    ['https://api.anthropic.com', OWN],
    ['https://api.anthropic.com/', OWN],
    ['https://api.anthropic.com/v1', OWN],
    ['https://api.anthropic.com/v1/', OWN],
    [OWN, OWN],
    ['http://proxy/relay/anthropic', 'http://proxy/relay/anthropic/v1/messages'],
    ['http://proxy/api/anthropic/v1?a=b', 'http://proxy/api/anthropic/v1/messages?a=b'],
  ])('%s', async (baseURL, url) => {
    const { llm, fetch } = create({ baseURL })
    await llm.chat('Hi')
    expect(fetch.requests[0]!.url).toBe(url)
    const { accept: _accept, ...headers } = fetch.requests[0]!.headers
    expect(headers).toEqual({
      'x-api-key': 'sk-ant-key',
      'anthropic-version': '2023-06-01',
      'content-type': 'application/json',
    })
  })

  test('the variables name the key and the address', async () => {
    const env = { ANTHROPIC_API_KEY: 'sk-ant-env', ANTHROPIC_BASE_URL: 'http://gate' }
    const { llm, fetch } = create({ apiKey: undefined, env })
    await llm.chat('Hi')
    const { url, headers } = fetch.requests[0]!
    expect([url, headers['x-api-key']]).toEqual(['http://gate/v1/messages', 'sk-ant-env'])
  })

  test('a login token goes where tokens go', async () => {
    const { llm, fetch } = create({ apiKey: 'sk-ant-oat01-x' })
    await llm.chat('Hi')
    const { headers } = fetch.requests[0]!
    expect([headers.authorization, headers['x-api-key']]).toEqual([
      'Bearer sk-ant-oat01-x',
      undefined,
    ])
  })

  test('a missing key names its variable', async () => {
    const { llm } = create({ apiKey: undefined })
    await expect(llm.chat('Hi')).rejects.toMatchObject({
      code: 'missing_api_key',
      message: expect.stringContaining('ANTHROPIC_API_KEY'),
    })
  })

  test('feature flags of config, call and content go together', async () => {
    const { llm, fetch } = create({ headers: { 'Anthropic-Beta': 'a,b' } })
    const file = { type: 'file' as const, file: { file_id: 'file_1' } }
    await llm.chat({
      messages: [{ role: 'user', content: [file] }],
      headers: { 'anthropic-beta': 'b, c' },
    })
    expect(fetch.requests[0]!.headers['anthropic-beta']).toBe('a,b,c,files-api-2025-04-14')
  })
})

describe('messages', () => {
  test('instructions stand apart, developers are heard, and same roles are one turn', async () => {
    const body = await bodyOf({
      messages: [
        { role: 'system', content: 'One' },
        user('Hi'),
        { role: 'developer', content: 'Two' },
        user('there'),
        { role: 'assistant', content: '' },
        user('   '),
      ],
    })
    expect(body.system).toBe('One\n\nTwo')
    expect(body.messages).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Hi' },
          { type: 'text', text: 'there' },
        ],
      },
    ])
  })

  test('marks for the cache stay where they are', async () => {
    const cache_control = { type: 'ephemeral' }
    const part = { type: 'text', text: 'Long', cache_control }
    const { system, messages } = await bodyOf({
      messages: [
        { role: 'system', content: [part] } as unknown as Message,
        { role: 'user', content: 'Hi', cache_control } as unknown as Message,
      ],
    })
    expect(system).toEqual([part])
    expect(messages[0].content).toEqual([{ type: 'text', text: 'Hi', cache_control }])
  })

  test('parallel calls are answered in one turn, answers first', async () => {
    const call = (id: string, text: string) => ({
      id,
      type: 'function' as const,
      function: { name: 'weather', arguments: text },
    })
    const turns = await turnsOf(
      [
        user('weather?'),
        {
          role: 'assistant',
          content: null,
          reasoning_content: 'of another vendor',
          tool_calls: [call('functions.weather:0', '{"city":"Rome"}'), call('b', '{"city')],
        },
        { role: 'tool', tool_call_id: 'functions.weather:0', content: '21 °C' },
        { role: 'tool', tool_call_id: 'b', content: '', is_error: true } as Message,
        user('Well?'),
      ],
      { tools: [WEATHER] },
    )
    expect(turns.slice(1)).toEqual([
      {
        role: 'assistant',
        content: [
          { type: 'tool_use', id: 'functions_weather_0', name: 'weather', input: { city: 'Rome' } },
          { type: 'tool_use', id: 'b', name: 'weather', input: { INVALID_JSON: '{"city' } },
        ],
      },
      {
        role: 'user',
        content: [
          {
            type: 'tool_result',
            tool_use_id: 'functions_weather_0',
            content: [{ type: 'text', text: '21 °C' }],
          },
          { type: 'tool_result', tool_use_id: 'b', is_error: true },
          { type: 'text', text: 'Well?' },
        ],
      },
    ])
  })

  test('a history with calls names its tools where the request has none', async () => {
    const { tools, tool_choice } = await bodyOf({
      messages: [
        user('weather?'),
        {
          role: 'assistant',
          tool_calls: [{ id: 'a', type: 'function', function: { name: 'weather', arguments: '' } }],
        },
        { role: 'tool', tool_call_id: 'a', content: 'Sunny' },
      ],
    })
    expect(tools).toEqual([{ name: 'weather', input_schema: { type: 'object' } }])
    expect(tool_choice).toEqual({ type: 'none' })
  })

  test('a call without its answer is refused here, by its id', async () => {
    const function_ = { name: 'weather', arguments: '{}' }
    const messages: Message[] = [
      user('weather?'),
      { role: 'assistant', tool_calls: [{ id: 'a1', type: 'function', function: function_ }] },
      user('Well?'),
    ]
    await refused({ messages, tools: [WEATHER] }, /a1 have no result/)
    await refused({ messages: [{ role: 'system', content: 'Be nice' }] }, /user message/)
  })

  test('the start of an answer loses the blanks at its end', async () => {
    const turns = await bodyOf(
      { messages: [user('Hi'), { role: 'assistant', content: 'Well, \n' }] },
      { model: OLD },
    )
    expect(turns.messages[1].content).toEqual([{ type: 'text', text: 'Well,' }])
  })

  test('pictures and documents, by URL and as data', async () => {
    const [turn] = await turnsOf([
      {
        role: 'user',
        content: [
          { type: 'image_url', image_url: { url: 'https://a.test/b.png', detail: 'low' } },
          { type: 'image_url', image_url: { url: 'data:image/jpg;base64,QUJD' } },
          { type: 'file', file: { file_data: 'data:application/pdf;base64,QUJD', filename: 'a' } },
          { type: 'file', file: { file_data: 'data:text/markdown,%E4%B8%96' } },
          { type: 'file', file: { file_data: 'data:image/png;base64,QUJD' } },
          { type: 'file', file: { file_url: 'https://a.test/b.pdf' } },
        ],
      },
    ])
    expect(turn.content).toEqual([
      { type: 'image', source: { type: 'url', url: 'https://a.test/b.png' } },
      { type: 'image', source: { type: 'base64', media_type: 'image/jpeg', data: 'QUJD' } },
      {
        type: 'document',
        source: { type: 'base64', media_type: 'application/pdf', data: 'QUJD' },
        title: 'a',
      },
      { type: 'document', source: { type: 'text', media_type: 'text/plain', data: '世' } },
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'QUJD' } },
      { type: 'document', source: { type: 'url', url: 'https://a.test/b.pdf' } },
    ])
  })

  test.each([
    [{ type: 'input_audio', input_audio: { data: 'QUJD', format: 'wav' } }, /input_audio/],
    [{ type: 'video_url', video_url: { url: 'https://a.test/b.mp4' } }, /video_url/],
    [{ type: 'image_url', image_url: { url: 'data:image/svg+xml,<svg/>' } }, /image\/svg\+xml/],
    [{ type: 'image_url', image_url: { url: 'blob:x' } }, /neither/],
    [{ type: 'file', file: { file_data: 'data:application/zip;base64,QUJD' } }, /application\/zip/],
    [{ type: 'file', file: { file_data: 'data:text/plain;base64,%%%' } }, /not base64/],
    [{ type: 'file', file: { filename: 'a' } }, /file_data/],
  ] as const)('%j is refused', async (part, words) => {
    await refused({ messages: [{ role: 'user', content: [part] }] }, words)
  })
})

describe('options', () => {
  test('each has its own name', async () => {
    const request = { temperature: 0.5, topK: 9, maxTokens: 99, stop: ['\n', 'END'], user: 'u1' }
    expect(await bodyOf(request)).toEqual({
      temperature: 0.5,
      top_k: 9,
      max_tokens: 99,
      stop_sequences: ['END'],
      metadata: { user_id: 'u1' },
    })
    // Values that ask for nothing are no options: clients send them by default.
    const neutral = { presencePenalty: 0, frequencyPenalty: 0, repetitionPenalty: 1, topP: 1 }
    expect(await bodyOf({ temperature: 0.1, maxTokens: 9, ...neutral })).toEqual({
      temperature: 0.1,
      max_tokens: 9,
    })
    expect(await bodyOf({ topP: 0.9, extraBody: { service_tier: 'auto', max_tokens: 7 } })).toEqual(
      {
        top_p: 0.9,
        service_tier: 'auto',
        max_tokens: 7,
      },
    )
  })

  test.each([
    ['claude-3-opus-20240229', 4096],
    ['claude-3-5-sonnet-20241022', 8192],
    ['claude-sonnet-4-20250514', 20_000],
    ['claude-fable-5', 20_000],
    ['glm-4.7', 8192],
  ])('%s answers with %i tokens at most by default', async (model, tokens) => {
    expect(await bodyOf({}, { model })).toEqual({ max_tokens: tokens })
  })

  test('long answers are streamed, and collected', async () => {
    const { llm, fetch } = create()
    expect((await llm.chat({ prompt: 'Hi', maxTokens: 21_334 })).text).toBe('ok')
    expect(fetch.requests[0]!.body.stream).toBe(true)
    expect(await bodyOf({ maxTokens: 21_333 })).not.toHaveProperty('stream')
  })

  test.each([
    [{ seed: 1 }, /`seed`/],
    [{ presencePenalty: 0.5 }, /`presencePenalty`/],
    [{ frequencyPenalty: 1 }, /`frequencyPenalty`/],
    [{ repetitionPenalty: 1.1 }, /`repetitionPenalty`/],
    [{ temperature: 1.1 }, /above 1/],
    [{ temperature: 1, topP: 0.9 }, /together/],
    [{ responseFormat: { type: 'json_object' } }, /json_object/],
    [{ toolChoice: 'required' }, /without `tools`/],
  ] satisfies [ChatRequest, RegExp][])('%j is refused', async (request, words) => {
    await refused(request, words)
  })

  test('the newest models take no sampling but its defaults', async () => {
    for (const request of [{ temperature: 0 }, { topP: 0.9 }, { topK: 5 }])
      await refused(request, /claude-opus-4-8/, { model: NEW })
    expect(await bodyOf({ temperature: 1, topP: 1 }, { model: NEW })).toEqual({
      max_tokens: 20_000,
    })
  })

  test('tools, with the members that only this vendor knows', async () => {
    const own = { type: 'code_execution_20250825', name: 'code_execution' }
    const strict = {
      ...WEATHER,
      function: { ...WEATHER.function, strict: true },
      defer_loading: true,
    }
    const body = await bodyOf({ tools: [strict, own], search: { max_uses: 2 } })
    expect(body.tools).toEqual([
      {
        name: 'weather',
        input_schema: {
          type: 'object',
          properties: { city: { type: 'string' } },
          additionalProperties: false,
        },
        strict: true,
        defer_loading: true,
      },
      own,
      { type: 'web_search_20250305', name: 'web_search', max_uses: 2 },
    ])
    expect(body.tool_choice).toBeUndefined()
    const parameters = { type: 'object', additionalProperties: { type: 'string' } }
    const record = { ...strict, function: { ...strict.function, parameters } }
    await expect(bodyOf({ tools: [record] })).rejects.toMatchObject({
      code: 'unsupported_option',
      message: expect.stringContaining('strict tool') as string,
    })
  })

  test.each([
    [{ toolChoice: 'auto' }, { type: 'auto' }],
    [{ toolChoice: 'required', parallelToolCalls: true }, { type: 'any' }],
    [{ parallelToolCalls: false }, { type: 'auto', disable_parallel_tool_use: true }],
    [{ toolChoice: 'none', parallelToolCalls: false }, { type: 'none' }],
    [
      { toolChoice: { type: 'function', function: { name: 'weather' } }, parallelToolCalls: false },
      { type: 'tool', name: 'weather', disable_parallel_tool_use: true },
    ],
  ] satisfies [ChatRequest, object][])('%j', async (request, choice) => {
    expect((await bodyOf({ ...request, tools: [WEATHER] })).tool_choice).toEqual(choice)
    expect((await bodyOf({ parallelToolCalls: false })).tool_choice).toBeUndefined()
  })

  test('a schema is closed, and unsupported keywords go into descriptions', async () => {
    const schema = {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      properties: {
        minimum: { type: 'number', minimum: 1, description: 'The least' },
        list: { type: 'array', items: { type: 'object', properties: {} }, minItems: 2 },
        either: { oneOf: [{ type: 'string', maxLength: 3 }, { type: 'null' }] },
      },
    }
    const before = structuredClone(schema)
    const responseFormat = { type: 'json_schema' as const, json_schema: { name: 'x', schema } }
    const { output_config } = await bodyOf({ responseFormat, reasoning: { effort: 'low' } })
    expect(output_config).toEqual({
      effort: 'low',
      format: {
        type: 'json_schema',
        schema: {
          type: 'object',
          properties: {
            minimum: { type: 'number', description: 'The least\n{"minimum":1}' },
            list: {
              type: 'array',
              items: { type: 'object', properties: {}, additionalProperties: false },
              description: '{"minItems":2}',
            },
            either: {
              anyOf: [{ type: 'string', description: '{"maxLength":3}' }, { type: 'null' }],
            },
          },
          additionalProperties: false,
        },
      },
    })
    expect(schema).toEqual(before)
    await refused({ responseFormat }, /json_schema/, { model: 'claude-3-7-sonnet-latest' })
  })

  const text = { type: 'string' }
  test.each<[string, Record<string, unknown>, RegExp]>([
    ['a record', { type: 'object', additionalProperties: text }, /the root is an open object/],
    [
      'an open object inside',
      { type: 'object', properties: { a: { type: 'object' } } },
      /a is an open object/,
    ],
    ['recursion', { type: 'object', properties: { a: { $ref: '#' } } }, /refers to itself/],
    [
      'a tuple',
      { type: 'object', properties: { a: { type: 'array', prefixItems: [text] } } },
      /a has `prefixItems`/,
    ],
    ['anything', { type: 'object', properties: { a: {} } }, /a has no `type`/],
    ['a negation', { type: 'object', properties: { a: { not: text } } }, /a has `not`/],
    ['a list at the root', { type: 'array', items: text }, /the root must be an object/],
    [
      'a reference that leads nowhere',
      { type: 'object', properties: { a: { $ref: '#/$defs/b' } } },
      /refers to "#\/\$defs\/b", which it does not define/,
    ],
  ])('a schema with %s is refused, not emptied', async (_what, schema, words) => {
    const json_schema = { name: 'x', schema }
    await refused({ responseFormat: { type: 'json_schema', json_schema } }, words)
  })

  test('look-around and unknown formats become part of the description', async () => {
    const a = { ...text, pattern: '^(?=a)', format: 'nanoid' }
    const schema = { type: 'object', properties: { a }, required: ['a'] }
    const json_schema = { name: 'x', schema }
    const { output_config } = await bodyOf({ responseFormat: { type: 'json_schema', json_schema } })
    expect(output_config.format.schema.properties.a).toEqual({
      ...text,
      description: expect.stringMatching(/\(\?=a\).*nanoid|nanoid.*\(\?=a\)/),
    })
  })

  test('says which forms it takes', () => {
    const takes = (model: string) => {
      const { llm } = create({ model })
      return (['json_schema', 'json_object'] as const).map((type) =>
        llm.supportResponseFormat(type),
      )
    }
    expect(takes(OLD)).toEqual([true, false])
    expect(takes('claude-3-5-sonnet-latest')).toEqual([false, false])
    expect(takes('kimi-k2')).toEqual([false, false])
  })
})

describe('thinking', () => {
  const enabled = (budget_tokens: number) => ({ type: 'enabled', budget_tokens })
  const DISABLED = { type: 'disabled' }

  test.each([
    [OLD, true, enabled(10_000), 20_000],
    [OLD, { budget: 2000 }, enabled(2000), 22_000],
    [OLD, { effort: 'low' }, enabled(4000), 20_000],
    [OLD, { effort: 'minimal' }, enabled(1024), 20_000],
    [OLD, { effort: 'none' }, undefined, 20_000],
    [OLD, false, undefined, 20_000],
    ['claude-opus-4-1', { budget: 20_000 }, enabled(20_000), 32_000],
    ['claude-sonnet-4-6', true, { type: 'adaptive' }, 20_000],
    ['claude-sonnet-4-6', { budget: 3000 }, enabled(3000), 23_000],
    [NEW, true, { type: 'adaptive', display: 'summarized' }, 20_000],
    [NEW, false, undefined, 20_000],
    ['claude-sonnet-5', false, DISABLED, 20_000],
    ['claude-sonnet-5-5', false, { type: 'between_tools' }, 20_000],
    ['claude-3-5-haiku-latest', false, undefined, 8192],
    ['glm-4.7', false, DISABLED, 8192],
    ['glm-4.7', true, enabled(4096), 8192],
  ] as const)('%s with %j', async (model, reasoning, thinking, max_tokens) => {
    // A long answer is streamed; other tests cover the rest.
    const { stream: _stream, ...body } = await bodyOf({ reasoning }, { model })
    expect(body).toEqual({ max_tokens, ...(thinking && { thinking }) })
  })

  test('an effort goes with the newer models', async () => {
    const body = await bodyOf({ reasoning: { effort: 'xhigh' } }, { model: NEW })
    expect(body.output_config).toEqual({ effort: 'xhigh' })
    expect(body.thinking).toEqual({ type: 'adaptive', display: 'summarized' })
  })

  test.each([
    ['claude-opus-4-6', { reasoning: { effort: 'xhigh' } }, /"xhigh"/],
    ['claude-opus-4-6', { reasoning: { effort: 'constructor' } }, /"constructor"/],
    [OLD, { reasoning: { effort: 'max' } }, /"max"/],
    [OLD, { reasoning: { effort: 'low', budget: 2000 } }, /together/],
    [OLD, { reasoning: { budget: 1000 } }, /1024 or more/],
    [OLD, { reasoning: { budget: 2000 }, maxTokens: 2000 }, /less than `maxTokens`, here 2000/],
    [OLD, { reasoning: true, maxTokens: 1000 }, /1024 or more/],
    [OLD, { reasoning: true, temperature: 0 }, /`temperature` along with/],
    [OLD, { reasoning: true, topK: 5 }, /`topK` along with/],
    [OLD, { reasoning: true, tools: [WEATHER], toolChoice: 'required' }, /forces a call/],
    [NEW, { reasoning: { budget: 2000 } }, /requires `reasoning.effort`/],
    ['claude-3-5-haiku-latest', { reasoning: true }, /`reasoning` with/],
    ['claude-fable-5', { reasoning: false }, /switched off/],
    ['claude-opus-5-5', { reasoning: false }, /switched off/],
  ] satisfies [string, ChatRequest, RegExp][])(
    '%s with %j is refused',
    async (model, request, words) => {
      await refused(request, words, { model })
    },
  )
})

test('a tool loop with thinking is what the vendor accepts, streamed and not', async () => {
  for (const stream of [true, false]) {
    const fetch = simulate('anthropic', [
      {
        reasoning: 'I need the weather.',
        text: 'Let me see.',
        toolCalls: [
          { id: 'toolu_a', name: 'weather', arguments: { city: 'Rome' } },
          { id: 'toolu_b', name: 'weather', arguments: {} },
        ],
      },
      { reasoning: 'Well.', text: 'Sunny.' },
    ])
    const settings = { model: 'claude-opus-4-8', apiKey: 'k', fetch, maxRetries: 0 }
    const llm = new AnthropicLLM(settings)
    const options = { tools: [WEATHER], reasoning: true as const }
    const ask = (messages: Message[]) =>
      stream
        ? llm.chat({ messages, ...options, stream: true }).result()
        : llm.chat({ messages, ...options })
    const first = await ask([user('weather?')])
    expect(first.reasoning).toBe('I need the weather.')
    const answers = first.toolCalls.map(({ id }): Message => ({
      role: 'tool',
      tool_call_id: id,
      content: '21 °C',
    }))
    const second = await ask([user('weather?'), first.message, ...answers])
    expect(second.text).toBe('Sunny.')
    // Later turns, and turns that do not think, can be gone on from as well.
    const third = [user('weather?'), first.message, ...answers, second.message, user('Sure?')]
    expect((await ask(third)).text).toBe('Sunny.')
    expect((await llm.chat({ messages: third, tools: [WEATHER] })).text).toBe('Sunny.')
  }
})
