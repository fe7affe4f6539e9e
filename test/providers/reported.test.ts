/** Replies that public bug reports of 2025 and 2026 describe for servers of the OpenAI format, and the right result of each. */
import { describe, expect, test } from 'vitest'
import { getChatModel } from '../../src/builtins.ts'
import type { ModelConfig } from '../../src/options.ts'
import { runTools } from '../../src/tools/run-tools.ts'
import { tool } from '../../src/tools/tool.ts'

const EVENT_STREAM = { headers: { 'content-type': 'text/event-stream' } }
const data = (value: object | string) =>
  `data: ${typeof value === 'string' ? value : JSON.stringify(value)}\n\n`
const chunk = (delta: object, finish_reason: string | null = null, more: object = {}) =>
  data({ id: 'c', model: 'm', choices: [{ index: 0, delta, finish_reason, ...more }] })
const DONE = data('[DONE]')
const call = (piece: object) => chunk({ tool_calls: [piece] })

const at = (body: string | ((request: any) => Response), config: Partial<ModelConfig> = {}) => {
  const requests: any[] = []
  const llm = getChatModel({
    model: 'm',
    modelServer: 'openai',
    baseURL: 'http://127.0.0.1:9/v1',
    maxRetries: 0,
    ...config,
    fetch: async (_url, init) => {
      const request = JSON.parse(String(init.body))
      requests.push(request)
      return typeof body === 'string' ? new Response(body, EVENT_STREAM) : body(request)
    },
  })
  return { llm, requests }
}

const result = (body: string, config?: Partial<ModelConfig>) =>
  at(body, config).llm.chat({ prompt: 'Hi', stream: true }).result()

const hello = [chunk({ content: 'Hel' }), chunk({ content: 'lo' }), chunk({}, 'stop'), DONE]

describe('frames', () => {
  test.each([
    ['an empty data line', 'data:\n\n'],
    ['an error that says nothing, without choices', data({ choices: [], usage: null, error: '' })],
    ['an empty data line under a name', 'event: keepalive\ndata: \n\n'],
    ['words under the name of a heartbeat', 'event: ping\ndata: keep-alive\n\n'],
    ['null', 'data: null\n\n'],
    ['a comment', ': ping\n\n'],
    ['a comment as data', 'data: : OPENROUTER PROCESSING\n\n'],
  ])('%s is a heartbeat, wherever it stands', async (_name, beat) => {
    for (let place = 0; place <= hello.length; place++) {
      const frames = [...hello.slice(0, place), beat, ...hello.slice(place)]
      expect((await result(frames.join(''))).text).toBe('Hello')
    }
  })

  test('frames set apart by one line break', async () => {
    const joined = hello.map((frame) => frame.trimEnd()).join('\n')
    expect((await result(`${joined}\n\n`)).text).toBe('Hello')
    expect((await result(joined)).text).toBe('Hello')
  })

  test.each([
    ['error: {"code":500,"message":"Context size has been exceeded."}\n\n', 'context_length'],
    ['{"error":{"code":500,"message":"boom"}}\n\n', 'server_error'],
  ])('%s between the frames ends the reply, also before [DONE]', async (line, code) => {
    for (const rest of [DONE, '', chunk({}, 'stop') + DONE]) {
      const error = await result(chunk({ content: 'Half' }) + line + rest).catch((e: unknown) => e)
      expect(error).toMatchObject({ code, partial: { text: 'Half' } })
    }
  })

  test('a stream that ends with the whole answer once more', async () => {
    const message = { role: 'assistant', content: 'Hello', reasoning_content: 'Hm.' }
    const usage = { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13 }
    const again = data({
      object: 'chat.completion',
      choices: [{ index: 0, message, finish_reason: 'stop' }],
      usage,
    })
    const start = chunk({ reasoning_content: 'Hm.' }) + chunk({ content: 'Hello' }, 'stop')
    expect(await result(start + again)).toMatchObject({
      text: 'Hello',
      reasoning: 'Hm.',
      usage: { totalTokens: 13 },
    })
  })

  test.each([
    ['text', { content: 'Hello' }, { text: 'Hello' }],
    ['thinking', { content: 'Hello', reasoning_content: 'Hm.' }, { reasoning: 'Hm.' }],
    [
      'a tool call',
      { content: '', tool_calls: [{ id: 'a', function: { name: 'w', arguments: '{}' } }] },
      { toolCalls: [{ id: 'a', name: 'w' }], finishReason: 'tool_calls' },
    ],
  ])('what came only with the whole answer at the end: %s', async (_name, message, expected) => {
    const whole = data({ choices: [{ index: 0, message, finish_reason: 'stop' }] })
    expect(await result(chunk({ role: 'assistant', content: '' }) + whole)).toMatchObject(expected)
    const both = { delta: {}, message, finish_reason: 'stop' }
    expect(await result(data({ choices: [{ index: 0, ...both }] }))).toMatchObject(expected)
  })

  test('a reply that Copilot splits into choices', async () => {
    const choices = [
      { message: { role: 'assistant', content: 'I look.' }, finish_reason: 'tool_calls' },
      {
        message: { tool_calls: [{ id: 'a', function: { name: 'w', arguments: '{}' } }] },
        finish_reason: 'tool_calls',
      },
    ]
    const { llm } = at(() => Response.json({ choices }))
    expect(await llm.chat('Hi')).toMatchObject({ text: 'I look.', toolCalls: [{ name: 'w' }] })
  })

  test.each(['0', 1])('a lone choice of index %j', async (index) => {
    const body = ['Hel', 'lo'].map((content) => data({ choices: [{ index, delta: { content } }] }))
    expect((await result(body.join('') + DONE)).text).toBe('Hello')
  })

  test.each([['Hi'], [{ type: 'refusal', refusal: 'Hi' }]])(
    'a list of parts that holds %j',
    async (part) => {
      expect((await result(chunk({ content: [part] }, 'stop'))).text).toBe('Hi')
    },
  )

  test.each([false, '', {}, [], { message: '', type: '', code: null }])(
    'an error of %j beside the answer is none',
    async (error) => {
      const frame = { choices: [{ index: 0, delta: { content: 'Hi' }, error }], error }
      expect((await result(data(frame) + chunk({}, 'stop'))).text).toBe('Hi')
    },
  )

  test('a frame that reports success is none', async () => {
    const frames = data({ code: 0, message: 'success' }) + data({ code: '200', msg: 'ok' })
    expect((await result(frames + chunk({ content: 'Hi' }, 'stop'))).text).toBe('Hi')
  })

  test.each([{ detail: 'Boom' }, { errors: { message: 'Boom' }, request_id: 'r' }])(
    'a frame of %j is an error, also before [DONE]',
    async (frame) => {
      const error = await result(chunk({ content: 'Half' }) + data(frame) + DONE).catch(
        (e: unknown) => e,
      )
      expect(error).toMatchObject({ message: 'Boom', partial: { text: 'Half' } })
    },
  )

  test('a reason of the word "null" is none', async () => {
    await expect(result(chunk({ content: 'Half' }, 'null'))).rejects.toMatchObject({
      code: 'stream_truncated',
    })
    expect(await result(chunk({ content: 'Hi' }, 'null') + DONE)).toMatchObject({
      text: 'Hi',
      finishReason: 'stop',
    })
  })

  test.each(['length', 'content_filter'])('%s, and then `stop`', async (reason) => {
    const body = chunk({ content: 'Half' }, reason) + chunk({}, 'stop') + DONE
    expect((await result(body)).finishReason).toBe(reason)
  })

  test.each<[string, object, object]>([
    [
      'zeros',
      { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 },
      { promptTokens: 5, completionTokens: 1, totalTokens: 6, estimated: true },
    ],
    [
      'a zero for the prompt',
      { prompt_tokens: 0, completion_tokens: 3, total_tokens: 3 },
      { promptTokens: 5, completionTokens: 3, totalTokens: 8, estimated: true },
    ],
    [
      'a zero for the answer',
      { prompt_tokens: 7, completion_tokens: 0, total_tokens: 7 },
      { promptTokens: 7, completionTokens: 1, totalTokens: 8, estimated: true },
    ],
    [
      'other names',
      { input_tokens: 7, output_tokens: 3 },
      { promptTokens: 7, completionTokens: 3, totalTokens: 10 },
    ],
  ])('usage of %s', async (_name, usage, expected) => {
    const frames = chunk({ content: 'Hello' }, 'stop') + data({ choices: [], usage }) + DONE
    expect((await result(frames)).usage).toEqual(expected)
  })

  test('usage as strings, which ends in zeros or halves, keeps the counts from before', async () => {
    const usage = (members: object) => data({ choices: [], usage: members })
    const body =
      chunk({ content: 'Hi' }, 'stop') +
      usage({ prompt_tokens: '9', completion_tokens: '4', total_tokens: '13' }) +
      usage({ prompt_tokens: 9, completion_tokens: null, total_tokens: null }) +
      usage({ prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }) +
      DONE
    expect((await result(body)).usage).toEqual({
      promptTokens: 9,
      completionTokens: 4,
      totalTokens: 13,
    })
  })
})

