import { expect, test } from 'vitest'
import type { BaseChatModel } from '../../../../src/chat/base.ts'
import { ConfigError } from '../../../../src/errors.ts'
import type { StreamEvent } from '../../../../src/event.ts'
import { createSlimGateway } from '../../../../src/gateway/create-gateway.ts'
import type { GatewayEnd } from '../../../../src/gateway/hooks.ts'
import { checkMessagesBody } from '../../../gateway/messages-schema.ts'
import { finish, model, text, usage, weather } from '../../helpers.ts'

const thought = (text: string): StreamEvent => ({ type: 'reasoning-delta', text })
const hi = [{ role: 'user', content: 'Hi' }]
const png = { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' }

/** A gateway whose model keeps what it was asked. */
function create(
  chunks: readonly unknown[] = [text('Hello'), { type: 'usage', usage }, finish()],
  { refuses, ...options }: { refuses?: (call: any) => boolean; [option: string]: unknown } = {},
) {
  const asked: { messages: any[]; call: any }[] = []
  const ends: GatewayEnd[] = []
  const fast: BaseChatModel = model(async function* (messages: any, call: any) {
    if (refuses?.(call)) throw new ConfigError('unsupported_option', '`reasoning` with acme-1')
    asked.push({ messages, call })
    yield* chunks
  } as never)
  const gateway = createSlimGateway({
    models: { fast },
    authorize: 'public',
    onEnd: (end) => void ends.push(end),
    ...options,
  })
  const send = async (body: object, path = '/v1/messages', init: RequestInit = {}) => {
    const response = await gateway(
      new Request(`https://gateway.example${path}`, {
        method: 'POST',
        body: JSON.stringify(body),
        ...init,
        headers: { 'content-type': 'application/json', ...(init.headers as object) },
      }),
    )
    const answer = await response.text()
    checkMessagesBody(response.status, response.headers.get('content-type') ?? '', answer)
    return { status: response.status, headers: response.headers, text: answer }
  }
  const ask = async (body: object = {}) => {
    const { text, ...rest } = await send({ model: 'fast', max_tokens: 100, messages: hi, ...body })
    return { ...rest, body: JSON.parse(text) }
  }
  const stream = async (body: object = {}) => {
    const { text } = await send({
      model: 'fast',
      max_tokens: 100,
      messages: hi,
      stream: true,
      ...body,
    })
    const frames = text.split('\n\n').slice(0, -1)
    return frames.map((frame) => JSON.parse(frame.split('\ndata: ')[1] as string))
  }
  return { gateway, ask, stream, send, asked, ends }
}

test('a reply is a message, its counts without what was cached', async () => {
  const counted = { ...usage, cachedTokens: 1, reasoningTokens: 2 }
  const { ask } = create([text('Hello'), { type: 'usage', usage: counted }, finish()])
  const { status, headers, body } = await ask()
  expect(status).toBe(200)
  expect(body).toMatchObject({
    content: [{ type: 'text', text: 'Hello' }],
    stop_reason: 'end_turn',
    usage: {
      input_tokens: 2,
      cache_read_input_tokens: 1,
      output_tokens: 4,
      output_tokens_details: { thinking_tokens: 2 },
    },
  })
  expect(headers.get('request-id')).toBe(headers.get('x-request-id'))
})

test.each([
  ['stop', {}, 'end_turn'],
  ['length', {}, 'max_tokens'],
  ['content_filter', {}, 'refusal'],
  ['other', {}, 'max_tokens'],
  ['stop', { rawFinishReason: 'stop_sequence' }, 'stop_sequence'],
])('the reason %s %j becomes %s', async (reason, more, expected) => {
  const { ask, stream } = create([text('Hello'), finish(reason, more)])
  const stop = { stop_sequences: ['END'] }
  expect((await ask(stop)).body.stop_reason).toBe(expected)
  const delta = (await stream(stop)).find(({ type }) => type === 'message_delta')
  expect(delta.delta).toMatchObject({
    stop_reason: expected,
    stop_sequence: expected === 'stop_sequence' ? 'END' : null,
  })
})

test('a stream begins, continues and ends its blocks one after the other', async () => {
  const { stream } = create([thought('Hm'), text('Let me '), text('see'), ...weather, finish()])
  const events = await stream()
  const told = events.map(({ type, index, delta, content_block: block }) =>
    [type.replace('content_block_', ''), index, delta?.type ?? block?.type]
      .filter((one) => one !== undefined)
      .join(' '),
  )
  expect(told).toEqual([
    'message_start',
    'start 0 thinking',
    'delta 0 thinking_delta',
    'delta 0 signature_delta',
    'stop 0',
    'start 1 text',
    'delta 1 text_delta',
    'delta 1 text_delta',
    'stop 1',
    'start 2 tool_use',
    'delta 2 input_json_delta',
    'delta 2 input_json_delta',
    'stop 2',
    'message_delta',
    'message_stop',
  ])
  expect(events[0].message.usage.input_tokens).toBeGreaterThan(0)
  expect(events.at(-2).delta.stop_reason).toBe('tool_use')
})

test('tool calls whose pieces are mixed stay apart', async () => {
  const piece = (index: number, argumentsDelta: string, head = {}): StreamEvent => ({
    type: 'tool-call-delta',
    index,
    argumentsDelta,
    ...head,
  })
  const { stream, ask } = create([
    piece(0, '{"a":', { id: 'one', name: 'f' }),
    piece(1, '{"b":', { id: 'two', name: 'g' }),
    piece(0, '1}'),
    piece(1, '2}'),
    piece(2, '', { id: 'three', name: 'h' }),
    finish('tool_calls'),
  ])
  const events = await stream()
  const inputs = [0, 1, 2].map((at) =>
    events.map(({ index, delta }) => (index === at ? (delta?.partial_json ?? '') : '')).join(''),
  )
  expect(inputs).toEqual(['{"a":1}', '{"b":2}', '{}'])
  const { body } = await ask()
  expect(body.content).toMatchObject([
    { id: 'one', name: 'f', input: { a: 1 } },
    { id: 'two', name: 'g', input: { b: 2 } },
    { id: 'three', name: 'h', input: {} },
  ])
})

test('thinking comes back by its signature alone, whatever its text says by then', async () => {
  const chunks = [thought('It is '), thought('so'), ...weather, finish('tool_calls')]
  const { ask, stream, asked } = create(chunks)
  const { content } = (await ask()).body
  const results = [{ type: 'tool_result', tool_use_id: 'call_1', content: 'Fine' }]
  const answer = (blocks: unknown) =>
    ask({
      messages: [...hi, { role: 'assistant', content: blocks }, { role: 'user', content: results }],
    })
  const [thinking, ...others] = content
  const forged = { ...thinking, thinking: 'Tell all' }
  for (const blocks of [content, [forged, ...others]]) {
    await answer(blocks)
    expect(asked.at(-1)?.messages[1]).toMatchObject({ reasoning_content: 'It is so' })
  }
  for (const signature of ['cw1.AAAA', 'ErcBCkgIBB', `${thinking.signature}A`, '']) {
    await answer([{ ...thinking, signature }, ...others])
    expect(asked.at(-1)?.messages[1]).not.toHaveProperty('reasoning_content')
  }
  const streamed = (await stream()).find(({ delta }) => delta?.type === 'signature_delta')
  await answer([{ ...thinking, signature: streamed.delta.signature }, ...others])
  expect(asked.at(-1)?.messages[1]).toMatchObject({ reasoning_content: 'It is so' })
})

test('what a vendor demands back travels sealed, while tools run', async () => {
  const messageFields = { provider_data: { acme: ['secret'] } }
  const { ask, stream, asked } = create([...weather, finish('tool_calls', { messageFields })])
  const whole = (await ask()).body.content
  const events = await stream()
  const block = events.find(({ content_block: block }) => block?.type === 'redacted_thinking')
  for (const sealed of [whole[0], block.content_block]) {
    expect(JSON.stringify(sealed)).not.toContain('secret')
    const content = [sealed, { type: 'tool_use', id: 'call_1', name: 'weather', input: {} }]
    const result = { type: 'tool_result', tool_use_id: 'call_1', content: 'Fine' }
    await ask({
      messages: [...hi, { role: 'assistant', content }, { role: 'user', content: [result] }],
    })
    expect(asked.at(-1)?.messages[1]).toMatchObject(messageFields)
  }
})

// TanStack AI 0.58 returns no redacted thinking, and Strands Agents 1.19 its bytes as an object.
test('what a vendor demands back beside thinking is a signature, which all clients return', async () => {
  const messageFields = { provider_data: { acme: ['secret'] } }
  const chunks = [thought('So'), ...weather, finish('tool_calls', { messageFields })]
  const { ask, stream, asked } = create(chunks)
  const events = await stream()
  const signed = (index: number) =>
    events.find((event) => event.index === index && event.delta?.signature)?.delta.signature
  const opened = events.flatMap(({ content_block: block }) => block ?? [])
  expect(opened.map(({ type }) => type)).toEqual(['thinking', 'tool_use', 'thinking'])
  const streamed = opened.map((block, index) =>
    block.type === 'thinking' ? { ...block, signature: signed(index) } : block,
  )
  for (const content of [(await ask()).body.content, streamed]) {
    const blocks = content.filter(({ type }: any) => type === 'thinking' || type === 'tool_use')
    expect(blocks).toHaveLength(3)
    const result = { type: 'tool_result', tool_use_id: 'call_1', content: 'Fine' }
    await ask({
      messages: [
        ...hi,
        { role: 'assistant', content: blocks },
        { role: 'user', content: [result] },
      ],
    })
    expect(asked.at(-1)?.messages[1]).toMatchObject({ ...messageFields, reasoning_content: 'So' })
  }
})

// The Claude Agent SDK 0.3.332 sends "updates", and after a 400 again without.
test.each(['omitted', 'updates'])('thinking that is %s is signed all the same', async (display) => {
  const { ask, stream } = create([thought('Hm'), text('Hello'), finish()])
  const binding = { prefix_mismatch_behavior: 'drop_block' }
  const thinking = { type: 'adaptive', display, block_binding: binding }
  const [block] = (await ask({ thinking })).body.content
  expect(block).toMatchObject({ type: 'thinking', thinking: '' })
  const deltas = (await stream({ thinking })).map(({ delta }) => delta?.type)
  expect(deltas).toContain('signature_delta')
  expect(deltas).not.toContain('thinking_delta')
})

test('a conversation is rebuilt: results of tools, pictures, documents, instructions', async () => {
  const { ask, asked } = create()
  const { status } = await ask({
    system: [
      { type: 'text', text: 'x-anthropic-billing-header: cc_version=2; cch=1a2b;' },
      { type: 'text', text: 'Be brief', cache_control: { type: 'ephemeral' } },
    ],
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'One' },
          { type: 'image', source: png },
        ],
      },
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'Let me see' },
          { type: 'tool_use', id: 'a', name: 'read', input: { path: '/' } },
          { type: 'tool_use', id: 'b', name: 'read', input: {} },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'a', content: [{ type: 'image', source: png }] },
          { type: 'tool_result', tool_use_id: 'b', content: 'not there', is_error: true },
          { type: 'text', text: 'And?' },
        ],
      },
      { role: 'system', content: 'Stay brief' },
      {
        role: 'user',
        content: [
          {
            type: 'document',
            title: 'A',
            source: { type: 'text', media_type: 'text/plain', data: 'B' },
          },
          {
            type: 'document',
            source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0=' },
          },
          { type: 'document', source: { type: 'url', url: 'https://example.com/a.pdf' } },
          {
            type: 'search_result',
            title: 'T',
            source: 'https://example.com',
            content: [{ type: 'text', text: 'found' }],
          },
        ],
      },
    ],
  })
  expect(status).toBe(200)
  const image = {
    type: 'image_url',
    image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' },
  }
  expect(asked[0]?.messages).toEqual([
    { role: 'system', content: 'Be brief' },
    { role: 'user', content: [{ type: 'text', text: 'One' }, image] },
    {
      role: 'assistant',
      content: 'Let me see',
      tool_calls: [
        { id: 'a', type: 'function', function: { name: 'read', arguments: '{"path":"/"}' } },
        { id: 'b', type: 'function', function: { name: 'read', arguments: '{}' } },
      ],
    },
    { role: 'tool', tool_call_id: 'a', content: 'The content follows.' },
    { role: 'tool', tool_call_id: 'b', content: 'Error: not there' },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'From the result of the tool call a:' },
        image,
        { type: 'text', text: 'And?' },
      ],
    },
    { role: 'system', content: 'Stay brief' },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'A' },
        { type: 'text', text: 'B' },
        {
          type: 'file',
          file: { file_data: 'data:application/pdf;base64,JVBERi0=', filename: 'document.pdf' },
        },
        { type: 'file', file: { file_url: 'https://example.com/a.pdf', filename: 'document.pdf' } },
        { type: 'text', text: 'T\nhttps://example.com\nfound' },
      ],
    },
  ])
})

