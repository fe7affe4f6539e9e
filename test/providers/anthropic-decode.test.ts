import { describe, expect, test } from 'vitest'
import type { ChatError } from '../../src/errors.ts'
import type { ChatResult, StreamEvent } from '../../src/event.ts'
import { AnthropicLLM } from '../../src/providers/anthropic.ts'
import { OpenAiLLM } from '../../src/providers/openai.ts'
import type { Answer } from './replay.ts'
import { jsonAnswer, readFixture, replayFetch, sseAnswer } from './replay.ts'

const USAGE = { input_tokens: 10, output_tokens: 1 }
const start = (more: object = {}) => ({
  type: 'message_start',
  message: { id: 'msg_1', model: 'claude-x', content: [], usage: USAGE, ...more },
})
const open = (index: number, content_block: object) => ({
  type: 'content_block_start',
  index,
  content_block,
})
const delta = (index: number, type: string, members: object) => ({
  type: 'content_block_delta',
  index,
  delta: { type, ...members },
})
const close = (index: number) => ({ type: 'content_block_stop', index })
const end = (stop_reason: string | null = 'end_turn', usage: object = { output_tokens: 5 }) => [
  { type: 'message_delta', delta: { stop_reason, stop_sequence: null }, usage },
  { type: 'message_stop' },
]
const text = (index: number, ...pieces: string[]) => [
  open(index, { type: 'text', text: '' }),
  ...pieces.map((piece) => delta(index, 'text_delta', { text: piece })),
  close(index),
]

function create(answers: Answer | Answer[]) {
  const fetch = replayFetch(answers)
  const config = { model: 'claude-sonnet-4-6', apiKey: 'sk-ant-key', fetch, maxRetries: 0 }
  return { llm: new AnthropicLLM(config), fetch }
}

const ask = (frames: readonly unknown[]): Promise<ChatResult> =>
  create(sseAnswer(frames)).llm.chat({ prompt: 'Hi', stream: true }).result()

async function fail(answer: Answer): Promise<ChatError> {
  const { llm } = create(answer)
  return llm
    .chat({ prompt: 'Hi', stream: true })
    .result()
    .then(
      (result) => expect.fail(`no error, but ${result.text}`),
      (error) => error,
    )
}

async function events(frames: readonly unknown[]): Promise<StreamEvent[]> {
  const read: StreamEvent[] = []
  const stream = create(sseAnswer(frames)).llm.chat({ prompt: 'Hi', stream: true })
  for await (const event of stream.events()) read.push(event)
  return read
}

