import { context, ROOT_CONTEXT, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import * as registry from '@opentelemetry/semantic-conventions/incubating'
import { afterEach, beforeAll, expect, test } from 'vitest'
import * as v from 'valibot'
import { failover } from '../../../src/failover/failover.ts'
import { createGateway } from '../../../src/gateway.ts'
import { getChatModel } from '../../../src/index.ts'
import { traced } from '../../../src/otel.ts'
import { withPromptedTools } from '../../../src/prompted/with-prompted-tools.ts'
import { DashScopeLLM } from '../../../src/providers/dashscope.ts'
import { OpenAiLLM } from '../../../src/providers/openai.ts'
import { simulate } from '../../../src/testing.ts'
import type { Script } from '../../../src/testing.ts'
import { runTools } from '../../../src/tools/run-tools.ts'
import { tool } from '../../../src/tools/tool.ts'
import { failure, model, saying, text } from '../helpers.ts'
import { recorder } from './recorder.ts'

const usage = { promptTokens: 10, completionTokens: 4, cachedTokens: 3, reasoningTokens: 1 }

/** A traced model of a simulated OpenAI server. */
function setup(script: Script, more: object = {}, config: object = {}) {
  const server = simulate('openai', script)
  const llm = new OpenAiLLM({
    model: 'gpt-4o',
    modelServer: 'openai',
    apiKey: 'test',
    fetch: server,
    ...config,
  })
  const recorded = recorder()
  return { llm, server, ...recorded, traced: traced(llm, { ...recorded.options, ...more }) }
}

// A part of every model loads with the first call.
beforeAll(() => setup('Hello').traced.chat('Hi'))
afterEach(() => context.disable())

test('a chat has a span with the attributes of the conventions, and one for its request', async () => {
  const { traced: llm, spans } = setup({ text: 'Hello', usage })
  const result = await llm.chat({
    prompt: 'Hi, in JSON',
    temperature: 0.5,
    topP: 0.9,
    maxTokens: 50,
    seed: 7,
    stop: 'END',
    presencePenalty: 0.1,
    frequencyPenalty: 0.2,
    responseFormat: { type: 'json_object' },
  })
  const [request, chat] = spans()
  expect(chat).toEqual({
    name: 'chat gpt-4o',
    parent: undefined,
    failed: false,
    message: undefined,
    attributes: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-4o',
      'gen_ai.request.temperature': 0.5,
      'gen_ai.request.top_p': 0.9,
      'gen_ai.request.max_tokens': 50,
      'gen_ai.request.seed': 7,
      'gen_ai.request.stop_sequences': ['END'],
      'gen_ai.request.presence_penalty': 0.1,
      'gen_ai.request.frequency_penalty': 0.2,
      'gen_ai.output.type': 'json',
      'gen_ai.response.id': result.id,
      'gen_ai.response.model': result.model,
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.usage.input_tokens': 10,
      'gen_ai.usage.output_tokens': 4,
      'gen_ai.usage.cache_read.input_tokens': 3,
      'gen_ai.usage.reasoning.output_tokens': 1,
      'server.address': 'api.openai.com',
      'server.port': 443,
    },
  })
  expect(request).toMatchObject({
    name: 'try gpt-4o',
    parent: 'chat gpt-4o',
    failed: false,
    attributes: { 'gen_ai.provider.name': 'openai', 'server.address': 'api.openai.com' },
  })
})

test('a stream is cold, and its span has the time to the first chunk', async () => {
  const { traced: llm, spans, names, metrics } = setup({ pieces: ['a', 'b', 'c'], usage })
  const stream = llm.chat({ prompt: 'Hi', stream: true })
  expect(names()).toEqual([])
  const pieces: string[] = []
  for await (const piece of stream) pieces.push(piece)
  expect(pieces).toEqual(['a', 'b', 'c'])
  expect((await stream.result()).usage.promptTokens).toBe(10)
  const chat = spans().find(({ name }) => name === 'chat gpt-4o')
  expect(chat?.attributes).toMatchObject({
    'gen_ai.request.stream': true,
    'gen_ai.response.time_to_first_chunk': expect.any(Number),
    'gen_ai.response.finish_reasons': ['stop'],
  })
  expect(names()).toHaveLength(2)
  const all = await metrics()
  expect(all['gen_ai.client.operation.time_to_first_chunk']?.[0]?.value.count).toBe(1)
  expect(all['gen_ai.client.operation.time_per_output_chunk']?.[0]?.value.count).toBe(2)
})

