/** `useChat` of the AI SDK, in three frameworks, against a server of `toResponse({ format: 'ui-message' })`. */
import type { ChatInit, UIMessage } from 'ai'
import {
  DefaultChatTransport,
  lastAssistantMessageIsCompleteWithApprovalResponses,
  lastAssistantMessageIsCompleteWithToolCalls,
} from 'ai'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { ChatStream } from '../../../src/stream/chat-stream.ts'
import { fromUIMessages } from '../../../src/server/from-ui-messages.ts'
import type { ToolRunStream } from '../../../src/tools/run-tools.ts'
import { runTools } from '../../../src/tools/run-tools.ts'
import { tool } from '../../../src/tools/tool.ts'
import { getChatModel } from '../../../src/builtins.ts'
import type { Script } from '../../../src/testing/script.ts'
import { simulate } from '../../../src/testing/simulator.ts'
import type { Message } from '../../../src/message.ts'
import { failover } from '../../../src/failover/failover.ts'
import { finish, model as custom, saying } from '../helpers.ts'
import { resumeResponse } from '../../../src/server/resume-response.ts'
import { repliesInMemory } from '../../../src/server/reply-stores/memory.ts'
import type { Page, PageClass } from './pages.ts'
import { loadSvelteChat, reactChat, vueChat } from './pages.ts'

const classes: [name: string, Chat: PageClass][] = [
  ['React', reactChat],
  ['Vue', vueChat],
  ['Svelte', await loadSvelteChat()],
]

function open(
  Chat: PageClass,
  answer: (messages: Message[], signal: AbortSignal) => ChatStream,
  init: Partial<ChatInit<UIMessage>> = {},
) {
  const asked: Message[][] = []
  const handle = async (_url: unknown, request: RequestInit = {}): Promise<Response> => {
    const body = JSON.parse(String(request.body)) as { messages: unknown }
    const messages = fromUIMessages(body.messages)
    asked.push(messages)
    return answer(messages, request.signal!).toResponse({ format: 'ui-message' })
  }
  const transport = new DefaultChatTransport({ fetch: handle as typeof fetch })
  return { page: new Chat({ transport, ...init }), asked }
}

const lastOf = (page: Page): UIMessage => page.messages.at(-1)!

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

