import { describe, expect, test } from 'vitest'
import type { Message } from '../../src/message.ts'
import type { ChatRequest } from '../../src/options.ts'
import type { ZhipuConfig } from '../../src/providers/zhipu.ts'
import { ZhipuLLM } from '../../src/providers/zhipu.ts'
import type { Answer } from './replay.ts'
import { jsonAnswer, replayFetch, sseAnswer } from './replay.ts'

const OK = jsonAnswer({ choices: [{ message: { content: 'ok' }, finish_reason: 'stop' }] })
const TOOLS = [{ type: 'function' as const, function: { name: 'f', parameters: {} } }]

/** A tool with a list. */
function withList(list: object) {
  const parameters = { type: 'object', properties: { list } }
  return { type: 'function' as const, function: { name: 'sum', parameters } }
}

function create(config: Partial<ZhipuConfig> = {}, answers: Answer | Answer[] = OK) {
  const fetch = replayFetch(answers)
  const settings = { model: 'glm-4.7', apiKey: 'id.secret', env: {}, fetch, maxRetries: 0 }
  return { llm: new ZhipuLLM({ ...settings, ...config }), fetch }
}

async function bodyOf(request: ChatRequest, config: Partial<ZhipuConfig> = {}) {
  const { llm, fetch } = create(config)
  const whole = { ...(request.messages ? {} : { prompt: 'Hi' }), ...request }
  if (whole.stream) await llm.chat({ ...whole, stream: true }).result()
  else await llm.chat({ ...whole, stream: false })
  const { model: _model, messages, ...body } = fetch.requests[0]!.body
  return request.messages ? messages : body
}

const CHINA = 'https://open.bigmodel.cn/api/paas/v4/chat/completions'
const ZAI = 'https://api.z.ai/api/paas/v4/chat/completions'

describe('the address and the key', () => {
  test.each([
    [undefined, CHINA],
    ['https://open.bigmodel.cn', CHINA],
    ['https://open.bigmodel.cn/api/paas/v4/', CHINA],
    [CHINA, CHINA],
    [`${CHINA}?a=b#c`, `${CHINA}?a=b`],
    ['https://api.z.ai', ZAI],
    ['https://api.z.ai/api/paas/v4', ZAI],
    ['https://api.z.ai/api/coding/paas/v4', 'https://api.z.ai/api/coding/paas/v4/chat/completions'],
    ['http://localhost:8080', 'http://localhost:8080/api/paas/v4/chat/completions'],
    ['http://proxy/glm', 'http://proxy/glm/chat/completions'],
  ])('%s', async (baseURL, url) => {
    const { llm, fetch } = create({ baseURL })
    await llm.chat('Hi')
    const { headers } = fetch.requests[0]!
    expect(fetch.requests[0]!.url).toBe(url)
    expect(headers.get('authorization')).toBe('Bearer id.secret')
    expect([...headers.keys()].sort()).toEqual(['accept', 'authorization', 'content-type'])
  })

  test.each([
    [{ ZHIPU_API_KEY: 'a.b', ZAI_API_KEY: 'c.d' }, undefined, 'a.b'],
    [{ ZHIPUAI_API_KEY: 'e.f' }, undefined, 'e.f'],
    [{ ZHIPU_API_KEY: 'a.b', ZAI_API_KEY: 'c.d' }, 'https://api.z.ai', 'c.d'],
    [{ ZHIPU_API_KEY: 'a.b' }, 'https://api.z.ai', 'a.b'],
  ])('%j at %s', async (env, baseURL, key) => {
    const { llm, fetch } = create({ apiKey: undefined, env, baseURL })
    await llm.chat('Hi')
    expect(fetch.requests[0]!.headers.get('authorization')).toBe(`Bearer ${key}`)
  })

  test('a key is demanded at both hosts, and nowhere else', async () => {
    for (const [baseURL, variable] of [
      [undefined, 'ZHIPU_API_KEY'],
      ['https://api.z.ai/api/paas/v4', 'ZAI_API_KEY'],
    ] as const) {
      const error = {
        code: 'missing_api_key',
        message: expect.stringContaining(variable) as string,
      }
      await expect(create({ apiKey: undefined, baseURL }).llm.chat('Hi')).rejects.toMatchObject(
        error,
      )
    }
    const away = create({ apiKey: undefined, baseURL: 'http://not-z.ai.example/v4' })
    await away.llm.chat('Hi')
    expect(away.fetch.requests[0]!.headers.has('authorization')).toBe(false)
  })

  test('another `auth` is an error', () => {
    expect(() => create({ auth: 'bearer' as never })).toThrow(
      expect.objectContaining({ code: 'invalid_config' }),
    )
  })
})

