import { expect, test } from 'vitest'
import { decodeInput } from '../../../../src/gateway/formats/responses/decode-input.ts'
import { ConfigError } from '../../../../src/errors.ts'
import type { StreamEvent } from '../../../../src/event.ts'
import type { ModelConfig } from '../../../../src/options.ts'
import { createSlimGateway } from '../../../../src/gateway/create-gateway.ts'
import { checkResponsesBody } from '../../../gateway/responses-schema.ts'
import { finish, model, text, usage, weather } from '../../helpers.ts'

const thought = (text: string): StreamEvent => ({ type: 'reasoning-delta', text })
const hi = [{ role: 'user', content: 'Hi' }]

/** A gateway whose model keeps what it was asked. */
function create(
  chunks: readonly unknown[] = [text('Hello'), { type: 'usage', usage }, finish()],
  refuses: (call: any) => boolean = () => false,
  settings: Partial<ModelConfig> = {},
) {
  const asked: { messages: any[]; call: any }[] = []
  const fast = model(
    async function* (messages: any, call: any) {
      if (refuses(call)) throw new ConfigError('unsupported_option', '`reasoning` with acme-1')
      asked.push({ messages, call })
      yield* chunks
    } as never,
    settings,
  )
  const gateway = createSlimGateway({ models: { fast }, authorize: 'public' })
  const send = async (body: object) => {
    const response = await gateway(
      new Request('https://gateway.example/v1/responses', {
        method: 'POST',
        body: JSON.stringify({ model: 'fast', input: 'Hi', ...body }),
        headers: { 'content-type': 'application/json' },
      }),
    )
    const answer = await response.text()
    checkResponsesBody(response.status, response.headers.get('content-type') ?? '', answer)
    return { status: response.status, text: answer }
  }
  const ask = async (body: object = {}) => {
    const { status, text } = await send(body)
    return { status, body: JSON.parse(text) }
  }
  const stream = async (body: object = {}) => {
    const { text } = await send({ stream: true, ...body })
    const frames = text.split('\n\n').slice(0, -1)
    return frames.map((frame) => JSON.parse(frame.split('\ndata: ')[1] as string))
  }
  return { ask, stream, asked }
}

test('a reply is a response that repeats its request', async () => {
  const counted = { ...usage, cachedTokens: 1, reasoningTokens: 2 }
  const { ask } = create([text('Hello'), { type: 'usage', usage: counted }, finish()])
  const request = {
    instructions: 'Be brief',
    metadata: { run: '1' },
    temperature: 1,
    max_output_tokens: 20,
    text: { verbosity: 'low' },
    truncation: 'auto',
    store: false,
  }
  const { body } = await ask(request)
  expect(body).toMatchObject({
    ...request,
    status: 'completed',
    // Clients with a strict schema, such as OpenRouter's, require both.
    frequency_penalty: 0,
    presence_penalty: 0,
    text: { format: { type: 'text' }, verbosity: 'low' },
    output: [{ type: 'message', content: [{ type: 'output_text', text: 'Hello' }] }],
    usage: {
      input_tokens: 3,
      input_tokens_details: { cached_tokens: 1 },
      output_tokens: 4,
      output_tokens_details: { reasoning_tokens: 2 },
      total_tokens: 7,
    },
  })
})

test('the penalties of Open Responses reach the model; a tool sent twice does once', async () => {
  const { ask, asked } = create([text('Hello'), finish()])
  const tool = { type: 'function', name: 'f', parameters: {} }
  const sent = { frequency_penalty: -1, presence_penalty: 0.5, tools: [tool, tool] }
  expect((await ask(sent)).body).toMatchObject(sent)
  expect(asked[0]?.call).toMatchObject({ frequencyPenalty: -1, presencePenalty: 0.5 })
  expect(asked[0]?.call.tools).toHaveLength(1)
})