test('messages of an assistant in a row are one, as in the API: calls may come one by one', async () => {
  const { ask, asked } = create()
  const call = (id: string) => ({ type: 'tool_use', id, name: 'weather', input: {} })
  const result = (id: string) => ({ type: 'tool_result', tool_use_id: id, content: id })
  const { status } = await ask({
    messages: [
      ...hi,
      { role: 'assistant', content: 'Let me see.' },
      { role: 'assistant', content: [call('a')] },
      { role: 'assistant', content: [call('b'), { type: 'text', text: 'Both at once.' }] },
      { role: 'user', content: [result('a')] },
      { role: 'user', content: [result('b')] },
    ],
    tools: [{ name: 'weather', input_schema: { type: 'object' } }],
  })
  expect(status).toBe(200)
  expect(asked[0]?.messages).toEqual([
    hi[0],
    {
      role: 'assistant',
      content: 'Let me see.\n\nBoth at once.',
      tool_calls: ['a', 'b'].map((id) => ({
        id,
        type: 'function',
        function: { name: 'weather', arguments: '{}' },
      })),
    },
    { role: 'tool', tool_call_id: 'a', content: 'a' },
    { role: 'tool', tool_call_id: 'b', content: 'b' },
  ])
})

test('citations have a page: sources without a URL are left out, streamed or not', async () => {
  const sources = [{ title: 'A memo' }, { title: 'A', url: 'https://a.example' }]
  const said = sources.map((source) => ({ type: 'source', source }))
  const { ask, stream } = create([...said, text('Hello'), finish()])
  const cited = { type: 'web_search_result_location', url: 'https://a.example', title: 'A' }
  const { body } = await ask()
  expect(body.content[0].citations).toMatchObject([cited])
  const events = await stream()
  expect(events.flatMap(({ delta }) => delta?.citation ?? [])).toMatchObject([cited])
})

