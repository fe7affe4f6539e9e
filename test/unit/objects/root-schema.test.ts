import { expect, test } from 'vitest'
import { isStrict, toRootSchema, unwrap } from '../../../src/objects/root-schema.ts'

const closed = (properties: object, more = {}) => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
  ...more,
})
const text = { type: 'string' }

test.each([
  ['a closed object', closed({ a: text })],
  ['one in another', closed({ a: closed({ b: { type: ['number', 'null'] } }) })],
  ['lists', closed({ a: { type: 'array', items: closed({ b: text }) } })],
  ['choices', closed({ a: { anyOf: [text, closed({})] }, b: { enum: ['x'] }, c: { const: 1 } })],
  ['references', closed({ a: { $ref: '#/$defs/a' } }, { $defs: { a: closed({ b: text }) } })],
  ['words about it', closed({ a: { ...text, title: 'A', description: 'An a' } }, { title: 'T' })],
])('isStrict() accepts %s', (_what, schema) => {
  expect(isStrict(schema)).toBe(true)
})

test.each([
  ['an open object', { type: 'object', properties: { a: text }, required: ['a'] }],
  ['an open object further in', closed({ a: { type: 'array', items: { type: 'object' } } })],
  ['an open object behind a reference', closed({}, { $defs: { a: { type: 'object' } } })],
  ['an open object or nothing', closed({ a: { type: ['object', 'null'] } })],
  ['a record', closed({ a: { type: 'object', additionalProperties: text } })],
  ['an optional member', closed({ a: text }, { required: [] })],
  ['members without a type', closed({ a: { properties: { b: text }, required: ['b'] } })],
  ['words that not every server knows', closed({ a: { ...text, minLength: 1 } })],
  ['a combination', closed({ a: { allOf: [text] } })],
  ['a tuple', closed({ a: { type: 'array', items: [text] } })],
  ['a schema that is true', closed({ a: true })],
])('isStrict() leaves %s alone', (_what, schema) => {
  expect(isStrict(schema)).toBe(false)
})

test('toRootSchema() leaves an object as it is, and wraps everything else', () => {
  const object = closed({ a: text })
  expect(toRootSchema(object)).toEqual({ json: object, isWrapped: false })
  for (const schema of [text, { anyOf: [object] }, { $ref: '#/$defs/a' }, {}]) {
    const root = toRootSchema(schema)
    expect(root.isWrapped).toBe(true)
    expect(root.json).toMatchObject({ type: 'object', required: ['value'] })
  }
  expect(isStrict(toRootSchema(text).json)).toBe(true)
})

test('toRootSchema() lets references lead where they led, and changes nothing', () => {
  const schema = {
    anyOf: [{ $ref: '#' }, { $ref: '#/$defs/a' }, { const: '"$ref":"#' }],
    $defs: {},
  }
  const before = structuredClone(schema)
  const { json } = toRootSchema(schema) as any
  expect(json.properties.value.anyOf).toEqual([
    { $ref: '#/properties/value' },
    { $ref: '#/properties/value/$defs/a' },
    { const: '"$ref":"#' },
  ])
  expect(schema).toEqual(before)
})

test('unwrap() takes what is wrapped, and what should have been', () => {
  const wrapped = toRootSchema(text)
  expect(unwrap({ value: 'x' }, wrapped)).toBe('x')
  expect(unwrap(['x'], wrapped)).toEqual(['x'])
  expect(unwrap({ a: 1 }, wrapped)).toEqual({ a: 1 })
  expect(unwrap({ value: 'x' }, toRootSchema(closed({ value: text })))).toEqual({ value: 'x' })
})