test.each([
  ['stop', 'completed', undefined],
  ['length', 'incomplete', 'max_output_tokens'],
  ['content_filter', 'incomplete', 'content_filter'],
  ['other', 'incomplete', 'max_output_tokens'],
])('the reason %s becomes %s, %s', async (reason, status, why) => {
  const { ask, stream } = create([text('Hello'), finish(reason)])
  for (const response of [(await ask()).body, (await stream()).at(-1).response]) {
    expect(response.status).toBe(status)
    expect(response.incomplete_details?.reason).toBe(why)
    expect(Number.isInteger(response.completed_at)).toBe(status === 'completed')
  }
})

test('a stream has every event of every item, in order', async () => {
  const { stream } = create([thought('Hm'), text('Let me '), text('see'), ...weather, finish()])
  const events = await stream()
  expect(events.map(({ type }) => type.replace('response.', ''))).toEqual([
    'created',
    'in_progress',
    'output_item.added',
    'reasoning_summary_part.added',
    'reasoning_summary_text.delta',
    'reasoning_summary_text.done',
    'reasoning_summary_part.done',
    'output_item.done',
    'output_item.added',
    'content_part.added',
    'output_text.delta',
    'output_text.delta',
    'output_text.done',
    'content_part.done',
    'output_item.done',
    'output_item.added',
    'function_call_arguments.delta',
    'function_call_arguments.delta',
    'function_call_arguments.done',
    'output_item.done',
    'completed',
  ])
})

test('a reply without a word has an empty message', async () => {
  const { ask, stream } = create([finish()])
  const content = [{ type: 'output_text', text: '', annotations: [], logprobs: [] }]
  expect((await ask()).body.output).toMatchObject([{ type: 'message', content }])
  expect((await stream()).at(-1).response.output).toMatchObject([{ type: 'message', content }])
})

test('a call that a limit cut is incomplete, and one of a custom tool is left out', async () => {
  const cut = (name: string, args: string): StreamEvent => ({
    type: 'tool-call-delta',
    index: 0,
    id: 'c1',
    name,
    argumentsDelta: args,
  })
  const patch = { type: 'custom', name: 'patch' }
  for (const [chunks, status] of [
    [[text('Let'), finish('length')], ['incomplete']],
    [
      [text('Let'), cut('f', '{"city":"Os'), finish('length')],
      ['completed', 'incomplete'],
    ],
    [
      [text('Let'), cut('f', '{}'), finish('length')],
      ['completed', 'completed'],
    ],
    [[text('Let'), cut('patch', '{"input":"rm '), finish('length')], ['completed']],
  ] as const) {
    const { ask, stream } = create(chunks)
    const { output } = (await ask({ tools: [patch] })).body
    const events = await stream({ tools: [patch] })
    expect(output.map((item: any) => item.status)).toEqual(status)
    expect(events.at(-1).response.output.map((item: any) => item.status)).toEqual(status)
    expect(JSON.stringify(events)).not.toMatch(/custom_tool_call_input|rm /)
  }
})

test('custom tools are functions to the model, and take free text from the client', async () => {
  const call = (input: string): StreamEvent[] => [
    { type: 'tool-call-delta', index: 0, id: 'c1', name: 'patch', argumentsDelta: '{"input":' },
    { type: 'tool-call-delta', index: 0, argumentsDelta: `${JSON.stringify(input)}}` },
  ]
  const { ask, stream, asked } = create([...call('*** "Begin"'), finish('tool_calls')])
  const tools = [
    {
      type: 'custom',
      name: 'patch',
      description: 'Edits files',
      format: { type: 'grammar', syntax: 'lark', definition: 'start: x' },
    },
  ]
  const item = { type: 'custom_tool_call', call_id: 'c1', name: 'patch', input: '*** "Begin"' }
  const { output } = (await ask({ tools })).body
  expect(output).toMatchObject([item])
  const tool = asked[0]?.call.tools[0]
  expect(tool.function).toMatchObject({ name: 'patch', parameters: { required: ['input'] } })
  expect(tool.function.description).toContain('start: x')
  const events = await stream({ tools })
  expect(events.at(-1).response.output).toMatchObject([item])
  const result = { type: 'custom_tool_call_output', call_id: 'c1', output: 'Done' }
  await ask({ tools, input: [...hi, output[0], result] })
  expect(asked.at(-1)?.messages.slice(1)).toMatchObject([
    {
      role: 'assistant',
      tool_calls: [{ id: 'c1', function: { arguments: '{"input":"*** \\"Begin\\""}' } }],
    },
    { role: 'tool', tool_call_id: 'c1', content: 'Done' },
  ])
})