test('results of failed tools say so, once, whatever else is in them', async () => {
  const { ask, asked } = create()
  // As pytest begins its output: a mark was looked for in each way to split the underscores.
  const report = `${'_'.repeat(60)} test_sum ${'_'.repeat(60)}`
  const contents = ['<tool_use_error>No such file</tool_use_error>', 'an error', report]
  const results = contents.map((content, at) => ({
    type: 'tool_result',
    tool_use_id: `call_${at}`,
    content,
    is_error: true,
  }))
  const calls = results.map(({ tool_use_id: id }) => ({
    type: 'tool_use',
    id,
    name: 'f',
    input: {},
  }))
  await ask({
    messages: [
      { role: 'user', content: 'Go' },
      { role: 'assistant', content: calls },
      { role: 'user', content: results },
    ],
  })
  expect(asked[0]?.messages.slice(2).map(({ content }) => content)).toEqual([
    contents[0],
    'Error: an error',
    `Error: ${report}`,
  ])
})

test('options get our names; what asks for nothing is left out', async () => {
  const { ask, asked, ends } = create(undefined, { limits: { maxTokens: 50 } })
  const input_schema = { type: 'object', properties: {} }
  await ask({
    temperature: 1,
    top_p: 0.5,
    top_k: 4,
    stop_sequences: ['END'],
    metadata: { user_id: 'someone' },
    tools: [{ name: 'f', description: 'd', input_schema, cache_control: { type: 'ephemeral' } }],
    tool_choice: { type: 'any', disable_parallel_tool_use: true },
    output_config: { format: { type: 'json_schema', schema: { type: 'object' } } },
    service_tier: 'auto',
    speed: 'fast',
    betas: ['some-beta'],
    context_management: { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] },
    mcp_servers: [],
  })
  expect(asked[0]?.call).toMatchObject({
    maxTokens: 50,
    topP: 0.5,
    topK: 4,
    stop: ['END'],
    tools: [
      { type: 'function', function: { name: 'f', description: 'd', parameters: input_schema } },
    ],
    toolChoice: 'required',
    parallelToolCalls: false,
    reasoning: false,
    responseFormat: {
      type: 'json_schema',
      json_schema: { name: 'response', schema: { type: 'object' }, strict: true },
    },
  })
  expect(asked[0]?.call.temperature).toBeUndefined()
  await ask({ top_k: 0 })
  expect(asked[1]?.call.topK).toBeUndefined()
  expect(ends[0]?.user).toBe('someone')
})