describe('a stream', () => {
  test('is read by the types of its frames; those that are not known are skipped', async () => {
    const result = await ask([
      start(),
      { type: 'ping' },
      { type: 'something_new', index: 0 },
      open(0, { type: 'something_new' }),
      delta(0, 'new_delta', { text: 'hidden' }),
      close(0),
      ...text(1, 'Hi ', 'there'),
      ...end(),
    ])
    expect(result).toMatchObject({
      text: 'Hi there',
      finishReason: 'stop',
      rawFinishReason: 'end_turn',
      id: 'msg_1',
      model: 'claude-x',
      provider: 'anthropic',
    })
  })

  test('gives its parallel calls indexes of their own', async () => {
    const read = await events([
      start(),
      ...text(0, 'Let me see'),
      open(1, { type: 'tool_use', id: 'a', name: 'f', input: {} }),
      delta(1, 'input_json_delta', { partial_json: '' }),
      // Opened before the one before is closed (GLM).
      open(2, { type: 'tool_use', id: 'b', name: 'g', input: { whole: 1 } }),
      delta(1, 'input_json_delta', { partial_json: '{"x":' }),
      close(2),
      delta(1, 'input_json_delta', { partial_json: '1}' }),
      close(1),
      ...end('tool_use'),
    ])
    expect(read.filter(({ type }) => type.startsWith('tool'))).toEqual([
      { type: 'tool-call-delta', index: 0, id: 'a', name: 'f', argumentsDelta: '' },
      { type: 'tool-call-delta', index: 1, id: 'b', name: 'g', argumentsDelta: '' },
      { type: 'tool-call-delta', index: 0, argumentsDelta: '{"x":' },
      { type: 'tool-call-delta', index: 1, argumentsDelta: '{"whole":1}' },
      { type: 'tool-call-delta', index: 0, argumentsDelta: '1}' },
      {
        type: 'tool-call',
        index: 0,
        toolCall: { id: 'a', name: 'f', arguments: { x: 1 }, argumentsText: '{"x":1}' },
      },
      {
        type: 'tool-call',
        index: 1,
        toolCall: { id: 'b', name: 'g', arguments: { whole: 1 }, argumentsText: '{"whole":1}' },
      },
    ])
  })

  test.each([
    ['end_turn', 'stop'],
    ['stop_sequence', 'stop'],
    ['max_tokens', 'length'],
    ['model_context_window_exceeded', 'length'],
    ['refusal', 'content_filter'],
    ['pause_turn', 'other'],
    ['constructor', 'other'],
  ])('that stops for %s', async (raw, finishReason) => {
    expect(await ask([start(), ...text(0, 'so'), ...end(raw)])).toMatchObject({
      finishReason,
      rawFinishReason: raw,
    })
  })

  test('counts the prompt with cached tokens, and again at its end', async () => {
    const caches = { cache_read_input_tokens: 100, cache_creation_input_tokens: 20 }
    const usage = { output_tokens: 9, input_tokens: null, cache_read_input_tokens: null }
    const thought = { output_tokens_details: { thinking_tokens: 4 } }
    const frames = [start({ usage: { ...USAGE, ...caches } }), ...text(0, 'so')]
    expect((await ask([...frames, ...end('end_turn', { ...usage, ...thought })])).usage).toEqual({
      promptTokens: 130,
      completionTokens: 9,
      totalTokens: 139,
      cachedTokens: 100,
      reasoningTokens: 4,
    })
  })

  test('keeps its counts if its end repeats them as zeros', async () => {
    const zeros = { input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 9 }
    const frames = [start({ usage: { ...USAGE, cache_read_input_tokens: 100 } }), ...text(0, 'so')]
    expect((await ask([...frames, ...end('end_turn', zeros)])).usage).toEqual({
      promptTokens: 110,
      completionTokens: 9,
      totalTokens: 119,
      cachedTokens: 100,
    })
  })

  test('without its last frame is whole, and so is one without a reason', async () => {
    expect((await ask([start(), ...text(0, 'so'), end()[0]])).text).toBe('so')
    const result = await ask([start(), ...text(0, 'so'), ...end(null), 'no frame at all'])
    expect(result).toMatchObject({ text: 'so', finishReason: 'stop', rawFinishReason: null })
  })

  test('that begins twice says it once', async () => {
    expect((await ask([start(), start(), ...text(0, 'so'), ...end()])).text).toBe('so')
    const other = start({ id: 'msg_2', usage: { input_tokens: 7 } })
    const result = await ask([start(), { type: 'ping' }, other, ...text(0, 'so'), ...end()])
    expect(result).toMatchObject({ text: 'so', id: 'msg_2', usage: { promptTokens: 7 } })
  })

  test('that begins another answer in its midst is cut', async () => {
    const frames = [
      start(),
      ...text(0, 'half'),
      start({ id: 'msg_2' }),
      ...text(0, 'all'),
      ...end(),
    ]
    const error = await fail(sseAnswer(frames))
    expect(error).toMatchObject({ code: 'stream_truncated', partial: { text: 'half' } })
  })

  test('that ends in a block is cut, and its call must not be run', async () => {
    const call = open(0, { type: 'tool_use', id: 'a', name: 'f', input: {} })
    const piece = delta(0, 'input_json_delta', { partial_json: '{"x":1}' })
    for (const frames of [
      [start(), call, piece],
      [start(), call, piece, close(0)],
    ]) {
      const error = await fail(sseAnswer(frames))
      expect(error).toMatchObject({ code: 'stream_truncated', retryable: true })
      expect(error.partial?.toolCalls[0]?.invalid).toMatch(/cut/)
    }
  })

  test('may have the input of a call as an object', async () => {
    const call = open(0, { type: 'tool_use', id: 'a', name: 'f', input: {} })
    const piece = delta(0, 'input_json_delta', { partial_json: { x: 1 } })
    const { toolCalls } = await ask([start(), call, piece, close(0), ...end()])
    expect(toolCalls).toMatchObject([{ name: 'f', argumentsText: '{"x":1}' }])
  })

  test('may have its blocks begun by a delta', async () => {
    const frames = [
      delta(0, 'thinking_delta', { thinking: 'Hm' }),
      delta(1, 'text_delta', { text: 'so' }),
    ]
    expect(await ask([...frames, ...end()])).toMatchObject({ text: 'so', reasoning: 'Hm' })
  })
})

