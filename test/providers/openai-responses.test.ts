import { getChatModel } from '../../src/index.ts'
import { describe, expect, test } from 'vitest'
import { OpenAiResponsesLLM } from '../../src/providers/openai-responses.ts'
import { runTools } from '../../src/tools/run-tools.ts'
import { tool } from '../../src/tools/tool.ts'
import { simulate } from '../../src/testing.ts'
import type { Script } from '../../src/testing.ts'

const at = (script: Script, model = 'gpt-5.1') => {
  const fetch = simulate('openai_responses', script, { key: 'sk-test' })
  const llm = new OpenAiResponsesLLM({ model, apiKey: 'sk-test', fetch, maxRetries: 0 })
  return { llm, fetch, last: () => fetch.requests.at(-1)?.body }
}

/** A model whose answers are these events, whatever it is asked. */
const answering = (...events: object[]) => {
  const body = events
    .map(
      (event) => `event: ${(event as { type: string }).type}\ndata: ${JSON.stringify(event)}\n\n`,
    )
    .join('')
  const headers = { 'content-type': 'text/event-stream' }
  const fetch = async () => new Response(body, { headers })
  return new OpenAiResponsesLLM({ model: 'gpt-5.1', apiKey: 'sk-test', fetch, maxRetries: 0 })
}

const WEATHER = tool({
  name: 'weather',
  description: 'Current weather',
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  execute: ({ city }) => `${String(city)}: 21 °C`,
})

