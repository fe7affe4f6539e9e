/** Replies that public bug reports of 2025 and 2026 describe for Claude, and the right result of each. */
import { describe, expect, test } from 'vitest'
import { chatObject } from '../../src/objects/chat-object.ts'
import { AnthropicLLM } from '../../src/providers/anthropic.ts'
import { runTools } from '../../src/tools/run-tools.ts'
import { tool } from '../../src/tools/tool.ts'

const reply = (content: object[], stop_reason: string, more: object = {}) => ({
  id: 'm',
  type: 'message',
  role: 'assistant',
  model: 'claude',
  content,
  stop_reason,
  usage: { input_tokens: 1, output_tokens: 1 },
  ...more,
})

/** The same reply as a stream. */
const frames = ({ content, stop_reason, usage, ...message }: any) =>
  [
    { type: 'message_start', message: { ...message, content: [], usage } },
    ...content.flatMap((block: any, index: number) => [
      { type: 'content_block_start', index, content_block: block },
      { type: 'content_block_stop', index },
    ]),
    { type: 'message_delta', delta: { stop_reason, container: message.container }, usage },
    { type: 'message_stop' },
  ]
    .map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
    .join('')

const answering = (...answers: object[]) => {
  const requests: any[] = []
  const llm = new AnthropicLLM({
    model: 'claude-sonnet-4-6',
    apiKey: 'key',
    maxRetries: 0,
    fetch: async (_url, init) => {
      const request = JSON.parse(String(init.body))
      requests.push(request)
      const answer = answers.shift()
      if (!request.stream) return Response.json(answer)
      return new Response(frames(answer), { headers: { 'content-type': 'text/event-stream' } })
    },
  })
  return { llm, requests }
}

const text = (words: string) => ({ type: 'text', text: words })
const paused = reply(
  [
    text('Let me search. '),
    { type: 'server_tool_use', id: 's1', name: 'web_search', input: { query: 'x' } },
  ],
  'pause_turn',
)

describe.each([true, false])('stream: %s', (stream) => {
  const run = async (llm: AnthropicLLM, request: object) => {
    const started: any = runTools(llm, { ...request, stream } as never)
    return await ('result' in started ? started.result() : started)
  }

  test('a paused turn is continued by runTools and chatObject', async () => {
    const { llm, requests } = answering(paused, reply([text('It is 4.')], 'end_turn'))
    const w = tool({ name: 'w', execute: () => 'ok' })
    expect(await run(llm, { prompt: 'q', tools: [w], search: true })).toMatchObject({
      text: 'It is 4.',
    })
    expect(requests).toHaveLength(2)
    expect(requests[1].messages.at(-1)).toMatchObject({ role: 'assistant' })

    const other = answering(paused, reply([text('{"a":1}')], 'end_turn'))
    const schema = { type: 'object', properties: { a: { type: 'number' } }, required: ['a'] }
    const asked: any = chatObject(other.llm, { prompt: 'q', search: true, schema, stream } as never)
    expect((await ('result' in asked ? asked.result() : asked)).object).toEqual({ a: 1 })
    expect(other.requests[1].messages.at(-1)).toMatchObject({ role: 'assistant' })
  })

  test('`container` and the `caller` of a call go back with its result', async () => {
    const container = { id: 'container_1', expires_at: '2999-01-01T00:00:00Z' }
    const caller = { type: 'code_execution_20260120', tool_id: 'srvtoolu_1' }
    const use = (q: number) => ({
      type: 'tool_use',
      id: `toolu_${q}`,
      name: 'query',
      input: { q },
      caller,
    })
    const program = { type: 'server_tool_use', id: 'srvtoolu_1', name: 'code_execution', input: {} }
    const { llm, requests } = answering(
      reply([program, use(1)], 'tool_use', { container }),
      reply([use(2)], 'tool_use', { container }),
      reply([text('done')], 'end_turn', { container }),
    )
    const query = tool({ name: 'query', parameters: { type: 'object' }, execute: () => '[]' })
    const execution = { type: 'code_execution_20260120', name: 'code_execution' }
    const result = await run(llm, { prompt: 'q', tools: [query, execution] })
    expect(requests.map((request) => request.container)).toEqual([
      undefined,
      'container_1',
      'container_1',
    ])
    expect(requests[2].messages[3].content).toMatchObject([{ type: 'tool_use', caller }])
    expect(result.message.provider_data).toMatchObject({ anthropic_container: container })
  })
})