describe('an answer in one piece', () => {
  test('comes out as its stream does', async () => {
    const message = {
      ...start().message,
      type: 'message',
      content: [
        { type: 'thinking', thinking: 'Hm', signature: 's1' },
        { type: 'text', text: 'so' },
        { type: 'tool_use', id: 'a', name: 'f', input: { x: 1 } },
      ],
      stop_reason: 'tool_use',
      usage: { ...USAGE, output_tokens: 5 },
    }
    const streamed = await ask([
      start(),
      open(0, { type: 'thinking', thinking: '', signature: '' }),
      delta(0, 'thinking_delta', { thinking: 'Hm' }),
      delta(0, 'signature_delta', { signature: 's1' }),
      close(0),
      ...text(1, 'so'),
      open(2, { type: 'tool_use', id: 'a', name: 'f', input: {} }),
      delta(2, 'input_json_delta', { partial_json: '{"x":1}' }),
      close(2),
      ...end('tool_use'),
    ])
    const whole = await create(jsonAnswer(message)).llm.chat('Hi')
    const bare = ({ attempts: _attempts, ...members }: ChatResult) => members
    expect(bare(whole)).toEqual(bare(streamed))
  })

  test('that holds no content is none', async () => {
    const error = await fail(jsonAnswer({ id: 'msg_1', type: 'message' }))
    expect(error).toMatchObject({ code: 'unexpected_response' })
  })
})