describe('tool calls', () => {
  const one = { id: 'a', name: 'w', argumentsText: '{"x":1}' }
  const head = { index: 0, id: 'a', function: { name: 'w', arguments: '' } }
  const args = (text: string, more: object = {}) => ({
    index: 0,
    function: { arguments: text },
    ...more,
  })

  test.each<[string, object[], object[]]>([
    [
      'the name after its arguments',
      [args('{"x"', { id: 'a' }), { index: 0, function: { name: 'w', arguments: ':1}' } }],
      [one],
    ],
    [
      'a name of null first',
      [
        { index: 0, id: 'a', function: { name: null, arguments: '{"x":1}' } },
        { index: 0, function: { name: 'w' } },
      ],
      [one],
    ],
    ['an index as text', [{ ...head, index: '0' }, args('{"x":1}', { index: '0' })], [one]],
    [
      'one id under two indexes',
      [head, args('{"x"', { index: 1, id: 'a' }), args(':1}', { index: 1, id: 'a' })],
      [one],
    ],
    [
      'ids and no index',
      [{ ...head, index: undefined }, args('{"x":1}', { index: undefined, id: 'a' })],
      [one],
    ],
    [
      'two calls that take turns by id, without an index',
      [
        { id: 'a', function: { name: 'w', arguments: '{"x"' } },
        { id: 'b', function: { name: 'v', arguments: '{"y"' } },
        { id: 'a', function: { arguments: ':1}' } },
        { id: 'b', function: { arguments: ':2}' } },
      ],
      [one, { id: 'b', name: 'v', argumentsText: '{"y":2}' }],
    ],
    [
      'the whole arguments behind the brace that began them',
      [head, args('{'), args('{"x":1}')],
      [one],
    ],
    [
      'the whole arguments at the end once more, with other blanks',
      [head, args('{"x":1}'), args('{ "x": 1 }')],
      [one],
    ],
    [
      'an object in an object',
      [head, args('{"x":'), args('{"x":1}'), args('}')],
      [{ ...one, argumentsText: '{"x":{"x":1}}' }],
    ],
    [
      'empty arguments before the real ones (Bedrock)',
      [{ ...head, function: { name: 'w', arguments: '{}' } }, args('{"x"'), args(':1}')],
      [one],
    ],
    [
      'the same as objects (Gemini)',
      [
        { ...head, function: { name: 'w', arguments: {} } },
        { index: 0, function: { arguments: { x: 1 } } },
      ],
      [one],
    ],
    [
      'a name and arguments without a wrapper',
      [
        { index: 0, id: 'a', name: 'w', arguments: '{"x"' },
        { index: 0, arguments: ':1}' },
        { name: 'v', arguments: { y: 2 } },
      ],
      [one, { name: 'v', argumentsText: '{"y":2}' }],
    ],
    [
      'empty arguments alone',
      [{ ...head, function: { name: 'w', arguments: '{}' } }, args('')],
      [{ id: 'a', name: 'w', argumentsText: '{}' }],
    ],
    [
      'empty arguments of two calls',
      [0, 1].map((index) => ({
        index,
        id: `${index}`,
        function: { name: 'w', arguments: '{}' },
      })),
      [
        { id: '0', argumentsText: '{}' },
        { id: '1', argumentsText: '{}' },
      ],
    ],
    ['the whole arguments at the end once more', [head, args('{"x":1}'), args('{"x":1}')], [one]],
    [
      'the whole call at the end once more',
      [head, args('{"x":1}'), { ...head, function: { name: 'w', arguments: '{"x":1}' } }],
      [one],
    ],
    [
      'a second head at one index',
      [head, args('{"x":1}'), { index: 0, id: 'b', function: { name: 'w', arguments: '{"x":2}' } }],
      [one, { id: 'b', name: 'w', argumentsText: '{"x":2}' }],
    ],
    [
      'a second head at the index of the first, its arguments at an index of their own',
      [
        head,
        args('{"x":1}'),
        { index: 0, id: 'b', function: { name: 'v', arguments: '' } },
        args('{"y"', { index: 1 }),
        args(':2}', { index: 1 }),
      ],
      [one, { id: 'b', name: 'v', argumentsText: '{"y":2}' }],
    ],
    [
      'an index that counts the pieces, without ids',
      [{ ...head, id: undefined }, args('{"x"', { index: 1 }), args(':1}', { index: 2 })],
      [{ name: 'w', argumentsText: '{"x":1}' }],
    ],
    [
      'the name with every piece',
      [head, { ...args('{"x"'), function: { name: 'w', arguments: '{"x"' } }, args(':1}')],
      [one],
    ],
  ])('%s', async (_name, pieces, expected) => {
    const { toolCalls, finishReason } = await result(
      pieces.map(call).join('') + chunk({}, 'tool_calls') + DONE,
    )
    expect(toolCalls).toMatchObject(expected)
    expect(toolCalls).toHaveLength(expected.length)
    expect(finishReason).toBe('tool_calls')
  })

  test.each(['w<|channel|>commentary', 'functions.w', 'functions.w<|constrain|>json', ' w\n'])(
    'the name %j of gpt-oss',
    async (name) => {
      const { toolCalls } = await result(
        call({ ...head, function: { name, arguments: '' } }) +
          call(args('{"x":1}')) +
          chunk({}, 'tool_calls'),
      )
      expect(toolCalls).toMatchObject([one])
    },
  )

  test('two calls with one id get two', async () => {
    const pieces = [0, 1].map((index) => ({
      index,
      id: 'a',
      function: { name: 'w', arguments: `{"x":${index}}` },
    }))
    const { toolCalls, message } = await result(
      pieces.map(call).join('') + chunk({}, 'tool_calls') + DONE,
    )
    expect(toolCalls.map(({ arguments: { x } }) => x)).toEqual([0, 1])
    expect(new Set(message.tool_calls?.map(({ id }) => id)).size).toBe(2)
  })

  test.each([
    [
      'an empty name',
      call({ index: 0, id: 'a', function: { name: '', arguments: '{}' } }),
      'other',
      '',
    ],
    ['no call at all', chunk({ content: 'It is 21 °C.' }), 'stop', 'It is 21 °C.'],
  ])(
    '%s: the reply is not `tool_calls`, and runTools ends with it',
    async (_name, body, finishReason, text) => {
      const { llm, requests } = at(body + chunk({}, 'tool_calls') + DONE)
      const w = tool({ name: 'w', execute: () => '1' })
      const reply = await runTools(llm, { prompt: 'x', tools: [w], stream: true }).result()
      expect(reply).toMatchObject({ finishReason, text, toolCalls: [] })
      expect(requests).toHaveLength(1)
    },
  )
})