const answered = (name: string, args: string): StreamEvent[] => [
  { type: 'tool-call-delta', index: 0, id: 'c1', name, argumentsDelta: args.slice(0, 9) },
  { type: 'tool-call-delta', index: 0, argumentsDelta: args.slice(9) },
]

test.each<[tool: object, args: object, call: object, output: object, result: string]>([
  [
    { type: 'local_shell' },
    { command: ['ls', '-a'], working_directory: '/a', timeout_ms: 9 },
    {
      type: 'local_shell_call',
      action: {
        type: 'exec',
        command: ['ls', '-a'],
        env: {},
        working_directory: '/a',
        timeout_ms: 9,
      },
    },
    { type: 'function_call_output', output: 'a.txt' }, // as Codex does
    'a.txt',
  ],
  [
    { type: 'shell', environment: { type: 'local' } },
    { commands: ['ls', 'pwd'] },
    {
      type: 'shell_call',
      action: { commands: ['ls', 'pwd'], timeout_ms: null, max_output_length: null },
      environment: { type: 'local' },
    },
    {
      type: 'shell_call_output',
      output: [{ stdout: 'a', stderr: '', outcome: { type: 'exit', exit_code: 0 } }],
    },
    '[{"stdout":"a","stderr":"","outcome":{"type":"exit","exit_code":0}}]',
  ],
  [
    { type: 'apply_patch' },
    { type: 'create_file', path: 'a', diff: '+b' },
    { type: 'apply_patch_call', operation: { type: 'create_file', path: 'a', diff: '+b' } },
    { type: 'apply_patch_call_output', status: 'failed', output: 'a exists' },
    'a exists',
  ],
  [
    { type: 'apply_patch' },
    { type: 'delete_file', path: 'a' },
    { type: 'apply_patch_call', operation: { type: 'delete_file', path: 'a' } },
    { type: 'apply_patch_call_output', status: 'completed' },
    'completed',
  ],
  [
    {
      type: 'tool_search',
      execution: 'client',
      description: 'Finds tools',
      parameters: { type: 'object', properties: { query: { type: 'string' } } },
    },
    { query: 'mail' },
    { type: 'tool_search_call', execution: 'client', arguments: { query: 'mail' } },
    { type: 'tool_search_output', execution: 'client', tools: [] },
    'No tool was found',
  ],
])(
  '%j is a function to the model, and a call of its type to the client',
  async (tool, args, call, output, result) => {
    const name = (tool as { type: string }).type
    const { ask, stream, asked } = create([
      ...answered(name, JSON.stringify(args)),
      finish('tool_calls'),
    ])
    const item = { ...call, call_id: 'c1', status: 'completed' }
    const { body } = await ask({ tools: [tool], tool_choice: { type: name } })
    expect(body.output).toMatchObject([item])
    expect((await stream({ tools: [tool] })).at(-1).response.output).toMatchObject([item])
    expect(asked[0]?.call).toMatchObject({
      tools: [{ type: 'function', function: { name, parameters: { type: 'object' } } }],
      toolChoice: { function: { name } },
    })
    await ask({ tools: [tool], input: [...hi, ...body.output, { ...output, call_id: 'c1' }] })
    const [, turn, answer] = asked.at(-1)?.messages ?? []
    expect(JSON.parse(turn.tool_calls[0].function.arguments)).toMatchObject(args)
    expect(answer).toMatchObject({ role: 'tool', tool_call_id: 'c1', content: result })
  },
)

