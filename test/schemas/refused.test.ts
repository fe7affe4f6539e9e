import { Type as Type034 } from '@sinclair/typebox'
import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { object as struct, string } from 'superstruct'
import { chatObject, getChatModel, runTools, tool, withJSONSchema } from 'chatwire'
import { simulate } from 'chatwire/testing'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import type { ConfigError } from '../../src/errors.ts'
import { prepareSchema } from '../../src/schema/standard-schema.ts'

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
  ['annotations that contain themselves', inside({ 'x-note': circle })],
  ['forgotten properties', inside({ city: { type: 'string' } })],
  ['forgotten properties of an object', inside({ type: 'object', city: { enum: ['Oslo'] } })],
  ['a description beside forgotten ones', inside({ description: 'd', city: { type: 'string' } })],
  ['types as words', inside({ city: 'string' })],
  [
    'a property outside of the others',
    { type: 'object', properties: { a: {} }, required: ['a', 'b'], b: { type: 'string' } },
  ],
  ["TypeBox's Refine", Type.Object({ a: Type.Refine(Type.String(), () => false) })],
  ["TypeBox's Decode", Type.Object({ a: Type.Decode(Type.String(), (text) => text.length) })],
  [
    "TypeBox's Transform",
    Type034.Object({
      a: Type034.Transform(Type034.String())
        .Decode((text) => text.length)
        .Encode(String),
    }),
  ],
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

const MODELS = { openai: 'gpt-4.1', anthropic: 'claude-sonnet-4-6', gemini: 'gemini-3-flash' }

/** Creates a model on a simulated server that answers by a script. */
function create(
  vendor: keyof typeof MODELS,
  script: Parameters<typeof simulate>[1],
  config: { maxRetries?: number } = {},
) {
  const fetch = simulate(vendor, script)
  const { requests } = fetch
  const apiKey = 'sk-test-key'
  const llm = getChatModel({
    model: MODELS[vendor],
    modelServer: vendor,
    fetch,
    apiKey,
    ...config,
  })
  return { llm, requests }
}

test('a tool without properties gets an empty list of them, which OpenAI requires', async () => {
  const { llm, requests } = create('openai', 'Done.')
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
  const { llm, requests } = create('openai', '{"length":"5"}')
  const schema = z.object({ length: z.string().meta({ unit: 'cm' }) })
  await chatObject(llm, { prompt: 'p', schema })
  expect(requests[0]?.body.response_format.json_schema).toMatchObject({
    strict: true,
    schema: { properties: { length: { type: 'string' } } },
  })
  expect(JSON.stringify(requests[0]?.body)).not.toContain('unit')
})

/** Sends a schema as an object and as a tool, and returns what was on the wire. */
async function send(vendor: keyof typeof MODELS, schema: unknown) {
  const { llm, requests } = create(vendor, '{}', { maxRetries: 0 })
  await chatObject(llm, { prompt: 'p', schema: schema as object, repairs: 0 }).catch(() => {})
  return requests[0]?.body
}

test('shared parts that JSON would repeat too often', async () => {
  let graph: object = { type: 'string' }
  for (let level = 0; level < 40; level++)
    graph = { type: 'object', properties: { left: graph, right: graph } }
  for (const schema of [graph, inside({ default: graph }), inside({ 'x-note': graph })]) {
    const error = await prepareSchema(schema).then(
      () => undefined,
      ({ code, message }: ConfigError) => `${code}: ${message}`,
    )
    expect(error).toMatch(/invalid_config.*more than 100000 values/)
  }
})

test('one type beside the values, for Claude and Gemini', async () => {
  const schema = z.object({ size: z.literal(['small', null]), on: z.literal([true, false, 1]) })
  const size = { anyOf: [{ type: 'string', enum: ['small'] }, { type: 'null' }] }
  const on = { anyOf: [{ type: 'boolean' }, { type: 'number', enum: [1] }] }
  const claude = await send('anthropic', schema)
  expect(claude.output_config.format.schema.properties).toEqual({ size, on })
  const gemini = await send('gemini', schema)
  expect(gemini.generationConfig.responseJsonSchema.properties).toEqual({ size, on })
})