describe('reasons of other vendors, through a gateway', () => {
  test.each([
    ['STOP', 'stop'],
    ['end_turn', 'stop'],
    ['stop_sequence', 'stop'],
    ['MAX_TOKENS', 'length'],
    ['model_context_window_exceeded', 'length'],
    ['SAFETY', 'content_filter'],
    ['PROHIBITED_CONTENT', 'content_filter'],
    ['refusal', 'content_filter'],
    ['guardrail_intervened', 'content_filter'],
    ['something_new', 'other'],
  ])('%s is %s', async (raw, finishReason) => {
    for (const stream of [true, false]) {
      const message = { content: 'Hi' }
      const choices = [{ index: 0, message, finish_reason: raw }]
      const { llm } = at(
        stream ? chunk(message) + chunk({}, raw) + DONE : () => Response.json({ choices }),
      )
      const asked = stream ? llm.chat({ prompt: 'x', stream: true }).result() : llm.chat('x')
      expect(await asked).toMatchObject({ finishReason, rawFinishReason: raw, text: 'Hi' })
    }
  })

  test.each(['malformed_function_call', 'MALFORMED_FUNCTION_CALL', 'unexpected_tool_call'])(
    '%s is an error',
    async (raw) => {
      const error = await result(chunk({ content: 'Half' }) + chunk({}, raw) + DONE).catch(
        (thrown: unknown) => thrown,
      )
      expect(error).toMatchObject({
        code: 'server_error',
        retryable: true,
        vendorCode: raw,
        partial: { text: 'Half' },
      })
    },
  )

  test('the calls of a filtered reply do not run', async () => {
    const head = { index: 0, id: 'a', function: { name: 'w', arguments: '{}' } }
    const { llm, requests } = at(call(head) + chunk({}, 'SAFETY') + DONE)
    let runs = 0
    const w = tool({ name: 'w', execute: () => String(++runs) })
    const reply = await runTools(llm, { prompt: 'x', tools: [w], stream: true }).result()
    expect(reply.finishReason).toBe('content_filter')
    expect([runs, requests.length]).toEqual([0, 1])
  })

  test.each<[string, string]>([
    ['calls and then [DONE], without a reason', DONE],
    ['the reason in the chunk of the last arguments', chunk({}, 'tool_calls') + DONE],
  ])('%s', async (_name, end) => {
    const last = { tool_calls: [{ index: 0, function: { arguments: '{}' } }] }
    const head = call({ index: 0, id: 'a', function: { name: 'w', arguments: '' } })
    const body = head + (end === DONE ? chunk(last) + DONE : chunk(last, 'tool_calls') + DONE)
    expect(await result(body)).toMatchObject({
      finishReason: 'tool_calls',
      toolCalls: [{ name: 'w', argumentsText: '{}' }],
    })
  })

  test('a call that was cut under the reason `tool_calls` does not run', async () => {
    const cut = call({ index: 0, id: 'a', function: { name: 'w', arguments: '{"a":"b' } })
    let runs = 0
    const w = tool({ name: 'w', execute: () => String(++runs) })
    const { llm, requests } = at(
      (request) =>
        new Response(
          (request.messages.length > 1
            ? chunk({ content: 'ok' }, 'stop')
            : cut + chunk({}, 'tool_calls')) + DONE,
          EVENT_STREAM,
        ),
    )
    const reply = await runTools(llm, { prompt: 'x', tools: [w], stream: true }).result()
    expect(reply.text).toBe('ok')
    expect(runs).toBe(0)
    expect(requests[1].messages[1].tool_calls[0].function.arguments).toBe('{}')
  })
})