test('calls of a client with arguments that are none run nothing', async () => {
  const tools = [{ type: 'local_shell' }]
  for (const args of ['{"command":["rm","-r', 'rm -rf /', '{"command":7,"env":[1]}']) {
    const { ask, stream } = create([...answered('local_shell', args), finish('length')])
    for (const { output } of [
      (await ask({ tools })).body,
      (await stream({ tools })).at(-1).response,
    ])
      expect(output.at(-1).action).toEqual({ type: 'exec', command: [], env: {} })
  }
})

test('tools that a search found are known to the model, and called by their names', async () => {
  const close = {
    type: 'function',
    name: 'close',
    parameters: { type: 'object' },
    defer_loading: true,
  }
  const found = { type: 'namespace', name: 'agents', description: 'd', tools: [close] }
  const { ask, asked } = create([...answered('agents__close', '{} '), finish('tool_calls')])
  const search = (call_id: string) => [
    { type: 'tool_search_call', call_id, execution: 'client', arguments: { query: 'x' } },
    {
      type: 'tool_search_output',
      call_id,
      execution: 'client',
      status: 'completed',
      tools: [found],
    },
  ]
  const input = [...hi, ...search('c1'), ...search('c2')]
  const { body } = await ask({ input, tools: [{ type: 'tool_search', execution: 'client' }] })
  expect(body.output).toMatchObject([{ type: 'function_call', namespace: 'agents', name: 'close' }])
  expect(asked[0]?.call.tools.map((tool: any) => tool.function.name)).toEqual([
    'tool_search',
    'agents__close',
  ])
  expect(asked[0]?.messages[2].content).toContain('agents__close')
  // OpenAI's own search: the model knows all tools.
  const hosted = [
    { type: 'tool_search_call', execution: 'server', call_id: null, arguments: {} },
    { type: 'tool_search_output', execution: 'server', call_id: null, tools: [found] },
  ]
  await ask({ input: [...hi, ...hosted], tools: [{ type: 'tool_search' }, close] })
  expect(asked[1]?.messages).toMatchObject(hi)
  expect(asked[1]?.call.tools.map((tool: any) => tool.function.name)).toEqual([
    'close',
    'agents__close',
  ])
})

