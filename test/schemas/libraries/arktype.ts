import { scope, type } from 'arktype'
import type { Schemas } from '../library.ts'
import { LEVELS, MANY } from '../constructs.ts'

const recursive = type.module({
  tree: { name: 'string', children: 'tree[]' },
  chain: { name: 'string', 'next?': 'chain' },
  root: { root: 'tree' },
})
const shared = scope({ city: { city: 'string' }, way: { from: 'city', to: 'city' } }).export()
const once = type({ kind: "'once'", date: 'string' })
const weekly = type({ kind: "'weekly'", day: 'number' })
let deep: unknown = { x: 'string' }
for (let level = 0; level < LEVELS; level++) deep = { inner: deep }

export const arktype: Schemas = {
  object: type({ city: 'string', n: 'number' }),
  'optional member': type({ city: 'string', 'n?': 'number' }),
  'closed object': type({ '+': 'reject', city: 'string' }),
  nullable: type({ value: 'string | null' }),
  'nullable object': type({ value: type({ a: 'string' }).or('null') }),
  enum: type({ value: "'red' | 'green'" }),
  literal: type({ value: "'fixed'" }),
  'literals of several types': type({ value: '1 | true' }),
  union: type({ value: 'string | number' }),
  'discriminated union': type({ value: once.or(weekly) }),
  intersection: type({ value: type({ a: 'string' }).and({ b: 'number' }) }),
  array: type({ value: 'string[]' }),
  'array with limits': type({ value: '2 <= string[] <= 3' }),
  tuple: type({ value: ['string', 'number'] }),
  record: type({ value: { '[string]': 'number' } }),
  recursion: recursive.root,
  'optional recursion': recursive.chain,
  'shared definition': shared.way,
  date: type({ value: 'string.date.iso.parse' }),
  'native date': type({ value: 'Date' }),
  bigint: type({ value: 'bigint' }),
  'pattern with \\d': type({ value: /^\d{5}$/ }),
  'pattern without anchors': type({ value: /[0-9]/ }),
  'pattern with look-ahead': type({ value: /^(?=.*\d)\w+$/ }),
  'string length': type({ value: '2 <= string <= 5' }),
  format: type({ value: 'string.email' }),
  'number range': type({ value: '1 <= number <= 5' }),
  'exclusive range': type({ value: '0 < number < 5' }),
  multiple: type({ value: 'number % 5' }),
  integer: type({ value: 'number.integer' }),
  boolean: type({ value: 'boolean' }),
  default: type({ value: "string = 'x'" }),
  description: type({ value: type('string').describe('a text') }),
  brand: type({ value: 'string#City' }),
  check: type({ value: type('string').narrow((text) => text === 'ok') }),
  transform: type({ value: type('string').pipe((text) => text.length) }),
  anything: type({ value: 'unknown' }),
  'empty object': type({}),
  'deep nesting': type(deep as object) as never,
  'many values': type({ value: type.enumerated(...MANY) }),
  'root array': type({ city: 'string' }).array(),
  'root string': type('string'),
  'root union': once.or(weekly),
  'root record': type({ '[string]': 'number' }),
  'root recursion': recursive.tree,
  'root tuple': type(['string', 'number']),
  'root nullable object': type({ a: 'string' }).or('null'),
  'root enum': type("'red' | 'green'"),
}
