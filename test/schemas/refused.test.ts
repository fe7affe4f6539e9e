import type { Type } from 'typebox'
import { object as struct, string } from 'superstruct'
import { chatObject, getChatModel, runTools, tool } from 'chatwire'
import { simulate } from 'chatwire/testing'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'

/** Schemas that would check nothing, or cannot be sent. */
const circle: Record<string, unknown> = {}
circle.self = circle
let deep: unknown = 'x'
for (let depth = 0; depth < 20_000; depth++) deep = [deep]
const inside = (schema: unknown) => ({ type: 'object', properties: { user: schema } })
const REFUSED: [what: string, schema: unknown][] = [
  ["a tool's definition", { name: 't', description: 'd', inputSchema: { type: 'object' } }],
  ['annotations alone', { title: 'Paris', description: 'A city' }],
  ['definitions alone', { $schema: 'x', $defs: { City: { type: 'string' } } }],
  ['a keyword without a value', { type: undefined }],
  ['a list of schemas', { description: 'd', type: 'object', tags: [z.string()] }],
  ['a shape below', inside({ address: { city: z.string() } })],
  ['a struct below', inside({ address: struct({ city: string() }) })],
  ['a constant that contains itself', inside({ const: circle })],
  ['alternatives that contain themselves', inside({ enum: [circle] })],
  ['a bigint', inside({ const: 5n })],
  ['a constant that is too deep', inside({ const: deep })],
  ['properties that contain themselves', { type: 'object', properties: circle }],
]

describe.each(['openai', 'anthropic', 'gemini', 'ollama'] as const)('%s', (vendor) => {
  const fetch = simulate(vendor, '{}')
  const { requests } = fetch
  const key = vendor === 'ollama' ? {} : { apiKey: 'sk-test-key' }
  const llm = getChatModel({ model: 'qwen3', modelServer: vendor, fetch, ...key })

  test.each(REFUSED)('refuses %s before anything is sent', async (_what, given) => {
    const schema = given as ReturnType<typeof Type.Object>
    const error = { name: 'ConfigError', code: 'invalid_config' }
    await expect(chatObject(llm, { prompt: 'p', schema })).rejects.toMatchObject(error)
    const execute = () => 'done'
    await expect(
      (async () =>
        runTools(llm, {
          prompt: 'p',
          tools: [tool({ name: 't', parameters: schema, execute })],
        }))(),
    ).rejects.toMatchObject(error)
    expect(requests).toEqual([])
  })
})

test('a tool without properties gets an empty list of them, which OpenAI requires', async () => {
  const fetch = simulate('openai', 'Done.')
  const { requests } = fetch
  const llm = getChatModel({
    model: 'gpt-4.1',
    modelServer: 'openai',
    fetch,
    apiKey: 'sk-test-key',
  })
  const execute = () => 'done'
  const tools = [
    tool({ name: 'a', parameters: { type: 'object' }, execute }),
    tool({ name: 'b', parameters: z.record(z.string(), z.number()), execute }),
  ]
  await runTools(llm, { prompt: 'p', tools })
  const sent = requests[0]?.body.tools as { function: { parameters: object } }[]
  for (const each of sent) expect(each.function.parameters).toMatchObject({ properties: {} })
})

test('words of the caller’s own do not cost strict mode', async () => {
  const fetch = simulate('openai', '{"length":"5"}')
  const { requests } = fetch
  const llm = getChatModel({
    model: 'gpt-4.1',
    modelServer: 'openai',
    fetch,
    apiKey: 'sk-test-key',
  })
  const schema = z.object({ length: z.string().meta({ unit: 'cm' }) })
  await chatObject(llm, { prompt: 'p', schema })
  expect(requests[0]?.body.response_format.json_schema).toMatchObject({
    strict: true,
    schema: { properties: { length: { type: 'string' } } },
  })
  expect(JSON.stringify(requests[0]?.body)).not.toContain('unit')
})