test('what only OpenAI can read is left out, and the model learns if it may miss it', async () => {
  const { ask, asked } = create()
  const shell = { type: 'local_shell_call', id: 'lsh_1', call_id: 'c1', status: 'completed' }
  await ask({
    input: [
      { type: 'compaction', encrypted_content: 'gAAAA' },
      { type: 'reasoning', summary: [], encrypted_content: 'gAAAA' },
      { type: 'web_search_call', status: 'completed', action: {} },
      {
        type: 'agent_message',
        author: '/root/a',
        content: [
          { type: 'input_text', text: 'Done' },
          { type: 'encrypted_content', encrypted_content: 'g' },
        ],
      },
      ...hi,
      { ...shell, action: { type: 'exec', command: ['ls'], env: {}, user: null } },
      { type: 'local_shell_call_output', id: 'lsh_1', output: 'a.txt' },
    ],
  })
  expect(asked[0]?.messages).toMatchObject([
    { role: 'system', content: expect.stringContaining('summary that cannot be read') },
    {
      role: 'user',
      content: expect.stringMatching(/^Message from \/root\/a:\nDone\n\[.+cannot be read/),
    },
    ...hi,
    { tool_calls: [{ id: 'c1', function: { arguments: '{"command":["ls"],"env":{}}' } }] },
    { role: 'tool', tool_call_id: 'c1', content: 'a.txt' },
  ])
})

test('tools of a namespace are functions with joined names to the model', async () => {
  const call: StreamEvent[] = [
    { type: 'tool-call-delta', index: 0, id: 'c1', name: 'agents__close', argumentsDelta: '{}' },
  ]
  const { ask, stream, asked } = create([...call, finish('tool_calls')])
  const close = { type: 'function', name: 'close', parameters: { type: 'object', properties: {} } }
  const tools = [{ type: 'namespace', name: 'agents', description: 'd', tools: [close] }]
  const item = { type: 'function_call', namespace: 'agents', name: 'close' }
  const { output } = (await ask({ tools })).body
  expect(output).toMatchObject([item])
  expect((await stream({ tools })).at(-1).response.output).toMatchObject([item])
  expect(asked[0]?.call.tools[0].function.name).toBe('agents__close')
  // As Codex sends them.
  const more = { type: 'additional_tools', role: 'developer', id: 'at_1', tools }
  expect((await ask({ input: [more, ...hi] })).body.output).toMatchObject([item])
  expect((await ask({ input: [{ ...more, tools: [] }, ...hi] })).status).toBe(200)
  const result = { type: 'function_call_output', call_id: 'c1', output: 'Done' }
  await ask({ tools, input: [...hi, output[0], result] })
  expect(asked.at(-1)?.messages[1].tool_calls[0].function.name).toBe('agents__close')
})

test('reasoning comes back by what it holds sealed, and vendor data with it', async () => {
  const messageFields = { provider_data: { acme: ['secret'] } }
  const chunks = [thought('It is so'), ...weather, finish('tool_calls', { messageFields })]
  const { ask, stream, asked } = create(chunks)
  const result = { type: 'function_call_output', call_id: 'call_1', output: 'Fine' }
  for (const output of [(await ask()).body.output, (await stream()).at(-1).response.output]) {
    expect(JSON.stringify(output)).not.toContain('secret')
    await ask({ input: [...hi, ...output, result] })
    expect(asked.at(-1)?.messages[1]).toMatchObject({
      reasoning_content: 'It is so',
      ...messageFields,
    })
    const forged = output.map((item: any) =>
      item.encrypted_content ? { ...item, encrypted_content: 'gAAAA' } : item,
    )
    await ask({ input: [...hi, ...forged, result] })
    expect(asked.at(-1)?.messages[1]).not.toHaveProperty('reasoning_content')
    expect(asked.at(-1)?.messages[1]).not.toHaveProperty('provider_data')
  }
})

test('an input is rebuilt: turns of several items, pictures, files, results', async () => {
  const { ask, asked } = create()
  const url = 'data:image/png;base64,iVBORw0KGgo='
  const call = { type: 'function_call', name: 'read', arguments: '{}' }
  const { status } = await ask({
    instructions: 'Be brief',
    input: [
      { role: 'developer', content: [{ type: 'input_text', text: 'Stay brief' }] },
      {
        type: 'message',
        role: 'user',
        content: [
          { type: 'input_text', text: 'One' },
          { type: 'input_image', image_url: url, detail: 'low' },
          { type: 'input_file', file_data: 'data:application/pdf;base64,AA==', filename: 'a.pdf' },
        ],
      },
      { type: 'item_reference', id: 'msg_1' },
      { ...call, call_id: 'a' },
      { ...call, call_id: 'b' },
      {
        type: 'function_call_output',
        call_id: 'a',
        output: [{ type: 'input_image', image_url: url }],
      },
      { type: 'function_call_output', call_id: 'b', output: 'there' },
      { role: 'assistant', content: [{ type: 'output_text', text: 'Seen' }] },
      { role: 'user', content: 'And?' },
    ],
  })
  expect(status).toBe(200)
  const tool_call = (id: string) => ({
    id,
    type: 'function',
    function: { name: 'read', arguments: '{}' },
  })
  expect(asked[0]?.messages).toEqual([
    { role: 'system', content: 'Be brief' },
    { role: 'developer', content: 'Stay brief' },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'One' },
        { type: 'image_url', image_url: { url, detail: 'low' } },
        {
          type: 'file',
          file: { file_data: 'data:application/pdf;base64,AA==', filename: 'a.pdf' },
        },
      ],
    },
    { role: 'assistant', content: null, tool_calls: [tool_call('a'), tool_call('b')] },
    { role: 'tool', tool_call_id: 'a', content: 'The content follows.' },
    { role: 'tool', tool_call_id: 'b', content: 'there' },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'From the result of the tool call a:' },
        { type: 'image_url', image_url: { url } },
      ],
    },
    { role: 'assistant', content: 'Seen' },
    { role: 'user', content: 'And?' },
  ])
})

