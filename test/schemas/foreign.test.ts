import { type } from 'arktype'
import { Schema as Effect } from 'effect'
import joi from 'joi'
import { create, object, StructError, string } from 'superstruct'
import { Type } from 'typebox'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import * as yup from 'yup'
import { z } from 'zod'
import * as zm from 'zod/mini'
import { chatObject } from '../../src/objects/chat-object.ts'
import { prepareSchema } from '../../src/schema/standard-schema.ts'
import { withJSONSchema } from '../../src/schema/with-json-schema.ts'
import { askForObject, offerTool } from './matrix.ts'
import { createModel, VENDORS } from './vendors.ts'

const text = { type: 'string' }
const inside = (a: unknown) => ({ type: 'object', properties: { a } })
const struct = Effect.Struct({ a: Effect.String })

const cyclic: Record<string, unknown> = { type: 'object' }
cyclic.properties = { self: cyclic }
const nest = (levels: number, wrap: (node: object) => object) => {
  let node: object = text
  for (let level = 0; level < levels; level++) node = wrap(node)
  return node
}

describe('refused before anything is sent, as an object and as a tool', () => {
  test.each<[string, unknown, RegExp]>([
    ['a raw shape', { city: z.string() }, /bare shape: its member "city"/],
    ['a raw shape of valibot', { city: v.string() }, /bare shape/],
    ['a raw shape in a list', [{ city: z.string() }], /must be a Standard Schema/],
    ['a raw shape inside', inside({ b: z.string() }), /bare shape.*at #\/properties\/a/],
    ['a raw shape as items', { type: 'array', items: { b: v.string() } }, /bare shape.*#\/items/],
    ['a schema of a library as a property', inside(z.string()), /a library's schema/],
    ['a schema of a library as an alternative', { anyOf: [z.string()] }, /a library's schema/],
    ['a schema of a library as items', { type: 'array', items: z.string() }, /bare shape/],
    [
      'a class instance',
      new (class City {
        type = 'object'
      })(),
      /an instance of City/,
    ],
    ['a date', new Date(), /an instance of Date/],
    ['a struct of superstruct', object({ a: string() }), /an instance of Struct.*withJSONSchema/],
    ['a yup schema', yup.object({ a: yup.string() }), /convertSchema/],
    ['a zod/mini schema', zm.object({ a: zm.string() }), /z\.toJSONSchema/],
    ['a bare effect schema', struct, /toStandardJSONSchemaV1/],
    [
      'an effect schema without its JSON Schema',
      Effect.toStandardSchemaV1(struct),
      /toStandardJSON/,
    ],
    ['an effect schema that only converts', Effect.toStandardJSONSchemaV1(struct), /no `validate`/],
    ['a joi schema that links to its root', joi.object({ a: joi.link('#T') }).id('T'), /\$defs\/T/],
    ['a Date of arktype', type({ a: 'Date' }), /express its (date|Date)/],
    ['a Date of arktype in a list', type({ a: 'Date[]' }), /express its (date|Date)/],
    ['a bigint of arktype', type({ 'a?': { b: 'bigint' } }), /express its bigint/],
    ['a Map of arktype', type({ a: 'Map' }), /express its Map/],
    ['a Date of zod', z.object({ a: z.coerce.date() }), /Date cannot be represented/],
    ['a File of zod', z.object({ a: z.array(z.file()).optional() }), /express its File/],
    ['an undefined of TypeBox', Type.Object({ a: Type.Undefined() }), /#\/properties\/a/],
    ['nothing', undefined, /must be a Standard Schema/],
    ['a text', '{"type":"object"}', /must be a Standard Schema/],
    ['an empty object', {}, /no keyword of JSON Schema/],
    ['a tool', { name: 'x', parameters: inside(text) }, /no keyword of JSON Schema/],
    ['a response format', { type: 'json_schema', json_schema: {} }, /`type` that must be/],
    ['a misspelled properties', { type: 'object', propertys: {} }, /use `properties`/],
    ['a misspelled property', { type: 'object', property: {} }, /use `properties`/],
    ['a misspelled type', inside({ typ: 'string' }), /use `type`/],
    ['a misspelled minLength', inside({ ...text, minLenght: 3 }), /use `minLength`/],
    ['a misspelled required', { ...inside(text), requierd: ['a'] }, /use `required`/],
    ['a misspelled pattern', inside({ ...text, Pattern: 'x' }), /use `pattern`/],
    ['a snake case keyword', inside({ ...text, max_length: 3 }), /use `maxLength`/],
    ['an unknown type', inside({ type: 'str' }), /`type` that must be/],
    ['a type as a schema', inside('string'), /must be a schema/],
    ['a required that is no list', { ...inside(text), required: 'a' }, /list of names/],
    ['a pattern that cannot be read', inside({ ...text, pattern: '(' }), /regular expression/],
    ['a reference to another file', inside({ $ref: 'https://x.test/y' }), /remote references/],
    ['a dangling reference', inside({ $ref: '#/$defs/b' }), /does not define/],
    ['a circle of references', { $ref: '#/$defs/a', $defs: { a: { $ref: '#' } } }, /in a circle/],
    ['a schema that contains itself', cyclic, /contains itself/],
    ['10,000 levels', nest(10_000, (a) => inside(a)), /200 levels/],
    ['10,000 alternatives in each other', nest(10_000, (a) => ({ anyOf: [a] })), /200 levels/],
    ['a Standard Schema that is null', { '~standard': null }, /no keyword of JSON Schema/],
  ])('%s', async (_what, schema, words) => {
    for (const cell of [
      await askForObject('openai', schema as never),
      await offerTool('openai', schema as never),
    ]) {
      if (schema === undefined && cell.outcome === 'sent') continue // a tool without parameters
      expect(cell).toEqual({ outcome: 'refused', notes: [expect.stringMatching(words)] })
    }
  })
})

test.each(Object.keys(VENDORS))('a chain of 10,000 references: %s', async (vendor) => {
  const $defs: Record<string, object> = { d10000: text }
  for (let at = 0; at < 10_000; at++) $defs[`d${at}`] = inside({ $ref: `#/$defs/d${at + 1}` })
  const { llm, requests } = createModel(vendor)
  const schema = { ...inside({ $ref: '#/$defs/d0' }), $defs }
  // The error of the model, which only notes what it gets: it was sent.
  await expect(chatObject(llm, { prompt: 'p', schema })).rejects.toThrow(/^seen/)
  expect(requests).toHaveLength(1)
})

test('keywords that only look like typos pass', async () => {
  const schema = inside({ ...text, example: 'x', 'x-order': 1, units: 'm', note: 'n', id: 5 })
  expect((await prepareSchema(schema)).json).toEqual(schema)
})

test('withJSONSchema() takes a function that validates, with the path of its error', async () => {
  const City = object({ city: string() })
  const schema = withJSONSchema((value) => create(value, City), {
    type: 'object',
    properties: { city: text },
    required: ['city'],
  })
  const { validate, json } = await prepareSchema(schema)
  expect(json).toMatchObject({ properties: { city: text } })
  expect(await validate({ city: 'Oslo' })).toEqual({ value: { city: 'Oslo' } })
  const { issues } = (await validate({ city: 5 })) as { issues: object[] }
  expect(issues).toEqual([{ message: expect.stringContaining('string'), path: ['city'] }])
  expect(StructError).toBeDefined()
  expect(() => withJSONSchema(5 as never, {})).toThrow('needs a Standard Schema or a function')
})
