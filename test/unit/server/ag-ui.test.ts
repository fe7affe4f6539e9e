/** AG-UI clients against a server of `toResponse({ format: 'ag-ui' })`. */
import { HttpAgent } from '@ag-ui/client'
import { EventSchema, RunAgentInputSchema } from '@ag-ui/core/schemas'
import { toolDefinition } from '@tanstack/ai'
import { ChatClient, fetchServerSentEvents } from '@tanstack/ai-client'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { getChatModel } from '../../../src/builtins.ts'
import { StreamError } from '../../../src/errors.ts'
import type { StreamEvent } from '../../../src/event.ts'
import { failover } from '../../../src/failover/failover.ts'
import type { AGUIRequest } from '../../../src/server/from-run-agent-input.ts'
import { fromRunAgentInput } from '../../../src/server/from-run-agent-input.ts'
import { resumeResponse } from '../../../src/server/resume-response.ts'
import { repliesInMemory } from '../../../src/server/reply-stores/memory.ts'
import type { ChatStream } from '../../../src/stream/chat-stream.ts'
import { toToolCall } from '../../../src/stream/tool-call-assembler.ts'
import type { Script } from '../../../src/testing/script.ts'
import { simulate } from '../../../src/testing/simulator.ts'
import { runTools } from '../../../src/tools/run-tools.ts'
import { tool } from '../../../src/tools/tool.ts'
import { failure, finish, model as custom, saying } from '../helpers.ts'

function model(script: Script) {
  const fetch = simulate('openai', script)
  return getChatModel({ model: 'gpt-4o', modelServer: 'openai', apiKey: 'sk-test', fetch })
}

const weather = tool({
  name: 'weather',
  description: 'Weather',
  parameters: z.object({ city: z.string() }),
  execute: ({ city }) => ({ city, degrees: 21 }),
})

/** Events as sent, each checked by the schema. */
function eventsOf(body: string): { type: string; [member: string]: unknown }[] {
  const frames = body.split('\n\n').filter((frame) => frame && !frame.startsWith(':'))
  return frames.map((frame) => {
    const event = JSON.parse(frame.replace(/^(id: \d+\n)?data: /, ''))
    expect(EventSchema.safeParse(event).error).toBeUndefined()
    return event
  })
}

/** A client of the protocol's own package, which checks the order of the events. */
function open(answer: (request: AGUIRequest) => ChatStream) {
  const asked: AGUIRequest[] = []
  const sent: ReturnType<typeof eventsOf>[] = []
  const agent = new HttpAgent({
    url: 'https://app.example/agent',
    threadId: 'thread-1',
    fetch: (async (_url: string, init: RequestInit) => {
      const body = JSON.parse(String(init.body))
      expect(RunAgentInputSchema.safeParse(body).error).toBeUndefined()
      const request = fromRunAgentInput(body)
      asked.push(request)
      const { threadId, runId } = request
      const response = answer(request).toResponse({ format: 'ag-ui', threadId, runId })
      sent.push(eventsOf(await response.clone().text()))
      return response
    }) as never,
  })
  return { agent, asked, sent }
}