describe.each(classes)('useChat of %s', (_name, Chat) => {
  test('reads text, thinking, sources, usage and the end', async () => {
    const llm = saying([
      { type: 'reasoning-delta', text: 'Let me ' },
      { type: 'reasoning-delta', text: 'see.' },
      { type: 'text-delta', text: 'Hel' },
      { type: 'source', source: { url: 'https://a.example', title: 'A' } },
      { type: 'text-delta', text: 'lo' },
      { type: 'usage', usage: { promptTokens: 3, completionTokens: 2, totalTokens: 5 } },
      finish('stop'),
    ])
    let reason: string | undefined
    const onFinish: ChatInit<UIMessage>['onFinish'] = ({ finishReason }) =>
      void (reason = finishReason)
    const { page } = open(Chat, (messages) => llm.chat({ messages, stream: true }), { onFinish })
    await page.sendMessage({ text: 'Hi' })
    expect(page.error).toBeUndefined()
    expect(page.status).toBe('ready')
    expect(reason).toBe('stop')
    expect(lastOf(page).parts).toMatchObject([
      { type: 'step-start' },
      { type: 'reasoning', text: 'Let me see.', state: 'done' },
      { type: 'text', text: 'Hello', state: 'done' },
      { type: 'source-url', url: 'https://a.example', title: 'A' },
    ])
    expect(lastOf(page).metadata).toEqual({
      usage: { promptTokens: 3, completionTokens: 2, totalTokens: 5 },
      model: 'acme-1',
      provider: 'acme',
    })
  })

  test('shows a run of several steps, and its messages read back are those of the run', async () => {
    const llm = model([
      { text: 'One moment.', toolCalls: [{ name: 'weather', arguments: { city: 'Oslo' } }] },
      {
        toolCalls: [
          { name: 'weather', arguments: { town: 1 } },
          { name: 'nosuch', arguments: {} },
        ],
      },
      'It is 21 °C.',
      'You are welcome.',
    ])
    let run: ToolRunStream | undefined
    const { page, asked } = open(Chat, (messages) => {
      const stream = runTools(llm, { messages, tools: [weather], stream: true })
      run = stream
      return stream
    })
    await page.sendMessage({ text: 'How warm is it?' })
    expect(page.error).toBeUndefined()
    const ran = (await run!.result()).messages
    const invalid = expect.stringContaining('not valid')
    const unknown = expect.stringContaining('Unknown tool')
    expect(lastOf(page).parts).toMatchObject([
      { type: 'step-start' },
      { type: 'text', text: 'One moment.' },
      {
        type: 'tool-weather',
        state: 'output-available',
        input: { city: 'Oslo' },
        output: { city: 'Oslo', degrees: 21 },
      },
      { type: 'step-start' },
      { type: 'tool-weather', state: 'output-error', errorText: invalid },
      { type: 'tool-nosuch', state: 'output-error', errorText: unknown },
      { type: 'step-start' },
      { type: 'text', text: 'It is 21 °C.' },
    ])
    await page.sendMessage({ text: 'Thanks' })
    const read = asked[1]!.slice(0, -1)
    expect(read).toEqual(ran)
  })

  test('answers a tool call in the page, and the run goes on in the same message', async () => {
    const llm = model([
      { toolCalls: [{ name: 'ask', arguments: { what: 'city' } }] },
      'Oslo it is.',
    ])
    const ask = {
      type: 'function' as const,
      function: { name: 'ask', parameters: { type: 'object' } },
    }
    const { page, asked } = open(
      Chat,
      (messages) => llm.chatWithFunctions({ messages, tools: [ask], stream: true }),
      {
        sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithToolCalls,
        onToolCall({ toolCall }) {
          const { toolCallId } = toolCall
          void page.addToolOutput({
            tool: 'ask' as never,
            toolCallId,
            output: { city: 'Oslo' } as never,
          })
        },
      },
    )
    await page.sendMessage({ text: 'Go' })
    await expect.poll(() => page.status === 'ready' && asked.length).toBe(2)
    expect(page.error).toBeUndefined()
    expect(page.messages).toHaveLength(2)
    expect(lastOf(page).parts.at(-1)).toMatchObject({ type: 'text', text: 'Oslo it is.' })
    expect(asked[1]!.slice(1)).toMatchObject([
      {
        role: 'assistant',
        tool_calls: [{ function: { name: 'ask', arguments: '{"what":"city"}' } }],
      },
      { role: 'tool', content: '{"city":"Oslo"}' },
    ])
  })

  test('approves and denies calls of the server, which goes on in the same message', async () => {
    const cities = ['Oslo', 'Bergen']
    const llm = model([
      { toolCalls: cities.map((city) => ({ name: 'weather', arguments: { city } })) },
      'Warm.',
    ])
    const { page, asked } = open(
      Chat,
      (messages) =>
        runTools(llm, {
          messages,
          approved: true,
          tools: [weather],
          needsApproval: true,
          stream: true,
        }),
      { sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithApprovalResponses },
    )
    await page.sendMessage({ text: 'Hi' })
    expect(page.error).toBeUndefined()
    const calls = lastOf(page).parts.slice(1) as { approval: { id: string }; state: string }[]
    expect(calls.map(({ state }) => state)).toEqual(['approval-requested', 'approval-requested'])
    const [oslo, bergen] = calls.map(({ approval }) => approval.id)
    await page.addToolApprovalResponse({ id: oslo!, approved: true })
    await page.addToolApprovalResponse({ id: bergen!, approved: false, reason: 'Not there' })
    await expect.poll(() => page.status === 'ready' && asked.length).toBe(2)
    expect(page.error).toBeUndefined()
    expect(page.messages).toHaveLength(2)
    expect(lastOf(page).parts[1]).toMatchObject({
      state: 'output-available',
      output: { city: 'Oslo', degrees: 21 },
    })
    expect(lastOf(page).parts.at(-1)).toMatchObject({ type: 'text', text: 'Warm.' })
    expect(asked[1]!.slice(2)).toMatchObject([{ role: 'tool', content: 'Not there' }])
  })

  test('knows a call by its whole name, which servers may send in pieces', async () => {
    const delta = { type: 'tool-call-delta', index: 0 }
    const llm = saying([
      { ...delta, id: 'c1', name: 'a', argumentsDelta: '' },
      { ...delta, id: 'c1', name: 'ask', argumentsDelta: '{"a":' },
      { ...delta, argumentsDelta: '1}' },
      finish('tool_calls'),
    ])
    const { page } = open(Chat, (messages) => llm.chat({ messages, stream: true }))
    await page.sendMessage({ text: 'Hi' })
    expect(lastOf(page).parts[1]).toMatchObject({
      type: 'tool-ask',
      state: 'input-available',
      input: { a: 1 },
    })
  })

  test('tells of a denied call', async () => {
    const llm = model([
      { toolCalls: [{ name: 'weather', arguments: { city: 'Oslo' } }] },
      'Well.',
      'x',
    ])
    const beforeTool = () => ({ refuse: 'Not today' })
    const { page, asked } = open(Chat, (messages) =>
      runTools(llm, { messages, tools: [weather], beforeTool, stream: true }),
    )
    await page.sendMessage({ text: 'Hi' })
    expect(page.error).toBeUndefined()
    expect(lastOf(page).parts[1]).toMatchObject({
      state: 'output-denied',
      approval: { approved: false, reason: 'Not today' },
    })
    await page.sendMessage({ text: 'So?' })
    expect(asked[1]![2]).toMatchObject({ role: 'tool', content: 'Not today' })
  })

  test('fails with a masked message and keeps what had arrived', async () => {
    const llm = model({ pieces: ['Half', ' an answer'], fault: { kind: 'cut', after: 3 } })
    const { page } = open(Chat, (messages) => llm.chat({ messages, stream: true }))
    await page.sendMessage({ text: 'Hi' })
    expect(page.status).toBe('error')
    expect(page.error?.message).toMatch(
      /^The (reply was cut off|connection to the model was lost)$/,
    )
    expect(
      lastOf(page).parts.some((part) => part.type === 'text' && part.text.startsWith('Half')),
    ).toBe(true)
  })

  test('ends as it was when the server stops the reply', async () => {
    const controller = new AbortController()
    const llm = model({ text: 'One two three', fault: { kind: 'stall', after: 3 } })
    let aborted: boolean | undefined
    const { page } = open(
      Chat,
      (messages) => llm.chat({ messages, stream: true, signal: controller.signal }),
      { onFinish: ({ message }) => void (aborted = message.parts.length > 0) },
    )
    const sent = page.sendMessage({ text: 'Hi' })
    await expect.poll(() => page.status).toBe('streaming')
    controller.abort()
    await sent
    expect(page.error).toBeUndefined()
    expect(page.status).toBe('ready')
    expect(aborted).toBe(true)
  })
})