describe('what the next turn needs', () => {
  const CALL = { type: 'tool_use', id: 'a', name: 'f', input: { x: 1 } }
  const BLOCKS = [
    { type: 'thinking', thinking: 'Hm', signature: 's1' },
    { type: 'redacted_thinking', data: 'r1' },
    { type: 'text', text: 'Let me see' },
    { type: 'thinking', thinking: '', signature: 's2' },
    CALL,
  ]
  const MESSAGE = { ...start().message, content: BLOCKS, stop_reason: 'tool_use' }
  const ANSWER = { role: 'tool' as const, tool_call_id: 'a', content: '42' }

  async function nextTurn(change: (message: ChatResult['message']) => object, more: object = {}) {
    const { llm, fetch } = create(jsonAnswer(MESSAGE))
    const question = { role: 'user' as const, content: 'Hi' }
    const { message } = await llm.chat({ messages: [question] })
    // As an app keeps it: written and read again.
    const kept = JSON.parse(JSON.stringify(change(message))) as ChatResult['message']
    await llm.chat({ messages: [question, kept, ANSWER], ...more })
    return fetch.requests[1]!.body.messages[1].content
  }

  test('goes back as it came, with its signatures and in its order', async () => {
    expect(await nextTurn((message) => message)).toEqual(BLOCKS)
  })

  test('leaves thinking out where it is switched off', async () => {
    const content = await nextTurn((message) => message, { reasoning: false })
    expect(content).toEqual([{ type: 'text', text: 'Let me see' }, CALL])
  })

  test('follows the message alone once that was changed', async () => {
    const content = await nextTurn((message) => ({ ...message, content: 'Something else' }))
    expect(content).toEqual([{ type: 'text', text: 'Something else' }, CALL])
  })

  test('is nothing where there were plain text and calls only', async () => {
    const { message } = await ask([start(), ...text(0, 'so'), ...end()])
    expect(message).toEqual({ role: 'assistant', content: 'so' })
  })

  test("is the work of the vendor's own tools, so that a pause can be gone on with", async () => {
    const { expected, ...answer } = readFixture('anthropic/native_tool_search_streaming-0')
    const { llm, fetch } = create(answer)
    const { message } = await llm.chat('Hi')
    const result = { ...ANSWER, tool_call_id: message.tool_calls![0]!.id }
    await llm.chat({ messages: [{ role: 'user', content: 'Hi' }, message, result] })
    const types = fetch.requests[1]!.body.messages[1].content.map(
      ({ type }: { type: string }) => type,
    )
    expect(expected.toolCalls).toHaveLength(1)
    expect(types).toEqual([
      'text',
      'server_tool_use',
      'tool_search_tool_result',
      'text',
      'tool_use',
    ])
    expect(fetch.requests[1]!.body.messages[1].content[1].input).toHaveProperty('query')
  })

  test('is a whole answer that paused: it is sent back to go on', async () => {
    const use = { type: 'server_tool_use', id: 's', name: 'web_search', input: { query: 'a' } }
    const paused = { ...start().message, content: [use], stop_reason: 'pause_turn' }
    const { llm, fetch } = create(jsonAnswer(paused))
    const { message, finishReason, rawFinishReason } = await llm.chat('Hi')
    expect([finishReason, rawFinishReason]).toEqual(['other', 'pause_turn'])
    await llm.chat({ messages: [{ role: 'user', content: 'Hi' }, message] })
    expect(fetch.requests[1]!.body.messages[1]).toEqual({ role: 'assistant', content: [use] })
  })

  test('goes to no server of another format', async () => {
    const { message } = await create(jsonAnswer(MESSAGE)).llm.chat('Hi')
    const fetch = replayFetch(jsonAnswer({ choices: [{ message: { content: 'ok' } }] }))
    const other = new OpenAiLLM({ model: 'gpt-4o', apiKey: 'k', fetch })
    await other.chat({ messages: [{ role: 'user', content: 'Hi' }, message, ANSWER] })
    const [, sent] = fetch.requests[0]!.body.messages
    expect(Object.keys(sent).sort()).toEqual(['content', 'role', 'tool_calls'])
  })

  test('is not another model’s data, which no vendor accepts', async () => {
    const { expected: _expected, ...answer } = readFixture('anthropic/fallback-stream')
    const { llm, fetch } = create(answer)
    const { message } = await llm.chat('Hi')
    const question = { role: 'user' as const, content: 'Hi' }
    await llm.chat({ messages: [question, message, question] })
    expect(fetch.requests[1]!.body.messages[1].content).toEqual([
      { type: 'text', text: message.content },
    ])
  })
})

test('sources are the pages that were found and cited, each once', async () => {
  const found = { type: 'web_search_result', url: 'https://a.test', title: 'A', page_age: null }
  const cited = { type: 'web_search_result_location', url: 'https://a.test', cited_text: 'so' }
  const document = { type: 'char_location', document_title: 'My file', cited_text: 'it is' }
  const error = { type: 'web_search_tool_result_error', error_code: 'max_uses_exceeded' }
  const result = await ask([
    start(),
    open(0, { type: 'server_tool_use', id: 's', name: 'web_search', input: {} }),
    delta(0, 'input_json_delta', { partial_json: '{"query":"a"}' }),
    close(0),
    open(1, { type: 'web_search_tool_result', tool_use_id: 's', content: [found] }),
    close(1),
    open(2, { type: 'web_search_tool_result', tool_use_id: 's', content: error }),
    close(2),
    open(3, { type: 'text', text: '', citations: [] }),
    delta(3, 'citations_delta', { citation: cited }),
    delta(3, 'citations_delta', { citation: document }),
    delta(3, 'text_delta', { text: 'so' }),
    close(3),
    ...end(),
  ])
  expect(result.toolCalls).toEqual([])
  expect(result.sources).toEqual([
    { url: 'https://a.test', title: 'A' },
    { title: 'My file', snippet: 'it is' },
  ])
  expect(result.message).toMatchObject({
    provider_data: {
      anthropic: [
        { type: 'server_tool_use', input: { query: 'a' } },
        { type: 'web_search_tool_result' },
        { type: 'web_search_tool_result' },
        { type: 'text', text: 'so', citations: [cited, document] },
      ],
    },
  })
})