describe('HttpAgent of @ag-ui/client', () => {
  test('reads text, thinking, sources and usage', async () => {
    const llm = saying([
      { type: 'reasoning-delta', text: 'Let me see.' },
      { type: 'text-delta', text: 'Hel' },
      { type: 'source', source: { url: 'https://a.example' } },
      { type: 'text-delta', text: 'lo' },
      { type: 'usage', usage: { promptTokens: 3, completionTokens: 2, totalTokens: 5 } },
      finish('stop'),
    ])
    const { agent, sent } = open(({ messages }) => llm.chat({ messages, stream: true }))
    agent.addMessage({ id: 'u1', role: 'user', content: 'Hi' })
    const { newMessages } = await agent.runAgent({ runId: 'run-1' })
    expect(newMessages).toMatchObject([
      { role: 'reasoning', content: 'Let me see.' },
      { role: 'assistant', content: 'Hello' },
    ])
    expect(sent[0]![0]).toEqual({ type: 'RUN_STARTED', threadId: 'thread-1', runId: 'run-1' })
    expect(sent[0]!.at(-1)).toEqual({
      type: 'RUN_FINISHED',
      threadId: 'thread-1',
      runId: 'run-1',
      result: { finishReason: 'stop' },
      outcome: { type: 'success' },
      usage: [
        { provider: 'acme', model: 'acme-1', inputTokens: 3, outputTokens: 2, totalTokens: 5 },
      ],
    })
  })

  test('reads a run of several steps, and its messages read back are those of the run', async () => {
    const llm = model([
      { text: 'One moment.', toolCalls: [{ name: 'weather', arguments: { city: 'Oslo' } }] },
      { toolCalls: [{ name: 'weather', arguments: { city: 'Rome' } }] },
      'It is 21 °C.',
      'You are welcome.',
    ])
    const runs: { result(): Promise<{ messages: unknown[] }> }[] = []
    const { agent, asked, sent } = open(({ messages }) => {
      const stream = runTools(llm, { messages, tools: [weather], stream: true })
      runs.push(stream)
      return stream
    })
    agent.addMessage({ id: 'u1', role: 'user', content: 'How warm is it?' })
    await agent.runAgent()
    expect(sent[0]!.filter(({ type }) => type.startsWith('STEP_'))).toHaveLength(6)
    agent.addMessage({ id: 'u2', role: 'user', content: 'Thanks' })
    await agent.runAgent()
    expect(asked[1]!.messages.slice(0, -1)).toEqual((await runs[0]!.result()).messages)
  })

  test('gets the calls of the tools of the page, and what the vendor requires back returns', async () => {
    const fields = { provider_data: { acme: 'signed' } }
    const llm = saying([
      // Servers may send a name in pieces, or the id late.
      { type: 'tool-call-delta', index: 0, name: 'a', argumentsDelta: '' },
      { type: 'tool-call-delta', index: 0, name: 'ask', argumentsDelta: '{"a":' },
      { type: 'tool-call-delta', index: 0, id: 'c1', name: 'ask', argumentsDelta: '' },
      { type: 'tool-call-delta', index: 0, argumentsDelta: '1}' },
      finish('tool_calls', { messageFields: fields }),
    ])
    const { agent, asked, sent } = open(({ messages, tools }) =>
      llm.chatWithFunctions({ messages, tools, stream: true }),
    )
    agent.addMessage({ id: 'u1', role: 'user', content: 'Go' })
    const ask = { name: 'ask', description: 'Asks', parameters: { type: 'object' } }
    const pending: unknown[] = []
    await agent.runAgent(
      { tools: [ask] },
      {
        onRunFinishedEvent: (end) =>
          void pending.push(end.outcome === 'success' && end.pendingToolCallIds),
      },
    )
    expect(asked[0]!.tools).toEqual([{ type: 'function', function: ask }])
    expect(pending).toEqual([['c1']])
    // Clients of AG-UI 0.0.59, such as CopilotKit's, refuse another member here.
    expect((sent[0]!.at(-1) as { outcome?: unknown }).outcome).toEqual({ type: 'success' })
    agent.addMessage({ id: 't1', role: 'tool', toolCallId: 'c1', content: 'yes' })
    await agent.runAgent({ tools: [ask] })
    expect(asked[1]!.messages.slice(1)).toEqual([
      {
        role: 'assistant',
        content: '',
        tool_calls: [
          { id: 'c1', type: 'function', function: { name: 'ask', arguments: '{"a":1}' } },
        ],
        ...fields,
      },
      { role: 'tool', tool_call_id: 'c1', content: 'yes' },
    ])
  })

  test.each([
    ['whole', { type: 'tool-call', toolCall: toToolCall('c1', 'now', '') }],
    ['streamed', { type: 'tool-call-delta', index: 0, id: 'c1', name: 'now', argumentsDelta: '' }],
  ])('gets a %s call without arguments with those of none', async (_how, event) => {
    const llm = saying([event as StreamEvent, finish('tool_calls')])
    const { agent } = open(({ messages }) => llm.chat({ messages, stream: true }))
    agent.addMessage({ id: 'u1', role: 'user', content: 'Now?' })
    const { newMessages } = await agent.runAgent()
    const call = { name: 'now', arguments: '{}' }
    expect(newMessages).toMatchObject([{ toolCalls: [{ id: 'c1', function: call }] }])
  })

  test('approves, denies and cancels calls of the server by the interrupts of the run', async () => {
    const files = ['a', 'b', 'c']
    const llm = model([
      { toolCalls: files.map((name) => ({ id: name, name: 'remove', arguments: { name } })) },
      'Done.',
    ])
    const remove = tool({
      name: 'remove',
      parameters: z.object({ name: z.string() }),
      execute: ({ name }) => `Removed ${name}`,
    })
    const { agent, asked, sent } = open(({ messages }) => {
      const options = { messages, tools: [remove], needsApproval: true, approved: true as const }
      return runTools(llm, { ...options, stream: true })
    })
    agent.addMessage({ id: 'u1', role: 'user', content: 'Remove them' })
    await agent.runAgent()
    expect(sent[0]!.at(-1)).toMatchObject({
      outcome: {
        type: 'interrupt',
        interrupts: files.map((id) => ({
          id: `approval-${id}`,
          reason: 'tool_call',
          toolCallId: id,
          metadata: { kind: 'approval', toolName: 'remove', input: { name: id } },
        })),
      },
    })
    const [a, b, c] = agent.pendingInterrupts.map(({ id }) => id)
    await agent.runAgent({
      resume: [
        {
          interruptId: a!,
          status: 'resolved',
          payload: { approved: true, editedArgs: { name: 'z' } },
        },
        {
          interruptId: b!,
          status: 'resolved',
          payload: { approved: false, reason: 'Needed' },
        },
        { interruptId: c!, status: 'cancelled' },
      ],
    })
    expect(asked[1]!.messages.slice(2)).toEqual([
      { role: 'tool', tool_call_id: 'b', content: 'Needed' },
      { role: 'tool', tool_call_id: 'c', content: 'The tool was not run' },
    ])
    expect(sent[1]).toContainEqual(
      expect.objectContaining({ type: 'TOOL_CALL_RESULT', toolCallId: 'a', content: 'Removed z' }),
    )
    expect(agent.messages.at(-1)).toMatchObject({ content: 'Done.' })
  })

  test('fails with a masked message', async () => {
    const llm = model({ pieces: ['Half', ' an answer'], fault: { kind: 'cut', after: 3 } })
    const { agent, sent } = open(({ messages }) => llm.chat({ messages, stream: true }))
    agent.addMessage({ id: 'u1', role: 'user', content: 'Hi' })
    let reported: string | undefined
    await failure(async () => {
      await agent.runAgent({}, { onRunErrorEvent: ({ event }) => void (reported = event.message) })
      throw new Error('ended')
    })
    expect(reported).toBe('The reply was cut off')
    expect(sent[0]!.at(-1)).toMatchObject({ type: 'RUN_ERROR', code: 'stream_truncated' })
    expect(agent.messages.at(-1)).toMatchObject({ role: 'assistant', content: 'Half an answer' })
  })
})