describe.each([true, false])('stream: %s', (stream) => {
  const ask = async (llm: InstanceType<typeof OpenAiResponsesLLM>, request: object) =>
    stream
      ? await llm.chat({ ...request, stream: true }).result()
      : await llm.chat({ ...request, stream: false })

  test('text, usage and the id of the response', async () => {
    const { llm, last } = at({ text: 'Hello there', usage: { promptTokens: 9, cachedTokens: 4 } })
    const result = await ask(llm, { prompt: 'Hi' })
    expect(result).toMatchObject({
      text: 'Hello there',
      finishReason: 'stop',
      id: 'resp_simulated1',
      usage: { promptTokens: 9, cachedTokens: 4 },
    })
    expect(last()).toMatchObject({
      store: false,
      include: ['reasoning.encrypted_content'],
      input: [{ type: 'message', role: 'user', content: 'Hi' }],
    })
  })

  test('reasoning comes as a summary and goes back encrypted before its call', async () => {
    const call = { name: 'weather', arguments: { city: 'Oslo' } }
    const { llm, fetch } = at([{ reasoning: 'Look it up.', toolCalls: [call] }, 'It is 21 °C.'])
    const request = { prompt: 'Oslo?', tools: [WEATHER], reasoning: true, stream }
    const run = runTools(llm, request as never) as unknown as { result?: () => Promise<unknown> }
    const result = await (run.result ? run.result() : run)
    expect(result).toMatchObject({ text: 'It is 21 °C.' })
    expect(fetch.requests).toHaveLength(2)
    const [, reasoning, called, output] = (fetch.requests[1] as { body: any }).body.input
    expect(reasoning).toMatchObject({
      type: 'reasoning',
      encrypted_content: 'sealed_resp_simulated1',
    })
    expect(called).toMatchObject({ type: 'function_call', name: 'weather' })
    expect(JSON.parse(called.arguments)).toEqual({ city: 'Oslo' })
    expect(output).toEqual({
      type: 'function_call_output',
      call_id: called.call_id,
      output: 'Oslo: 21 °C',
    })
  })

  test('what asks for nothing is dropped', async () => {
    const { llm, fetch } = at('Hi')
    const neutral = { temperature: 1, topP: 1, presencePenalty: 0, frequencyPenalty: 0 }
    await ask(llm, { prompt: 'Hi', reasoning: true, ...neutral })
    for (const name of ['temperature', 'top_p', 'presence_penalty', 'frequency_penalty'])
      expect(fetch.requests[0]?.body).not.toHaveProperty(name)
  })

  test('a limit below the least that the vendor takes is raised to it', async () => {
    const { llm, fetch } = at('Hi')
    expect(String(await ask(llm, { prompt: 'Hi', maxTokens: 1 }))).toBe('Hi')
    expect(fetch.requests[0]?.body).toMatchObject({ max_output_tokens: 16 })
  })

  test('a reply cut by its limit is `length`, and its calls are marked', async () => {
    const { llm } = at({
      toolCalls: [{ name: 'weather', arguments: '{"city": "Os' }],
      finishReason: 'length',
    })
    const result = await ask(llm, { prompt: 'Oslo?', tools: [] })
    expect(result).toMatchObject({ finishReason: 'length', rawFinishReason: 'max_output_tokens' })
    expect(result.toolCalls[0]?.invalid).toBeTruthy()
  })

  test.each([
    ['cut', '{"city": "Os', '{}'],
    ['encoded twice', '"{\\"city\\":\\"Oslo\\"}"', '{"city":"Oslo"}'],
    ['a list', '["Oslo"]', '{}'],
    ['null', 'null', '{}'],
    ['empty', '', '{}'],
  ])('arguments that are %s go back as an object', async (_kind, given, expected) => {
    const reply = { toolCalls: [{ name: 'weather', arguments: given }], finishReason: 'length' }
    const { llm, last } = at([reply, 'Sorry.'] as never)
    const { message } = await ask(llm, { prompt: 'Oslo?', tools: [] })
    const { provider_data: _data, ...bare } = message
    for (const each of [message, bare]) {
      const answer = { role: 'tool', tool_call_id: message.tool_calls?.[0]?.id, content: 'no' }
      await ask(llm, { messages: [{ role: 'user', content: 'Oslo?' }, each, answer] })
      const called = last().input.find(({ type }: { type: string }) => type === 'function_call')
      expect(called.arguments).toBe(expected)
    }
  })

  test('pages that the built-in search found', async () => {
    const sources = [{ url: 'https://example.com/a', title: 'A' }]
    const { llm, last } = at({ text: 'Found.', sources })
    const result = await ask(llm, { prompt: 'Search', search: true })
    expect(result.sources).toEqual(sources)
    expect(last().tools).toEqual([{ type: 'web_search' }])
  })

  test('a custom tool of the caller, and its answer', async () => {
    const custom = { type: 'custom', name: 'sql', description: 'Runs SQL' }
    const { llm, last } = at([
      { toolCalls: [{ name: 'sql', arguments: { input: 'SELECT 1' } }] },
      'One row.',
    ])
    const first = await ask(llm, { prompt: 'Run it', tools: [custom] })
    expect(first.toolCalls).toMatchObject([{ name: 'sql', arguments: { input: 'SELECT 1' } }])
    const answer = { role: 'tool', tool_call_id: first.toolCalls[0]?.id, content: '1' }
    const messages = [{ role: 'user', content: 'Run it' }, first.message, answer]
    expect(String(await ask(llm, { messages, tools: [custom] }))).toBe('One row.')
    expect(last().input.slice(1)).toMatchObject([
      { type: 'custom_tool_call', input: 'SELECT 1' },
      { type: 'custom_tool_call_output', output: '1' },
    ])
  })

  test('an answer whose text the caller changed goes back as the caller has it', async () => {
    const { llm, last } = at([{ reasoning: 'Hm.', text: 'Hello' }, 'Bye'])
    const { message } = await ask(llm, { prompt: 'Hi', reasoning: true })
    const changed = { ...message, content: 'Hello!' }
    const messages = [{ role: 'user', content: 'Hi' }, changed, { role: 'user', content: 'Bye' }]
    await ask(llm, { messages })
    expect(last().input[1]).toEqual({ type: 'message', role: 'assistant', content: 'Hello!' })
  })

  test('a JSON schema', async () => {
    const { llm, last } = at('{"a":1}')
    const json_schema = { name: 'answer', schema: { type: 'object' }, strict: false }
    await ask(llm, { prompt: 'JSON', responseFormat: { type: 'json_schema', json_schema } })
    expect(last().text.format).toEqual({ type: 'json_schema', ...json_schema })
  })
})

test('a choice of a tool, and other options', async () => {
  const { llm, last } = at([{ toolCalls: [{ name: 'weather', arguments: {} }] }, 'Hi'])
  const toolChoice = { type: 'function', function: { name: 'weather' } } as const
  const tools = [{ type: 'function', function: { name: 'weather' } } as const]
  await llm.chat({
    prompt: 'Hi',
    tools,
    toolChoice,
    parallelToolCalls: false,
    user: 'u',
  })
  expect(last()).toMatchObject({
    tool_choice: { type: 'function', name: 'weather' },
    parallel_tool_calls: false,
    user: 'u',
  })
  await llm.chat({ prompt: 'Hi', tools, toolChoice: 'none' })
  expect(last().tool_choice).toBe('none')
})

