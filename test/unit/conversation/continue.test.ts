/** `continue` gives the model the cut reply as the start of its own where the vendor takes that, and asks in words elsewhere. */
import { expect, test } from 'vitest'
import * as v from 'valibot'
import { getChatModel } from '../../../src/builtins.ts'
import type { ConversationState } from '../../../src/conversation.ts'
import { createConversation } from '../../../src/conversation.ts'
import type { ModelConfig } from '../../../src/options.ts'
import type { Script } from '../../../src/testing/script.ts'
import { tool } from '../../../src/tools/tool.ts'
import { simulate, type SimulatedVendor } from '../../../src/testing/simulator.ts'

const START = 'The tower was built '

/** A conversation whose last reply was cut. */
function create(
  vendor: SimulatedVendor,
  config: Partial<ModelConfig>,
  script: Script,
  text = START,
) {
  const server = simulate(vendor, script)
  const model = getChatModel({
    apiKey: 'sk-test',
    fetch: server,
    maxRetries: 0,
    modelServer: vendor,
    ...config,
  } as ModelConfig)
  const parts = [{ type: 'text' as const, text }]
  const state: ConversationState = {
    version: 1,
    turns: [
      { id: 'm1', role: 'user', content: 'When was it built?' },
      { id: 'm2', parent: 'm1', role: 'assistant', parts, cut: true },
    ],
  }
  return { conversation: createConversation({ model, state }), server }
}

const messagesOf = (body: any) => body.input?.messages ?? body.messages
const user = expect.objectContaining({ role: 'user' })

/** Continues as a vendor does, with the blank before the next word. */
const goesOn: Script = ({ body }) =>
  messagesOf(body).at(-1).role === 'assistant' ? ' in 1889.' : 'was built in 1889.'

test.each<[vendor: SimulatedVendor, config: Partial<ModelConfig>, last: object]>([
  ['dashscope', { model: 'qwen-max' }, { content: START.trimEnd(), partial: true }],
  [
    'anthropic',
    { model: 'claude-sonnet-4-5' },
    { content: [{ type: 'text', text: START.trimEnd() }] },
  ],
  ['openai', { model: 'mistral-large-latest', modelServer: 'mistral' }, { prefix: true }],
])('%s continues the reply itself', async (vendor, config, last) => {
  const { conversation, server } = create(vendor, config, goesOn)
  await conversation.continue()
  expect(messagesOf(server.requests[0]?.body)).toEqual([
    user,
    expect.objectContaining({ role: 'assistant', ...last }),
  ])
  const { messages, error } = conversation.getSnapshot()
  expect(error).toBeUndefined()
  expect(messages[1]).toMatchObject({ text: 'The tower was built in 1889.', cut: false })
})

test.each<[vendor: SimulatedVendor, config: Partial<ModelConfig>]>([
  ['openai', { model: 'gpt-4o' }],
  ['anthropic', { model: 'claude-sonnet-4-5', defaults: { reasoning: true } }],
])('%s is asked in words', async (vendor, config) => {
  const { conversation, server } = create(vendor, config, goesOn)
  await conversation.continue()
  expect(messagesOf(server.requests[0]?.body).at(-1).role).toBe('user')
  expect(conversation.getSnapshot().messages[1]?.text).toBe('The tower was built in 1889.')
})

test('a server that rejects the start of a reply is asked in words', async () => {
  const { conversation, server } = create('dashscope', { model: 'qwen-max' }, ({ body }) =>
    messagesOf(body).at(-1).role === 'assistant'
      ? { error: { status: 400, message: 'partial is not supported' } }
      : 'was built in 1889.',
  )
  await conversation.continue()
  expect(server.requests).toHaveLength(2)
  expect(conversation.getSnapshot()).toMatchObject({ status: 'idle', error: undefined })
  expect(conversation.getSnapshot().messages[1]?.text).toBe('The tower was built in 1889.')
})

test('another failure is the failure of the reply, which keeps its text', async () => {
  const { conversation, server } = create(
    'dashscope',
    { model: 'qwen-max' },
    {
      error: { status: 401, message: 'Invalid API key' },
    },
  )
  await conversation.continue()
  expect(server.requests).toHaveLength(1)
  expect(conversation.getSnapshot().error).toMatchObject({ code: 'authentication' })
  expect(conversation.getSnapshot().messages[1]?.text).toBe(START)
})

test('a continuation that is cut too keeps what had arrived', async () => {
  const { conversation } = create(
    'openai',
    { model: 'gpt-4o' },
    {
      text: 'built in 1889.',
      fault: { kind: 'cut', after: 3 },
    },
  )
  await conversation.continue()
  expect(conversation.getSnapshot().messages[1]).toMatchObject({ cut: true })
  expect(conversation.getSnapshot().messages[1]?.text).toMatch(/^The tower was built i/)
})

test('a reply of blanks is asked for again', async () => {
  const { conversation, server } = create('dashscope', { model: 'qwen-max' }, 'In 1889.', '\n')
  await conversation.continue()
  expect(messagesOf(server.requests[0]?.body)).toEqual([user])
  expect(conversation.getSnapshot().messages[1]?.text).toBe('In 1889.')
})

test.each([
  ['itself', 'ollama', 'qwen3'],
  ['in words', 'openai', 'gpt-4o'],
] as const)(
  'a reply continued %s goes on in its step, with its tool calls',
  async (_how, vendor, model) => {
    const tools = [tool({ name: 'year', parameters: v.object({}), execute: () => '1889' })]
    const script: Script = [
      { text: ' in', toolCalls: [{ name: 'year', arguments: {} }] },
      'It was 1889.',
    ]
    const replies = simulate(vendor, script)
    const llm = getChatModel({ model, modelServer: vendor, apiKey: 'sk-test', fetch: replies })
    const parts = [{ type: 'text' as const, text: START.trimEnd() }]
    const state: ConversationState = {
      version: 1,
      turns: [
        { id: 'm1', role: 'user', content: 'When was it built?' },
        { id: 'm2', parent: 'm1', role: 'assistant', parts, cut: true },
      ],
    }
    const conversation = createConversation({ model: llm, state, tools })
    await conversation.continue()
    expect(conversation.getSnapshot().messages[1]?.parts).toEqual([
      { type: 'text', text: 'The tower was built in' },
      expect.objectContaining({ type: 'tool-call', result: '1889' }),
      { type: 'step' },
      { type: 'text', text: 'It was 1889.' },
    ])
    expect(conversation.toMessages()).toMatchObject([
      { role: 'user' },
      { role: 'assistant', content: 'The tower was built in', tool_calls: [{}] },
      { role: 'tool' },
      { role: 'assistant', content: 'It was 1889.' },
    ])
  },
)