test('a stopped run finishes, its calls answered; inside a tool call it is an error, so that no page runs the call', async () => {
  const stop = async (pieces: unknown[]) => {
    const controller = new AbortController()
    const llm = saying([
      ...pieces,
      ...Array.from({ length: 9 }, () => ({ type: 'text-delta', text: '' })),
    ])
    const stream = llm.chat({ prompt: 'x', stream: true, signal: controller.signal })
    const reader = stream
      .toResponse({ format: 'ag-ui' })
      .body!.pipeThrough(new TextDecoderStream())
      .getReader()
    let body = ''
    for (const _piece of pieces) body += (await reader.read()).value
    controller.abort()
    for (;;) {
      const { value, done } = await reader.read()
      if (done) return eventsOf(body)
      body += value
    }
  }
  expect((await stop([{ type: 'text-delta', text: 'Half' }])).slice(-2)).toMatchObject([
    { type: 'TEXT_MESSAGE_END' },
    { type: 'RUN_FINISHED', result: { finishReason: 'aborted' } },
  ])
  const call = { type: 'tool-call-delta', index: 0, id: 'c1', name: 'f', argumentsDelta: '{' }
  expect((await stop([call])).at(-1)).toMatchObject({ type: 'RUN_ERROR', code: 'aborted' })
  const controller = new AbortController()
  const slow = tool({
    name: 'slow',
    parameters: z.object({}),
    execute: () => {
      controller.abort()
      return new Promise<string>(() => {})
    },
  })
  const llm = model({ toolCalls: [{ id: 'c1', name: 'slow', arguments: {} }] })
  const { signal } = controller
  const run = runTools(llm, { prompt: 'x', tools: [slow], stream: true, signal })
  const events = eventsOf(await run.toResponse({ format: 'ag-ui' }).text())
  expect(events.slice(-3)).toMatchObject([
    { type: 'TOOL_CALL_RESULT', toolCallId: 'c1', content: 'The reply was stopped' },
    { type: 'STEP_FINISHED' },
    // Clients of AG-UI 0.0.59, such as CopilotKit's, refuse the outcome `cancelled`.
    { type: 'RUN_FINISHED', result: { finishReason: 'aborted' } },
  ])
  expect(events.at(-1)).not.toHaveProperty('outcome')
})