describe('replies that are not whole', () => {
  test.each(['abort', 'error', 'cancelled', 'load', 'unload', 'insufficient_system_resource'])(
    'the reason %s is an error, and its calls are not run',
    async (reason) => {
      let ran = false
      const { llm } = at(
        call({ index: 0, id: 'a', function: { name: 'w', arguments: '{}' } }) +
          chunk({}, reason) +
          DONE,
      )
      const w = tool({ name: 'w', execute: () => (ran = true) })
      const run = runTools(llm, { prompt: 'x', tools: [w], stream: true })
      await expect(run.result()).rejects.toMatchObject({ code: 'server_error', vendorCode: reason })
      expect(ran).toBe(false)
    },
  )

  test.each([
    [{ code: 400, message: 'No signature' }, 'bad_request', false],
    [{ code: 429, message: 'Slow down' }, 'rate_limit', true],
    [{ code: 502, message: 'Disconnected' }, 'server_error', true],
  ])('the failure %o on a choice keeps its words and code', async (error, code, retryable) => {
    for (const reason of ['error', 'stop', null]) {
      const failure = result(chunk({ content: 'Half' }) + chunk({}, reason, { error }) + DONE)
      await expect(failure).rejects.toMatchObject({
        code,
        retryable,
        message: error.message,
        partial: { text: 'Half' },
      })
    }
  })

  test.each([
    [
      { base_resp: { status_code: 1004, status_msg: 'login fail' } },
      'authentication',
      'login fail',
    ],
    [
      { base_resp: { status_code: 1008, status_msg: 'no money' } },
      'insufficient_quota',
      'no money',
    ],
    [{ choices: null, message: 'The model is busy' }, 'server_error', 'The model is busy'],
  ])('%o', async (body, code, message) => {
    const { llm } = at(() => Response.json(body))
    await expect(llm.chat('Hi')).rejects.toMatchObject({ code, message })
  })

  test.each([
    [
      'deepseek',
      400,
      { error: { message: 'Content Exists Risk', code: 'invalid_request_error' } },
      'content_filter',
    ],
    [
      'siliconflow',
      400,
      {
        code: 20015,
        message: 'length of prompt_tokens (68957) must be less than max_seq_len (65536).',
      },
      'context_length',
    ],
    ['siliconflow', 400, { code: 20015, message: 'top_k must be positive' }, 'bad_request'],
    [
      'xai',
      400,
      { code: 'invalid', error: 'Incorrect API key provided: sk***gA.' },
      'authentication',
    ],
    [
      'xai',
      400,
      {
        code: 'invalid',
        error: "This model's maximum prompt length is 9 but the request contains 10 tokens.",
      },
      'context_length',
    ],
    [
      'xai',
      403,
      {
        code: 'denied',
        error: 'Content violates usage guidelines. Failed check: SAFETY_CHECK_BIO',
      },
      'content_filter',
    ],
    [
      'xai',
      403,
      {
        code: 'denied',
        error: "Your newly created team doesn't have any credits or licenses yet.",
      },
      'insufficient_quota',
    ],
    [
      'xai',
      429,
      { error: 'Your team has used all available credits or reached its monthly spending limit.' },
      'insufficient_quota',
    ],
    [
      'xai',
      403,
      { code: 'personal-team-blocked:spending-limit', error: 'You have run out of credits' },
      'insufficient_quota',
    ],
    ['xai', 403, { code: 'denied', error: 'The key may not use this model' }, 'permission'],
    [
      'openrouter',
      403,
      { error: { code: 403, message: 'Your input was flagged', metadata: { reasons: ['x'] } } },
      'content_filter',
    ],
    [
      'groq',
      498,
      { error: { message: 'Flex tier capacity exceeded', code: 'capacity_exceeded' } },
      'overloaded',
    ],
  ])('%s %i %o is %s', async (modelServer, status, body, code) => {
    const { llm } = at(() => Response.json(body, { status }), {
      modelServer,
      baseURL: undefined,
      apiKey: 'key',
    })
    await expect(llm.chat('Hi')).rejects.toMatchObject({ code })
  })
})

describe('thinking', () => {
  test('in reasoning_details alone', async () => {
    const details = (text: string) =>
      chunk({ reasoning_details: [{ type: 'reasoning.text', text }] })
    const body = details('Let ') + details('me see.') + chunk({ content: 'Hi' }, 'stop') + DONE
    expect(await result(body)).toMatchObject({ reasoning: 'Let me see.', text: 'Hi' })
  })

  test('in a field, and then in reasoning_details, once', async () => {
    const again = { reasoning_details: [{ type: 'reasoning.text', text: 'Hm.', index: 0 }] }
    const body = chunk({ reasoning: 'Hm.' }) + chunk(again) + chunk({ content: 'Hi' }, 'stop')
    expect(await result(body)).toMatchObject({ text: 'Hi', reasoning: 'Hm.' })
  })

  test('in `thinking`', async () => {
    const body = chunk({ thinking: 'Hm.' }) + chunk({ content: 'Hi' }, 'stop')
    expect(await result(body)).toMatchObject({ text: 'Hi', reasoning: 'Hm.' })
  })

  test('in a field and in tags, once', async () => {
    const piece = (content: string, reasoning_content: string) =>
      chunk({ content, reasoning_content })
    const body =
      piece('<think>Let ', 'Let ') +
      piece('me see.', 'me see.') +
      chunk({ content: '</think>\n\nHi' }, 'stop') +
      DONE
    expect(await result(body)).toMatchObject({ reasoning: 'Let me see.', text: 'Hi' })
  })

  test('in the tags of the model, which its server left in the text', async () => {
    const body = ['[TH', 'INK]Let me see.', '[/THI', 'NK]Hi'].map((content) => chunk({ content }))
    const expected = { reasoning: 'Let me see.', text: 'Hi' }
    expect(await result(body.join('') + DONE)).toMatchObject(expected)
  })
})

