/** A turn in which tools of the server and of the page run: the vendor gets what it would get without a page. */
import { HttpAgent } from '@ag-ui/client'
import { toolDefinition } from '@tanstack/ai'
import { ChatClient, fetchServerSentEvents } from '@tanstack/ai-client'
import { DefaultChatTransport, lastAssistantMessageIsCompleteWithToolCalls } from 'ai'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { getChatModel } from '../../../src/builtins.ts'
import { createConversation } from '../../../src/conversation.ts'
import type { Message } from '../../../src/message.ts'
import { fromRunAgentInput } from '../../../src/server/from-run-agent-input.ts'
import { fromUIMessages } from '../../../src/server/from-ui-messages.ts'
import type { Reply } from '../../../src/testing/script.ts'
import { simulate } from '../../../src/testing/simulator.ts'
import { runTools } from '../../../src/tools/run-tools.ts'
import { tool } from '../../../src/tools/tool.ts'
import { reactChat } from './pages.ts'

const parameters = { type: 'object', properties: { q: { type: 'string' } } }
const look = tool({ name: 'look', parameters, execute: () => '21 °C' })
const ask = tool({ name: 'ask', parameters })
const SCRIPT: Reply[] = [
  {
    reasoning: 'First I look.',
    text: 'Looking.',
    toolCalls: [{ id: 'c1', name: 'look', arguments: { q: 'Oslo' } }],
  },
  {
    reasoning: 'Then I ask.',
    text: 'Asking.',
    toolCalls: [
      { id: 'c2', name: 'look', arguments: { q: 'Rome' } },
      { id: 'c4', name: 'look', arguments: {} }, // Claude streams no arguments for it
      { id: 'c3', name: 'ask', arguments: { q: 'Sure?' } },
    ],
  },
  { text: 'It is warm.' },
]

const VENDORS = {
  anthropic: 'claude-sonnet-4-5',
  gemini: 'gemini-3-pro-preview',
  deepseek: 'deepseek-chat',
}

function open(vendor: keyof typeof VENDORS, replies: readonly Reply[]) {
  const bodies: unknown[] = []
  let count = 0
  const server = vendor === 'deepseek' ? 'openai' : vendor
  const answer = simulate(server, () => replies[count++] as Reply)
  const llm = getChatModel({
    model: VENDORS[vendor],
    modelServer: vendor,
    apiKey: 'sk-test',
    fetch: async (input: RequestInfo | URL, init?: RequestInit) => {
      const request = new Request(input, init)
      const { contents, messages } = (await request.clone().json()) as Record<string, unknown>
      bodies.push(contents ?? messages)
      return answer(request)
    },
  })
  const run = (messages: Message[]) =>
    runTools(llm, { messages, tools: [look, ask], stream: true, reasoning: true })
  return { run, bodies }
}

type Run = ReturnType<typeof open>['run']

/** Sends "Hi", and answers the call of `ask` with "yes". */
const PAGES: Record<string, (run: Run) => Promise<unknown>> = {
  async useChat(run) {
    const fetch = async (_url: string, init: RequestInit) =>
      run(fromUIMessages(JSON.parse(String(init.body)).messages)).toResponse({
        format: 'ui-message',
      })
    const page = new reactChat({
      transport: new DefaultChatTransport({ fetch: fetch as never }),
      sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithToolCalls,
      onToolCall({ toolCall: { toolName, toolCallId } }) {
        if (toolName !== 'ask') return
        void page.addToolOutput({ tool: 'ask' as never, toolCallId, output: 'yes' as never })
      },
    })
    await page.sendMessage({ text: 'Hi' })
    await expect
      .poll(() => page.messages.at(-1)?.parts.at(-1))
      .toMatchObject({ text: 'It is warm.' })
  },
  async HttpAgent(run) {
    const agent = new HttpAgent({ url: 'https://app.example/', fetch: agUI(run) as never })
    agent.addMessage({ id: 'u1', role: 'user', content: 'Hi' })
    await agent.runAgent()
    agent.addMessage({ id: 't1', role: 'tool', toolCallId: 'c3', content: 'yes' })
    await agent.runAgent()
  },
  async TanStack(run) {
    const connection = fetchServerSentEvents('https://app.example/', {
      fetchClient: agUI(run) as never,
    })
    const definition = toolDefinition({
      name: 'ask',
      description: 'Asks',
      inputSchema: z.object({ q: z.string() }),
    })
    const client = new ChatClient({ connection, tools: [definition.client(() => 'yes')] as never })
    await client.sendMessage('Hi')
    await expect
      .poll(() => client.getMessages().at(-1)?.parts.at(-1))
      .toMatchObject({ content: 'It is warm.' })
  },
  async conversation(run) {
    const page = createConversation({
      url: 'https://app.example/',
      tools: [tool({ name: 'ask', parameters, execute: () => 'yes' })],
      fetch: async (_url, init) => run(JSON.parse(String(init?.body)).messages).toResponse(),
    })
    await page.send('Hi')
  },
}

function agUI(run: Run) {
  return async (_url: string, init: RequestInit) => {
    const { messages, threadId, runId } = fromRunAgentInput(JSON.parse(String(init.body)))
    return run(messages).toResponse({ format: 'ag-ui', threadId, runId })
  }
}

describe.each(Object.keys(VENDORS) as (keyof typeof VENDORS)[])('%s', (vendor) => {
  const silent = SCRIPT.map((reply) => ({
    ...reply,
    text: reply.toolCalls ? undefined : reply.text,
  }))
  const cases = Object.entries(PAGES).flatMap(([name, page]) => [
    [name, 'with', page, SCRIPT] as const,
    [name, 'without', page, silent] as const,
  ])
  test.each(cases)('gets it back from %s, %s text', async (_name, _with, page, replies) => {
    const alone = open(vendor, replies)
    const { messages } = await alone.run([{ role: 'user', content: 'Hi' }]).result()
    await alone.run([...messages, { role: 'tool', tool_call_id: 'c3', content: 'yes' }]).result()
    const { run, bodies } = open(vendor, replies)
    await page(run)
    expect(bodies).toEqual(alone.bodies)
  })
})
