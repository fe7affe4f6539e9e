import { expect, test } from 'vitest'
import { simulate } from '../../../src/testing.ts'
import { post } from './read.ts'

const ask = async (body: object) => {
  const simulator = simulate('openai_responses', 'Hello')
  const response = await post(
    simulator,
    { model: 'gpt-5.1', input: 'Hi', ...body },
    { path: '/responses' },
  )
  return { status: response.status, json: await response.json() }
}
const schema = { type: 'object', properties: { a: { type: 'string' } } }
const named = (format: object) => ({
  text: { format: { type: 'json_schema', name: 'x', ...format } },
})
const f = { type: 'function', name: 'f', parameters: schema, strict: true }

test.each([
  ['truncation', { truncation: 'always' }],
  ['service_tier', { service_tier: 'gold' }],
  ['stream', { stream: 'yes' }],
  ['store', { store: 1 }],
  ['parallel_tool_calls', { parallel_tool_calls: 'true' }],
  ['instructions', { instructions: ['Be brief'] }],
  ['include', { include: 'reasoning.encrypted_content' }],
  ['reasoning', { reasoning: 'high' }],
  ['reasoning.effort', { reasoning: { effort: 'extreme' } }],
  ['reasoning.summary', { reasoning: { summary: 'long' } }],
  ['metadata', { metadata: { run: 1 } }],
  ['metadata', { metadata: { ['k'.repeat(65)]: 'v' } }],
  ['stream_options', { stream_options: { include_obfuscation: false } }],
  ['conversation', { conversation: 'conv_1', previous_response_id: 'resp_1' }],
  ['background', { background: true, store: false }],
  ['text.format.name', named({ name: 'my schema', schema })],
  ['text.format.schema', named({ schema: 'object' })],
  ['text.format.schema', named({ schema, strict: true })],
  ['tools[0].parameters', { tools: [f] }],
])('%s is refused: %j', async (param, body) => {
  const { status, json } = await ask(body)
  expect(status).toBe(400)
  expect(json).toMatchObject({ error: { param, type: 'invalid_request_error' } })
})

test.each([
  {},
  { truncation: 'auto', service_tier: 'flex', store: false, parallel_tool_calls: false },
  { reasoning: { effort: 'low', summary: 'auto' }, include: ['reasoning.encrypted_content'] },
  { metadata: { run: '1' }, instructions: 'Be brief', user: 'ann' },
  { ...named({ schema, strict: false }), tools: [{ ...f, strict: false }] },
])('%j is accepted', async (body) => {
  expect((await ask(body)).status).toBe(200)
})