test('a reply that starts over inside a tool call ends it, and discards its message', async () => {
  const half: StreamEvent = {
    type: 'tool-call-delta',
    index: 0,
    id: 'c1',
    name: 'f',
    argumentsDelta: '{"a',
  }
  const cut = custom(async function* () {
    yield half
    throw new StreamError('connection_lost', 'Lost')
  })
  const llm = failover([cut, saying([finish('stop')])], { onCut: 'restart' })
  const response = llm.chat({ prompt: 'Hi', stream: true }).toResponse({ format: 'ag-ui' })
  const events = eventsOf(await response.text())
  const { parentMessageId: messageId } = events.find(({ type }) => type === 'TOOL_CALL_START')!
  expect(events.slice(-3)).toMatchObject([
    { type: 'TOOL_CALL_END', toolCallId: 'c1' },
    { type: 'CUSTOM', name: 'restart', value: { messageId } },
    { type: 'RUN_FINISHED' },
  ])
})

test('a reply that starts over names the message to discard', async () => {
  const first = model({ pieces: ['Wrong ', 'start'], fault: { kind: 'cut', after: 3 } })
  const llm = failover([first, model('The answer')], { onCut: 'restart' })
  const { agent, sent } = open(({ messages }) => llm.chat({ messages, stream: true }))
  agent.addMessage({ id: 'u1', role: 'user', content: 'Hi' })
  const { newMessages } = await agent.runAgent()
  expect(sent[0]!.find(({ type }) => type === 'CUSTOM')).toMatchObject({
    name: 'restart',
    value: { messageId: newMessages[0]!.id },
  })
  expect(newMessages.at(-1)).toMatchObject({ content: 'The answer' })
})

test('a run resumes at every event', async () => {
  const store = repliesInMemory()
  const response = model('One two')
    .chat({ prompt: 'x', stream: true })
    .toResponse({ format: 'ag-ui', resumable: { store } })
  const events = eventsOf(await response.text())
  const url = `https://app.example/?reply=${response.headers.get('chatwire-reply-id')}`
  for (let after = 0; after <= events.length; after++) {
    const rest = await resumeResponse(new Request(`${url}&after=${after}`), { store })
    expect(eventsOf(await rest.text())).toEqual(events.slice(after))
  }
})

test('ChatClient of TanStack AI runs the tools of its page', async () => {
  const llm = model([{ toolCalls: [{ name: 'where', arguments: {} }] }, 'You are in Oslo.'])
  const connection = fetchServerSentEvents('https://app.example/chat', {
    fetchClient: (async (_url: string, init: RequestInit) => {
      const { messages, tools, threadId, runId } = fromRunAgentInput(JSON.parse(String(init.body)))
      const stream = llm.chatWithFunctions({ messages, tools, stream: true })
      return stream.toResponse({ format: 'ag-ui', threadId, runId })
    }) as never,
  })
  let onEnd: (error?: unknown) => void = () => {}
  const ended = new Promise<void>((resolve, reject) => {
    onEnd = (error) => (error === undefined ? resolve() : reject(error))
  })
  const where = toolDefinition({ name: 'where', description: 'Place', inputSchema: z.object({}) })
  const client: ChatClient = new ChatClient({
    connection,
    tools: [where.client(() => ({ city: 'Oslo' }))] as never,
    onMessagesChange: (messages) => {
      const { type, content } = (messages.at(-1)?.parts.at(-1) ?? {}) as Record<string, string>
      if (type === 'text' && content === 'You are in Oslo.') onEnd()
    },
    onError: onEnd,
  })
  await client.sendMessage('Where am I?')
  await ended
  const parts = client.getMessages().flatMap((message) => message.parts)
  expect(parts).toContainEqual(
    expect.objectContaining({ type: 'tool-result', content: '{"city":"Oslo"}' }),
  )
})