test('metrics have the units, labels and buckets of the conventions', async () => {
  const { traced: llm, metrics } = setup([{ text: 'Hello', usage }, { error: { status: 400 } }])
  await llm.chat('Hi')
  await expect(llm.chat('Hi')).rejects.toMatchObject({ code: 'bad_request' })
  const all = await metrics()
  const labels = {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': 'gpt-4o',
    'server.address': 'api.openai.com',
    'server.port': 443,
  }
  const tokens = all['gen_ai.client.token.usage'] ?? []
  expect(
    tokens.map(({ attributes, value, unit }) => [attributes['gen_ai.token.type'], value.sum, unit]),
  ).toEqual([
    ['input', 10, '{token}'],
    ['output', 4, '{token}'],
  ])
  expect(tokens[0]?.attributes).toMatchObject(labels)
  expect(tokens[0]?.value.buckets.boundaries).toEqual([
    1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864,
  ])
  const durations = all['gen_ai.client.operation.duration'] ?? []
  expect(durations.map(({ attributes }) => attributes['error.type'])).toEqual([
    undefined,
    'bad_request',
  ])
  expect(durations[0]).toMatchObject({ unit: 's', attributes: labels })
  expect(durations[0]?.value.buckets.boundaries).toEqual([
    0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
  ])
})

test('usage that is only estimated is not reported', async () => {
  const { traced: llm, spans, metrics } = setup({ text: 'Hello', usage: null })
  await llm.chat('Hi')
  expect(spans()[1]?.attributes).not.toHaveProperty('gen_ai.usage.input_tokens')
  expect(await metrics()).not.toHaveProperty('gen_ai.client.token.usage')
})

test('every request of a call has its span', async () => {
  const { traced: llm, spans } = setup([
    { error: { status: 503, headers: { 'retry-after-ms': '1' } } },
    { text: 'Hello' },
  ])
  await llm.chat('Hi')
  expect(spans()).toMatchObject([
    {
      name: 'try gpt-4o',
      parent: 'chat gpt-4o',
      failed: true,
      attributes: { 'http.response.status_code': 503, 'error.type': 'overloaded' },
    },
    {
      name: 'try gpt-4o',
      parent: 'chat gpt-4o',
      failed: false,
      attributes: { 'http.request.resend_count': 1 },
    },
    { name: 'chat gpt-4o', failed: false },
  ])
})

test('failover: the requests of all models are children of one chat, or of a chat of each traced model', async () => {
  const down = simulate('openai', { error: { status: 400, code: 'x' } })
  down.use({ error: { status: 404 } })
  const make = (fetch: typeof down, name: string) =>
    new OpenAiLLM({ model: name, modelServer: 'openai', apiKey: 'test', fetch })
  const models = [make(down, 'a'), make(simulate('openai', 'Hello'), 'b')]
  const outside = recorder()
  await traced(failover(models), outside.options).chat('Hi')
  expect(outside.spans().map(({ name, parent, failed }) => [name, parent, failed])).toEqual([
    ['try a', 'chat failover(a, b)', true],
    ['try b', 'chat failover(a, b)', false],
    ['chat failover(a, b)', undefined, false],
  ])
  const inside = recorder()
  const each = models.map((one) => traced(one, inside.options))
  for await (const _text of traced(failover(each), inside.options).chat({
    prompt: 'Hi',
    stream: true,
  }));
  expect(inside.spans().map(({ name, parent }) => [name, parent])).toEqual([
    ['try a', 'chat a'],
    ['chat a', 'chat failover(a, b)'],
    ['try b', 'chat b'],
    ['chat b', 'chat failover(a, b)'],
    ['chat failover(a, b)', undefined],
  ])
})