describe('what goes back', () => {
  const asked = { role: 'user', content: 'x' } as const
  const answered = (id: string) => ({ role: 'tool', tool_call_id: id, content: '1' }) as const
  const calling = (id: string, more: object = {}) =>
    ({
      role: 'assistant',
      content: '',
      tool_calls: [{ id, type: 'function', function: { name: 'w', arguments: '{}' } }],
      ...more,
    }) as const
  const sent = async (
    messages: readonly object[],
    config: Partial<ModelConfig>,
    options: object = {},
  ) => {
    const { llm, requests } = at(
      () => Response.json({ choices: [{ message: { content: 'ok' }, finish_reason: 'stop' }] }),
      {
        apiKey: 'key',
        ...config,
      },
    )
    await llm.chat({ messages: messages as never, ...options })
    return requests[0].messages
  }

  test("MiniMax's thinking, within the turn", async () => {
    const turn = [asked, calling('a', { reasoning_content: 'Hm.' }), answered('a')]
    const config = { model: 'MiniMax-M2.7' }
    expect((await sent(turn, config))[1]).toHaveProperty('reasoning_content', 'Hm.')
    const later = await sent([...turn, { role: 'assistant', content: 'y' }, asked], config)
    expect(later[1]).not.toHaveProperty('reasoning_content')
    const silent = await sent([asked, calling('a'), answered('a')], config)
    expect(silent[1]).not.toHaveProperty('reasoning_content')
  })

  test.each<[string, Partial<ModelConfig>, string]>([
    ['deepseek', { modelServer: 'deepseek', baseURL: undefined, model: 'deepseek-v4-pro' }, ''],
    ['moonshot', { modelServer: 'moonshot', baseURL: undefined, model: 'kimi-k2.6' }, ' '],
    ['DeepSeek elsewhere', { model: 'deepseek-ai/DeepSeek-V4-Pro' }, ''],
    [
      'Kimi elsewhere',
      { modelServer: 'siliconflow', baseURL: undefined, model: 'Pro/moonshotai/Kimi-K2.6' },
      ' ',
    ],
  ])(
    '%s: thinking with every message that calls a tool, in later turns too',
    async (_name, config, empty) => {
      const messages = [
        asked,
        calling('a', { reasoning_content: 'Hm.' }),
        answered('a'),
        asked,
        calling('b'),
        answered('b'),
        asked,
      ]
      const [, first, , , second] = await sent(messages, config)
      expect(first.reasoning_content).toBe('Hm.')
      expect(second.reasoning_content).toBe(empty)
      const [, , , , plain] = await sent(messages, config, { reasoning: false })
      expect(plain).not.toHaveProperty('reasoning_content')
    },
  )

  test('thinking by option, for a model that no rule knows', async () => {
    const messages = [asked, calling('a', { reasoning_content: 'Hm.' }), answered('a'), asked]
    expect((await sent(messages, {}))[1]).not.toHaveProperty('reasoning_content')
    const replayReasoning = { replayReasoning: 'tool-calls' } as Partial<ModelConfig>
    expect((await sent(messages, replayReasoning))[1].reasoning_content).toBe('Hm.')
    expect(() => at('', { replayReasoning: 'sometimes' } as Partial<ModelConfig>)).toThrow(
      'replayReasoning',
    )
  })

  test.each([
    ['{"contents": "abc', '{}'],
    ['null', '{}'],
    ['[1]', '{}'],
    ['', '{}'],
    [JSON.stringify('{"a":1}'), '{"a":1}'],
    ['{"a": 1}', '{"a": 1}'],
  ])('arguments %s go back as the JSON object %s', async (text, expected) => {
    const message = calling('a')
    const broken = {
      ...message,
      tool_calls: [{ ...message.tool_calls[0], function: { name: 'w', arguments: text } }],
    }
    const [, encoded] = await sent([asked, broken, answered('a')], {})
    expect(encoded.tool_calls[0].function.arguments).toBe(expected)
  })

  test('an assistant message without a word is left out, and so is what other SDKs add to one', async () => {
    const silent = { role: 'assistant', content: '' }
    const foreign = {
      role: 'assistant',
      content: 'Hi',
      annotations: [],
      refusal: null,
      parsed: {},
      id: 'x',
    }
    expect(await sent([asked, silent, asked, foreign, asked], {})).toEqual([
      asked,
      asked,
      { role: 'assistant', content: 'Hi' },
      asked,
    ])
  })

  test.each<[string, Partial<ModelConfig>]>([
    ['Qwen 3.5 and later', { model: 'Qwen/Qwen3.6-27B-FP8' }],
    ['Qwen 3.8 at llama.cpp', { modelServer: 'llamacpp', model: 'Qwen3.8-27B' }],
    ['MiniMax', { baseURL: 'https://api.minimax.io/v1', model: 'MiniMax-M2.7' }],
  ])('%s: one system message, at the start', async (_name, config) => {
    const messages = [
      { role: 'system', content: 'A' },
      asked,
      { role: 'assistant', content: 'Hi' },
      { role: 'system', content: 'B' },
      asked,
    ]
    expect((await sent(messages, config)).map(({ role, content }: any) => [role, content])).toEqual(
      [
        ['system', 'A\n\nB'],
        ['user', 'x'],
        ['assistant', 'Hi'],
        ['user', 'x'],
      ],
    )
    expect((await sent(messages, { model: 'gpt-4o' })).map(({ role }: any) => role)).toEqual([
      'system',
      'user',
      'assistant',
      'system',
      'user',
    ])
  })

  test.each([400, 500])(
    'a template that refuses further system messages with %d is obeyed',
    async (status) => {
      const isStrict = ({ messages }: any) =>
        messages.slice(1).some(({ role }: any) => role === 'system')
      const { llm, requests } = at((request) =>
        isStrict(request)
          ? Response.json(
              { error: { message: 'Jinja Exception: System message must be at the beginning.' } },
              { status },
            )
          : Response.json({ choices: [{ message: { content: 'ok' }, finish_reason: 'stop' }] }),
      )
      const messages = [asked, { role: 'system' as const, content: 'A' }, asked]
      expect((await llm.chat({ messages })).text).toBe('ok')
      expect(requests).toHaveLength(2)
      expect((await llm.chat({ messages })).text).toBe('ok') // from now on at once
      expect(requests).toHaveLength(3)
    },
  )

  test('a signature stays with its tool call when another one is removed', async () => {
    const signed = (id: string, at: number) => ({
      index: at,
      id,
      function: { name: 'w', arguments: '{}' },
      extra_content: { google: { thought_signature: id } },
    })
    const { llm } = at(
      chunk({ tool_calls: [signed('a', 0), signed('b', 1)] }, 'tool_calls') + DONE,
      {
        model: 'gemini-3-flash',
      },
    )
    const { message } = await llm.chat({ prompt: 'x', stream: true }).result()
    const kept = { ...message, tool_calls: message.tool_calls!.slice(1) }
    const [, encoded] = await sent([asked, kept, answered('b')], { model: 'gemini-3-flash' })
    expect(encoded.tool_calls).toMatchObject([
      { id: 'b', extra_content: { google: { thought_signature: 'b' } } },
    ])
  })

  test.each([
    ['extra_content', { google: { thought_signature: 'CpcD' } }],
    ['provider_specific_fields', { thought_signature: 'CpcD' }],
  ])('the signature in %s of a tool call', async (name, value) => {
    const signed = { index: 0, id: 'f1', function: { name: 'w', arguments: '{}' }, [name]: value }
    const body = (request: any) =>
      new Response(
        (request.messages.length > 1
          ? chunk({ content: 'ok' }, 'stop')
          : call(signed) + chunk({}, 'stop')) + DONE,
        EVENT_STREAM,
      )
    const w = tool({ name: 'w', execute: () => '1' })
    for (const stream of [true, false]) {
      const { llm, requests } = at(body, { model: 'gemini-3-flash' })
      const run = runTools(llm, { prompt: 'x', tools: [w], stream } as never)
      const { messages } = (await ('result' in run ? (run as any).result() : run)) as any
      expect(requests[1].messages[1].tool_calls[0][name]).toEqual(value)
      // A model of another family would refuse a member that it does not know.
      expect((await sent(messages, { model: 'qwen3' }))[1].tool_calls[0]).not.toHaveProperty(name)
    }
  })
})

describe("Claude's thinking through LiteLLM", () => {
  const block = { type: 'thinking', thinking: 'Look it up.', signature: 'EqQB' }
  const redacted = { type: 'redacted_thinking', data: 'Eo8B' }
  const use = { index: 0, id: 't1', type: 'function', function: { name: 'w', arguments: '{}' } }
  const w = tool({ name: 'w', execute: () => '1' })
  const loop = async (first: string, more: object = {}) => {
    const body = (request: any) =>
      new Response(request.messages.length > 1 ? chunk({ content: 'ok' }, 'stop') + DONE : first, {
        ...EVENT_STREAM,
        ...more,
      })
    const { llm, requests } = at(body, { model: 'claude-sonnet-4-5' })
    const { messages } = await runTools(llm, { prompt: 'x', tools: [w], stream: true }).result()
    return { sentBack: requests[1].messages[1], messages }
  }

  test('goes back in one piece, with its signature', async () => {
    const piece = (thinking: string, signature = '') =>
      chunk({ reasoning_content: thinking, thinking_blocks: [{ ...block, thinking, signature }] })
    const { sentBack, messages } = await loop(
      piece('Look ') +
        piece('it up.') +
        piece('', 'EqQB') +
        chunk({ thinking_blocks: [redacted] }) +
        call(use) +
        chunk({}, 'tool_calls') +
        DONE,
    )
    expect(sentBack.thinking_blocks).toEqual([block, redacted])
    // A model of another family would refuse a member that it does not know.
    const other = at(chunk({ content: 'ok' }, 'stop') + DONE, { model: 'qwen3' })
    await other.llm.chat({ messages })
    expect(other.requests[0].messages[1]).not.toHaveProperty('thinking_blocks')
  })

  test('of a whole reply', async () => {
    const message = { content: null, tool_calls: [use], thinking_blocks: [block] }
    const reply = JSON.stringify({ choices: [{ message, finish_reason: 'tool_calls' }] })
    const headers = { 'content-type': 'application/json' }
    const { sentBack } = await loop(reply, { headers })
    expect(sentBack.thinking_blocks).toEqual([block])
  })

  test('without a signature stays here', async () => {
    const open = { ...block, signature: '' }
    const { sentBack } = await loop(
      chunk({ thinking_blocks: [open] }) + call(use) + chunk({}, 'tool_calls') + DONE,
    )
    expect(sentBack).not.toHaveProperty('thinking_blocks')
  })
})

