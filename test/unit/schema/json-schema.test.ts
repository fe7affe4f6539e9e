import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { checkSchema } from '../../../src/schema/check-schema.ts'
import { validateJSON as validate } from '../../../src/schema/json-schema.ts'
import { SchemaIndex } from '../../../src/schema/schema-index.ts'

function validateJSON(schema: Record<string, unknown>, value: unknown) {
  const index = new SchemaIndex(schema)
  checkSchema(index)
  return validate(index, value)
}

/** Each word of a schema with values that it takes and values that it refuses. */
const TABLE: [schema: Record<string, unknown>, valid: unknown[], invalid: unknown[]][] = [
  [{}, [null, 1, 'a', {}, []], []],
  [{ type: 'string' }, ['', 'a'], [1, null, [], {}]],
  [{ type: 'integer' }, [1, 1.0, -5], [1.5, '1']],
  [{ type: ['number', 'null'] }, [1.5, null], ['1', false]],
  [{ type: 'object' }, [{}], [[], null, 'a']],
  [{ type: 'array' }, [[]], [{}, 'a']],
  [{ type: 'string', nullable: true }, ['a', null], [1]],
  [{ type: 'string', nullable: true, enum: ['a'] }, ['a', null], ['b']],
  [{ enum: ['a', 1, null, { a: 1, b: [2] }] }, ['a', 1, null, { b: [2], a: 1 }], ['b', { a: 1 }]],
  [{ const: { a: [1, 2] } }, [{ a: [1, 2] }], [{ a: [2, 1] }, { a: [1, 2], b: 0 }, [1, 2]]],
  [{ const: [[1], 2] }, [[[1], 2]], [[[1, 2]]]],
  [{ const: null }, [null], [0, {}]],
  [{ minLength: 2, maxLength: 3 }, ['ab', '😀😀😀', 5], ['a', 'abcd']],
  [{ pattern: '^\\p{Lu}' }, ['Élan', 5], ['élan']],
  [{ pattern: '^[\\w-.]+$' }, ['a-b'], ['a b']], // no pattern with the flag `u`
  [{ pattern: '\\A(?P<year>\\d+)\\Z' }, ['1999'], ['anything']], // Python's
  [{ minimum: 1, maximum: 2 }, [1, 2, 'a'], [0.9, 2.1]],
  [{ exclusiveMinimum: 1, exclusiveMaximum: 2 }, [1.5], [1, 2]],
  [{ multipleOf: 0.1 }, [0.3, 1, 0], [0.35]],
  [{ items: { type: 'string' } }, [[], ['a'], 'a'], [['a', 1]]],
  [{ prefixItems: [{ type: 'string' }], items: false }, [[], ['a']], [[1], ['a', 'b']]],
  [{ items: [{ type: 'string' }], additionalItems: false }, [['a']], [[1], ['a', 'b']]],
  [{ items: [{ type: 'string' }] }, [['a', 1]], [[1]]],
  [{ minItems: 1, maxItems: 2 }, [[1], [1, 2]], [[], [1, 2, 3]]],
  [
    { uniqueItems: true },
    [[1, '1', [1], { a: 1 }]],
    [
      [1, 1],
      [
        { a: 1, b: 2 },
        { b: 2, a: 1 },
      ],
    ],
  ],
  [{ properties: { a: { type: 'string' } } }, [{}, { a: 'a' }, { b: 1 }, []], [{ a: 1 }]],
  [{ required: ['toString'] }, [JSON.parse('{"toString":1}')], [{}]],
  [{ properties: { constructor: { type: 'string' } } }, [{}], [{ constructor: 5 }]],
  [{ additionalProperties: false, properties: { a: {} } }, [{ a: 1 }], [{ b: 1 }]],
  [{ additionalProperties: false }, [{}], [JSON.parse('{"__proto__":1}')]],
  [{ additionalProperties: { type: 'number' } }, [{ a: 1 }], [{ a: 'a' }]],
  [
    { patternProperties: { '^x-': { type: 'number' } }, additionalProperties: false },
    [{ 'x-a': 1 }],
    [{ 'x-a': 'a' }, { a: 1 }],
  ],
  [{ propertyNames: { maxLength: 1 } }, [{ a: 1 }], [{ ab: 1 }]],
  [{ minProperties: 1, maxProperties: 1 }, [{ a: 1 }], [{}, { a: 1, b: 1 }]],
  [{ anyOf: [{ type: 'string' }, { type: 'null' }] }, ['a', null], [1]],
  [{ oneOf: [{ minimum: 2 }, { type: 'integer' }] }, [2.5, 1], [3, 1.5]],
  [{ allOf: [{ minimum: 2 }, { maximum: 3 }] }, [2, 3], [1, 4]],
  [{ not: { type: 'string' } }, [1], ['a']],
  [{ $ref: '#/$defs/a', $defs: { a: { type: 'string' } } }, ['a'], [1]],
  [
    { $ref: '#/definitions/a~1b%5Bc%5D', definitions: { 'a/b[c]': { type: 'string' } } },
    ['a'],
    [1],
  ],
  [{ $ref: '#/$defs/a', minLength: 2, $defs: { a: { type: 'string' } } }, ['ab'], ['a', 1]],
  [{ $ref: '#/$defs/%', $defs: { '%': { type: 'string' } } }, ['a'], [1]],
  [{ format: 'email', unknown: 1 }, ['no email', []], []], // an annotation, as the standard has it
  [{ contains: { minimum: 5 } }, [[1, 5], 'a'], [[], [1]]],
  [{ contains: { const: 1 }, minContains: 0 }, [[]], []],
  [{ contains: { const: 1 }, minContains: 2, maxContains: 3 }, [[1, 1, 2]], [[1], [1, 1, 1, 1]]],
  [
    JSON.parse('{"if":{"required":["a"]},"then":{"required":["b"]},"else":{"required":["c"]}}'),
    [{ a: 1, b: 1 }, { c: 1 }],
    [{ a: 1 }, { b: 1 }],
  ],
  [{ dependentRequired: { a: ['b'] } }, [{ a: 1, b: 1 }, { b: 1 }], [{ a: 1 }]],
  [{ dependentSchemas: { a: { required: ['b'] } } }, [{ a: 1, b: 1 }, {}], [{ a: 1 }]],
  [
    { dependencies: { a: ['b'], c: { required: ['d'] } } },
    [{}, { a: 1, b: 1 }],
    [{ a: 1 }, { c: 1 }],
  ],
  [
    { allOf: [{ properties: { a: {} } }], properties: { b: {} }, unevaluatedProperties: false },
    [{ a: 1, b: 1 }],
    [{ c: 1 }],
  ],
  [
    {
      anyOf: [{ properties: { a: { const: 1 } } }, { properties: { b: {} } }],
      unevaluatedProperties: false,
    },
    [{ a: 1, b: 1 }],
    [{ a: 2 }],
  ],
  [{ prefixItems: [{}], contains: { const: 1 }, unevaluatedItems: false }, [[0, 1]], [[0, 1, 2]]],
  [{ $ref: '#a', $defs: { a: { $anchor: 'a', type: 'string' } } }, ['a'], [1]],
  [{ $ref: 'a', $defs: { a: { $id: 'a', type: 'string' } } }, ['a'], [1]],
  [
    {
      $id: 'https://example.com/b',
      $ref: 'c#/$defs/d',
      $defs: { c: { $id: 'c', $defs: { d: { type: 'string' } } } },
    },
    ['a'],
    [1],
  ],
  [
    {
      $id: 'https://example.com/strings',
      $ref: 'list',
      $defs: {
        item: { $dynamicAnchor: 'item', type: 'string' },
        list: {
          $id: 'list',
          type: 'array',
          items: { $dynamicRef: '#item' },
          $defs: { item: { $dynamicAnchor: 'item' } },
        },
      },
    },
    [['a']],
    [[1]],
  ],
]