test('ChatClient of TanStack AI approves calls of the server', async () => {
  const llm = model([{ toolCalls: [{ name: 'weather', arguments: { city: 'Oslo' } }] }, 'Warm.'])
  const connection = fetchServerSentEvents('https://app.example/chat', {
    fetchClient: (async (_url: string, init: RequestInit) => {
      const { messages, threadId, runId } = fromRunAgentInput(JSON.parse(String(init.body)))
      const options = { messages, tools: [weather], needsApproval: true, approved: true as const }
      const stream = runTools(llm, { ...options, stream: true })
      return stream.toResponse({ format: 'ag-ui', threadId, runId })
    }) as never,
  })
  let pending: readonly { canResolve: boolean }[] = []
  const client = new ChatClient({
    connection,
    onInterruptStateChange: ({ pendingInterrupts }) => void (pending = pendingInterrupts),
  })
  await client.sendMessage('How warm is it?')
  await expect.poll(() => pending).toMatchObject([{ canResolve: true }])
  const [one] = pending as unknown as { resolveInterrupt: (answer: unknown) => void }[]
  one!.resolveInterrupt({ approved: true })
  await expect
    .poll(() => client.getMessages().at(-1)?.parts.at(-1))
    .toMatchObject({ content: 'Warm.' })
})

test('ChatClient of TanStack AI reads text, thinking and steps, and goes on', async () => {
  const llm = model([
    { reasoning: 'Hm.', toolCalls: [{ name: 'weather', arguments: { city: 'Oslo' } }] },
    'It is 21 °C.',
    'You are welcome.',
  ])
  const asked: AGUIRequest[] = []
  const connection = fetchServerSentEvents('https://app.example/chat', {
    fetchClient: (async (_url: string, init: RequestInit) => {
      const request = fromRunAgentInput(JSON.parse(String(init.body)))
      asked.push(request)
      const { messages, threadId, runId } = request
      const stream = runTools(llm, { messages, tools: [weather], stream: true })
      return stream.toResponse({ format: 'ag-ui', threadId, runId })
    }) as never,
  })
  const errors: unknown[] = []
  const client = new ChatClient({ connection, onError: (error) => void errors.push(error) })
  await client.sendMessage('How warm is it?')
  expect(errors).toEqual([])
  const parts = client
    .getMessages()
    .slice(1)
    .flatMap((message) => message.parts)
  expect(parts).toContainEqual(expect.objectContaining({ type: 'text', content: 'It is 21 °C.' }))
  expect(parts).toContainEqual(expect.objectContaining({ type: 'thinking', content: 'Hm.' }))
  expect(parts).toContainEqual(expect.objectContaining({ type: 'tool-call', name: 'weather' }))
  await client.sendMessage('Thanks')
  expect(errors).toEqual([])
  // It sends one message for all steps of a run.
  expect(asked[1]!.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'user'])
})

