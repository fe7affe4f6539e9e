import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { prepareSchema } from '../../../src/schema/standard-schema.ts'
import type { Schema } from '../../../src/schema/types.ts'
import type { SchemaDialect } from '../../../src/schema/vendor-support.ts'
import {
  toFormatSchema,
  toRootSchema,
  toToolSchema,
  validateRoot,
} from '../../../src/schema/wire-schema.ts'

const text = { type: 'string' }

async function format(schema: Schema, ...dialects: SchemaDialect[]) {
  return toFormatSchema(toRootSchema(await prepareSchema(schema)), dialects)
}

async function parameters(schema: Schema, dialect: SchemaDialect, strict?: boolean) {
  const budget = { tools: 0, optional: 0, unions: 0 }
  return toToolSchema(toRootSchema(await prepareSchema(schema)), {
    dialects: [dialect],
    strict,
    budget,
  })
}

const Tree = z.object({
  name: z.string(),
  get kids() {
    return z.array(Tree)
  },
})
const OptionalTree = z.object({
  name: z.string(),
  get kids() {
    return z.array(OptionalTree).optional()
  },
})
const record = z.object({ scores: z.record(z.string(), z.number()) })

describe('toRootSchema()', () => {
  test('leaves an object as it is', async () => {
    const schema = { type: 'object', properties: { a: text } }
    const root = toRootSchema(await prepareSchema(schema))
    expect(root).toMatchObject({ json: schema, isWrapped: false })
  })

  test.each([
    [text],
    [{ anyOf: [{ type: 'object' }] }],
    [{ type: ['object', 'null'] }],
    [{ type: 'object', anyOf: [{ required: ['a'] }, { required: ['b'] }] }],
  ])('wraps %j', async (schema) => {
    const root = toRootSchema(await prepareSchema(schema))
    expect(root.isWrapped).toBe(true)
    expect(root.json).toMatchObject({ type: 'object', required: ['value'] })
  })

  test('hoists definitions to the root, whatever way they are referred to', async () => {
    const schema = {
      type: 'array',
      items: { anyOf: [{ $ref: '#' }, { $ref: '#/$defs/a~1b' }, { $ref: '#c' }, { $ref: 'd' }] },
      $defs: { 'a/b': text, c: { $anchor: 'c', ...text }, d: { $id: 'd', ...text } },
    }
    const before = structuredClone(schema)
    const { json } = toRootSchema(await prepareSchema(schema)) as any
    expect(json.properties.value.items.anyOf).toEqual([
      { $ref: '#/$defs/root' },
      { $ref: '#/$defs/1b' },
      { $ref: '#/$defs/c' },
      { $ref: '#/$defs/d' },
    ])
    expect(Object.keys(json.$defs)).toEqual(['root', '1b', 'c', 'd'])
    expect(schema).toEqual(before)
  })

  test('follows a root that is only a reference', async () => {
    const schema = { $ref: '#/$defs/a', $defs: { a: { type: 'object', properties: { b: text } } } }
    const { flat, isWrapped } = toRootSchema(await prepareSchema(schema))
    expect(isWrapped).toBe(false)
    expect(flat.root).toEqual({ type: 'object', properties: { b: text } })
  })

  test('merges an intersection of objects', async () => {
    const schema = z.intersection(z.object({ a: z.string() }), z.object({ b: z.number() }))
    const { flat, isWrapped } = toRootSchema(await prepareSchema(schema))
    expect(isWrapped).toBe(false)
    expect(flat.root).toMatchObject({ properties: { a: text, b: { type: 'number' } } })
  })
})