test.each(TABLE)('validateJSON() reads %j', (schema, valid, invalid) => {
  for (const value of valid) expect(validateJSON(schema, value), JSON.stringify(value)).toEqual([])
  for (const value of invalid) {
    expect(validateJSON(schema, value), JSON.stringify(value)).not.toEqual([])
  }
})

const person = {
  type: 'object',
  properties: {
    name: { type: 'string' },
    pets: { type: 'array', items: { anyOf: [{ $ref: '#/$defs/cat' }, { $ref: '#/$defs/dog' }] } },
    unit: { enum: ['C', 'F'] },
  },
  required: ['name'],
  additionalProperties: false,
  $defs: {
    cat: {
      type: 'object',
      properties: { lives: { type: 'integer', maximum: 9 } },
      required: ['lives'],
    },
    dog: { type: 'object', properties: { barks: { const: true } }, required: ['barks'] },
  },
}

test('validateJSON() says what is wrong, and where', () => {
  const told = (value: unknown) =>
    validateJSON(person, value).map(({ path, message }) => `${path?.join('.')} ${message}`)
  expect(told({ nme: 'Ada', unit: 'K' })).toEqual([
    'name is missing',
    'nme is not a known property',
    'unit must be one of "C", "F"',
  ])
  expect(told({ name: 5, pets: {} })).toEqual(['name must be a string', 'pets must be an array'])
  // Of several alternatives, the error is about the closest one.
  expect(told({ name: 'Ada', pets: [{ lives: 12 }, 7] })).toEqual([
    'pets.0.lives must be at most 9, or is missing',
    'pets.1 must be an object',
  ])
})