describe('fromRunAgentInput()', () => {
  const input = (...messages: unknown[]) => ({
    threadId: 't',
    runId: 'r',
    messages,
    tools: [],
    context: [],
  })

  test('reads files, also of clients before 1.0', () => {
    const data = { type: 'data', value: 'AAAA', mimeType: 'image/png' }
    const { messages } = fromRunAgentInput(
      input({
        role: 'user',
        content: [
          { type: 'text', text: 'What?' },
          { type: 'image', source: data },
          { type: 'image', source: { type: 'url', value: 'https://a.example/b' } },
          { type: 'audio', source: { type: 'data', value: 'AAAA', mimeType: 'audio/mpeg' } },
          {
            type: 'document',
            source: { type: 'url', value: 'https://a.example/c.pdf' },
            metadata: { filename: 'c.pdf' },
          },
          { type: 'binary', mimeType: 'application/pdf', data: 'AAAA', filename: 'd.pdf' },
        ],
      }),
    )
    expect(messages).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What?' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
          { type: 'image_url', image_url: { url: 'https://a.example/b' } },
          {
            type: 'input_audio',
            input_audio: { data: 'data:audio/mpeg;base64,AAAA', format: 'mp3' },
          },
          { type: 'file', file: { file_url: 'https://a.example/c.pdf', filename: 'c.pdf' } },
          {
            type: 'file',
            file: { file_data: 'data:application/pdf;base64,AAAA', filename: 'd.pdf' },
          },
        ],
      },
    ])
  })

  test('puts a result directly after its call, wherever the page has it', () => {
    const calls = ['c1', 'c2', 'c3', 'c4'].map((id) => ({
      id,
      type: 'function',
      function: { name: 'f', arguments: '{}' },
    }))
    const image = { type: 'image', source: { type: 'url', value: 'https://a.example/b' } }
    const { messages } = fromRunAgentInput(
      input(
        { role: 'assistant', toolCalls: calls },
        { role: 'tool', toolCallId: 'c2', content: '', error: 'It broke' },
        { role: 'reasoning', content: 'Hm' },
        { role: 'tool', toolCallId: 'c4', content: [image] },
        { role: 'user', content: 'Go on' },
        { role: 'tool', toolCallId: 'c1', content: 'early' },
        { role: 'tool', toolCallId: 'c1', content: 'late' },
      ),
    )
    expect(messages.slice(1)).toEqual([
      { role: 'tool', tool_call_id: 'c1', content: 'late' },
      { role: 'tool', tool_call_id: 'c2', content: 'It broke' },
      { role: 'tool', tool_call_id: 'c3', content: 'The tool was not run' },
      {
        role: 'tool',
        tool_call_id: 'c4',
        content: [{ type: 'image_url', image_url: { url: 'https://a.example/b' } }],
      },
      { role: 'user', content: 'Go on' },
    ])
  })

  test('leaves the thinking of a reply that never came to no other', () => {
    const { messages } = fromRunAgentInput(
      input(
        { role: 'reasoning', content: 'Hm' },
        { role: 'user', content: 'Go on' },
        { role: 'assistant', content: 'Yes' },
      ),
    )
    expect(messages[1]).toEqual({ role: 'assistant', content: 'Yes' })
  })

  test('opens only calls at the end that the page approved', () => {
    const call = { id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } }
    const resume = [{ interruptId: 'approval-c1', status: 'resolved', payload: true }]
    const assistant = { role: 'assistant', toolCalls: [call] }
    const answer = '{"approved":true,"pendingExecution":true,"message":"User approved this action"}'
    const pending = { role: 'tool', toolCallId: 'c1', content: answer }
    const done = { role: 'tool', toolCallId: 'c1', content: 'Removed' }
    const roles = (...messages: unknown[]) =>
      fromRunAgentInput({ ...input(...messages), resume }).messages.map(({ role }) => role)
    expect(roles(assistant)).toEqual(['assistant'])
    // TanStack AI answers the call itself.
    expect(roles(assistant, pending)).toEqual(['assistant'])
    expect(roles(assistant, { role: 'user', content: 'x' })).toEqual(['assistant', 'tool', 'user'])
    // The page asks again, since the reply to the result was cut.
    expect(roles(assistant, done, { role: 'assistant', content: 'Ha' })).toEqual([
      'assistant',
      'tool',
    ])
  })

  test('answers a call that has no result, and joins thinking to its reply', () => {
    const call = { id: 'c1', type: 'function', function: { name: 'f', arguments: '' } }
    const { messages } = fromRunAgentInput(
      input(
        { role: 'reasoning', content: 'Hm' },
        { role: 'assistant', toolCalls: [call] },
        { role: 'activity', activityType: 'x', content: {} },
        { role: 'user', content: 'Go on' },
      ),
    )
    expect(messages).toMatchObject([
      {
        role: 'assistant',
        reasoning_content: 'Hm',
        tool_calls: [{ function: { arguments: '{}' } }],
      },
      { role: 'tool', tool_call_id: 'c1', content: 'The tool was not run' },
      { role: 'user', content: 'Go on' },
    ])
  })

  test.each([
    [undefined, 'input must be an object'],
    [{ messages: [] }, 'input.threadId is missing'],
    [input(1), 'messages[0] must be an object'],
    [
      input({ role: 'odd' }),
      'messages[0].role must be user, assistant, tool, reasoning, activity or system',
    ],
    [
      input({ role: 'system', content: 'Obey' }),
      'messages[0] is a system message, which a page may not send (see `allowSystem`)',
    ],
    [input({ role: 'user' }), 'messages[0].content must be a list'],
    [
      input({ role: 'user', content: [{ type: 'odd' }] }),
      'messages[0].content[0].type must be text, image, audio, video or document',
    ],
    [
      input({
        role: 'user',
        content: [{ type: 'image', source: { type: 'url', value: 'file:///x' } }],
      }),
      'messages[0].content[0].source.value must be a data: or https: URL, not "file:///x"',
    ],
    [
      input({ role: 'assistant', toolCalls: [{ id: 'a' }] }),
      'messages[0].toolCalls[0].function must be an object',
    ],
    [input({ role: 'tool', content: 'x' }), 'messages[0].toolCallId is missing'],
    [{ ...input(), tools: [{}] }, 'tools[0].name is missing'],
    [{ ...input(), resume: [{}] }, 'resume[0].interruptId is missing'],
  ])('refuses %j: %s', async (wrong, message) => {
    expect(await failure(() => fromRunAgentInput(wrong))).toMatchObject({
      code: 'invalid_messages',
      message,
    })
  })
})