test('prompted tools: one chat, one request', async () => {
  const { llm, options, spans } = setup({
    text: '<tool_call>\n{"name": "weather", "arguments": {"city": "Oslo"}}\n</tool_call>',
  })
  const wrapped = traced(withPromptedTools(llm, { format: 'hermes' }), options)
  const tools = [
    { type: 'function' as const, function: { name: 'weather', parameters: { type: 'object' } } },
  ]
  const { toolCalls } = await wrapped.chat({ prompt: 'Hi', tools })
  expect(toolCalls).toHaveLength(1)
  expect(spans().map(({ name, parent }) => [name, parent])).toEqual([
    ['try gpt-4o', 'chat gpt-4o'],
    ['chat gpt-4o', undefined],
  ])
})

const calling = (name: string, args: Record<string, unknown> = {}) => ({
  toolCalls: [{ name, arguments: args }],
  usage,
})

test('a tool run is an agent span; its chats, tools and what the tools ask are below it', async () => {
  const {
    traced: llm,
    spans,
    options,
  } = setup([calling('research', { topic: 'Oslo' }), { text: 'Done', usage }])
  const inner = traced(saying([text('21 °C')]), options)
  const research = tool({
    name: 'research',
    description: 'Looks things up',
    parameters: v.object({ topic: v.string() }),
    // No context manager is installed: the signal tells which tool asks.
    execute: async ({ topic }, { signal }) => (await inner.chat({ prompt: topic, signal })).text,
  })
  await runTools(llm, { prompt: 'Hi', tools: [research] })
  expect(spans().map(({ name, parent, failed }) => [name, parent, failed])).toEqual([
    ['try gpt-4o', 'chat gpt-4o', false],
    ['chat gpt-4o', 'invoke_agent', false],
    ['try acme-1', 'chat acme-1', false],
    ['chat acme-1', 'execute_tool research', false],
    ['execute_tool research', 'invoke_agent', false],
    ['try gpt-4o', 'chat gpt-4o', false],
    ['chat gpt-4o', 'invoke_agent', false],
    ['invoke_agent', undefined, false],
  ])
  expect(spans()[4]?.attributes).toEqual({
    'gen_ai.operation.name': 'execute_tool',
    'gen_ai.tool.name': 'research',
    'gen_ai.tool.call.id': expect.any(String),
    'gen_ai.tool.type': 'function',
    'gen_ai.tool.description': 'Looks things up',
  })
  expect(spans()[7]?.attributes).toMatchObject({
    'gen_ai.operation.name': 'invoke_agent',
    'gen_ai.usage.input_tokens': 20,
    'gen_ai.response.finish_reasons': ['stop'],
  })
})

test('failed tools, unknown tools and refused calls', async () => {
  const { traced: llm, spans } = setup([
    {
      toolCalls: [
        { name: 'bad', arguments: {} },
        { name: 'none', arguments: {} },
        { name: 'no', arguments: {} },
      ],
    },
    'Done',
  ])
  const run = { execute: () => 'ok' }
  await runTools(llm, {
    prompt: 'Hi',
    tools: [
      tool({ name: 'bad', execute: () => Promise.reject(new Error('secret')) }),
      tool({ name: 'no', ...run }),
    ],
    beforeTool: ({ name }) => (name === 'no' ? { refuse: 'Declined' } : undefined),
  })
  const tools = spans().filter(({ name }) => name.startsWith('execute_tool'))
  expect(
    tools.map(({ name, failed, attributes }) => [name, failed, attributes['error.type']]),
  ).toEqual([
    ['execute_tool none', true, 'unknown_tool'],
    ['execute_tool bad', true, 'tool_failed'],
  ])
  expect(JSON.stringify(spans())).not.toContain('secret')
})

test.each(['whole', 'stream'])(
  'a run that fails or is left ends its span once: %s',
  async (kind) => {
    const { traced: llm, names, spans } = setup([calling('wait'), 'Done'])
    const controller = new AbortController()
    const wait = tool({
      name: 'wait',
      execute: () => (controller.abort(new Error('enough')), new Promise(() => {})),
    })
    const request = { prompt: 'Hi', tools: [wait], signal: controller.signal }
    const run =
      kind === 'whole'
        ? runTools(llm, request)
        : runTools(llm, { ...request, stream: true }).result()
    await expect(run).rejects.toThrow('enough')
    expect(names().filter((name) => name === 'invoke_agent')).toHaveLength(1)
    expect(names().filter((name) => name === 'execute_tool wait')).toHaveLength(1)
    expect(spans().find(({ name }) => name === 'invoke_agent')).toMatchObject({
      failed: true,
      attributes: { 'error.type': 'Error' },
    })
  },
)