describe('OpenAI: toFormatSchema()', () => {
  test.each<[string, Schema, object]>([
    ['an everyday object', z.object({ a: z.string() }), { a: text }],
    [
      'an enum without a type',
      { type: 'object', properties: { a: { enum: ['x', 'y'] } }, required: ['a'] },
      { a: { type: 'string', enum: ['x', 'y'] } },
    ],
    [
      'bounds it knows',
      z.object({ a: z.number().min(1).max(5) }),
      { a: { type: 'number', minimum: 1, maximum: 5 } },
    ],
    [
      'bounds it does not know',
      z.object({ a: z.string().min(2) }),
      { a: { type: 'string', description: '{"minLength":2}' } },
    ],
    [
      'look-ahead',
      z.object({ a: z.string().regex(/^(?=a)/) }),
      { a: { type: 'string', description: '{"pattern":"^(?=a)"}' } },
    ],
    [
      'formats it does not know',
      z.object({ a: z.base64url() }),
      { a: { description: expect.stringContaining('base64url') } },
    ],
    [
      'nullable',
      { type: 'object', properties: { a: { type: 'string', nullable: true } }, required: ['a'] },
      { a: { anyOf: [text, { type: 'null' }] } },
    ],
  ])('is strict with %s', async (_what, schema, properties) => {
    const { json, strict, problem } = await format(schema, 'openai')
    expect(problem).toBeUndefined()
    expect(strict).toBe(true)
    expect(json).toMatchObject({ properties, additionalProperties: false })
  })

  test('is strict with `oneOf`, which becomes `anyOf`', async () => {
    const schema = z.object({
      a: z.discriminatedUnion('k', [z.object({ k: z.literal(1) }), z.object({ k: z.literal(2) })]),
    })
    const { json, strict } = await format(schema, 'openai')
    expect(strict).toBe(true)
    expect(JSON.stringify(json)).not.toContain('oneOf')
  })

  test('is strict with recursion, definitions at the root and references alone', async () => {
    const schema = z.object({ left: Tree, right: Tree.describe('the right one') })
    const { json, strict } = (await format(schema, 'openai')) as any
    expect(strict).toBe(true)
    expect(json.properties.right).toEqual({
      description: 'the right one',
      anyOf: [json.properties.left],
    })
  })

  let deepObject = z.object({ x: z.string() }) as z.ZodObject
  for (let level = 0; level < 12; level++) deepObject = z.object({ a: deepObject })
  test.each<[string, Schema]>([
    ['an optional property', z.object({ a: z.string().optional() })],
    ['an open object', z.looseObject({ a: z.string() })],
    ['a record', record],
    ['anything', z.object({ a: z.unknown() })],
    ['a tuple', z.object({ a: z.tuple([z.string()]) })],
    [
      'more than 1,000 values',
      z.object({ a: z.enum(Array.from({ length: 1001 }, (_, i) => `v${i}`)) }),
    ],
    ['more than 10 levels', deepObject],
    ['a negation', { type: 'object', properties: { a: { not: text } }, required: ['a'] }],
  ])('is not strict with %s, which goes as it is', async (_what, schema) => {
    const { strict, problem } = await format(schema, 'openai')
    expect({ strict, problem }).toEqual({ strict: false, problem: undefined })
  })
})

const X = { $ref: '#/$defs/x' }
const withX = (a: object) => ({
  type: 'object',
  properties: { a },
  required: ['a'],
  $defs: { x: text },
})

test.each<[SchemaDialect, schema: object, problem: string]>([
  ['anthropic', withX({ ...text, anyOf: [X] }), 'a has keywords beside `anyOf`'],
  ['anthropic', withX({ ...X, properties: {} }), 'a has `properties` beside `$ref`'],
  ['anthropic', withX({ enum: [] }), 'a has an empty `enum`'],
  ['gemini', withX({ enum: [{ b: 1 }] }), 'a has objects or lists in its `enum`'],
  ['anthropic', { ...withX(text), required: ['a', 'b'] }, 'requires an undefined property'],
])('%s does not take %j', async (dialect, schema, problem) => {
  expect((await format(schema as Schema, dialect)).problem).toContain(problem)
})

test('bounds beside a reference are told in its description', async () => {
  const { json, problem } = await format(withX({ ...X, minLength: 2 }) as Schema, 'openai')
  expect(problem).toBeUndefined()
  expect(json).toMatchObject({
    properties: { a: { description: '{"minLength":2}', anyOf: [{ $ref: '#/$defs/x' }] } },
  })
})

describe('Anthropic: toFormatSchema()', () => {
  test.each<[string, Schema, RegExp]>([
    ['a record', record, /scores is an open object or a record/],
    ['an open object', z.looseObject({ a: z.string() }), /open object/],
    [
      'any object',
      { type: 'object', properties: { a: { type: 'object' } } },
      /a is an open object/,
    ],
    ['recursion', Tree, /refers to itself/],
    ['anything', z.object({ a: z.unknown() }), /a has no `type`/],
    ['a tuple', z.object({ a: z.tuple([z.string()]) }), /`prefixItems`/],
    [
      'many optional properties',
      z.object(
        Object.fromEntries(Array.from({ length: 25 }, (_, i) => [`p${i}`, z.string().optional()])),
      ),
      /24 optional/,
    ],
    [
      'many unions',
      z.object(
        Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`p${i}`, z.string().nullable()])),
      ),
      /16 unions/,
    ],
  ])('moves %s to another mode', async (_what, schema, problem) => {
    expect((await format(schema, 'anthropic')).problem).toMatch(problem)
  })

  test('closes objects, and moves what it does not know to the description', async () => {
    const schema = z.object({
      a: z.string().min(2).optional(),
      b: z.nanoid(),
      c: z.array(z.string()).min(3),
      d: z.string().regex(/^(?=.*\d)\w+$/),
    })
    const { json, problem } = (await format(schema, 'anthropic')) as any
    expect(problem).toBeUndefined()
    expect(json.additionalProperties).toBe(false)
    expect(json.properties.a).toEqual({ type: 'string', description: '{"minLength":2}' })
    expect(json.properties.b).not.toHaveProperty('format')
    expect(json.properties.c).toMatchObject({ description: '{"minItems":3}' })
    expect(json.properties.d).not.toHaveProperty('pattern')
  })

  test('makes a nullable object a union', async () => {
    const a = { type: ['object', 'null'], properties: { b: text }, required: ['b'] }
    const { json, problem } = (await format(
      { type: 'object', properties: { a } },
      'anthropic',
    )) as any
    expect(problem).toBeUndefined()
    expect(json.properties.a.anyOf).toMatchObject([
      { type: 'object', additionalProperties: false },
      { type: 'null' },
    ])
  })
})

