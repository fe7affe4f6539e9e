import { describe, expect, test } from 'vitest'
import { normalizeSchema, splitTypes } from '../../../src/schema/normalize-schema.ts'

const text = { type: 'string' }
const whole = { type: 'integer' }
const object = (properties: object, more?: object) => ({ type: 'object', properties, ...more })

describe('`allOf` becomes one schema', () => {
  test.each<[string, object, object, object]>([
    ['the higher minimum', { minimum: 1 }, { minimum: 2 }, { minimum: 2 }],
    ['the lower maximum', { maximum: 9 }, { maximum: 5 }, { maximum: 5 }],
    ['a multiple of both', { multipleOf: 4 }, { multipleOf: 6 }, { multipleOf: 12 }],
    ['unique items', { uniqueItems: false }, { uniqueItems: true }, { uniqueItems: true }],
    ['the shared type', { type: ['string', 'null'] }, text, text],
    ['whole numbers', { type: 'number' }, whole, whole],
    ['whole numbers first', whole, { type: 'number' }, whole],
    [
      'several shared types',
      { type: ['string', 'null', 'boolean'] },
      { type: ['null', 'string'] },
      { type: ['string', 'null'] },
    ],
    ['the shared values', { enum: ['a', 'b'] }, { enum: ['b', 'c'] }, { enum: ['b'] }],
    ['all names required', { required: ['a'] }, { required: ['b'] }, { required: ['a', 'b'] }],
    [
      'the properties of both',
      object({ a: text, b: text }),
      object({ a: text, b: { minLength: 1 } }),
      object({ a: text, b: { allOf: [text, { minLength: 1 }] } }),
    ],
    [
      'items',
      { items: text },
      { items: { minLength: 1 } },
      { items: { allOf: [text, { minLength: 1 }] } },
    ],
    [
      'closed objects of the same names',
      object({ a: text }, { additionalProperties: false }),
      object({ a: text }, { additionalProperties: true }),
      object({ a: text }, { additionalProperties: false }),
    ],
    [
      'records',
      { additionalProperties: text },
      { additionalProperties: {} },
      { additionalProperties: text },
    ],
    ['annotations', { minimum: 1, title: 'one' }, { title: 'other' }, { minimum: 1, title: 'one' }],
  ])('%s', (_what, one, other, merged) => {
    expect(normalizeSchema({ allOf: [one, other] })).toMatchObject(merged)
    expect(normalizeSchema({ ...one, allOf: [other, true] })).toMatchObject(merged)
    expect(normalizeSchema({ ...one, allOf: [other, true] })).not.toHaveProperty('allOf')
  })

  test.each<[string, object, object]>([
    ['other constants', { const: 1 }, { const: 2 }],
    ['no shared type', { type: 'string' }, { type: 'number' }],
    ['no shared value', { enum: ['a'] }, { enum: ['b'] }],
    ['fractions', { multipleOf: 0.1 }, { multipleOf: 0.25 }],
    ['two patterns', { pattern: 'a' }, { pattern: 'b' }],
    [
      'closed objects of other names',
      object({ a: text }, { additionalProperties: false }),
      object({ b: text }),
    ],
    ['a reference', { minLength: 1 }, { $ref: '#/$defs/a' }],
    ['a union', { minLength: 1 }, { anyOf: [text, whole] }],
  ])('but keeps %s', (_what, one, other) => {
    expect(normalizeSchema({ ...one, allOf: [other] })).toMatchObject({ ...one, allOf: [other] })
  })

  test('keeps what no value matches', () => {
    expect(normalizeSchema({ allOf: [false] })).toEqual({ allOf: [false] })
  })
})

test('keywords beside a union go into each alternative, unless one cannot take them', () => {
  expect(normalizeSchema({ minLength: 1, title: 't', anyOf: [text, true] })).toEqual({
    title: 't',
    anyOf: [{ minLength: 1, type: 'string' }, { minLength: 1 }],
  })
  const kept = { minLength: 1, anyOf: [{ $ref: '#/$defs/a' }] }
  expect(normalizeSchema(kept)).toEqual(kept)
})

test.each<[string, object, object]>([
  ['`nullable: false`', { nullable: false, ...text }, text],
  ['a list of one type', { type: ['string'] }, text],
  ['the type of values', { enum: ['a', null] }, { type: ['string', 'null'], enum: ['a', null] }],
  ['the type of a list', { const: [1] }, { type: 'array', const: [1] }],
  ['no type for two', { minLength: 1, minimum: 1 }, { minLength: 1, minimum: 1 }],
  [
    'unevaluated properties',
    object({}, { unevaluatedProperties: false }),
    object({}, { additionalProperties: false }),
  ],
  [
    'unevaluated properties of a union',
    { $ref: '#', unevaluatedProperties: false },
    { $ref: '#', unevaluatedProperties: false },
  ],
  [
    'unevaluated items',
    { type: 'array', items: text, unevaluatedItems: false },
    { type: 'array', items: text, unevaluatedItems: false },
  ],
  [
    'patterns of some names',
    { type: 'object', patternProperties: { '^a': text } },
    { type: 'object', patternProperties: { '^a': text } },
  ],
])('%s', (_what, schema, normal) => {
  expect(normalizeSchema(schema as never)).toEqual(normal)
})

test('splitTypes() leaves out types that no value has', () => {
  const split = (schema: object) => splitTypes(schema as never)
  expect(split({ type: ['integer', 'string'], const: 1 })).toEqual({
    anyOf: [{ type: 'integer', const: 1 }],
  })
  expect(split({ type: ['string', 'array'], enum: [null] })).toEqual({
    anyOf: [
      { type: 'string', enum: [] },
      { type: 'array', enum: [] },
    ],
  })
})
