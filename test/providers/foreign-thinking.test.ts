/** Claude rejects thinking that another server of its format has signed. */
import { expect, test } from 'vitest'
import { AnthropicLLM } from '../../src/providers/anthropic.ts'
import { failover } from '../../src/failover/failover.ts'
import { jsonAnswer, replayFetch } from './replay.ts'

const THINKING = { type: 'thinking', thinking: 'Look it up.', signature: 'c2lnbmVk' }
const CALL = { type: 'tool_use', id: 'toolu_1', name: 'weather', input: { city: 'Oslo' } }
const TOOLS = [
  { type: 'function', function: { name: 'weather', parameters: { type: 'object' } } },
] as const
const reply = (model: string, content: object[]) =>
  jsonAnswer({
    type: 'message',
    role: 'assistant',
    model,
    content,
    stop_reason: content.includes(CALL) ? 'tool_use' : 'end_turn',
    usage: { input_tokens: 1, output_tokens: 1 },
  })
const CLAUDE = { model: 'claude-sonnet-4-5', baseURL: 'https://api.anthropic.com' }

/** Asks one server, which calls a tool, and sends the conversation to another. @returns the blocks of the first turn */
async function handOver(
  from: { model: string; baseURL: string },
  to: { model: string; baseURL: string },
): Promise<string[]> {
  const at = (place: typeof from, fetch: ReturnType<typeof replayFetch>) =>
    new AnthropicLLM({ ...place, apiKey: 'k', fetch: fetch as never, maxRetries: 0 })
  const first = at(from, replayFetch(reply(from.model, [THINKING, CALL])))
  const question = { role: 'user' as const, content: 'Weather?' }
  const request = { tools: [...TOOLS], reasoning: true }
  const { message } = await first.chat({ messages: [question], ...request })
  const stored = JSON.parse(JSON.stringify(message)) as typeof message
  const answer = { role: 'tool' as const, tool_call_id: 'toolu_1', content: '21 °C' }
  const fetch = replayFetch(reply(to.model, [{ type: 'text', text: 'Warm.' }]))
  await at(to, fetch).chat({ messages: [question, stored, answer], ...request })
  const turn = fetch.requests[0]?.body.messages[1]
  return turn.content.map(({ type }: { type: string }) => type)
}

const GLM = { model: 'glm-4.7', baseURL: 'https://open.bigmodel.cn/api/anthropic' }
const MIMIC = { model: 'claude-sonnet-4-5', baseURL: 'https://mimic.example' }
const BEDROCK = { model: 'claude-sonnet-4-5', baseURL: 'https://x.us-east-1.amazonaws.com' }

test.each([
  ['another model', GLM, CLAUDE],
  ['a model that calls itself Claude, elsewhere', MIMIC, CLAUDE],
  ['another host of that kind', MIMIC, { ...MIMIC, baseURL: 'https://other.example' }],
])('thinking of %s is not sent', async (_name, from, to) => {
  expect(await handOver(from, to)).toEqual(['tool_use'])
})

test.each([
  ['Claude', CLAUDE, CLAUDE],
  ['Claude on another of its platforms', BEDROCK, CLAUDE],
  ['the same server', MIMIC, MIMIC],
  ['a server that is not Claude', GLM, GLM],
])('thinking goes back to %s', async (_name, from, to) => {
  expect(await handOver(from, to)).toEqual(['thinking', 'tool_use'])
})

test('after a failover from a compatible server to Claude', async () => {
  const glm = replayFetch([reply(GLM.model, [THINKING, CALL]), jsonAnswer({}, 503)])
  const claude = replayFetch(reply(CLAUDE.model, [{ type: 'text', text: 'Warm.' }]))
  const llm = failover(
    [
      new AnthropicLLM({ ...GLM, apiKey: 'k', fetch: glm as never, maxRetries: 0 }),
      new AnthropicLLM({ ...CLAUDE, apiKey: 'k', fetch: claude as never, maxRetries: 0 }),
    ],
    {},
  )
  const question = { role: 'user' as const, content: 'Weather?' }
  const { message } = await llm.chat({ messages: [question], tools: [...TOOLS] })
  const answer = { role: 'tool' as const, tool_call_id: 'toolu_1', content: '21 °C' }
  const messages = [question, message, answer]
  expect(String(await llm.chat({ messages, tools: [...TOOLS] }))).toBe('Warm.')
  expect(claude.requests[0]?.body.messages[1].content).toMatchObject([{ type: 'tool_use' }])
})