test('options get our names; what asks for nothing is left out', async () => {
  const { ask, asked } = create()
  const schema = { type: 'object', properties: {} }
  const f = { type: 'function', name: 'f', parameters: schema, strict: true }
  await ask({
    temperature: 0.5,
    top_p: 1,
    tools: [f, { ...f, name: 'g' }, { type: 'web_search' }],
    tool_choice: {
      type: 'allowed_tools',
      mode: 'required',
      tools: [{ type: 'function', name: 'f' }],
    },
    parallel_tool_calls: false,
    text: { format: { type: 'json_schema', name: 'n', schema, strict: true } },
    include: ['reasoning.encrypted_content'],
    prompt_cache_key: 'k',
    service_tier: 'auto',
    client_metadata: { a: 'b' },
  })
  expect(asked[0]?.call).toMatchObject({
    temperature: 0.5,
    tools: [{ type: 'function', function: { name: 'f', parameters: schema, strict: true } }],
    toolChoice: 'required',
    parallelToolCalls: false,
    responseFormat: { type: 'json_schema', json_schema: { name: 'n', schema, strict: true } },
  })
  expect(asked[0]?.call.tools).toHaveLength(1)
  expect(asked[0]?.call.topP).toBeUndefined()
})

test('a named tool, and formats without a schema', async () => {
  const { ask, asked } = create()
  const tools = [{ type: 'function', name: 'f' }]
  await ask({ tools, tool_choice: { type: 'function', name: 'f' } })
  expect(asked[0]?.call.toolChoice).toEqual({ type: 'function', function: { name: 'f' } })
  await ask({ input: 'JSON', text: { format: { type: 'json_object' } } })
  expect(asked[1]?.call.responseFormat).toEqual({ type: 'json_object' })
  await ask({ text: { format: { type: 'text' } }, context_management: [] })
  expect(asked[2]?.call.responseFormat).toBeUndefined()
})

test('files by URL or as bare base64, and audio', async () => {
  const { ask, asked } = create()
  const file = (members: object) => ({ type: 'input_file', ...members })
  const input_audio = { data: 'UklGRg==', format: 'wav' }
  const content = [
    file({ file_url: 'https://a.example/b.pdf' }),
    file({ file_data: 'JVBERi0xLjQ=' }),
    { type: 'input_audio', input_audio },
  ]
  expect((await ask({ input: [{ role: 'user', content }] })).status).toBe(200)
  expect(asked[0]?.messages[0].content).toEqual([
    { type: 'file', file: { file_url: 'https://a.example/b.pdf' } },
    { type: 'file', file: { file_data: 'data:application/pdf;base64,JVBERi0xLjQ=' } },
    { type: 'input_audio', input_audio },
  ])
})

test.each([
  [{}, [undefined]],
  [{ reasoning: { effort: 'low', summary: 'auto' } }, [{ effort: 'low' }, true, undefined]],
  [{ reasoning: { effort: 'xhigh' } }, [{ effort: 'xhigh' }, { effort: 'high' }, true, undefined]],
  [{ reasoning: { effort: 'none' } }, [{ effort: 'none' }, false, undefined]],
])('the model is asked for reasoning as %j, as far as it can', async (body, expected) => {
  const seen: unknown[] = []
  const { ask } = create(undefined, ({ reasoning }) => {
    seen.push(reasoning)
    return reasoning !== undefined
  })
  expect((await ask(body)).status).toBe(200)
  expect(seen).toEqual(expected)
})

/** An object of JSON that has no text. */
const odd = { toString: 1 }
const named = { namespace: 'n', name: odd }