test('a run that is cancelled between two reads ends its span', async () => {
  const { traced: llm, names } = setup([calling('wait'), 'Done'])
  const stream = runTools(llm, {
    prompt: 'Hi',
    tools: [tool({ name: 'wait', execute: () => 'ok' })],
    stream: true,
  })
  await stream.events().next()
  stream.cancel()
  stream.cancel()
  expect(names().filter((name) => name === 'invoke_agent')).toHaveLength(1)
})

test.each([
  ['stopped by the reader', breakAt, undefined],
  [
    'cancelled',
    async (stream: any) => void (await stream.events().next(), stream.cancel()),
    undefined,
  ],
])('a stream that is %s ends its spans exactly once, and not as a failure', async (_how, leave) => {
  const { traced: llm, spans, names } = setup({ pieces: ['a', 'b', 'c'], delayMs: 5 })
  await leave(llm.chat({ prompt: 'Hi', stream: true }))
  expect(names().sort()).toEqual(['chat gpt-4o', 'try gpt-4o'])
  for (const { failed, attributes } of spans()) {
    expect(failed).toBe(false)
    expect(attributes['error.type']).toBe('AbortError')
  }
  expect(spans()[1]?.attributes).not.toHaveProperty('gen_ai.response.finish_reasons')
})

async function breakAt(stream: AsyncIterable<string>) {
  for await (const _text of stream) break
}

test.each([
  [
    'cut',
    { pieces: ['a', 'b', 'c'], fault: { kind: 'cut' as const, after: 2 } },
    'stream_truncated',
  ],
  ['refused', { error: { status: 401 } }, 'authentication'],
])('a stream that is %s ends its spans exactly once, as a failure', async (_how, reply, code) => {
  const { traced: llm, spans, names } = setup(reply)
  const stream = llm.chat({ prompt: 'Hi', stream: true })
  await expect(stream.result()).rejects.toMatchObject({ code })
  await expect(stream.result()).rejects.toMatchObject({ code })
  stream.cancel()
  expect(names().sort()).toEqual(['chat gpt-4o', 'try gpt-4o'])
  for (const { failed, attributes } of spans()) {
    expect(failed).toBe(true)
    expect(attributes['error.type']).toBe(code)
  }
})

test('an aborted call ends its spans once', async () => {
  const { traced: llm, names } = setup({ text: 'a b c', delayMs: 50 })
  const controller = new AbortController()
  const reply = llm.chat({ prompt: 'Hi', signal: controller.signal })
  controller.abort()
  await expect(reply).rejects.toThrow()
  expect(names().filter((name) => name === 'chat gpt-4o')).toHaveLength(1)
})

test('frames of a video are recorded as images', async () => {
  const { options, spans } = recorder()
  const fetch = simulate('dashscope', 'A cat')
  const llm = new DashScopeLLM({ model: 'qwen-vl-max', apiKey: 'test', fetch })
  const video = ['https://host/1.png', 'data:image/png;base64,iVBORw0KGgo=']
  const messages = [{ role: 'user' as const, content: [{ type: 'video' as const, video }] }]
  await traced(llm, { ...options, content: true }).chat({ messages })
  expect(JSON.parse(String(spans().at(-1)?.attributes['gen_ai.input.messages']))).toEqual([
    {
      role: 'user',
      parts: [
        { type: 'uri', modality: 'image', uri: 'https://host/1.png' },
        { type: 'blob', modality: 'image', mime_type: 'image/png', content: '' },
      ],
    },
  ])
})

