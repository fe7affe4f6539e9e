/** Tools of a server that wait for the approval of the page. */
import { describe, expect, test, vi } from 'vitest'
import { getChatModel } from '../../../src/builtins.ts'
import type { Conversation } from '../../../src/conversation.ts'
import { createConversation } from '../../../src/conversation.ts'
import { repliesInMemory } from '../../../src/server/reply-stores/memory.ts'
import { resumeResponse } from '../../../src/server/resume-response.ts'
import type { Script } from '../../../src/testing/script.ts'
import { simulate } from '../../../src/testing/simulator.ts'
import { runTools } from '../../../src/tools/run-tools.ts'
import { tool } from '../../../src/tools/tool.ts'

await import('./loaded.ts')

const CALLS = [
  { id: 'call_1', name: 'remove', arguments: { name: 'old.txt' } },
  { id: 'call_2', name: 'remove', arguments: { name: 'new.txt' } },
  { id: 'call_3', name: 'look', arguments: {} },
]

/** A server whose tool `remove` needs approval. */
function createServer(script: Script = [{ toolCalls: CALLS }, 'Done']) {
  const removed: string[] = []
  const model = simulate('openai', script)
  const llm = getChatModel({
    model: 'gpt-4o',
    modelServer: 'openai',
    apiKey: 'sk-test',
    fetch: model,
  })
  const name = { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] }
  const tools = [
    tool({
      name: 'remove',
      parameters: name,
      execute: ({ name: file }) => {
        removed.push(String(file))
        return `Removed ${String(file)}`
      },
    }),
    tool({ name: 'look', execute: () => 'Two files' }),
  ]
  const store = repliesInMemory()
  const bodies: Record<string, unknown>[] = []
  const fetch = async (url: string, init: RequestInit = {}) => {
    const request = new Request(new URL(url, 'https://app.example'), init)
    if (request.method !== 'POST') return resumeResponse(request, { store })
    const body = await request.json()
    bodies.push(body)
    const { messages, approved } = body
    const needsApproval = ({ name: called }: { name: string }) => called === 'remove'
    return runTools(llm, { messages, approved, tools, needsApproval, stream: true }).toResponse({
      resumable: { store },
    })
  }
  return { fetch, bodies, removed, model }
}

const statesOf = (conversation: Conversation) =>
  conversation
    .getSnapshot()
    .messages.at(-1)
    ?.toolCalls.map(({ state, result }) => [state, result])

test('a tool of the server waits, and runs there once it is approved', async () => {
  const { fetch, bodies, removed, model } = createServer()
  const conversation = createConversation({ url: '/chat', fetch })
  await conversation.send('Tidy up')
  expect(conversation.getSnapshot()).toMatchObject({ status: 'idle', error: undefined })
  expect(statesOf(conversation)).toEqual([
    ['waiting', undefined],
    ['waiting', undefined],
    ['done', 'Two files'],
  ])
  // An earlier visit of the page may have asked.
  const later = createConversation({ url: '/chat', fetch, state: conversation.toJSON() })
  await later.answerTool('call_1', { approve: true })
  expect(removed).toEqual([])
  await later.answerTool('call_2', { deny: 'Keep this one' })
  expect(later.getSnapshot()).toMatchObject({ status: 'idle', error: undefined })
  expect(bodies[1]).toMatchObject({ approved: ['call_1'] })
  expect(bodies[0]).not.toHaveProperty('approved')
  expect(removed).toEqual(['old.txt'])
  expect(statesOf(later)).toEqual([
    ['done', 'Removed old.txt'],
    ['denied', 'Keep this one'],
    ['done', 'Two files'],
  ])
  const message = later.getSnapshot().messages.at(-1)
  expect(message).toMatchObject({ text: 'Done', pending: false, cut: false })
  expect(message?.parts.map(({ type }) => type)).toEqual([
    'tool-call',
    'tool-call',
    'tool-call',
    'step',
    'text',
  ])
  const asked = model.requests[1]?.body.messages
  expect(asked.map(({ role }: { role: string }) => role)).toEqual([
    'user',
    'assistant',
    'tool',
    'tool',
    'tool',
  ])
  // What the page sends next is what the model has seen.
  const answers = later.toMessages().filter(({ role }) => role === 'tool')
  expect(new Set(answers)).toEqual(new Set(asked.slice(2)))
})

test('an approved call that waits for the answer to another is kept in the saved state', async () => {
  const { fetch, bodies, removed } = createServer()
  const conversation = createConversation({ url: '/chat', fetch })
  await conversation.send('Tidy up')
  await conversation.answerTool('call_1', { approve: true })
  const later = createConversation({ url: '/chat', fetch, state: conversation.toJSON() })
  expect(statesOf(later)).toEqual(statesOf(conversation))
  await later.answerTool('call_2', { approve: true })
  expect(bodies[1]).toMatchObject({ approved: ['call_1', 'call_2'] })
  expect(removed).toEqual(['old.txt', 'new.txt'])
})