describe('refused before anything is sent', () => {
  const tools = [{ type: 'function', function: { name: 'w' } }]
  const named = { type: 'function', function: { name: 'w' } }
  test.each<[string, string, object]>([
    ['deepseek', 'deepseek-v4-pro', { tools, toolChoice: 'required' }],
    ['deepseek', 'deepseek-v4-flash', { tools, toolChoice: named }],
    ['deepseek', 'deepseek-chat', { tools, toolChoice: named, reasoning: true }],
    ['moonshot', 'kimi-k2.6', { tools, toolChoice: 'required' }],
    ['moonshot', 'kimi-k2.6', { temperature: 0.3 }],
    ['moonshot', 'kimi-k2.6', { temperature: 1, reasoning: false }],
    ['openai', 'gpt-5-mini', { temperature: 0.3 }],
    ['xai', 'grok-4-0709', { reasoning: { effort: 'low' } }],
    ['xai', 'grok-4-1-fast-reasoning', { reasoning: { effort: 'low' } }],
    ['xai', 'grok-3', { reasoning: { effort: 'low' } }],
    ['openai', 'o3', { topP: 0.5 }],
    ['openai', 'gpt-5.1', { temperature: 0.3, reasoning: true }],
    ['openai', 'gpt-5.5', { temperature: 0.3 }],
    ['openai', 'gpt-5.4', { tools, reasoning: true }],
    ['openai', 'gpt-5.6-sol', { tools }],
    ['openai', 'gpt-5.6-luna', { reasoning: { effort: 'minimal' } }],
    ['openai', 'gpt-6-astra', { tools }],
    ['openai', 'gpt-6-astra', { reasoning: false }],
    ['openai', 'gpt-6-astra', { temperature: 0.3 }],
    ['openai', 'o3', { reasoning: { effort: 'minimal' } }],
    ['openai_responses', 'gpt-5', { reasoning: false }],
    ['openai_responses', 'gpt-5.6-sol', { temperature: 0.3 }],
    ['openai_responses', 'gpt-6-astra', { reasoning: false }],
    ['moonshot', 'kimi-k3', { reasoning: false }],
    ['moonshot', 'kimi-k3', { reasoning: { effort: 'medium' } }],
    ['moonshot', 'kimi-k3', { tools, toolChoice: named }],
    ['moonshot', 'kimi-k2.7-code', { reasoning: false }],
    ['anthropic', 'claude-fable-5-1', { tools, toolChoice: 'required' }],
    ['anthropic', 'claude-opus-5-5', { tools, toolChoice: named }],
    ['xai', 'grok-4.5', { reasoning: false }],
    ['zhipu', 'glm-5.3-flash', { reasoning: false }],
    ['zhipu', 'glm-5.3', { reasoning: { effort: 'xhigh' } }],
    ['gemini', 'gemini-3.8-flash', { reasoning: { effort: 'minimal' } }],
    ['groq', 'qwen/qwen3-32b', { reasoning: { effort: 'high' } }],
    ['groq', 'openai/gpt-oss-120b', { reasoning: false }],
    ['cerebras', 'gpt-oss-120b', { reasoning: false }],
    ['cerebras', 'gpt-oss-120b', { reasoning: { effort: 'minimal' } }],
    ['mistral', 'mistral-small-2603', { reasoning: { effort: 'medium' } }],
    ['mistral', 'magistral-medium-latest', { reasoning: false }],
    ['mistral', 'magistral-medium-latest', { reasoning: { effort: 'high' } }],
    ['mistral', 'zai-glm-5-3', { reasoning: { effort: 'medium' } }],
    ['openai', 'gpt-4.1', { tools: [{ type: 'function', function: { name: 'get weather' } }] }],
  ])('%s %s %o', async (modelServer, model, options) => {
    const { llm, requests } = at('', { modelServer, model, baseURL: undefined, apiKey: 'key' })
    await expect(llm.chat({ prompt: 'Hi', ...options })).rejects.toMatchObject({
      code: 'unsupported_option',
    })
    expect(requests).toEqual([])
  })

  test.each<[string, string, object, object]>([
    ['openai', 'gpt-5.4', { tools }, {}],
    ['openai', 'gpt-5.4', { temperature: 0.3 }, { temperature: 0.3 }],
    ['openai', 'gpt-5.5', { tools }, {}],
    ['openai', 'gpt-5.6-sol', { tools, reasoning: false }, { reasoning_effort: 'none' }],
    [
      'openai',
      'gpt-5.6-sol',
      { tools, temperature: 0.3, extraBody: { reasoning_effort: 'none' }, reasoning: false },
      { reasoning_effort: 'none', temperature: 0.3 },
    ],
    ['openai', 'gpt-6-astra', { reasoning: { effort: 'xhigh' } }, { reasoning_effort: 'xhigh' }],
    ['openai_responses', 'gpt-6-astra', { tools }, {}],
    [
      'openai_responses',
      'gpt-5.6-sol',
      { temperature: 0.3, reasoning: false },
      { temperature: 0.3 },
    ],
    [
      'moonshot',
      'kimi-k3',
      { reasoning: true },
      expect.not.objectContaining({ thinking: { type: 'enabled' } }),
    ],
    [
      'anthropic',
      'claude-fable-5',
      { tools, toolChoice: 'required' },
      { tool_choice: { type: 'any' } },
    ],
    ['xai', 'grok-4.6', { reasoning: { effort: 'xhigh' } }, { reasoning_effort: 'xhigh' }],
    ['zhipu', 'glm-5.3', { reasoning: { effort: 'max' } }, { reasoning_effort: 'max' }],
    ['zhipu', 'glm-5.2', { reasoning: false }, { thinking: { type: 'disabled' } }],
    ['moonshot', 'kimi-k3', { reasoning: { effort: 'max' } }, { reasoning_effort: 'max' }],
    ['moonshot', 'kimi-k3', { tools, toolChoice: 'required' }, { tool_choice: 'required' }],
    ['cerebras', 'gpt-oss-120b', { reasoning: { effort: 'low' } }, { reasoning_effort: 'low' }],
    ['mistral', 'mistral-small-2603', { reasoning: true }, { reasoning_effort: 'high' }],
    ['mistral', 'mistral-medium-latest', { reasoning: false }, { reasoning_effort: 'none' }],
    [
      'mistral',
      'magistral-medium-latest',
      { reasoning: true },
      expect.not.objectContaining({ reasoning_effort: expect.anything() }),
    ],
    ['mistral', 'zai-glm-5-3', { reasoning: { effort: 'max' } }, { reasoning_effort: 'max' }],
  ])('%s %s takes %o', async (modelServer, model, options, expected) => {
    const { llm, requests } = at('', { modelServer, model, baseURL: undefined, apiKey: 'key' })
    await llm.chat({ prompt: 'Hi', ...options }).catch(() => {})
    expect(requests).toMatchObject([expected])
  })

  test.each<[string, string, object]>([
    ['https://api.deepseek.com', 'deepseek-v4-pro', { tools, toolChoice: 'required' }],
    ['https://api.deepseek.com/v1', 'deepseek-chat', { prompt: 'Hi', topK: 5 }],
    ['https://api.moonshot.cn/v1', 'kimi-k2.6', { temperature: 0.3 }],
    ['https://api.groq.com/openai/v1', 'openai/gpt-oss-120b', { reasoning: false }],
    ['https://api.mistral.ai/v1', 'm', { topK: 5 }],
    ['https://open.bigmodel.cn/api/paas/v4', 'glm-4.7', { tools, toolChoice: 'required' }],
  ])('at %s, by its host: %s %o', async (url, model, options) => {
    for (const place of [
      { modelServer: 'openai', baseURL: url },
      { modelServer: url, baseURL: undefined },
    ]) {
      const { llm, requests } = at('', { ...place, model, apiKey: 'key' })
      await expect(llm.chat({ prompt: 'Hi', ...options })).rejects.toMatchObject({
        code: 'unsupported_option',
      })
      expect(requests).toEqual([])
    }
  })

  test.each<[string, string, object, object]>([
    [
      'https://api.deepseek.com',
      'deepseek-chat',
      { reasoning: true },
      { thinking: { type: 'enabled' } },
    ],
    ['https://api.mistral.ai/v1', 'm', { seed: 1 }, { random_seed: 1 }],
    ['https://api.groq.com/openai/v1', 'm', { maxTokens: 1 }, { max_completion_tokens: 1 }],
    [
      'https://dashscope.aliyuncs.com/compatible-mode/v1',
      'qwen3-max',
      { reasoning: true },
      { enable_thinking: true },
    ],
    [
      'https://generativelanguage.googleapis.com/v1beta/openai/',
      'gemini-2.5-flash',
      { reasoning: { effort: 'low' } },
      { reasoning_effort: 'low' },
    ],
    [
      'http://localhost:1234/v1',
      'm',
      { reasoning: false },
      { chat_template_kwargs: { enable_thinking: false, thinking: false } },
    ],
    ['https://deepseek.com.example/v1', 'm', { topK: 5 }, { top_k: 5 }],
  ])('at %s, by its host: %s %o is sent as %o', async (baseURL, model, options, expected) => {
    const whole = { choices: [{ message: { content: 'ok' }, finish_reason: 'stop' }] }
    const { llm, requests } = at(() => Response.json(whole), {
      baseURL,
      model,
      apiKey: 'key',
      streaming: false,
    })
    await llm.chat({ prompt: 'Hi', ...options })
    const { model: _model, messages: _messages, ...rest } = requests[0]
    expect(rest).toEqual(expected)
  })

  test.each<[string, string, string | undefined]>([
    ['mistral', 'mistral-large', 'prefix'],
    ['dashscope', 'qwen-max', 'partial'],
    ['groq', 'llama-3.3-70b', undefined],
    ['perplexity', 'sonar', 'refused'],
    ['deepseek', 'deepseek-reasoner', 'prefix'],
    ['anthropic', 'claude-sonnet-4-6', 'refused'],
    ['anthropic', 'claude-opus-5', 'refused'],
    ['anthropic', 'claude-sonnet-4-5', undefined],
  ])(
    'the start of a reply at the end of the messages: %s %s %s',
    async (modelServer, model, mark) => {
      const { llm, requests } = at(() => Response.json({}), {
        modelServer,
        model,
        baseURL: undefined,
        apiKey: 'key',
      })
      const start = { role: 'assistant' as const, content: 'It' }
      const error = await llm
        .chat({ messages: [{ role: 'user', content: 'Hi' }, start] })
        .catch((thrown: unknown) => thrown)
      if (mark === 'refused') {
        expect(error).toMatchObject({ name: 'ConfigError', code: 'unsupported_option' })
        expect(requests).toEqual([])
        return
      }
      const last = (requests[0].input ?? requests[0]).messages.at(-1)
      expect(last).toMatchObject({ role: 'assistant', ...(mark && { [mark]: true }) })
      if (!mark) expect(Object.keys(last)).toEqual(['role', 'content'])
    },
  )

  test.each<[string, string, object, object]>([
    ['openai', 'gpt-5-mini', { temperature: 1 }, {}],
    ['openai', 'gpt-5.1', { temperature: 0.3 }, { temperature: 0.3 }],
    ['moonshot', 'kimi-k2.6', { reasoning: { effort: 'low' } }, { reasoning_effort: 'low' }],
    ['moonshot', 'kimi-k2.6', { reasoning: true }, { thinking: { type: 'enabled' } }],
    [
      'deepseek',
      'deepseek-chat',
      { tools, toolChoice: 'required' },
      { tools, tool_choice: 'required' },
    ],
    ['groq', 'qwen/qwen3-32b', { reasoning: true }, { reasoning_effort: 'default' }],
    ['xai', 'grok-4.3', { reasoning: { effort: 'low' } }, { reasoning_effort: 'low' }],
    ['xai', 'grok-4-fast-reasoning', { reasoning: true }, {}],
    ['xai', 'grok-4-fast-non-reasoning', { reasoning: false }, {}],
  ])('%s %s %o is sent as %o', async (modelServer, model, options, expected) => {
    const whole = { choices: [{ message: { content: 'ok' }, finish_reason: 'stop' }] }
    const { llm, requests } = at(() => Response.json(whole), {
      modelServer,
      model,
      baseURL: undefined,
      apiKey: 'key',
      streaming: false,
    })
    await llm.chat({ prompt: 'Hi', ...options })
    const { model: _model, messages: _messages, ...rest } = requests[0]
    expect(rest).toEqual(expected)
  })
})