describe('a history that the caller changed', () => {
  const thinking = { type: 'thinking', thinking: 'The secret is 7.', signature: 'S' }
  const use = { type: 'tool_use', id: 't1', name: 'login', input: {} }
  const tools = [{ type: 'function' as const, function: { name: 'login' } }]
  const sent = async (edit: (message: any) => object, options: object = {}) => {
    const { llm, requests } = answering(
      reply([thinking, text('Well.'), use], 'tool_use'),
      reply([text('ok')], 'end_turn'),
    )
    const { message } = await llm.chat({ prompt: 'q', tools })
    const result = { role: 'tool', tool_call_id: 't1', content: 'ok' }
    const messages = [{ role: 'user', content: 'q' }, edit(message), result]
    await llm.chat({ messages: messages as never, tools, ...options })
    return requests[1]
  }

  test('sends no thinking that is no longer there, and does not think where Claude would refuse', async () => {
    const whole = await sent((message) => message, { reasoning: { budget: 2000 } })
    expect(whole.messages[1].content).toEqual([thinking, text('Well.'), use])
    expect(whole.thinking).toEqual({ type: 'enabled', budget_tokens: 2000 })
    const edits = [
      ({ reasoning_content: _removed, ...message }: any) => message,
      (message: any) => ({ ...message, reasoning_content: 'The secret is *.' }),
      ({ provider_data: _removed, ...message }: any) => message,
      (message: any) => ({ ...message, content: 'Edited.' }),
    ]
    for (const edit of edits) {
      const { messages, thinking: asked } = await sent(edit, { reasoning: { budget: 2000 } })
      expect(JSON.stringify(messages)).not.toContain('secret')
      expect(messages[1].content.map(({ type }: any) => type)).toEqual(['text', 'tool_use'])
      expect(asked).toBeUndefined()
      // An effort does not bind earlier turns.
      expect((await sent(edit, { reasoning: true })).thinking).toMatchObject({ type: 'adaptive' })
    }
  })

  // Ax sends calls and thinking back without the text beside them.
  test('sends thinking back with its calls if their text was left out', async () => {
    for (const content of ['', null, []]) {
      const edit = (message: any) => ({ ...message, content })
      const { messages, thinking: asked } = await sent(edit, { reasoning: { budget: 2000 } })
      expect(messages[1].content).toEqual([thinking, use])
      expect(asked).toEqual({ type: 'enabled', budget_tokens: 2000 })
    }
  })
})

test('thinking that nobody signed does not go to Claude', async () => {
  const thinking = { type: 'thinking', thinking: 'hm' }
  const { llm, requests } = answering(
    reply([thinking, text('Hi')], 'end_turn'),
    reply([text('ok')], 'end_turn'),
  )
  const { message } = await llm.chat('q')
  await llm.chat({
    messages: [{ role: 'user', content: 'q' }, message, { role: 'user', content: 'r' }],
  })
  expect(requests[1].messages[1].content).toEqual([text('Hi')])
})

describe.each([true, false])('a reply that ends for another reason, stream: %s', (stream) => {
  const use = { type: 'tool_use', id: 't', name: 'w', input: {} }
  test.each([
    ['refusal', 'content_filter'],
    ['model_context_window_exceeded', 'length'],
    ['max_tokens', 'length'],
  ])('%s is %s, and its tool calls do not run', async (reason, finishReason) => {
    const { llm, requests } = answering(reply([use], reason))
    let runs = 0
    const w = tool({ name: 'w', execute: () => String(++runs) })
    const started: any = runTools(llm, { prompt: 'q', tools: [w], stream } as never)
    const result = await ('result' in started ? started.result() : started)
    expect(result).toMatchObject({ finishReason, rawFinishReason: reason })
    expect([runs, requests.length]).toEqual([0, 1])
  })

  test.each(['error', 'abort', 'network_error'])('%s is an error', async (reason) => {
    const { llm } = answering(reply([text('Half')], reason))
    const asked = stream ? llm.chat({ prompt: 'q', stream: true }).result() : llm.chat('q')
    await expect(asked).rejects.toMatchObject({ code: 'server_error', partial: { text: 'Half' } })
  })
})

test('arguments that the caller redacted go to Claude as they are in the history', async () => {
  const thinking = { type: 'thinking', thinking: 'hm', signature: 'S' }
  const input = { user: 'ann', password: 'secret' }
  const { llm, requests } = answering(
    reply([thinking, { type: 'tool_use', id: 't1', name: 'login', input }], 'tool_use'),
    ...Array.from({ length: 2 }, () => reply([text('ok')], 'end_turn')),
  )
  const tools = [{ type: 'function' as const, function: { name: 'login' } }]
  const { message } = await llm.chat({ prompt: 'q', tools })
  const calling = (args: object) => [
    { role: 'user', content: 'q' } as const,
    {
      ...message,
      tool_calls: message.tool_calls?.map((call) => ({
        ...call,
        function: { ...call.function, arguments: JSON.stringify(args) },
      })),
    },
    { role: 'tool', tool_call_id: 't1', content: 'ok' } as const,
  ]
  await llm.chat({ messages: calling({ user: 'ann', password: '***' }), tools })
  expect(requests[1].messages[1].content).toMatchObject([thinking, { input: { password: '***' } }])
  // A store may reorder the members.
  await llm.chat({ messages: calling({ password: 'secret', user: 'ann' }), tools })
  expect(requests[2].messages[1].content).toEqual([
    thinking,
    { type: 'tool_use', id: 't1', name: 'login', input },
  ])
})