test('nothing of the texts is recorded unless asked for', async () => {
  const script = [
    calling('secret_tool', { text: 'S3CRET' }),
    { reasoning: 'S3CRET', text: 'S3CRET' },
  ]
  const request = {
    messages: [
      { role: 'system' as const, content: 'S3CRET' },
      {
        role: 'user' as const,
        content: [
          { type: 'text' as const, text: 'S3CRET' },
          { type: 'image_url' as const, image_url: { url: 'https://host/S3CRET.png' } },
          { type: 'image_url' as const, image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } },
        ],
      },
    ],
    tools: [
      tool({
        name: 'secret_tool',
        parameters: v.object({ text: v.string() }),
        execute: () => 'S3CRET',
      }),
    ],
  }
  const silent = setup(script)
  await runTools(silent.traced, request)
  expect(JSON.stringify(silent.spans())).not.toContain('S3CRET')
  const { traced: llm, spans } = setup(script, { content: true })
  await runTools(llm, request)
  const [first, , last] = spans().filter(
    ({ name }) => name === 'chat gpt-4o' || name === 'execute_tool secret_tool',
  )
  const json = (value: unknown) => JSON.parse(String(value))
  expect(json(first?.attributes['gen_ai.system_instructions'])).toEqual([
    { type: 'text', content: 'S3CRET' },
  ])
  expect(json(first?.attributes['gen_ai.input.messages'])).toEqual([
    {
      role: 'user',
      parts: [
        { type: 'text', content: 'S3CRET' },
        { type: 'uri', modality: 'image', uri: 'https://host/S3CRET.png' },
        { type: 'blob', modality: 'image', mime_type: 'image/png', content: '' },
      ],
    },
  ])
  const call = {
    type: 'tool_call',
    id: expect.any(String),
    name: 'secret_tool',
    arguments: { text: 'S3CRET' },
  }
  expect(json(first?.attributes['gen_ai.output.messages'])).toEqual([
    { role: 'assistant', parts: [call], finish_reason: 'tool_call' },
  ])
  expect(json(first?.attributes['gen_ai.tool.definitions'])).toMatchObject([
    { type: 'function', name: 'secret_tool' },
  ])
  expect(json(last?.attributes['gen_ai.input.messages']).slice(1)).toEqual([
    { role: 'assistant', parts: [call] },
    { role: 'tool', parts: [{ type: 'tool_call_response', id: call.id, response: 'S3CRET' }] },
  ])
  expect(json(last?.attributes['gen_ai.output.messages'])).toEqual([
    {
      role: 'assistant',
      parts: [
        { type: 'reasoning', content: 'S3CRET' },
        { type: 'text', content: 'S3CRET' },
      ],
      finish_reason: 'stop',
    },
  ])
  const ran = spans().find(({ name }) => name === 'execute_tool secret_tool')
  expect(json(ran?.attributes['gen_ai.tool.call.arguments'])).toEqual({ text: 'S3CRET' })
  expect(ran?.attributes['gen_ai.tool.call.result']).toBe('S3CRET')
})

test('traceparent goes to the server only when asked, and names the span of the request', async () => {
  const quiet = setup('Hello')
  await quiet.traced.chat('Hi')
  expect(quiet.server.requests[0]?.headers).not.toHaveProperty('traceparent')
  const { traced: llm, server, raw } = setup('Hello', { propagate: true })
  await llm.chat('Hi')
  const { traceId, spanId } = (raw()[0] as { spanContext(): any }).spanContext()
  expect(server.requests[0]?.headers.traceparent).toBe(`00-${traceId}-${spanId}-01`)
})