test('a custom tool in the form of Chat Completions', async () => {
  const { llm, last } = at({ toolCalls: [{ name: 'sql', arguments: { input: 'SELECT 1' } }] })
  const custom = { type: 'custom', custom: { name: 'sql', description: 'Runs SQL' } }
  const { toolCalls } = await llm.chat({ prompt: 'Run it', tools: [custom] })
  expect(last().tools).toEqual([{ type: 'custom', name: 'sql', description: 'Runs SQL' }])
  expect(toolCalls).toMatchObject([{ name: 'sql', arguments: { input: 'SELECT 1' } }])
})

test('raw prompts are refused', async () => {
  const { llm, fetch } = at('unused')
  await expect(llm.chatWithRawPrompt({ prompt: 'Hi' })).rejects.toMatchObject({
    code: 'unsupported_option',
  })
  expect(fetch.requests).toEqual([])
})

test.each<[string, unknown, object]>([
  ['no object', 1, { code: 'unexpected_response' }],
  ['a response without output', { object: 'response' }, { code: 'unexpected_response' }],
  ['an error', { error: { message: 'No' } }, { code: 'server_error' }],
  [
    'a failure without a reason',
    { object: 'response', status: 'failed', output: [] },
    { code: 'server_error', vendorCode: 'failed', retryable: true },
  ],
])('%s is an error', async (_what, body, error) => {
  const fetch = async () => Response.json(body)
  const llm = new OpenAiResponsesLLM({ model: 'm', apiKey: 'sk-test', fetch, maxRetries: 0 })
  await expect(llm.chat({ prompt: 'Hi', stream: false })).rejects.toMatchObject(error)
})

test('pictures and files become input parts', async () => {
  const { llm, last } = at('A cat.')
  const content = [
    { type: 'text', text: 'What?' },
    { type: 'image_url', image_url: { url: 'https://example.com/cat.png' } },
    { type: 'file', file: { file_data: 'data:application/pdf;base64,AA==', filename: 'a.pdf' } },
  ] as const
  await llm.chat({ messages: [{ role: 'user', content: [...content] }] })
  expect(last().input[0].content).toEqual([
    { type: 'input_text', text: 'What?' },
    { type: 'input_image', image_url: 'https://example.com/cat.png', detail: 'auto' },
    { type: 'input_file', file_data: 'data:application/pdf;base64,AA==', filename: 'a.pdf' },
  ])
})

test.each([
  ['seed', { seed: 1 }],
  ['presencePenalty', { presencePenalty: 1 }],
  ['temperature', { temperature: 0.5, reasoning: true }],
  ['reasoning.budget', { reasoning: { budget: 100 } }],
  ['a forced call without tools', { toolChoice: 'required' as const }],
])('%s is refused before anything is sent', async (_name, options) => {
  const { llm, fetch } = at('unused')
  await expect(llm.chat({ prompt: 'Hi', ...options })).rejects.toMatchObject({
    code: 'unsupported_option',
  })
  expect(fetch.requests).toEqual([])
})