describe('errors', () => {
  const errorOf = (type: string, message = 'No', more: object = {}) => ({
    type: 'error',
    error: { type, message, ...more },
    request_id: 'req_9',
  })

  test.each([
    [400, 'invalid_request_error', 'bad_request', false],
    [401, 'authentication_error', 'authentication', false],
    [402, 'billing_error', 'insufficient_quota', false],
    [403, 'permission_error', 'permission', false],
    [404, 'not_found_error', 'model_not_found', false],
    [409, 'conflict_error', 'server_error', true],
    [413, 'request_too_large', 'bad_request', false],
    [429, 'rate_limit_error', 'rate_limit', true],
    [500, 'api_error', 'server_error', true],
    // From a server that is not the vendor.
    [401, 'api_error', 'authentication', false],
    [429, 'api_error', 'rate_limit', true],
    [504, 'timeout_error', 'server_error', true],
    [529, 'overloaded_error', 'overloaded', true],
  ])('%i %s', async (status, type, code, retryable) => {
    expect(await fail(jsonAnswer(errorOf(type), status))).toMatchObject({
      name: 'ServiceError',
      code,
      retryable,
      status,
      vendorCode: type,
      message: 'No',
      requestId: 'req_9',
    })
  })

  test.each([
    [
      400,
      errorOf('invalid_request_error', 'prompt is too long: 9 tokens > 8 maximum'),
      'context_length',
    ],
    [
      400,
      errorOf('invalid_request_error', 'Your credit balance is too low. Go to Plans & Billing'),
      'insufficient_quota',
    ],
    [
      400,
      errorOf('invalid_request_error', 'You have reached your specified API usage limits.'),
      'insufficient_quota',
    ],
    [
      429,
      errorOf('rate_limit_error', 'No', {
        details: { error_code: 'enforced_spend_limit_reached' },
      }),
      'insufficient_quota',
    ],
    [429, errorOf('rate_limit_error', 'Weekly/Monthly Limit Exhausted.'), 'insufficient_quota'],
    [429, errorOf('rate_limit_error', '5-hour usage limit reached (2056)'), 'insufficient_quota'],
    [
      429,
      errorOf('rate_limit_error', 'Extra usage is required for long context requests.'),
      'insufficient_quota',
    ],
    [400, { code: 'InvalidParameter', message: 'No', request_id: 'r' }, 'bad_request'],
    [403, { error: 'Forbidden here' }, 'permission'],
  ])('%i in words: %j', async (status, body, code) => {
    expect(await fail(jsonAnswer(body, status))).toMatchObject({ code, retryable: false })
  })

  test('in a stream are thrown with what had arrived', async () => {
    const data = JSON.stringify(errorOf('overloaded_error', 'Overloaded'))
    const before = sseAnswer([
      start(),
      open(0, { type: 'text', text: '' }),
      delta(0, 'text_delta', { text: 'ha' }),
    ])
    for (const frame of [`event: error\ndata: ${data}\n\n`, `data: ${data}\n\n`]) {
      const error = await fail({ ...before, body: `${before.body as string}${frame}` })
      expect(error).toMatchObject({
        code: 'overloaded',
        vendorCode: 'overloaded_error',
        retryable: true,
        partial: { text: 'ha', usage: { promptTokens: 10 } },
      })
    }
  })

  test("DashScope's surface writes them flat, and proxies in words", async () => {
    const flat = JSON.stringify({ code: 'Throttling', message: 'rate limit', request_id: 'r' })
    const headers = { 'content-type': 'text/event-stream' }
    for (const [data, code] of [
      [flat, 'rate_limit'],
      ['upstream went away', 'server_error'],
    ])
      expect(await fail({ body: `event: error\ndata: ${data}\n\n`, headers })).toMatchObject({
        name: 'ServiceError',
        code,
      })
  })

  test('an overload before the first word is tried again', async () => {
    const fetch = replayFetch([
      jsonAnswer(errorOf('overloaded_error'), 529),
      sseAnswer([start(), errorOf('overloaded_error')]),
      sseAnswer([start(), ...text(0, 'so'), ...end()]),
    ])
    const llm = new AnthropicLLM({ model: 'claude-x', apiKey: 'k', fetch, maxRetries: 2 })
    const { text: said, attempts } = await llm.chat({ prompt: 'Hi', stream: true }).result()
    expect([said, attempts.length]).toEqual(['so', 3])
  })

  test.each([
    ['nothing', null, ''],
    ['a text', 'Hi', 'Hi'],
  ])('%s as content of a whole reply is no failure', async (_name, content, text) => {
    const answer = jsonAnswer({ id: 'msg_1', type: 'message', content, stop_reason: 'refusal' })
    expect(await create(answer).llm.chat('Hi')).toMatchObject({
      text,
      finishReason: 'content_filter',
    })
  })

  test('a message that starts again with its first block, but not one that goes on', async () => {
    const piece = (text: string) => delta(0, 'text_delta', { text })
    const begun = [start(), open(0, { type: 'text', text: '' }), piece('Hel')]
    expect(await fail(sseAnswer([...begun, start(), ...text(0, 'Hello'), ...end()]))).toMatchObject(
      {
        code: 'stream_truncated',
        retryable: true,
        partial: { text: 'Hel' },
      },
    )
    const rest = [piece('lo'), close(0), ...text(1, '!'), ...end()]
    expect((await ask([...begun, start(), ...rest])).text).toBe('Hello!')
  })

  test('other formats, and nothing at all', async () => {
    const foreign = { id: 'c', choices: [{ index: 0, delta: { content: 'Hi' } }] }
    expect(await fail(sseAnswer([foreign]))).toMatchObject({ code: 'unexpected_response' })
    expect((await fail(sseAnswer([foreign]))).message).toMatch(/check `baseURL`/)
    expect(await fail({ body: '' })).toMatchObject({ code: 'unexpected_response', retryable: true })
    expect(await fail(sseAnswer([5]))).toMatchObject({ code: 'unexpected_response' })
    expect(await fail(sseAnswer([start(), open(0, [7])]))).toMatchObject({ code: 'bad_frame' })
  })
})

