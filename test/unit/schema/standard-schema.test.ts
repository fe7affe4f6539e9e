import { toStandardJsonSchema } from '@valibot/to-json-schema'
import { type } from 'arktype'
import * as v from 'valibot'
import { expect, test } from 'vitest'
import { z } from 'zod'
import * as zm from 'zod/mini'
import type { Schema } from '../../../src/schema/types.ts'
import { prepareSchema } from '../../../src/schema/standard-schema.ts'
import { prepareRoot } from '../../../src/schema/wire-schema.ts'
import { withJSONSchema } from '../../../src/schema/with-json-schema.ts'
import { failure } from '../helpers.ts'

const plain = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  properties: { city: { type: 'string', minLength: 2 }, days: { type: 'number' } },
  required: ['city'],
}

const LIBRARIES: Record<string, Schema> = {
  valibot: v.object({ city: v.pipe(v.string(), v.minLength(2)), days: v.optional(v.number()) }),
  'valibot, wrapped': toStandardJsonSchema(
    v.object({ city: v.pipe(v.string(), v.minLength(2)), days: v.optional(v.number()) }),
  ),
  zod: z.object({ city: z.string().min(2), days: z.number().optional() }),
  arktype: type({ city: 'string >= 2', 'days?': 'number' }),
  'a plain JSON Schema': plain,
}

for (const [library, schema] of Object.entries(LIBRARIES)) {
  test(`a schema of ${library} provides its JSON Schema, without its dialect`, async () => {
    const { json } = await prepareSchema(schema)
    const { $schema: _, ...expected } = plain
    expect(json).toEqual(expected)
  })

  test(`a schema of ${library} validates, and says where something is wrong`, async () => {
    const { validate } = await prepareSchema(schema)
    expect(await validate({ city: 'Oslo', days: 2 })).toEqual({ value: { city: 'Oslo', days: 2 } })
    for (const [wrong, path] of [
      [{ city: 5 }, ['city']],
      [{ city: 'O' }, ['city']],
      [{ city: 'Oslo', days: 'two' }, ['days']],
    ] as const) {
      const outcome = await validate(wrong)
      expect(outcome).toEqual({ issues: [{ message: expect.any(String), path }] })
    }
    expect(await validate('Oslo')).toHaveProperty('issues')
    expect(await validate({})).toHaveProperty('issues')
  })
}

test('a model is shown what goes into a schema; the caller gets what comes out', async () => {
  const schemas = [
    z.object({ at: z.string().transform((text) => text.length), unit: z.string().default('C') }),
    v.object({
      at: v.pipe(
        v.string(),
        v.transform((text) => text.length),
      ),
      unit: v.optional(v.string(), 'C'),
    }),
    type({ at: type('string').pipe((text) => text.length), unit: "string = 'C'" }),
  ]
  for (const schema of schemas) {
    const { json, validate } = await prepareSchema(schema)
    expect(json).toMatchObject({ properties: { at: { type: 'string' } }, required: ['at'] })
    expect(await validate({ at: 'noon' })).toEqual({ value: { at: 4, unit: 'C' } })
  }
})

test('a schema may validate asynchronously', async () => {
  const schema = z.object({ city: z.string().refine(async (city) => city !== 'Atlantis') })
  const { validate } = await prepareSchema(schema)
  expect(await validate({ city: 'Oslo' })).toEqual({ value: { city: 'Oslo' } })
  expect(await validate({ city: 'Atlantis' })).toHaveProperty('issues')
})