test.each([
  [{ store: true }, 'store must be false'],
  [{ previous_response_id: 'resp_1' }, 'previous_response_id is not supported: no responses are'],
  [{ conversation: 'conv_1' }, 'conversation is not supported'],
  [{ background: true }, 'background must be false'],
  [{ prompt: { id: 'p' } }, 'prompt is not supported'],
  [{ input: [...hi, { type: 'item_reference', id: 'msg_1' }] }, 'input[1] must be an item'],
  [{ input: [] }, 'input must not be empty'],
  [{ input: [{ type: 'computer_call' }] }, 'input[0].type must be an item such as message'],
  [{ input: [{ role: 'tool', content: '' }] }, 'input[0].role must be'],
  [
    { input: [{ type: 'function_call_output', call_id: 'x', output: '' }] },
    'input[0].call_id "x" matches no earlier call',
  ],
  [
    { input: [{ role: 'user', content: [{ type: 'input_image', file_id: 'f' }] }] },
    'input[0].content[0].file_id is not supported',
  ],
  [
    { input: [{ role: 'user', content: [{ type: 'input_image', image_url: 'gs://b/c' }] }] },
    'input[0].content[0] must be',
  ],
  [{ tools: [{ type: 'file_search' }] }, 'tools[0].type must be'],
  [
    { tools: [{ type: 'shell', environment: { type: 'container_auto' } }] },
    'tools[0].environment must be { type: "local" }',
  ],
  [
    { input: [...hi, { type: 'compaction_trigger' }] },
    'input[1].type must be an item such as message',
  ],
  [{ input: [...hi, { type: 'shell_call', call_id: 'c' }] }, 'input[1] must be an item with'],
  [{ tool_choice: { type: 'file_search' } }, 'tool_choice must be'],
  [{ text: { format: { type: 'grammar' } } }, 'text.format must be'],
  [{ include: ['message.output_text.logprobs'] }, 'include must not'],
  [{ unheard_of: 1 }, 'unheard_of is not a known option'],
  // `String` would throw.
  [{ input: [{ type: odd }] }, 'function_call_output, not {"toString":1}'],
  [{ input: [{ role: 'assistant', content: [{ type: odd }] }] }, 'input[0].content[0] must be'],
  [
    { input: [{ type: 'function_call', call_id: 'c', arguments: '{}', ...named }] },
    'input[0] must',
  ],
  [{ tools: [{ type: odd }] }, 'tools[0].type must be'],
  [
    { tools: [{ type: 'namespace', name: 'n', tools: [{ type: 'function', ...named }] }] },
    'tools[0].name must',
  ],
  [{ tool_choice: { type: odd } }, 'tool_choice must be'],
])('%j is refused: %s', async (body, words) => {
  const { status, body: answer } = await create().ask(body)
  expect(status).toBe(400)
  expect(answer.error.message).toContain(words)
})

test('a failure in mid-stream is an error, and a failed response with what had arrived', async () => {
  const { stream } = create([thought('Hm'), text('Hel'), finish('error')])
  const events = await stream()
  expect(events.at(-2)).toMatchObject({ type: 'error', code: 'model_failed' })
  expect(events.at(-1)).toMatchObject({
    type: 'response.failed',
    response: {
      status: 'failed',
      error: { code: 'server_error' },
      output: [{ type: 'reasoning' }],
    },
  })
})

test.each([
  ['auto', { maxLength: 60 }, ['two', 'three']],
  ['auto', {}, ['one', 'two', 'three']],
  ['disabled', { maxLength: 60 }, ['one', 'two', 'three']],
])('truncation %j of a conversation, with %o', async (truncation, settings, left) => {
  const { ask, asked } = create(undefined, undefined, settings)
  const long = 'word '.repeat(40)
  const input = [
    { role: 'user', content: `one ${long}` },
    { role: 'assistant', content: 'fine' },
    { role: 'user', content: 'two' },
    { role: 'assistant', content: 'fine' },
    { role: 'user', content: 'three' },
  ]
  expect(await ask({ input, truncation })).toMatchObject({ status: 200, body: { truncation } })
  const users = asked[0]?.messages.filter(({ role }) => role === 'user')
  expect(users?.map(({ content }) => String(content).split(' ')[0])).toEqual(left)
})