// A client whose system prompt is not set sends an empty one.
test.each(['dashscope', 'zhipu', 'moonshot', 'xai', 'lmstudio'])(
  '%s rejects an empty message: an empty system message is left out',
  async (modelServer) => {
    const { llm, requests } = at(() => Response.json({}, { status: 400 }), {
      modelServer,
      model: 'm',
      baseURL: undefined,
      apiKey: 'id.secret',
    })
    const messages = [
      { role: 'system' as const, content: '' },
      { role: 'user' as const, content: 'Hi' },
    ]
    await llm.chat({ messages }).catch(() => {})
    const [{ input, messages: sent = input.messages }] = requests
    expect(sent).toEqual([{ role: 'user', content: 'Hi' }])
  },
)

// `useChat` and others send an empty text beside a picture without words.
test.each(['openai', 'dashscope_qwen', 'zhipu', 'moonshot'])(
  '%s is not sent an empty text beside a picture',
  async (modelServer) => {
    const { llm, requests } = at(() => Response.json({}, { status: 400 }), {
      modelServer,
      model: 'qwen3-vl-plus',
      baseURL: undefined,
      apiKey: 'id.secret',
    })
    const image = { type: 'image_url' as const, image_url: { url: 'https://a.example/b.png' } }
    const content = [image, { type: 'text' as const, text: '' }]
    await llm.chat({ messages: [{ role: 'user', content }] }).catch(() => {})
    const [{ input, messages: [sent] = input.messages }] = requests
    expect(sent.content).toHaveLength(1)
  },
)