/** zod is the judge: what it takes, the JSON Schema that it makes of itself must take too. */
const zods: fc.Arbitrary<z.ZodType> = fc.letrec<{ node: z.ZodType }>((tie) => ({
  node: fc.oneof(
    { depthSize: 'medium' },
    fc.constantFrom<z.ZodType>(
      z.string(),
      z.string().min(1).max(2),
      z.string().regex(/^a/),
      z.number(),
      z.number().gt(0).lte(2),
      z.int().multipleOf(2),
      z.boolean(),
      z.null(),
      z.enum(['a', 'b']),
      z.literal([1, 'ab', true]),
    ),
    tie('node').map((node) => z.array(node).min(1)),
    tie('node').map((node) => node.nullable()),
    tie('node').map((node) => z.record(z.string().max(1), node)),
    fc.array(tie('node'), { minLength: 1, maxLength: 3 }).map((nodes) => z.union(nodes)),
    fc.tuple(tie('node'), tie('node')).map((nodes) => z.tuple(nodes)),
    fc.tuple(tie('node'), tie('node')).map(([one, other]) => z.intersection(one, other)),
    fc
      .tuple(tie('node'), tie('node'), fc.constantFrom(z.object, z.strictObject))
      .map(([a, b, make]) => make({ a, b: b.optional() })),
  ),
})).node
const values: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'medium' },
    fc.constantFrom<unknown>(null, true, 0, 1, 2, 3, 1.5, -2, '', 'a', 'ab', 'abc', '😀'),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'cc'), tie('value'), { maxKeys: 3 }),
  ),
})).value

test('validateJSON() takes and refuses what zod does, by the JSON Schema that zod makes', () => {
  const property = fc.property(zods, fc.array(values, { minLength: 5 }), (schema, some) => {
    const json = z.toJSONSchema(schema, { io: 'input' })
    for (const value of some) {
      expect(validateJSON(json, value).length === 0).toBe(schema.safeParse(value).success)
    }
  })
  fc.assert(property, { numRuns: 500 })
})