describe('nonsense in a member', () => {
  const members: [string, (value: unknown) => unknown][] = [
    ['message', (message) => ({ type: 'message_start', message })],
    ['head', (value) => start({ id: value, model: value, usage: value })],
    ['counts', (value) => start({ usage: { input_tokens: value, output_tokens_details: value } })],
    ['content_block', (value) => ({ type: 'content_block_start', index: 0, content_block: value })],
    ['type of a block', (type) => open(0, { type })],
    ['text', (value) => open(0, { type: 'text', text: value, citations: value })],
    ['call', (value) => open(0, { type: 'tool_use', id: value, name: value, input: value })],
    ['result', (content) => open(0, { type: 'web_search_tool_result', content })],
    ['results', (value) => open(0, { type: 'web_search_tool_result', content: [value] })],
    ['delta', (value) => ({ type: 'content_block_delta', index: value, delta: value })],
    ['citation', (citation) => delta(9, 'citations_delta', { citation })],
    ['pieces', (value) => delta(9, 'text_delta', { text: value })],
    ['arguments', (value) => delta(9, 'input_json_delta', { partial_json: value })],
    ['signature', (signature) => delta(9, 'signature_delta', { signature })],
    ['message_delta', (value) => ({ type: 'message_delta', delta: value, usage: value })],
    ['reason', (stop_reason) => ({ type: 'message_delta', delta: { stop_reason } })],
    ['error', (error) => ({ type: 'error', error })],
    ['type', (type) => ({ type })],
  ]

  test.each(members)('%s is read past, or is an error', async (_name, frame) => {
    for (const value of [null, 5, 'x', true, [], [5], {}, { type: 'text' }]) {
      const before = [start(), open(9, { type: 'text', text: '' })]
      const { llm } = create(sseAnswer([...before, frame(value), ...end()]))
      try {
        const result = await llm.chat({ prompt: 'Hi', stream: true }).result()
        expect(result.text).toBeTypeOf('string')
        expect(JSON.parse(JSON.stringify(result.message))).toEqual(result.message)
      } catch (error) {
        // A second start is another answer.
        expect((error as ChatError).code).toMatch(/^(bad_frame|server_error|stream_truncated)$/)
      }
    }
  })
})