test('calls that share an id get ids of their own, with their results', async () => {
  const call = (id: string, city: string) => ({
    id,
    type: 'function' as const,
    function: { name: 'look', arguments: JSON.stringify({ city }) },
  })
  const result = (id: string, content: string) => ({
    role: 'tool' as const,
    tool_call_id: id,
    content,
  })
  const { llm, requests } = answering(reply([text('Done.')], 'end_turn'))
  await llm.chat({
    tools: [{ type: 'function', function: { name: 'look', parameters: { type: 'object' } } }],
    messages: [
      { role: 'user', content: 'Look.' },
      { role: 'assistant', content: null, tool_calls: [call('c', 'A'), call('c', 'B')] },
      result('c', 'in A'),
      result('c', 'in B'),
      { role: 'assistant', content: 'Again.', tool_calls: [call('c', 'C')] },
      result('c', 'in C'),
    ],
  })
  const blocks = requests[0].messages.flatMap(({ content }: any) => content)
  const calls = blocks.filter(({ type }: any) => type === 'tool_use')
  expect(calls.map(({ id, input }: any) => [id, input.city])).toEqual([
    ['c', 'A'],
    ['c_2', 'B'],
    ['c_3', 'C'],
  ])
  const results = blocks.filter(({ type }: any) => type === 'tool_result')
  expect(results.map((each: any) => [each.tool_use_id, each.content[0].text])).toEqual([
    ['c', 'in A'],
    ['c_2', 'in B'],
    ['c_3', 'in C'],
  ])
})

test.each([{}, { usage: null }, { usage: { input_tokens: 9 } }, { usage: { output_tokens: 0 } }])(
  'the tokens of a reply that are not counted at its end: %j',
  async (counts) => {
    const words = 'The quick brown fox jumps over the lazy dog. '.repeat(9)
    const events = [
      { type: 'message_start', message: { id: 'm', usage: { input_tokens: 9, output_tokens: 1 } } },
      { type: 'content_block_start', index: 0, content_block: text(words) },
      { type: 'message_delta', delta: { stop_reason: 'end_turn' }, ...counts },
    ]
    const body = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')
    const fetch = async () =>
      new Response(body, { headers: { 'content-type': 'text/event-stream' } })
    const llm = new AnthropicLLM({ model: 'claude-sonnet-4-6', apiKey: 'key', fetch })
    const { usage } = await llm.chat({ prompt: 'Hi', stream: true }).result()
    expect(usage).toMatchObject({ promptTokens: 9, estimated: true })
    expect(usage.completionTokens).toBeGreaterThan(80)
  },
)

// https://github.com/rynfar/meridian/issues/528
test('calls that a whole reply lists twice are made once', async () => {
  const use = (id: string) => ({ type: 'tool_use', id, name: 'w', input: { a: 1 } })
  const blocks = [use('1'), use('2'), use('1'), use('2')]
  const { llm } = answering(reply(blocks, 'tool_use'))
  const { toolCalls } = await llm.chat('q')
  expect(toolCalls.map(({ id, arguments: given }) => [id, given])).toEqual([
    ['1', { a: 1 }],
    ['2', { a: 1 }],
  ])
})

// https://github.com/QuantumNous/new-api/issues/4203
test('a call that begins again while it is open goes on', async () => {
  const start = {
    type: 'content_block_start',
    index: 0,
    content_block: { type: 'tool_use', id: '1', name: 'w', input: {} },
  }
  const delta = (partial_json: string) => ({
    type: 'content_block_delta',
    index: 0,
    delta: { type: 'input_json_delta', partial_json },
  })
  const whole = frames(reply([], 'tool_use'))
  const events = [
    start,
    delta('{"a":'),
    start,
    delta('1}'),
    { type: 'content_block_stop', index: 0 },
  ]
  const body = whole.replace(
    /(?=event: message_delta)/,
    events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(''),
  )
  const llm = new AnthropicLLM({
    model: 'claude-sonnet-4-6',
    apiKey: 'key',
    fetch: async () => new Response(body, { headers: { 'content-type': 'text/event-stream' } }),
  })
  const { toolCalls } = await llm.chat({ prompt: 'q', stream: true }).result()
  expect(toolCalls).toMatchObject([{ id: '1', arguments: { a: 1 } }])
})