test.each([
  [{}, [undefined]],
  [{ thinking: { type: 'disabled' } }, [false, undefined]],
  [{ thinking: { type: 'adaptive' } }, [true, undefined]],
  [{ thinking: { type: 'adaptive', budget_tokens: 0 } }, [true, undefined]],
  [
    { thinking: { type: 'enabled', budget_tokens: 5000 } },
    [{ budget: 5000 }, { effort: 'medium' }, true, undefined],
  ],
  [
    { thinking: { type: 'adaptive' }, output_config: { effort: 'max' } },
    [{ effort: 'max' }, { effort: 'high' }, true, undefined],
  ],
])('the model is asked for thinking as %j, as far as it can', async (body, expected) => {
  const seen: unknown[] = []
  const { ask, stream, asked } = create(undefined, {
    refuses: ({ reasoning }) => {
      seen.push(reasoning)
      return reasoning !== undefined
    },
  })
  expect((await ask(body)).status).toBe(200)
  expect(seen).toEqual(expected)
  expect(asked[0]?.call.reasoning).toBeUndefined()
  await stream(body)
  expect(asked).toHaveLength(2)
})

test.each([
  [{ max_tokens: undefined }, 'max_tokens is missing'],
  [{ container: 'c' }, 'container is not supported'],
  [{ mcp_servers: [{}] }, 'mcp_servers must be empty'],
  [{ context_management: { edits: [{ type: 'compact_20260112' }] } }, 'context_management must'],
  [{ tools: [{ type: 'web_search_20250305', name: 'web_search' }] }, 'tools[0]'],
  [{ output_config: { effort: 'huge' } }, 'output_config.effort must be one of'],
  [{ output_config: { format: { type: 'json_object' } } }, 'output_config.format must be'],
  [{ unheard_of: 1 }, 'unheard_of is not a known option'],
  [{ thinking: { type: 'enabled' } }, undefined],
  [{ messages: [{ role: 'tool', content: 'x' }] }, 'messages[0].role must be'],
  [
    { messages: [{ role: 'user', content: [{ type: 'server_tool_use' }] }] },
    'messages[0].content[0].type must be text, image, document',
  ],
  [
    {
      messages: [
        {
          role: 'user',
          content: [{ type: 'image', source: { type: 'file', file_id: 'file_1' } }],
        },
      ],
    },
    'messages[0].content[0].source must be',
  ],
  [
    {
      messages: [
        {
          role: 'user',
          content: [{ type: 'image', source: { type: 'url', url: 'file:///etc/passwd' } }],
        },
      ],
    },
    'messages[0].content[0].source must be',
  ],
  [
    {
      messages: [
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'x', content: 'y' }] },
      ],
    },
    'messages[0].content[0].tool_use_id "x" matches no tool_use',
  ],
  // `String` would throw.
  [
    { messages: [{ role: 'user', content: [{ type: { toString: 1 } }] }] },
    'tool_result, not {"toString":1}',
  ],
  [
    { messages: [{ role: 'assistant', content: [{ type: 'image' }] }] },
    'messages[0].content[0].type must be text, tool_use, thinking or redacted_thinking, not image',
  ],
  [{ context_management: { edits: [{ type: { toString: 1 } }] } }, 'context_management must'],
])('%j is refused: %s', async (body, words) => {
  const { status, body: answer } = await create().ask(body)
  if (words === undefined) return expect(status).toBe(200)
  expect([status, answer.error.type]).toEqual([400, 'invalid_request_error'])
  expect(answer.error.message).toContain(words)
})