describe('requests that servers refuse, and that are sent in another form', () => {
  const sent = async (modelServer: string, request: object, model = 'gpt-4o') => {
    const { llm, requests } = at(() => Response.json({}, { status: 400 }), {
      modelServer,
      model,
      baseURL: undefined,
      apiKey: 'id.secret',
    })
    const reply = llm.chat({ prompt: 'Hi', ...request } as never) as unknown as Promise<unknown>
    const error = await reply.then(
      () => undefined,
      (error: { code?: string }) => error,
    )
    return { body: requests[0], error }
  }
  const parameters = { type: 'object', properties: { a: { type: 'array' } } }
  const tools = [{ type: 'function', function: { name: 'f', parameters } }]
  const whole = { type: 'object', properties: { a: { type: 'array', items: {} } } }

  // https://github.com/archestra-ai/archestra/issues/3864
  test('a list without items', async () => {
    const chat = await sent('openai', { tools })
    expect(chat.body.tools[0].function.parameters).toEqual(whole)
    const responses = await sent('openai_responses', { tools })
    expect(responses.body.tools[0].parameters).toEqual(whole)
    const gemini = await sent('gemini', { tools }, 'gemini-2.5-flash')
    const [declared] = gemini.body.tools[0].functionDeclarations
    expect(declared.parametersJsonSchema).toEqual(whole)
    const kimi = await sent('moonshot', { tools }, 'kimi-k2.6')
    expect(kimi.body.tools[0].function.parameters).toEqual(parameters)
  })

  test('a name of a schema, or of a speaker, and names that are none', async () => {
    const json_schema = { name: 'My schema', schema: { type: 'object' } }
    const responseFormat = { type: 'json_schema', json_schema }
    const chat = await sent('openai', { responseFormat })
    expect(chat.body.response_format.json_schema.name).toBe('My_schema')
    const responses = await sent('openai_responses', { responseFormat })
    expect(responses.body.text.format.name).toBe('My_schema')
    const messages = [{ role: 'user', name: 'Ann <B>', content: 'Hi' }]
    const named = await sent('openai', { prompt: undefined, messages })
    expect(named.body.messages[0].name).toBe('Ann_B_')
    const nameless = [{ role: 'user', name: null as never, content: 'Hi' }]
    const { body } = await sent('openai', { prompt: undefined, messages: nameless })
    expect(body.messages).toEqual([{ role: 'user', content: 'Hi' }])
    const odd = {
      type: 'object',
      properties: { a: { type: 'null' } },
      required: ['a', { toString: 1 }],
    }
    const loose = { type: 'json_schema', json_schema: { name: 'n', schema: odd } }
    const claude = await sent('anthropic', { responseFormat: loose }, 'claude-sonnet-4-5')
    expect(claude.body.output_config.format.schema.required).toEqual(['a'])
  })

  test('a PDF as bare base64', async () => {
    const file = { filename: 'a.pdf', file_data: 'JVBERi0xLjQ=' }
    const messages = [{ role: 'user', content: [{ type: 'file', file }] }]
    const { body } = await sent('openai', { prompt: undefined, messages })
    expect(body.messages[0].content[0].file.file_data).toBe(
      'data:application/pdf;base64,JVBERi0xLjQ=',
    )
  })

  // https://github.com/lobehub/lobehub/issues/1601
  test('Claude: an assistant message that begins', async () => {
    const messages = [
      { role: 'assistant', content: 'Hello!' },
      { role: 'user', content: 'Hi' },
    ]
    const request = { prompt: undefined, messages }
    const { body } = await sent('anthropic', request, 'claude-sonnet-4-5')
    expect(body.messages.map(({ role }: { role: string }) => role)).toEqual([
      'user',
      'assistant',
      'user',
    ])
  })

  test.each([
    ['gemini', 'gemini-2.5-flash', { seed: -(2 ** 31) }],
    ['anthropic', 'deepseek-chat', { user: 'x'.repeat(257) }],
  ])('%s, %s: %j is sent', async (modelServer, model, request) => {
    expect((await sent(modelServer, request, model)).body).toBeDefined()
  })

  test.each([
    ['gemini', 'gemini-2.5-flash', { topK: 0 }],
    ['gemini', 'gemini-2.5-flash', { seed: 2 ** 31 }],
    ['anthropic', 'claude-sonnet-4-5', { user: 'x'.repeat(257) }],
    [
      'dashscope',
      'qwen-plus',
      {
        prompt: undefined,
        messages: [
          { role: 'user', content: 'Hi' },
          { role: 'assistant', content: 'He' },
        ],
        reasoning: true,
      },
    ],
    [
      'dashscope',
      'qwen3-32b', // thinks by default
      {
        prompt: undefined,
        messages: [
          { role: 'user', content: 'Hi' },
          { role: 'assistant', content: 'He' },
        ],
      },
    ],
  ])('%s, %s: %j is not sent', async (modelServer, model, request) => {
    const { body, error } = await sent(modelServer, request, model)
    expect(body).toBeUndefined()
    expect(error).toMatchObject({ code: 'unsupported_option' })
  })
})

// https://github.com/cline/cline/issues/13348
test('a response within `data` is read', async () => {
  const message = { role: 'assistant', content: 'Hi' }
  const data = { id: 'r', choices: [{ index: 0, message, finish_reason: 'stop' }] }
  const { llm } = at(() => Response.json({ data, success: true }))
  expect(await llm.chat('q')).toMatchObject({ text: 'Hi', finishReason: 'stop', id: 'r' })
  const other = at(() => Response.json({ data: { id: 'r' }, success: true }))
  await expect(other.llm.chat('q')).rejects.toMatchObject({ code: 'unexpected_response' })
})

// https://github.com/QwenLM/Qwen-Agent/issues/570, https://github.com/CherryHQ/cherry-studio/pull/8527
describe('translators of Qwen, each piece of which is the whole text so far', () => {
  test.each([
    ['qwen-mt-plus', ['', 'I', 'I love', 'I love you', 'I love you', ''], 'I love you'],
    ['qwen-mt-turbo', ['你', '你好'], '你好'],
    ['qwen-mt-plus', ['I', ' love', ' you'], 'I love you'],
    ['qwen-mt-plus', ['ha', ' ', 'haha'], 'ha haha'],
    ['qwen-mt-flash', ['ha', 'haha'], 'hahaha'],
    ['m', ['ha', 'haha'], 'hahaha'],
  ])('%s: %j', async (model, pieces, text) => {
    const chunks = pieces.map((content) => chunk({ content }))
    const body = [...chunks, chunk({}, 'stop'), DONE].join('')
    expect((await result(body, { model })).text).toBe(text)
  })
})