test('truncation cannot help a last turn that is too long by itself', async () => {
  const { ask, asked } = create(undefined, undefined, { maxLength: 20 })
  const answer = await ask({ input: 'word '.repeat(100), truncation: 'auto' })
  expect(answer).toMatchObject({ status: 400, body: { error: { type: 'invalid_request_error' } } })
  expect(asked).toEqual([])
})

test('the output of a call follows it, although its user wrote while the tool ran', async () => {
  const { ask, asked } = create()
  const toolCall = (id: string) => ({
    type: 'function_call',
    call_id: id,
    name: 'weather',
    arguments: '{"city":"Oslo"}',
  })
  const output = (id: string) => ({ type: 'function_call_output', call_id: id, output: id })
  const input = [
    ...hi,
    toolCall('a'),
    toolCall('b'),
    output('a'),
    { role: 'user', content: 'Hurry' },
    output('b'),
    { role: 'developer', content: 'Be brief' },
    toolCall('a'), // Ollama's and Gemini's ids may repeat.
    output('a'),
  ]
  expect((await ask({ input })).status).toBe(200)
  const roles = asked[0]?.messages.map(({ role, content }: any) => [role, content])
  expect(roles).toEqual([
    ['user', 'Hi'],
    ['assistant', null],
    ['tool', 'a'],
    ['tool', 'b'],
    ['user', 'Hurry'],
    ['developer', 'Be brief'],
    ['assistant', null],
    ['tool', 'a'],
  ])
})

test.each([
  ['a message', { role: 'assistant', content: 'A is fine' }, ['A is fine', null]],
  ['reasoning', { type: 'reasoning', summary: [] }, []],
  [
    'another call',
    { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' },
    [null, ['c']],
  ],
])('%s between the outputs of parallel calls follows both', async (_, between, expected) => {
  const { ask, asked } = create()
  const toolCall = (id: string) => ({
    type: 'function_call',
    call_id: id,
    name: 'f',
    arguments: '{}',
  })
  const output = (id: string) => ({ type: 'function_call_output', call_id: id, output: id })
  const isCall = 'call_id' in between
  const input = [
    ...hi,
    toolCall('a'),
    toolCall('b'),
    output('b'),
    between,
    output('a'),
    ...(isCall ? [output('c')] : []),
  ]
  expect((await ask({ input })).status).toBe(200)
  const idsOf = (message: any) => message.tool_calls?.map(({ id }: any) => id) ?? null
  const turns = asked[0]?.messages.map((message: any) => [message.content, idsOf(message)])
  expect(turns).toEqual([
    ['Hi', null],
    [null, ['a', 'b']],
    ['b', null],
    ['a', null],
    ...(expected.length > 0 ? [expected] : []),
    ...(isCall ? [['c', null]] : []),
  ])
})

test('half a character is replaced: strict clients refuse a stream that has one', async () => {
  const pieces = [text('a\ud83d'), finish()]
  expect(JSON.stringify((await create(pieces).ask()).body)).toContain('a\ufffd')
  const frames = JSON.stringify(await create(pieces).stream())
  expect(frames).toContain('a\ufffd')
  expect(frames).not.toMatch(/\\ud/)
})

test('calls without outputs are looked up in linear time', () => {
  // Looking through all items at each user message takes 12 seconds.
  const turn = (id: number) => [
    { type: 'function_call', call_id: `c${id}`, name: 'f', arguments: '{}' },
    { role: 'user', content: 'Go on' },
  ]
  const input = Array.from({ length: 20_000 }, (_, id) => turn(id)).flat()
  expect(decodeInput({ input }, input.length)).toHaveLength(input.length)
})