describe('reasoning by the row of the model', () => {
  const send = async (modelServer: string, model: string, reasoning: boolean | object) => {
    const bodies: any[] = []
    const reply = { object: 'response', status: 'completed', output: [] }
    const fetch = async (_url: unknown, init?: RequestInit) => {
      bodies.push(JSON.parse(init!.body as string))
      return Response.json(reply)
    }
    const llm = getChatModel({ model, modelServer, apiKey: 'key', fetch: fetch as never })
    await llm.chat({ prompt: 'Hi', reasoning, stream: false } as never)
    return bodies[0].reasoning
  }

  test.each<[string, string, boolean | object]>([
    ['xai_responses', 'grok-4-0709', { effort: 'low' }],
    ['xai_responses', 'grok-4-1-fast-reasoning', { effort: 'high' }],
    ['xai_responses', 'grok-4-fast', false],
    ['xai_responses', 'grok-4-fast-non-reasoning', true],
    ['groq_responses', 'openai/gpt-oss-120b', false],
    ['groq_responses', 'qwen/qwen3-32b', { effort: 'high' }],
  ])('%s %s %o is refused before anything is sent', async (server, model, reasoning) => {
    await expect(send(server, model, reasoning)).rejects.toMatchObject({
      code: 'unsupported_option',
    })
  })

  test.each<[string, string, boolean | object, object | undefined]>([
    ['xai_responses', 'grok-4-fast', true, { summary: 'auto' }],
    ['xai_responses', 'grok-4.3', { effort: 'low' }, { effort: 'low', summary: 'auto' }],
    ['xai_responses', 'grok-4-fast-non-reasoning', false, undefined],
    ['groq_responses', 'openai/gpt-oss-120b', true, { effort: 'medium', summary: 'auto' }],
  ])('%s %s %o is sent as %o', async (server, model, reasoning, expected) => {
    expect(await send(server, model, reasoning)).toEqual(expected)
  })
})

const RESPONSE = { id: 'resp_1', object: 'response', model: 'gpt-5.1', status: 'completed' }
const MESSAGE = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  content: [{ type: 'output_text', text: 'Hello there', annotations: [] }],
}
const CALL = {
  id: 'fc_1',
  type: 'function_call',
  call_id: 'call_1',
  name: 'f',
  arguments: '{"a":1}',
}

describe('events that servers leave out or send in another order', () => {
  test.each([
    ['nothing but the final response', []],
    [
      'items only once they are done',
      [{ type: 'response.output_item.done', output_index: 0, item: MESSAGE }],
    ],
    [
      'a delta, then the whole text',
      [
        { type: 'response.output_text.delta', output_index: 0, content_index: 0, delta: 'Hello' },
        {
          type: 'response.output_text.done',
          output_index: 0,
          content_index: 0,
          text: 'Hello there',
        },
      ],
    ],
    [
      'no indexes at all',
      [
        { type: 'response.output_text.delta', delta: 'Hello ' },
        { type: 'response.output_text.delta', delta: 'there' },
      ],
    ],
  ])('%s', async (_name, events) => {
    const response = { ...RESPONSE, output: [MESSAGE] }
    const llm = answering(...events, { type: 'response.completed', response })
    const stream = llm.chat({ prompt: 'Hi', stream: true })
    let text = ''
    for await (const piece of stream) text += piece
    expect(text).toBe('Hello there')
  })

  test.each(['msg_1', undefined])('text after the end of its message, of id %s', async (id) => {
    const piece = (delta: string) => ({
      type: 'response.output_text.delta',
      item_id: id,
      output_index: 0,
      delta,
    })
    const item = { ...MESSAGE, id, content: [{ type: 'output_text', text: 'Hel' }] }
    const repeated = {
      type: 'response.output_text.done',
      item_id: id,
      output_index: 0,
      text: 'Hel',
    }
    const llm = answering(
      piece('Hel'),
      { type: 'response.output_item.done', output_index: 0, item },
      piece('lo '),
      repeated,
      piece('there'),
      { type: 'response.completed', response: { ...RESPONSE, output: [item] } },
    )
    expect((await llm.chat('Hi')).text).toBe('Hello there')
  })

  test('token counts under the names of Chat Completions', async () => {
    const usage = {
      prompt_tokens: 9,
      prompt_tokens_details: { cached_tokens: 4 },
      completion_tokens: 5,
      completion_tokens_details: { reasoning_tokens: 2 },
      total_tokens: 14,
    }
    const response = { ...RESPONSE, output: [MESSAGE], usage }
    expect((await answering({ type: 'response.completed', response }).chat('Hi')).usage).toEqual({
      promptTokens: 9,
      cachedTokens: 4,
      completionTokens: 5,
      reasoningTokens: 2,
      totalTokens: 14,
    })
  })

  test('arguments that come before the head of their call', async () => {
    const llm = answering(
      { type: 'response.function_call_arguments.delta', output_index: 0, delta: '{"a"' },
      { type: 'response.output_item.added', output_index: 0, item: { ...CALL, arguments: '' } },
      { type: 'response.function_call_arguments.delta', output_index: 0, delta: ':1}' },
      { type: 'response.output_item.done', output_index: 0, item: CALL },
      { type: 'response.completed', response: { ...RESPONSE, output: [CALL] } },
    )
    const { toolCalls, finishReason } = await llm.chat({ prompt: 'Hi', stream: true }).result()
    expect(toolCalls).toMatchObject([{ id: 'call_1', name: 'f', arguments: { a: 1 } }])
    expect(finishReason).toBe('tool_calls')
  })

  test('a message whose content is a text', async () => {
    const output = [{ type: 'message', role: 'assistant', content: 'Hello there' }]
    const llm = answering({ type: 'response.completed', response: { ...RESPONSE, output } })
    expect((await llm.chat('Hi')).text).toBe('Hello there')
  })

  test('a custom tool call that the server answers itself (xAI) is no call of the caller', async () => {
    const item = {
      id: 'ctc_1',
      type: 'custom_tool_call',
      call_id: 'x',
      name: 'x_search',
      input: '{}',
    }
    const llm = answering({
      type: 'response.completed',
      response: { ...RESPONSE, output: [item, MESSAGE] },
    })
    const result = await llm.chat('Hi')
    expect(result).toMatchObject({ text: 'Hello there', toolCalls: [], finishReason: 'stop' })
  })
})