test('the bounds of allOf are merged, and do not cost strict mode', async () => {
  const { properties, required } = (
    await send('openai', {
      type: 'object',
      required: ['n', 'code', 'who'],
      properties: {
        n: {
          allOf: [
            { type: 'number', minimum: 1 },
            { type: 'integer', minimum: 3, maximum: 9 },
          ],
        },
        code: z.toJSONSchema(z.string().regex(/^a/).regex(/z$/)),
        who: {
          allOf: [
            { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] },
            { type: 'object', properties: { name: { pattern: '^A' } } },
          ],
        },
      },
    })
  ).response_format.json_schema.schema
  expect(required).toEqual(['n', 'code', 'who'])
  expect(properties).toEqual({
    n: { type: 'integer', minimum: 3, maximum: 9 },
    code: { type: 'string', pattern: '^a', description: '{"allOf":[{"pattern":"z$"}]}' },
    who: {
      type: 'object',
      properties: { name: { type: 'string', pattern: '^A' } },
      required: ['name'],
      additionalProperties: false,
    },
  })
})

test('a definition may have any name', async () => {
  const definitions = JSON.parse('{"__proto__":{"type":"string"},"constructor":{"type":"number"}}')
  const { schema, strict } = (
    await send('openai', {
      type: 'object',
      properties: { a: { $ref: '#/$defs/__proto__' }, b: { $ref: '#/$defs/constructor' } },
      required: ['a', 'b'],
      $defs: definitions,
    })
  ).response_format.json_schema
  expect(strict).toBe(true)
  expect(schema.properties.a).toEqual({ $ref: '#/$defs/proto' })
  expect(schema.$defs).toEqual({ proto: { type: 'string' }, constructor: { type: 'number' } })
})

describe('names of parameters that Claude refuses', () => {
  const name = 'filter[bundleId]'
  const parameters = { type: 'object', properties: { [name]: { type: 'string' } } }

  test('are wrapped by runTools', async () => {
    const call = { name: 'list', arguments: { value: { [name]: 'a' } } }
    const { llm, requests } = create('anthropic', [{ toolCalls: [call] }, 'Done.'])
    const given: unknown[] = []
    const execute = (value: unknown) => void given.push(value)
    await runTools(llm, { prompt: 'p', tools: [tool({ name: 'list', parameters, execute })] })
    expect(requests[0]?.body.tools[0].input_schema.properties).toEqual({ value: parameters })
    expect(given).toEqual([{ [name]: 'a' }])
    const wrong = { name: 'list', arguments: { value: { [name]: 5 } } }
    const again = create('anthropic', [{ toolCalls: [wrong] }, 'Done.'])
    await runTools(again.llm, { prompt: 'p', tools: [tool({ name: 'list', parameters, execute })] })
    expect(given).toHaveLength(1)
  })

  test('are refused in the definition of a tool', async () => {
    const { llm, requests } = create('anthropic', 'Hi')
    const tools = [{ type: 'function' as const, function: { name: 'list', parameters } }]
    await expect(llm.chat({ prompt: 'p', tools })).rejects.toMatchObject({
      code: 'unsupported_option',
      message: expect.stringContaining('filter[bundleId]'),
    })
    expect(requests).toEqual([])
  })
})

test("TypeBox's checks run by withJSONSchema", async () => {
  const City = Type.Object({ city: Type.Refine(Type.String(), (city) => city === 'Oslo') })
  const { llm } = create('openai', '{"city":"Rome"}')
  const schema = withJSONSchema((value) => Value.Parse(City, value), City)
  await expect(chatObject(llm, { prompt: 'p', schema, repairs: 0 })).rejects.toMatchObject({
    code: 'invalid_output',
  })
})
