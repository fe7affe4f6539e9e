import type { Schemas } from '../library.ts'
import { LEVELS, MANY } from '../constructs.ts'

type Node = Record<string, unknown>

const text = { type: 'string' }
const number = { type: 'number' }
const object = (properties: Node, more: Node = {}): Node => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  ...more,
})
const inside = (value: Node): Node => object({ value })
const once = object({ kind: { const: 'once' }, date: text })
const weekly = object({ kind: { const: 'weekly' }, day: number })
const Tree = object({ name: text, children: { type: 'array', items: { $ref: '#/$defs/Tree' } } })
const City = object({ city: text })
let deep = object({ x: text })
for (let level = 0; level < LEVELS; level++) deep = object({ inner: deep })

export const jsonSchema: Schemas = {
  object: object({ city: text, n: number }),
  'optional member': object({ city: text, n: number }, { required: ['city'] }),
  'closed object': object({ city: text }, { additionalProperties: false }),
  'open object': object({ city: text }, { additionalProperties: true }),
  nullable: inside({ type: ['string', 'null'] }),
  'nullable object': inside({ ...object({ a: text }), type: ['object', 'null'] }),
  enum: inside({ enum: ['red', 'green'] }),
  literal: inside({ const: 'fixed' }),
  'literals of several types': inside({ enum: [1, true] }),
  union: inside({ anyOf: [text, number] }),
  'discriminated union': inside({ oneOf: [once, weekly] }),
  oneOf: inside({ oneOf: [text, number] }),
  intersection: inside({ allOf: [object({ a: text }), object({ b: number })] }),
  array: inside({ type: 'array', items: text }),
  'array with limits': inside({ type: 'array', items: text, minItems: 2, maxItems: 3 }),
  tuple: inside({ type: 'array', prefixItems: [text, number], items: false, minItems: 2 }),
  record: inside({ type: 'object', additionalProperties: number }),
  recursion: object({ root: { $ref: '#/$defs/Tree' } }, { $defs: { Tree } }),
  'optional recursion': {
    type: 'object',
    properties: { name: text, next: { $ref: '#' } },
    required: ['name'],
  },
  'shared definition': object(
    { from: { $ref: '#/definitions/City' }, to: { $ref: '#/definitions/City' } },
    { definitions: { City } },
  ),
  'description beside a reference': object(
    { from: { $ref: '#/$defs/City' }, to: { $ref: '#/$defs/City', description: 'The goal' } },
    { $defs: { City } },
  ),
  'pattern with \\d': inside({ ...text, pattern: '^\\d{5}$' }),
  'pattern without anchors': inside({ ...text, pattern: '[0-9]' }),
  'pattern with look-ahead': inside({ ...text, pattern: '^(?=.*\\d)\\w+$' }),
  'string length': inside({ ...text, minLength: 2, maxLength: 5 }),
  format: inside({ ...text, format: 'email' }),
  'number range': inside({ ...number, minimum: 1, maximum: 5 }),
  'exclusive range': inside({ ...number, exclusiveMinimum: 0, exclusiveMaximum: 5 }),
  multiple: inside({ ...number, multipleOf: 5 }),
  integer: inside({ type: 'integer' }),
  boolean: inside({ type: 'boolean' }),
  default: object({ value: { ...text, default: 'x' } }, { required: [] }),
  description: inside({ ...text, description: 'A text' }),
  anything: inside({}),
  'empty object': object({}),
  'deep nesting': deep,
  'many values': inside({ enum: MANY }),
  'root array': { type: 'array', items: City },
  'root string': text,
  'root union': { oneOf: [once, weekly] },
  'root record': { type: 'object', additionalProperties: number },
  'root recursion': { $ref: '#/$defs/Tree', $defs: { Tree } },
  'root tuple': { type: 'array', prefixItems: [text, number], items: false, minItems: 2 },
  'root nullable object': { anyOf: [object({ a: text }), { type: 'null' }] },
  'root enum': { enum: ['red', 'green'] },
}