const TRACEPARENT = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`

test.each([false, true])(
  'the gateway: an incoming traceparent is continued (propagate: %s)',
  async (propagate) => {
    const { traced: llm, raw, server } = setup('Hello', { propagate })
    const gateway = createGateway({ models: { a: llm }, authorize: 'public' })
    const response = await gateway(
      new Request('https://gateway/v1/chat/completions', {
        method: 'POST',
        headers: { traceparent: TRACEPARENT, 'content-type': 'application/json' },
        body: JSON.stringify({
          model: 'a',
          messages: [{ role: 'user', content: 'Hi' }],
          stream: true,
        }),
      }),
    )
    expect(await response.text()).toContain('Hello')
    const [request, chat] = raw()
    expect(chat?.name).toBe('chat gpt-4o')
    expect(chat?.parentSpanContext).toMatchObject({
      traceId: 'a'.repeat(32),
      spanId: 'b'.repeat(16),
      isRemote: true,
    })
    const { spanId } = (request as { spanContext(): any }).spanContext()
    expect(server.requests[0]?.headers.traceparent).toBe(
      propagate ? `00-${'a'.repeat(32)}-${spanId}-01` : undefined,
    )
  },
)

test('the parent can be explicit, and is the active span where there is a context manager', async () => {
  const { llm, tracer, options, spans } = setup('Hello')
  const outer = tracer.startSpan('outer')
  await traced(llm, { ...options, context: trace.setSpan(ROOT_CONTEXT, outer) }).chat('Hi')
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  await tracer.startActiveSpan('active', async (span) => {
    const stream = traced(llm, options).chat({ prompt: 'Hi', stream: true })
    await stream.result()
    span.end()
  })
  outer.end()
  expect(
    spans()
      .filter(({ name }) => name === 'chat gpt-4o')
      .map(({ parent }) => parent),
  ).toEqual(['outer', 'active'])
})

test('with an explicit parent, the chats of a run are still below the run', async () => {
  const { llm, tracer, options, spans } = setup([calling('look'), 'Done'])
  const outer = tracer.startSpan('outer')
  const within = trace.setSpan(ROOT_CONTEXT, outer)
  const headers = { traceparent: TRACEPARENT }
  const look = tool({ name: 'look', execute: () => 1 })
  await runTools(traced(llm, { ...options, context: within }), {
    prompt: 'Hi',
    tools: [look],
    headers,
  })
  outer.end()
  expect(spans().map(({ name, parent }) => [name, parent])).toEqual([
    ['try gpt-4o', 'chat gpt-4o'],
    ['chat gpt-4o', 'invoke_agent'],
    ['execute_tool look', 'invoke_agent'],
    ['try gpt-4o', 'chat gpt-4o'],
    ['chat gpt-4o', 'invoke_agent'],
    ['invoke_agent', 'outer'],
    ['outer', undefined],
  ])
})

test('with a context manager, the span of the request is active in fetch, and that of the tool in the tool', async () => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  const active: (string | undefined)[] = []
  const look = () =>
    void active.push((trace.getActiveSpan() as { name?: string } | undefined)?.name)
  const server = simulate('openai', [calling('look'), 'Done'])
  const { options } = recorder()
  const fetch = (url: string, init: RequestInit) => (look(), server(url, init))
  const llm = traced(
    new OpenAiLLM({ model: 'gpt-4o', modelServer: 'openai', apiKey: 'test', fetch }),
    options,
  )
  await runTools(llm, {
    prompt: 'Hi',
    tools: [tool({ name: 'look', execute: look })],
    stream: true,
  }).result()
  expect(active).toEqual(['try gpt-4o', 'execute_tool look', 'try gpt-4o'])
})

test('a traced model is the model otherwise', async () => {
  const {
    llm,
    traced: wrapped,
    spans,
  } = setup('Hello', { attributes: { 'gen_ai.conversation.id': 'c1' } })
  expect(wrapped).toBeInstanceOf(OpenAiLLM)
  expect([wrapped.model, wrapped.provider]).toEqual([llm.model, llm.provider])
  expect(wrapped.supportFunctionCalling()).toBe(true)
  await wrapped.chat('Hi')
  expect(wrapped.getUsage()).toEqual(llm.getUsage())
  expect(wrapped.countTokens('Hello')).toBe(llm.countTokens('Hello'))
  for (const { attributes } of spans()) expect(attributes['gen_ai.conversation.id']).toBe('c1')
})

test('invalid requests and options', async () => {
  const { traced: llm, spans, llm: plain } = setup('Hello')
  await expect(llm.chat({ messages: [] })).rejects.toMatchObject({ code: 'invalid_messages' })
  expect(spans()).toMatchObject([{ name: 'chat gpt-4o', failed: true }])
  await expect(llm.chat(undefined as never)).rejects.toMatchObject({ code: 'invalid_messages' })
  expect(() => llm.chat({ messages: [], stream: true })).toThrow('messages list must not be empty')
  const wrong = expect.objectContaining({ code: 'invalid_config' })
  expect(() => traced(undefined as never)).toThrow(wrong)
  expect(() => traced(plain, { tracer: {} as never })).toThrow(wrong)
  expect(() => traced(plain, { contents: true } as never)).toThrow(/contents is not a known member/)
  expect(() => traced(plain, { content: 'yes' as never })).toThrow(wrong)
})

test('without an SDK nothing is recorded and nothing breaks', async () => {
  const { llm } = setup([calling('look'), 'Done', 'Hello'])
  const silent = traced(llm)
  const { text: said } = await runTools(silent, {
    prompt: 'Hi',
    tools: [tool({ name: 'look', execute: () => 1 })],
  })
  expect(said).toBe('Done')
  expect(String(await silent.chat({ prompt: 'Hi', stream: true }).result())).toBe('Hello')
})

test('raw prompts are text completions', async () => {
  const { options, spans } = setup('Hello')
  const custom = model({
    supportRawPrompt: () => true,
    async *_chatStream() {
      yield 'Hello'
    },
  } as never)
  await traced(custom, { ...options, content: true }).chatWithRawPrompt({ prompt: '<|im_start|>' })
  expect(spans()[1]).toMatchObject({
    name: 'text_completion acme-1',
    attributes: { 'gen_ai.operation.name': 'text_completion', 'gen_ai.provider.name': 'acme' },
  })
  expect(spans()[1]?.attributes['gen_ai.input.messages']).toContain('im_start')
})

test('every attribute and metric name is in the registry', async () => {
  const {
    traced: llm,
    spans,
    metrics,
  } = setup([calling('look'), { error: { status: 400 } }], { content: true })
  const { traced: other, spans: more } = setup(
    { text: 'Hello', reasoning: 'Hm.', usage },
    { content: true },
  )
  const request = {
    prompt: 'Hi',
    tools: [tool({ name: 'look', description: 'Looks', execute: () => 1 })],
  }
  await failure(() => runTools(llm, request))
  await other
    .chat({
      ...request,
      tools: undefined,
      messages: [
        { role: 'system', content: 'Be brief' },
        { role: 'user', content: 'Hi' },
      ],
      prompt: undefined,
      temperature: 1,
      topP: 1,
      maxTokens: 5,
      seed: 1,
      stop: ['x'],
      presencePenalty: 1,
      frequencyPenalty: 1,
      responseFormat: { type: 'text' },
      stream: true,
    })
    .result()
  const known = new Set(Object.values(registry))
  const names = [...spans(), ...more()].flatMap(({ attributes }) => Object.keys(attributes))
  const all = await metrics()
  names.push(
    ...Object.keys(all),
    ...Object.values(all)
      .flat()
      .flatMap(({ attributes }) => Object.keys(attributes)),
  )
  expect(new Set(names).size).toBeGreaterThan(30)
  expect([...new Set(names)].filter((name) => !known.has(name as never))).toEqual([])
  const operations = new Set(
    [...spans(), ...more()].map(({ attributes }) => attributes['gen_ai.operation.name']),
  )
  expect([...operations].filter((name) => name && !known.has(name as never))).toEqual([])
})

test('names of servers are those of the conventions', async () => {
  const { options, spans } = setup('x')
  for (const server of ['gemini', 'azure_openai', 'xai', 'mistral', 'dashscope']) {
    const config = {
      model: 'm',
      modelServer: server,
      apiKey: 'k',
      baseURL: 'http://localhost:1/v1',
      maxRetries: 0,
    }
    const llm = getChatModel({
      ...config,
      fetch: async () => new Response('{}', { status: 400 }),
    } as never)
    await failure(() => traced(llm, options).chat('Hi'))
  }
  const chats = spans().filter(({ name }) => name.startsWith('chat'))
  expect(chats.map(({ attributes }) => attributes['gen_ai.provider.name'])).toEqual([
    'gcp.gemini',
    'azure.ai.openai',
    'x_ai',
    'mistral_ai',
    'dashscope',
  ])
  expect(chats[0]?.attributes).toMatchObject({ 'server.address': 'localhost', 'server.port': 1 })
})