test('the response itself as the data of its events', async () => {
  const response = { id: 'r', object: 'response', model: 'm', output: [] }
  const body = [
    ['response.created', { ...response, status: 'in_progress' }],
    ['response.output_text.delta', { delta: 'Hello' }],
    ['response.completed', { ...response, status: 'completed', usage: { output_tokens: 3 } }],
  ]
    .map(([name, data]) => `event: ${String(name)}\ndata: ${JSON.stringify(data)}\n\n`)
    .join('')
  const headers = { 'content-type': 'text/event-stream' }
  const fetch = async () => new Response(body, { headers })
  const llm = new OpenAiResponsesLLM({ model: 'm', apiKey: 'sk-test', fetch, maxRetries: 0 })
  expect(await llm.chat('Hi')).toMatchObject({
    text: 'Hello',
    finishReason: 'stop',
    usage: { completionTokens: 3 },
  })
})

describe('calls of other servers', () => {
  const added = (id: string, output_index?: number) => {
    const item = { type: 'function_call', id, call_id: `call_${id}`, name: 'w', arguments: '' }
    return { type: 'response.output_item.added', output_index, item }
  }
  const delta = (item_id: string, text: string, output_index?: number) => ({
    type: 'response.function_call_arguments.delta',
    item_id,
    output_index,
    delta: text,
  })
  const done = (text: string, output_index: number) => ({
    type: 'response.function_call_arguments.done',
    output_index,
    arguments: text,
  })
  const end = (...output: object[]) => ({
    type: 'response.completed',
    response: { ...RESPONSE, output },
  })
  const item = (id: string, text: string) => ({ ...added(id).item, arguments: text })

  test.each<[string, object[], string[]]>([
    [
      'without indexes',
      [added('a'), added('b'), delta('a', '{"c":'), delta('b', '{"c":2}'), delta('a', '1}'), end()],
      ['{"c":1}', '{"c":2}'],
    ],
    [
      'the same, repeated at the end',
      [
        added('a'),
        added('b'),
        delta('a', '{"c":1}'),
        delta('b', '{"c":2}'),
        end(item('a', '{"c":1}'), item('b', '{"c":2}')),
      ],
      ['{"c":1}', '{"c":2}'],
    ],
    [
      '`{}`, and then the arguments',
      [added('a', 0), delta('a', '{}', 0), delta('a', '{"c":1}', 0), end(item('a', '{"c":1}'))],
      ['{"c":1}'],
    ],
    [
      'arguments only at their end, of two calls',
      [added('a', 0), done('{"c":1}', 0), added('b', 1), done('{"c":2}', 1), end()],
      ['{"c":1}', '{"c":2}'],
    ],
    [
      'the rest of the arguments at their end',
      [added('a', 0), delta('a', '{"c"', 0), done('{"c":1}', 0), end(item('a', '{"c":1}'))],
      ['{"c":1}'],
    ],
    [
      'at one index, in turns',
      [
        added('a', 0),
        added('b', 0),
        delta('a', '{"c":', 0),
        delta('b', '{"c":2}', 0),
        delta('a', '1}', 0),
        end(),
      ],
      ['{"c":1}', '{"c":2}'],
    ],
    ['`{}` alone', [added('a', 0), delta('a', '{}', 0), end(item('a', '{}'))], ['{}']],
  ])('%s', async (_name, events, expected) => {
    const { toolCalls } = await answering(...events).chat('Hi')
    expect(toolCalls.map(({ argumentsText }) => argumentsText)).toEqual(expected)
  })
})

