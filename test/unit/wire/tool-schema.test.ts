import { expect, test } from 'vitest'
import { completeSchema, completeTool, nameFormat } from '../../../src/wire/tool-schema.ts'

const tool = (parameters: Record<string, unknown>) => ({
  type: 'function' as const,
  function: { name: 'f', parameters },
})

test('every list gets items, wherever it is', () => {
  const bare = { type: 'array' }
  const data = { enum: [bare], default: bare }
  const schema = {
    type: 'object',
    properties: { a: bare, enum: bare, b: { anyOf: [{ type: ['array', 'null'] }, data] } },
    $defs: { items: { type: 'array', items: { type: 'object', properties: { c: bare } } } },
  }
  const whole = { type: 'array', items: {} }
  expect(completeSchema(schema)).toEqual({
    type: 'object',
    properties: {
      a: whole,
      enum: whole,
      b: { anyOf: [{ type: ['array', 'null'], items: {} }, data] },
    },
    $defs: { items: { type: 'array', items: { type: 'object', properties: { c: whole } } } },
  })
  expect(schema.properties.a).toEqual({ type: 'array' })
})

test('a schema within itself, and one that writes itself, stay as they are', () => {
  const own = { type: 'array', toJSON: () => ({ type: 'string' }) }
  expect(completeSchema(own)).toBe(own)
  const endless: Record<string, unknown> = {
    type: 'object',
    properties: { list: { type: 'array' } },
  }
  endless.anyOf = [endless, { type: 'array' }]
  expect(completeSchema(endless)).toEqual({
    type: 'object',
    properties: { list: { type: 'array', items: {} } },
    anyOf: [endless, { type: 'array', items: {} }],
  })
})

test('what is whole stays the same object', () => {
  const whole = tool({ type: 'object', properties: { a: { type: 'array', items: false } } })
  expect(completeTool(whole, 'm')).toBe(whole)
  const none = { type: 'function' as const, function: { name: 'f' } }
  expect(completeTool(none, 'm')).toBe(none)
})

test('lists stay bare for Kimi, which takes no empty schema, and the root gets its type', () => {
  const properties = { a: { type: 'array' } }
  for (const model of ['kimi-k2.6', 'moonshotai/Kimi-K2-Instruct', 'moonshot-v1-8k'])
    expect(completeTool(tool({ properties }), model)).toEqual(tool({ type: 'object', properties }))
})

test('properties are those of an object', () => {
  const properties = { a: { type: 'string' } }
  expect(completeTool(tool({ properties }), 'm')).toEqual(tool({ type: 'object', properties }))
})

test('a format gets a name that servers take', () => {
  const format = (name: string) => ({
    type: 'json_schema' as const,
    json_schema: { name, schema: {} },
  })
  expect(nameFormat(format('My schema!'))).toEqual(format('My_schema_'))
  expect(nameFormat(format(''))).toEqual(format('response'))
  const good = format('good-name_1')
  expect(nameFormat(good)).toBe(good)
})