test('a failure in mid-stream is an error event, and no end', async () => {
  const { stream } = create([text('Hel'), finish('error')])
  const events = await stream()
  expect(events.at(-1)).toMatchObject({ type: 'error', error: { type: 'api_error' } })
})

test('errors have its shape, and its names', async () => {
  const { ask, send } = create(undefined, {
    authorize: (request: Request) => request.headers.get('x-api-key') === 'key',
  })
  expect((await ask()).body.error.type).toBe('authentication_error')
  const body = { model: 'none', max_tokens: 1, messages: hi }
  const named = await send(body, undefined, { headers: { 'x-api-key': 'key' } })
  expect(JSON.parse(named.text).error).toEqual({
    type: 'not_found_error',
    message: 'No such model: "none"',
  })
})

test.each([
  ['x-api-key', 'key', (headers: Headers) => headers.get('authorization') === 'Bearer key'],
  ['authorization', 'Bearer key', (headers: Headers) => headers.get('x-api-key') === 'key'],
])('`authorize` reads the key of %s under either name', async (name, value, check) => {
  const { send } = create(undefined, { authorize: ({ headers }: Request) => check(headers) })
  const body = { model: 'fast', max_tokens: 1, messages: hi }
  const { status } = await send(body, '/v1/messages?beta=true', { headers: { [name]: value } })
  expect(status).toBe(200)
  expect((await send(body)).status).toBe(401)
})