test('validateJSON() ends where a value is nested without end', () => {
  const tree = { type: 'array', items: { $ref: '#' } }
  const deep = JSON.parse('['.repeat(100_000) + ']'.repeat(100_000))
  expect(validateJSON(tree, deep)).toMatchObject([{ message: 'is nested too deeply' }])
  expect(validateJSON({ uniqueItems: true }, [deep, deep])).toHaveLength(1)
})

const cyclic: Record<string, unknown> = { type: 'object' }
cyclic.properties = { self: cyclic }
let deep: Record<string, unknown> = { type: 'string' }
for (let level = 0; level < 10_000; level++) deep = { type: 'object', properties: { a: deep } }

test.each([
  ['a dangling reference', { $ref: '#/$defs/gone' }, /refers to "#\/\$defs\/gone"/],
  ['a remote reference', { $ref: 'https://example.com/a.json' }, /remote references/],
  ['a circle of references', { $ref: '#' }, /circle/],
  [
    'a longer circle',
    { anyOf: [{ $ref: '#/$defs/a' }], $defs: { a: { allOf: [{ $ref: '#' }] } } },
    /circle/,
  ],
  ['an unknown type', { properties: { a: { type: 'str' } } }, /`type`.*at #\/properties\/a/],
  ['`required: true`', { properties: { a: { type: 'string', required: true } } }, /`required`/],
  ['draft 4 bounds', { minimum: 1, exclusiveMinimum: true }, /`exclusiveMinimum`/],
  ['a pattern of another language', { pattern: '(?<!a+)\\p{Foo}' }, /regular expression/],
  ['a pattern of property names', { patternProperties: { '(': {} } }, /regular expression/],
  ['a typo', { type: 'object', Properties: {} }, /use `properties`/],
  ['a schema of a library inside', { properties: { a: z.string() } }, /library/],
  ['`$recursiveRef`', { type: 'array', items: { $recursiveRef: '#' } }, /2019-09/],
  ['a schema that contains itself', cyclic, /contains itself/],
  ['a schema nested too deeply', deep, /nested more than 200 levels/],
])('checkSchema() refuses %s', (_what, schema, message) => {
  expect(() => validateJSON(schema, {})).toThrow(message)
})

test('validateJSON() looks at each value once for each schema, however many branches meet there', () => {
  let looks = 0
  const leaf = {
    get const() {
      looks++
      return 'never'
    },
  }
  const branch = (name: string) => ({
    type: 'object',
    properties: { next: { $ref: '#' }, [name]: leaf },
    required: [name],
  })
  const chain = { anyOf: [branch('a'), branch('b'), branch('c')] }
  let value: object = { a: 1 }
  for (let depth = 0; depth < 40; depth++) value = { next: value, a: 1 }
  expect(validateJSON(chain, value)).not.toEqual([])
  expect(looks).toBeLessThan(200) // 3 ** 40 without a memory
})

test('validateJSON() reports at most 20 issues', () => {
  const issues = validateJSON(
    { items: { type: 'string' } },
    Array.from({ length: 1000 }, () => 1),
  )
  expect(issues).toHaveLength(20)
})

describe('a value that is too deep to be judged is never valid', () => {
  let value: unknown = 'end'
  for (let depth = 0; depth < 1500; depth++) value = [value]
  const deep = { $defs: { list: { items: { $ref: '#/$defs/list' }, type: ['array', 'number'] } } }
  const list = { $ref: '#/$defs/list' }
  test.each<[string, object]>([
    ['not', { not: list }],
    ['if', { if: list, else: {} }],
    ['oneOf', { oneOf: [list, {}] }],
    ['anyOf', { anyOf: [list, {}] }],
    ['contains', { contains: list, minContains: 0, maxContains: 0 }],
    ['not uniqueItems', { not: { uniqueItems: true } }],
  ])('%s', (_word, schema) => {
    expect(validateJSON({ ...deep, ...schema }, [value, value])).toMatchObject([
      { message: 'is nested too deeply' },
    ])
  })
})
