/**
 * chatwire's own classes as clients of its gateway: a tool loop reaches the vendor as it does without one.
 */
import { expect, test } from 'vitest'
import { createGateway } from '../../../src/gateway.ts'
import { getChatModel } from '../../../src/index.ts'
import type { BaseChatModel } from '../../../src/index.ts'
import type { SimulatedVendor } from '../../../src/testing.ts'
import { simulate } from '../../../src/testing.ts'
import { runTools } from '../../../src/tools/run-tools.ts'
import { tool } from '../../../src/tools/tool.ts'

const VENDORS: [vendor: SimulatedVendor, model: string][] = [
  ['dashscope', 'qwen-plus'],
  ['zhipu', 'glm-4.7'],
  ['anthropic', 'claude-sonnet-4-5'],
  ['gemini', 'gemini-2.5-flash'],
  ['ollama', 'qwen3'],
  ['openai_responses', 'gpt-5'],
]
const CLIENTS = ['openai', 'openai_responses', 'anthropic'] as const
const LANES = VENDORS.flatMap(([vendor, model]) =>
  CLIENTS.flatMap((client) =>
    [true, false].map((stream) => [vendor, model, client, stream] as const),
  ),
)

const weather = tool({ name: 'weather', parameters: { type: 'object' }, execute: () => '21 °C' })
const calls = [0, 1, 2].map((index) => ({ id: `toolu_${index}`, name: 'weather', arguments: {} }))

/** Runs a tool loop and returns the messages that reached the vendor. */
async function askedOf(
  vendor: SimulatedVendor,
  model: string,
  through: (llm: BaseChatModel) => BaseChatModel,
  stream: boolean,
) {
  const fetch = simulate(vendor, [
    { reasoning: 'Which city?', text: 'Let me see.', toolCalls: calls.slice(0, 2) },
    { reasoning: 'Warm.', toolCalls: calls.slice(2) },
    'It is 21 °C.',
  ])
  const config = { model, modelServer: vendor, apiKey: 'id.secret', fetch, maxRetries: 0 }
  const llm = through(getChatModel(config))
  const request = { prompt: 'How warm is it?', tools: [weather], reasoning: true }
  const run = stream ? runTools(llm, { ...request, stream }).result() : runTools(llm, request)
  expect((await run).text).toBe('It is 21 °C.')
  return fetch.requests.map(({ body: { messages, contents, input } }) => ({
    messages,
    contents,
    input,
  }))
}

function withoutReasoning(requests: object[]): unknown {
  return JSON.parse(JSON.stringify(requests), (_key, value) => {
    if (value?.role !== 'assistant') return value
    const { reasoning_content: _reasoning, thinking: _thinking, ...rest } = value
    return rest
  })
}

test.each(LANES)('%s %s for the class %s, streamed: %s', async (vendor, model, client, stream) => {
  const through = (llm: BaseChatModel) => {
    const gateway = createGateway({
      models: { 'gpt-5': llm, 'claude-sonnet-4-5': llm },
      authorize: 'public',
    })
    return getChatModel({
      model: client === 'anthropic' ? 'claude-sonnet-4-5' : 'gpt-5',
      modelServer: client,
      baseURL: `https://gateway.example${client === 'anthropic' ? '' : '/v1'}`,
      apiKey: 'test',
      fetch: (input, init) => gateway(new Request(input, init)),
      maxRetries: 0,
    })
  }
  const direct = await askedOf(vendor, model, (llm) => llm, stream)
  expect(direct).toHaveLength(3)
  const asked = await askedOf(vendor, model, through, stream)
  // The class sends unsigned reasoning back only to servers that are known to want it.
  const isLeftOut = client === 'openai' && ['dashscope', 'zhipu', 'ollama'].includes(vendor)
  expect(asked).toEqual(isLeftOut ? withoutReasoning(direct) : direct)
})