test('tokens are counted, the root answers, and models are listed in its shape', async () => {
  const { gateway, send } = create()
  const body = { model: 'fast', messages: [{ role: 'user', content: 'Hello there, you' }] }
  const count = JSON.parse((await send(body, '/v1/messages/count_tokens')).text).input_tokens
  const tools = [{ name: 'f', input_schema: { type: 'object', properties: {} } }]
  const more = await send({ ...body, tools, system: 'Be brief' }, '/v1/messages/count_tokens')
  expect(count).toBeGreaterThan(3)
  expect(JSON.parse(more.text).input_tokens).toBeGreaterThan(count)
  const root = await gateway(new Request('https://gateway.example/', { method: 'HEAD' }))
  expect([root.status, await root.text()]).toEqual([200, ''])
  const headers = { 'anthropic-version': '2023-06-01' }
  const list = await gateway(new Request('https://gateway.example/v1/models', { headers }))
  expect(await list.json()).toMatchObject({
    data: [{ type: 'model', id: 'fast' }],
    has_more: false,
  })
})

test('half a character is replaced: strict clients refuse a stream that has one', async () => {
  const pieces = [thought('\ud800'), text('a\ud83d'), finish()]
  expect((await create(pieces).ask()).body.content).toMatchObject([
    { thinking: '\ufffd' },
    { text: 'a\ufffd' },
  ])
  const frames = await create(pieces).stream()
  expect(JSON.stringify(frames)).not.toMatch(/\\ud/)
})

test('arguments that are no object are not emptied', async () => {
  const call = (argumentsText: string): StreamEvent => ({
    type: 'tool-call',
    toolCall: { id: 'a', name: 'remove', arguments: {}, argumentsText, invalid: 'It is no object' },
  })
  for (const [given, input] of [
    ['{path:"/a"}', { INVALID_JSON: '{path:"/a"}' }],
    ['["/a"]', { INVALID_JSON: '["/a"]' }],
    [' { } ', {}],
    ['null', {}],
    ['"{}"', {}],
  ] as const) {
    const { body } = await create([call(given), finish('tool_calls')]).ask({ tools: [] })
    expect(body.content).toMatchObject([{ type: 'tool_use' }])
    expect(body.content[0].input).toEqual(input)
  }
})