describe('Gemini: toFormatSchema()', () => {
  test('takes recursion in optional properties only', async () => {
    expect((await format(OptionalTree, 'gemini')).problem).toBeUndefined()
    expect((await format(Tree, 'gemini')).problem).toMatch(/itself in a required property/)
    const loosened = (await parameters(Tree, 'gemini')).json as any
    expect(Object.values<any>(loosened.$defs)[0].required).toEqual(['name'])
  })

  test('keeps records and tuples, and says constants as enums', async () => {
    const schema = z.object({
      a: z.record(z.string(), z.number()),
      b: z.literal('x'),
      c: z.literal(true),
    })
    const { json, problem } = (await format(schema, 'gemini')) as any
    expect(problem).toBeUndefined()
    expect(json.properties).toMatchObject({
      a: { additionalProperties: { type: 'number' } },
      b: { type: 'string', enum: ['x'] },
      c: { type: 'boolean' },
    })
    expect(json.properties.c).not.toHaveProperty('enum')
  })
})

describe('llama.cpp: toFormatSchema()', () => {
  test('rewrites what its grammar refuses', async () => {
    const schema = z.object({
      zip: z.string().regex(/^\d{5}$/),
      free: z.string().regex(/a/),
      pair: z.tuple([z.string(), z.number()]),
      any: z.unknown(),
      tree: Tree,
    })
    const { json, problem } = (await format(schema, 'llamacpp')) as any
    expect(problem).toBeUndefined()
    const { zip, free, pair, any, tree } = json.properties
    expect(zip.pattern).toBe('^[0-9]{5}$')
    expect(free).toEqual({ type: 'string', description: '{"pattern":"a"}' })
    expect(pair).toMatchObject({
      items: { anyOf: [text, { type: 'number' }] },
      minItems: 2,
      maxItems: 2,
    })
    expect(any.anyOf).toHaveLength(6)
    expect(tree.$ref).toMatch(/^#\/\$defs\//)
  })
})

describe('toToolSchema()', () => {
  test('closes strict tools, and leaves `strict` out where it cannot hold', async () => {
    const plain = z.object({ city: z.string().min(2) })
    for (const dialect of ['openai', 'anthropic'] as const) {
      const { json, strict } = await parameters(plain, dialect, true)
      expect(strict).toBe(true)
      expect(json).toMatchObject({ additionalProperties: false })
      expect(JSON.stringify(json)).not.toContain('"minLength":2,')
      const open = await parameters(record, dialect, true)
      expect(open.strict).toBeUndefined()
      expect(open.json).toMatchObject({ properties: { scores: { type: 'object' } } })
    }
  })

  test('sends tools that are not strict as they are', async () => {
    const { json } = await parameters(z.object({ city: z.string().min(2) }), 'openai')
    expect(json).toEqual({
      type: 'object',
      properties: { city: { ...text, minLength: 2 } },
      required: ['city'],
    })
  })
})

test('several servers get what all of them accept', async () => {
  const schema = z.object({ a: z.number().min(1), b: z.literal('x') })
  const { json, strict, problem } = (await format(schema, 'openai', 'anthropic', 'gemini')) as any
  expect({ strict, problem }).toEqual({ strict: true, problem: undefined })
  expect(json.properties.a).toEqual({ type: 'number', description: '{"minimum":1}' })
  expect((await format(record, 'openai', 'anthropic')).problem).toMatch(/record/)
})

test('validateRoot() unwraps once, and takes what was not wrapped', async () => {
  const schema = z.union([z.object({ value: z.number() }), z.array(z.string()), z.string()])
  const prepared = await prepareSchema(schema)
  const root = toRootSchema(prepared)
  const check = (value: unknown) => validateRoot(prepared, root, value)
  expect(await check({ value: 'x' })).toEqual({ value: 'x' })
  expect(await check({ value: { value: 5 } })).toEqual({ value: { value: 5 } })
  expect(await check({ value: 5 })).toEqual({ value: { value: 5 } })
  expect(await check({ value: ['x'], note: 'y' })).toEqual({ value: ['x'] })
  expect(await check(['x'])).toEqual({ value: ['x'] })
  expect(await check({ value: true })).toHaveProperty('issues')
})
