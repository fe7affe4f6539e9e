/** Tool calls without a result: hosted models refuse them, so nothing is sent; templates of local models take them. */
import { describe, expect, test } from 'vitest'
import { getChatModel } from '../../src/index.ts'
import type { MessageInput } from '../../src/message.ts'
import type { SimulatedVendor } from '../../src/testing.ts'
import { simulate } from '../../src/testing.ts'

const call = (id: string) => ({
  id,
  type: 'function' as const,
  function: { name: 'f', arguments: '{}' },
})
const USER: MessageInput = { role: 'user', content: 'Hi' }
const CALLS: MessageInput = { role: 'assistant', content: '', tool_calls: [call('a'), call('b')] }
const result = (id: string): MessageInput => ({ role: 'tool', tool_call_id: id, content: 'x' })

const OPEN: Record<string, [messages: MessageInput[], names: string]> = {
  'at the end': [[USER, CALLS], 'a, b'],
  'before a question': [[USER, CALLS, USER], 'a, b'],
  'one of two': [[USER, CALLS, result('b'), USER], 'a'],
}
const EMPTY: MessageInput = { role: 'assistant', content: '' }
const ANSWERED: Record<string, MessageInput[]> = {
  'in any order': [USER, CALLS, result('b'), result('a'), USER],
  'after an empty reply': [USER, CALLS, EMPTY, result('b'), result('a'), USER],
}

async function ask(
  vendor: SimulatedVendor,
  [modelServer, model]: readonly [string, string],
  messages: readonly MessageInput[],
) {
  const fetch = simulate(vendor, 'ok')
  const llm = await getChatModel({ model, modelServer, apiKey: 'id.secret', fetch })
  const reply = llm.chat({ messages, maxTokens: 100, stream: false })
  return {
    error: await reply.then(
      () => undefined,
      (error: unknown) => error,
    ),
    fetch,
  }
}

describe.each<[SimulatedVendor, string, string]>([
  ['openai', 'openai', 'gpt-4o'],
  ['openai', 'deepseek', 'deepseek-chat'],
  ['openai', 'moonshot', 'kimi-k2'],
  ['dashscope', 'dashscope', 'qwen-max'],
  ['anthropic', 'anthropic', 'claude-sonnet-4-5'],
])('%s at %s, %s', (vendor, ...place) => {
  test.each(Object.entries(OPEN))(
    'refuses calls without a result %s',
    async (_, [messages, names]) => {
      const { error, fetch } = await ask(vendor, place, messages)
      expect(error).toMatchObject({ name: 'ConfigError', code: 'invalid_messages' })
      expect(String(error)).toContain(`tool calls ${names} have no result`)
      expect(fetch.requests).toHaveLength(0)
    },
  )

  test.each(Object.entries(ANSWERED))('takes results %s', async (_, messages) => {
    const { error, fetch } = await ask(vendor, place, messages)
    expect(error).toBeUndefined()
    expect(fetch.requests).toHaveLength(1)
  })
})

test('Ollama takes calls without a result', async () => {
  const { error } = await ask('ollama', ['ollama', 'qwen3'], [USER, CALLS, USER])
  expect(error).toBeUndefined()
})