describe('options', () => {
  test.each<[ChatRequest, object]>([
    [{ temperature: 0.7 }, { temperature: 0.7 }],
    [{ temperature: 0 }, { temperature: 0.01, do_sample: false }],
    [{ temperature: -1 }, { temperature: 0.01, do_sample: false }],
    [{ temperature: 1 }, { temperature: 0.99 }],
    [{ temperature: 1.7 }, { temperature: 0.99 }],
    [{ temperature: 0.12345 }, { temperature: 0.12 }],
    [{ topP: 0 }, { top_p: 0.01 }],
    [{ topP: 1 }, { top_p: 0.99 }],
    [{ maxTokens: 9 }, { max_tokens: 9 }],
    [{ seed: 5 }, { seed: 5 }],
    [{ stop: ['A', 'B'] }, { stop: ['A'] }],
    [{ user: 'user-1' }, { user_id: 'user-1' }],
    [{ presencePenalty: 1, frequencyPenalty: 1 }, {}],
    [{ responseFormat: { type: 'json_object' } }, { response_format: { type: 'json_object' } }],
    [{ reasoning: true }, { stream: true, thinking: { type: 'enabled' } }],
    [{ reasoning: false }, { thinking: { type: 'disabled' } }],
    [{ reasoning: { effort: 'none' } }, { thinking: { type: 'disabled' } }],
    [
      { reasoning: { effort: 'high' } },
      { stream: true, thinking: { type: 'enabled' }, reasoning_effort: 'high' },
    ],
    [{ tools: TOOLS }, { tools: TOOLS }],
    [{ tools: [withList({ type: 'array' })] }, { tools: [withList({ type: 'array', items: {} })] }],
    [
      { tools: TOOLS, toolChoice: 'auto', parallelToolCalls: false },
      { tools: TOOLS, tool_choice: 'auto' },
    ],
    [{ tools: TOOLS, toolChoice: 'none' }, {}],
    [{ toolChoice: 'auto' }, {}],
    [
      { search: true },
      {
        tools: [
          {
            type: 'web_search',
            web_search: { enable: true, search_engine: 'search_std', search_result: true },
          },
        ],
      },
    ],
    [
      { search: { search_engine: 'search_pro', count: 3 } },
      {
        tools: [
          {
            type: 'web_search',
            web_search: {
              enable: true,
              search_engine: 'search_pro',
              search_result: true,
              count: 3,
            },
          },
        ],
      },
    ],
    [{ search: false }, {}],
    [
      { search: true, tools: TOOLS, toolChoice: 'none' },
      { tools: [expect.objectContaining({ type: 'web_search' })] },
    ],
    [
      { extraBody: { request_id: 'abcdef', temperature: 0.5 }, temperature: 0 },
      { request_id: 'abcdef', temperature: 0.5, do_sample: false },
    ],
    [{ stream: true }, { stream: true }],
    [
      { stream: true, tools: TOOLS },
      { stream: true, tools: TOOLS, tool_stream: true },
    ],
    [
      { stream: true, search: true },
      { stream: true, tools: [expect.anything()] },
    ],
    [{ stream: true, tools: TOOLS, toolChoice: 'none' }, { stream: true }],
  ])('%j', async (request, body) => {
    expect(await bodyOf(request)).toEqual(body)
  })

  test.each<ChatRequest>([
    { topK: 3 },
    { repetitionPenalty: 1.1 },
    { tools: TOOLS, toolChoice: 'required' },
    { tools: TOOLS, toolChoice: { type: 'function', function: { name: 'f' } } },
    { responseFormat: { type: 'json_schema', json_schema: { name: 's', schema: {} } } },
    { reasoning: { budget: 5 } },
    { user: 'short' },
    { user: 'x'.repeat(129) },
  ])('%j is refused', async (request) => {
    const { llm, fetch } = create()
    await expect(llm.chat({ prompt: 'Hi', ...request, stream: false })).rejects.toMatchObject({
      name: 'ConfigError',
      code: 'unsupported_option',
    })
    expect(fetch.requests).toHaveLength(0)
  })

  test.each([
    ['glm-4.6', true],
    ['glm-4.7-flash', true],
    ['GLM-5', true],
    ['glm-5.3', true],
    ['zai-org/GLM-4.6', true],
    ['glm-4.5-flash', undefined],
    ['glm-4-plus', undefined],
    ['glm-4-0520', undefined],
    ['glm-zero-preview', undefined],
  ])('%s streams its calls: %s', async (model, streams) => {
    expect((await bodyOf({ stream: true, tools: TOOLS }, { model })).tool_stream).toBe(streams)
  })

  test('there are no raw prompts', async () => {
    expect(create().llm.supportRawPrompt()).toBe(false)
    await expect(create().llm.chatWithRawPrompt({ prompt: 'x' })).rejects.toMatchObject({
      code: 'unsupported_option',
    })
  })
})