test.each(['send', 'retry'] as const)(
  'an approved call never runs once the user goes on without answering the others: %s',
  async (how) => {
    const { fetch, bodies, removed } = createServer()
    const conversation = createConversation({ url: '/chat', fetch })
    await conversation.send('Tidy up')
    await conversation.answerTool('call_1', { approve: true })
    const asked = conversation.getSnapshot().messages.at(-1)
    await (how === 'send' ? conversation.send('Never mind') : conversation.retry())
    expect(removed).toEqual([])
    expect(bodies[1]).not.toHaveProperty('approved')
    if (how === 'retry') conversation.select(asked?.id ?? '')
    const calls = conversation.getSnapshot().messages[1]?.toolCalls.map(({ state }) => state)
    expect(calls).toEqual(
      how === 'send' ? ['failed', 'denied', 'done'] : ['running', 'waiting', 'done'],
    )
    const later = createConversation({ url: '/chat', fetch, state: conversation.toJSON() })
    expect(later.getSnapshot().messages).toEqual(conversation.getSnapshot().messages)
  },
)

test('a stop while a tool of the page runs changes nothing more once that has ended', async () => {
  const { model } = createServer([{ toolCalls: [{ name: 'wait', arguments: {} }] }, 'Done'])
  let end = (): void => {}
  const execute = () => new Promise<string>((resolve) => (end = () => resolve('Waited')))
  const llm = getChatModel({
    model: 'gpt-4o',
    modelServer: 'openai',
    apiKey: 'sk-test',
    fetch: model,
  })
  const conversation = createConversation({ model: llm, tools: [tool({ name: 'wait', execute })] })
  const sent = conversation.send('Wait')
  await expect.poll(() => statesOf(conversation)?.[0]?.[0]).toBe('running')
  conversation.stop()
  await sent
  const stopped = JSON.stringify(conversation)
  end()
  await new Promise((turn) => setTimeout(turn)) // all that follows the result
  expect(JSON.stringify(conversation)).toBe(stopped)
  expect(model.requests).toHaveLength(1)
})

test('all calls may be denied: nothing runs, and the model reads why', async () => {
  const { fetch, bodies, removed } = createServer()
  const conversation = createConversation({ url: '/chat', fetch })
  await conversation.send('Tidy up')
  await conversation.answerTool('call_1', { deny: true })
  await conversation.answerTool('call_2', { deny: true })
  expect(bodies[1]).not.toHaveProperty('approved')
  expect(removed).toEqual([])
  expect(conversation.getSnapshot().messages.at(-1)?.text).toBe('Done')
})

test.each(['model', 'url'])(
  'a tool of the page with the approval of other SDKs does not run: %s',
  async (kind) => {
    const ran: unknown[] = []
    const execute = (args: unknown) => ran.push(args)
    const remove = { name: 'remove', execute, needsApproval: true }
    const model = simulate('openai', [{ toolCalls: [{ name: 'remove', arguments: {} }] }])
    const llm = getChatModel({
      model: 'gpt-4o',
      modelServer: 'openai',
      apiKey: 'sk-test',
      fetch: model,
    })
    const answer = () => llm.chatWithFunctions({ prompt: 'Go', tools: [definition], stream: true })
    const definition = { type: 'function' as const, function: { name: 'remove', parameters: {} } }
    const fetch = () => Promise.resolve(answer().toResponse())
    const source = kind === 'model' ? { model: llm } : { url: '/chat', fetch }
    const conversation = createConversation({ ...source, tools: [remove] })
    await conversation.send('Tidy up')
    const { error } = conversation.getSnapshot()
    expect(error).toMatchObject({
      code: 'invalid_config',
      message: expect.stringMatching(/"remove".*option/),
    })
    expect(model.requests).toHaveLength(kind === 'model' ? 0 : 1)
    expect(ran).toEqual([])
  },
)

test('a call that is never answered is left out of what follows', async () => {
  const { fetch, removed, model } = createServer()
  const conversation = createConversation({ url: '/chat', fetch })
  await conversation.send('Tidy up')
  await conversation.send('Never mind')
  expect(removed).toEqual([])
  expect(statesOf(conversation)).toEqual([])
  expect(model.requests[1]?.body.messages[1].tool_calls).toHaveLength(1)
})

test('`reply` gets the ids too', async () => {
  const { fetch, removed } = createServer()
  const conversation = createConversation({
    reply: ({ messages, approved, signal }) =>
      fetch('/chat', { method: 'POST', body: JSON.stringify({ messages, approved }), signal }),
  })
  await conversation.send('Tidy up')
  await conversation.answerTool('call_1', { approve: true })
  await conversation.answerTool('call_2', { approve: true })
  expect(removed).toEqual(['old.txt', 'new.txt'])
  expect(conversation.getSnapshot().messages.at(-1)?.text).toBe('Done')
})

describe('a lost connection', () => {
  test('while an approved tool runs runs it once', async () => {
    vi.useFakeTimers()
    const { fetch, bodies, removed } = createServer()
    const conversation = createConversation({
      url: '/chat',
      async fetch(url, init) {
        const response = await fetch(url, init)
        if (bodies.length < 2 || init?.method !== 'POST') return response
        void response.body?.cancel()
        const lost = new ReadableStream({ start: (body) => body.error(new TypeError('lost')) })
        return new Response(lost, { headers: response.headers })
      },
    })
    await conversation.send('Tidy up')
    await conversation.answerTool('call_1', { approve: true })
    const answered = conversation.answerTool('call_2', { approve: true })
    await vi.runAllTimersAsync()
    await answered
    vi.useRealTimers()
    expect(conversation.getSnapshot()).toMatchObject({ status: 'idle', error: undefined })
    expect(removed).toEqual(['old.txt', 'new.txt'])
    expect(conversation.getSnapshot().messages.at(-1)?.text).toBe('Done')
  })
})