test('what no JSON Schema can be had of is refused, with the way out', async () => {
  const { jsonSchema: _, ...older } = z.object({})['~standard']
  const cases: [schema: unknown, words: RegExp][] = [
    [{ '~standard': older }, /zod 4\.2 or newer/],
    [{ '~standard': { ...older, vendor: 'acme' } }, /no JSON Schema converter.*plain JSON Schema/],
    [z.object({ made: z.custom() }), /The schema has no JSON Schema/],
    [z.object({ big: z.bigint() }), /has no JSON Schema/],
    [type({ at: 'Date' }), /JSON cannot express its date/],
    [type({ big: 'bigint' }), /JSON cannot express its bigint/],
    [zm.object({ city: zm.string() }), /withJSONSchema\(schema, z\.toJSONSchema/],
    [{ city: z.string() }, /bare shape: its member "city"/],
    [
      new (class City {
        city = ''
      })(),
      /an instance of City/,
    ],
    [{ typ: 'object' }, /no keyword of JSON Schema/],
    [{}, /no keyword of JSON Schema/],
    [
      { '~standard': { version: 1, vendor: 'effect', jsonSchema: {} } },
      /no `validate`.*toStandardSchemaV1/,
    ],
    ['{}', /must be a Standard Schema/],
    [undefined, /must be a Standard Schema/],
    [[], /must be a Standard Schema/],
  ]
  for (const [schema, words] of cases) {
    const error = await failure(() => prepareSchema(schema as Schema))
    expect(error).toMatchObject({ code: 'invalid_config', message: expect.stringMatching(words) })
  }
})

test('a library that knows the older dialect only is asked for that', async () => {
  const standard = z.object({ a: z.string() })['~standard']
  const older = {
    '~standard': {
      ...standard,
      jsonSchema: {
        ...standard.jsonSchema,
        input({ target }: { target: string }) {
          if (target !== 'draft-07') throw new Error(`no ${target} here`)
          return { $schema: 'http://json-schema.org/draft-07/schema#', type: 'object' }
        },
      },
    },
  }
  expect((await prepareSchema(older as Schema)).json).toEqual({ type: 'object' })
})

test('withJSONSchema() pairs a validation with a JSON Schema', async () => {
  const mini = zm.object({ city: zm.string() })
  const json = zm.toJSONSchema(mini, { io: 'input' })
  const prepared = await prepareSchema(withJSONSchema(mini, json))
  expect(prepared.json).toMatchObject({ properties: { city: { type: 'string' } } })
  expect(await prepared.validate({ city: 'Oslo' })).toEqual({ value: { city: 'Oslo' } })
  expect(await prepared.validate({ city: 5 })).toHaveProperty('issues')
})

test('patterns of valibot that JSON Schema lacks, and keys of records, pass; they validate the answer', async () => {
  const keys = v.picklist(['a', 'b'])
  const schema = v.object({
    i: v.pipe(v.string(), v.regex(/^[a-z]+$/i)),
    u: v.pipe(v.string(), v.regex(/^\p{L}+$/u)),
    two: v.pipe(v.string(), v.regex(/^a/), v.regex(/z$/)),
    counts: v.record(keys, v.number()),
    nested: v.record(v.pipe(v.string(), v.minLength(2)), v.record(keys, v.number())),
  })
  const { json, validate } = await prepareSchema(schema)
  const counts = {
    type: 'object',
    propertyNames: { enum: ['a', 'b'] },
    additionalProperties: { type: 'number' },
  }
  expect(json.properties).toMatchObject({
    i: { type: 'string' },
    u: { type: 'string', pattern: '^\\p{L}+$' },
    two: { type: 'string', pattern: '^a' },
    counts,
    nested: { propertyNames: { minLength: 2 }, additionalProperties: counts },
  })
  expect((json.properties as any).i).not.toHaveProperty('pattern')
  const value = { i: 'Ab', u: 'é', two: 'a z', counts: { a: 1 }, nested: { cd: { b: 2 } } }
  expect(await validate(value)).toEqual({ value })
  for (const wrong of [{ i: '1' }, { two: 'a' }, { counts: { c: 1 } }, { nested: { c: {} } }])
    expect(await validate({ ...value, ...wrong })).toHaveProperty('issues')
  const date = prepareSchema(v.object({ at: v.record(v.string(), v.date()) }))
  await expect(date).rejects.toMatchObject({ code: 'invalid_config' })
})

test('checks and brands of valibot pass; they validate the answer', async () => {
  const city = v.pipe(
    v.string(),
    v.trim(),
    v.check((text) => text !== 'x'),
    v.brand('City'),
  )
  for (const schema of [v.object({ city }), toStandardJsonSchema(v.object({ city }))]) {
    const { json, validate } = await prepareSchema(schema)
    expect(json).toMatchObject({ properties: { city: { type: 'string' } } })
    expect(await validate({ city: 'x' })).toHaveProperty('issues')
  }
})

// https://github.com/mastra-ai/mastra/issues/17655
test('`null` for a member that may be left out counts as left out, unless the schema takes it', async () => {
  const one = { q: v.string(), limit: v.optional(v.number(), 5), tag: v.optional(v.string()) }
  const { validate } = await prepareRoot(
    v.object({ ...one, kept: v.nullish(v.string()), in: v.optional(v.object(one)) }),
  )
  const given = { q: 'a', limit: null, tag: null, kept: null, in: { q: 'b', limit: null } }
  expect(await validate(given)).toEqual({
    value: { q: 'a', limit: 5, kept: null, in: { q: 'b', limit: 5 } },
  })
  expect(given.tag).toBe(null)
  expect(await validate({ q: null, tag: null })).toHaveProperty('issues.length', 2)
  const plain = await prepareRoot({
    type: 'object',
    properties: { a: { type: 'string' }, list: { type: 'array', items: { type: 'string' } } },
    required: ['list'],
  })
  expect(await plain.validate({ a: null, list: [] })).toEqual({ value: { list: [] } })
  expect(await plain.validate({ list: [null] })).toHaveProperty('issues')
})