describe('messages', () => {
  test.each<Message[][]>([
    [[{ role: 'system', content: 'x' }]],
    [
      [
        { role: 'system', content: 'x' },
        { role: 'assistant', content: 'y' },
      ],
    ],
  ])('must not be of the system alone', async (messages) => {
    const { llm, fetch } = create()
    await expect(llm.chat({ messages })).rejects.toMatchObject({ code: 'invalid_messages' })
    expect(fetch.requests).toHaveLength(0)
  })

  const CALL = { id: 'c', type: 'function' as const, function: { name: 'f', arguments: '{}' } }
  const EXCHANGE: Message[] = [
    { role: 'developer', content: 'x' },
    { role: 'user', content: 'a' },
    { role: 'assistant', content: 'b', reasoning_content: 'old' },
    { role: 'user', content: 'c' },
    { role: 'assistant', content: null, tool_calls: [CALL], reasoning_content: 'new' },
    { role: 'tool', tool_call_id: 'c', content: '7' },
  ]
  const thoughts = (list: { reasoning_content?: string }[]) =>
    list.map((one) => one.reasoning_content).filter(Boolean)

  test('thinking goes back in a running exchange, and always where it is to be preserved', async () => {
    const sent = await bodyOf({ messages: EXCHANGE })
    expect(sent[0].role).toBe('system')
    expect(thoughts(sent)).toEqual(['new'])
    const extraBody = { thinking: { type: 'enabled', clear_thinking: false } }
    expect(thoughts(await bodyOf({ messages: EXCHANGE, extraBody }))).toEqual(['old', 'new'])
    expect(thoughts(await bodyOf({ messages: EXCHANGE }, { extraBody }))).toEqual(['old', 'new'])
  })

  test('a file by its URL has a name of its own; any other is refused', async () => {
    const file = (members: object): Message[] => [
      { role: 'user', content: [{ type: 'file', file: members }] },
    ]
    expect((await bodyOf({ messages: file({ file_url: 'https://a/b.pdf' }) }))[0].content).toEqual([
      { type: 'file_url', file_url: { url: 'https://a/b.pdf' } },
    ])
    await expect(create().llm.chat({ messages: file({ file_id: 'x' }) })).rejects.toMatchObject({
      code: 'unsupported_option',
      message: expect.stringContaining('a file without `file_url`'),
    })
  })
})

describe('answers', () => {
  const choice = (delta: object, finish_reason?: string) => ({
    choices: [
      { index: 0, delta: { role: 'assistant', ...delta }, ...(finish_reason && { finish_reason }) },
    ],
  })
  const read = (frames: object[]) =>
    create({}, sseAnswer(frames)).llm.chat({ prompt: 'Hi', stream: true }).result()

  test('a whole call at index -1, finished twice, its usage at the second (2025)', async () => {
    const call = (id: string, args: string) =>
      choice(
        {
          tool_calls: [
            { id, index: -1, type: 'function', function: { name: 'add', arguments: args } },
          ],
        },
        'tool_calls',
      )
    const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 }
    const result = await read([
      call('x', '{"a": 1}'),
      call('y', '{"a": 2}'),
      { ...choice({ content: '' }, 'tool_calls'), usage },
    ])
    expect(result.toolCalls).toMatchObject([
      { id: 'x', arguments: { a: 1 } },
      { id: 'y', arguments: { a: 2 } },
    ])
    expect(result).toMatchObject({ finishReason: 'tool_calls', usage: { totalTokens: 3 } })
  })

  test('sources of the search, in the first or in the last chunk', async () => {
    const web_search = [
      {
        icon: 'i',
        title: 'T',
        link: 'https://a/',
        media: 'M',
        publish_date: 'd',
        content: 'S',
        refer: 'ref_1',
      },
    ]
    const source = { url: 'https://a/', title: 'T', label: 'ref_1', siteName: 'M', snippet: 'S' }
    for (const frames of [
      [{ ...choice({ content: 'a' }), web_search }, choice({}, 'stop')],
      [choice({ content: 'a' }), { ...choice({}, 'stop'), web_search }],
    ])
      expect((await read(frames)).sources).toEqual([source])
  })

  test('markers of a box are taken out, wherever they are cut', async () => {
    const text = '<|begin_of_box|>4 < 5<|end_of_box|>'
    for (const pieces of [[text], [...text]]) {
      const result = await read([
        ...pieces.map((content) => choice({ content })),
        choice({}, 'stop'),
      ])
      expect(result.text).toBe('4 < 5')
    }
    const whole = create(
      {},
      jsonAnswer({ choices: [{ message: { content: text }, finish_reason: 'stop' }] }),
    )
    expect((await whole.llm.chat('Hi')).text).toBe('4 < 5')
  })

  test('half a marker at the end is text', async () => {
    expect((await read([choice({ content: 'a <|begin' }), choice({}, 'stop')])).text).toBe(
      'a <|begin',
    )
  })

  test('only thinking is an empty answer, not a crash', async () => {
    expect(
      await read([choice({ reasoning_content: 't' }), choice({ content: '' }, 'stop')]),
    ).toMatchObject({ text: '', reasoning: 't', finishReason: 'stop' })
  })

  test.each([
    ['sensitive', 'content_filter'],
    ['model_context_window_exceeded', 'length'],
    ['length', 'length'],
  ])('%s is %s', async (raw, finishReason) => {
    expect(await read([choice({ content: 'a' }), choice({}, raw)])).toMatchObject({
      text: 'a',
      finishReason,
      rawFinishReason: raw,
    })
  })

  test('network_error is a failure, with what had arrived', async () => {
    await expect(
      read([choice({ content: 'a' }), choice({}, 'network_error')]),
    ).rejects.toMatchObject({ code: 'server_error', retryable: true, partial: { text: 'a' } })
  })
})