describe('failures', () => {
  test.each([
    [{ code: 'rate_limit_exceeded', message: 'Slow down' }, 'rate_limit', true],
    [{ code: 'server_error', message: 'Oops' }, 'server_error', true],
    [{ code: 'invalid_prompt', message: 'Refused' }, 'content_filter', false],
  ])('response.failed with %o', async (error, code, retryable) => {
    const response = { ...RESPONSE, status: 'failed', output: [], error }
    const llm = answering({ type: 'response.failed', response })
    await expect(llm.chat('Hi')).rejects.toMatchObject({ code, retryable, message: error.message })
  })

  const slow = { message: 'Slow down', type: 'server_error', code: 'rate_limit_exceeded' }
  const failed = { ...RESPONSE, status: 'failed', output: [], error: null }

  test.each([
    ['beside the response', { type: 'response.failed', response: failed, error: slow }],
    ['in the event', { ...slow, type: 'response.failed', response: failed }],
    ['in an event of its own', { type: 'response.error', error: slow }],
  ])('an error %s', async (_name, event) => {
    const llm = answering(event)
    await expect(llm.chat('Hi')).rejects.toMatchObject({
      code: 'rate_limit',
      vendorCode: 'rate_limit_exceeded',
      message: 'Slow down',
    })
  })

  test('`response.completed` with another status inside is no success', async () => {
    const half = { type: 'response.output_text.delta', output_index: 0, delta: 'Half' }
    const end = (response: object) => ({ type: 'response.completed', response })
    const error = { code: 'server_error', message: 'Oops' }
    const failed = { ...RESPONSE, status: 'failed', output: [], error }
    await expect(answering(half, end(failed)).chat('Hi')).rejects.toMatchObject({
      code: 'server_error',
      message: 'Oops',
      partial: { text: 'Half' },
    })
    const cut = { ...RESPONSE, status: 'incomplete', output: [] }
    const details = { incomplete_details: { reason: 'max_output_tokens' } }
    expect(await answering(half, end({ ...cut, ...details })).chat('Hi')).toMatchObject({
      finishReason: 'length',
    })
  })

  test('an error event keeps its words and what had arrived', async () => {
    const llm = answering(
      { type: 'response.output_text.delta', output_index: 0, delta: 'Half' },
      { type: 'error', code: 'server_error', message: 'It broke', sequence_number: 3 },
    )
    await expect(llm.chat('Hi')).rejects.toMatchObject({
      code: 'server_error',
      message: 'It broke',
      partial: { text: 'Half' },
    })
  })

  test('a stream that ends before its final event is cut, at every event', async () => {
    const fetch = simulate('openai_responses', { reasoning: 'Hm.', text: 'One two three' })
    const init = {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer k' },
    }
    const request = { model: 'gpt-5.1', input: 'Hi', stream: true, reasoning: { summary: 'auto' } }
    const response = await fetch('https://api.openai.com/v1/responses', {
      ...init,
      body: JSON.stringify(request),
    })
    const frames = (await response.text()).split(/(?<=\n\n)/)
    expect(frames.length).toBeGreaterThan(10)
    for (let end = 1; end < frames.length; end++) {
      const body = frames.slice(0, end).join('')
      const llm = new OpenAiResponsesLLM({
        model: 'gpt-5.1',
        apiKey: 'k',
        maxRetries: 0,
        fetch: async () => new Response(body, { headers: { 'content-type': 'text/event-stream' } }),
      })
      await expect(llm.chat('Hi')).rejects.toMatchObject({ code: 'stream_truncated' })
    }
  })

  test.each([
    [401, 'authentication'],
    [404, 'model_not_found'],
    [429, 'rate_limit'],
  ])('HTTP %i', async (status, code) => {
    const { llm } = at({ error: { status } })
    await expect(llm.chat('Hi')).rejects.toMatchObject({ code })
  })
})