describe.each(classes)('useChat({ resume: true }) of %s', (_name, Chat) => {
  test('reads a reply that is being written after a reload, and nothing after its end', async () => {
    const store = repliesInMemory()
    let release = () => {}
    const gate = new Promise<void>((resolve) => (release = resolve))
    const llm = custom(async function* () {
      yield 'Hello'
      await gate
      yield ' again'
    })
    const statuses: number[] = []
    const handle = async (url: string, init: RequestInit): Promise<Response> => {
      const request = new Request(new URL(url, 'https://app.example'), init)
      const chat = /^\/api\/chat\/(.+)\/stream$/.exec(new URL(request.url).pathname)?.[1]
      if (chat !== undefined) {
        const response = await resumeResponse(request, { store, chat: decodeURIComponent(chat) })
        statuses.push(response.status)
        return response
      }
      const { id, messages } = (await request.json()) as { id: string; messages: unknown }
      return llm
        .chat({ messages: fromUIMessages(messages), stream: true })
        .toResponse({ format: 'ui-message', resumable: { store, chat: id } })
    }
    const open = (messages: UIMessage[] = []) =>
      new Chat({
        id: 'chat/1',
        messages,
        transport: new DefaultChatTransport({ fetch: handle as typeof fetch }),
      })
    const first = open()
    void first.sendMessage({ text: 'Hi' })
    await expect.poll(() => first.messages.length).toBe(2)
    // Reloaded: the question was saved, the half answer was not.
    const second = open(first.messages.slice(0, 1))
    const resumed = second.resumeStream()
    await expect.poll(() => second.messages.at(-1)).toMatchObject({ role: 'assistant' })
    release()
    await resumed
    expect(second.error).toBeUndefined()
    expect(lastOf(second).parts).toMatchObject([
      { type: 'step-start' },
      { type: 'text', text: 'Hello again', state: 'done' },
    ])
    const third = open(second.messages)
    await third.resumeStream()
    expect(statuses).toEqual([200, 204])
    expect(third.messages).toHaveLength(2)
  })
})

test('a reply that starts over at another model replaces what the page had', async () => {
  const first = model({ pieces: ['Wrong ', 'start'], fault: { kind: 'cut', after: 3 } })
  const second = model('The answer')
  const llm = failover([first, second], { onCut: 'restart' })
  const { page } = open(reactChat, (messages) => llm.chat({ messages, stream: true }))
  await page.sendMessage({ text: 'Hi' })
  expect(page.error).toBeUndefined()
  expect(lastOf(page).parts).toMatchObject([
    { type: 'step-start' },
    { type: 'text', text: 'The answer' },
  ])
})
