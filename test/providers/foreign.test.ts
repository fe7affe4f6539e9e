/**
 * Data that one vendor needs back unchanged never reaches another, after a failover or a change of model.
 */
import { expect, test } from 'vitest'
import { getChatModel } from '../../src/index.ts'
import type { Message } from '../../src/index.ts'
import { simulate } from '../../src/testing.ts'
import type { SimulatedVendor } from '../../src/testing.ts'

const SERVERS: [server: string, model: string, vendor: SimulatedVendor][] = [
  ['openai', 'gpt-4o', 'openai'],
  ['deepseek', 'deepseek-chat', 'openai'],
  ['dashscope', 'qwen-max', 'dashscope'],
  ['dashscope', 'qwen-vl-max', 'dashscope'],
  ['zhipu', 'glm-4.7', 'zhipu'],
  ['gemini', 'gemini-2.5-flash', 'gemini'],
  ['anthropic', 'claude-sonnet-4-6', 'anthropic'],
  ['ollama', 'llama3.1', 'ollama'],
]

test.each(SERVERS)(
  '%s (%s) is not shown what another vendor wants back',
  async (modelServer, model, vendor) => {
    const fetch = simulate(vendor)
    const llm = getChatModel({ model, modelServer, apiKey: 'key.of-a-test-0123456789', fetch })
    const said = {
      role: 'assistant',
      content: 'Hello',
      provider_data: { acme: [{ signature: 'of-acme' }] },
      reasoning_details: [{ type: 'reasoning.text', text: 'of-openrouter' }],
    } as Message
    const messages: Message[] = [
      { role: 'user', content: 'Hi' },
      said,
      { role: 'user', content: 'And now?' },
    ]
    await llm.chat({ messages })
    const sent = JSON.stringify(fetch.requests.at(-1)?.body)
    expect(sent).toContain('And now?')
    expect(sent).not.toMatch(/provider_data|of-acme|of-openrouter/)
  },
)