describe('errors', () => {
  const CODES: [codes: string, code: string, retryable: boolean, status: number][] = [
    ['1000 1001 1002 1003 1004 1100', 'authentication', false, 401],
    ['1110 1111 1112 1120 1121 1220', 'permission', false, 429],
    ['1113 1304 1308 1309 1310 1311 1312 1313', 'insufficient_quota', false, 429],
    ['1200 1210 1212 1213 1214 1215 1221 1222 1231', 'bad_request', false, 400],
    ['1211', 'model_not_found', false, 400],
    ['1261', 'context_length', false, 400],
    ['1300 1301', 'content_filter', false, 400],
    ['1230', 'server_error', false, 400],
    ['1234', 'server_error', true, 400],
    ['500', 'server_error', true, 500],
    ['1302 1303', 'rate_limit', true, 429],
    ['1305', 'overloaded', true, 429],
  ]
  const each = CODES.flatMap(([list, code, retryable, status]) =>
    list.split(' ').map((one) => [one, code, retryable, status] as const),
  )

  test.each(each)('%s is %s, retryable %s', async (vendorCode, code, retryable, status) => {
    const bodies = [
      { error: { code: vendorCode, message: '错误' } },
      {
        error: { code: Number(vendorCode), message: '错误' },
        contentFilter: [{ level: 1, role: 'user' }],
      },
      { code: Number(vendorCode), message: '错误' },
    ]
    for (const body of bodies) {
      for (const http of [status, 200]) {
        const error: unknown = await create({}, jsonAnswer(body, http))
          .llm.chat('Hi')
          .catch((thrown: unknown) => thrown)
        expect(error).toMatchObject({
          name: 'ServiceError',
          code,
          retryable,
          vendorCode,
          message: '错误',
        })
      }
    }
  })

  test('no money is not tried again, a limit is', async () => {
    const limited = jsonAnswer({ error: { code: '1302', message: 'm' } }, 429)
    const poor = create(
      { maxRetries: 2 },
      jsonAnswer({ error: { code: '1113', message: 'm' } }, 429),
    )
    await expect(poor.llm.chat('Hi')).rejects.toMatchObject({ code: 'insufficient_quota' })
    expect(poor.fetch.requests).toHaveLength(1)
    const fetch = replayFetch([{ ...limited, headers: { 'retry-after-ms': '1' } }, OK])
    expect(
      (await new ZhipuLLM({ model: 'glm-4.7', apiKey: 'id.secret', fetch }).chat('Hi')).attempts,
    ).toHaveLength(2)
  })

  test('a page of a gateway, and a frame of another platform', async () => {
    await expect(
      create({}, { body: '<h1>Bad Gateway</h1>', status: 502 }).llm.chat('Hi'),
    ).rejects.toMatchObject({ code: 'server_error', retryable: true })
    await expect(
      create({}, jsonAnswer({ code: 401, msg: 'token expired', success: false })).llm.chat('Hi'),
    ).rejects.toMatchObject({ code: 'authentication' })
  })
})
