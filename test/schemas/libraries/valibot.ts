import * as v from 'valibot'
import type { Schemas } from '../library.ts'
import { LEVELS, MANY } from '../constructs.ts'

const inside = (value: v.GenericSchema<any, any>) => v.object({ value })
const text = v.string()
const city = v.object({ city: text })
const once = v.object({ kind: v.literal('once'), date: text })
const weekly = v.object({ kind: v.literal('weekly'), day: v.number() })

interface TreeNode {
  name: string
  children: TreeNode[]
}
const Tree: v.GenericSchema<TreeNode> = v.object({
  name: text,
  children: v.array(v.lazy(() => Tree)),
})
interface ChainNode {
  name: string
  next?: ChainNode | undefined
}
const Chain: v.GenericSchema<ChainNode> = v.object({
  name: text,
  next: v.optional(v.lazy(() => Chain)),
})
let deep: v.GenericSchema = v.object({ x: text })
for (let level = 0; level < LEVELS; level++) deep = v.object({ inner: deep })

export const valibot: Schemas = {
  object: v.object({ city: text, n: v.number() }),
  'optional member': v.object({ city: text, n: v.optional(v.number()) }),
  'closed object': v.strictObject({ city: text }),
  'open object': v.looseObject({ city: text }),
  nullable: inside(v.nullable(text)),
  'nullable object': inside(v.nullable(v.object({ a: text }))),
  enum: inside(v.picklist(['red', 'green'])),
  literal: inside(v.literal('fixed')),
  'literals of several types': inside(v.union([v.literal(1), v.literal(true)])),
  union: inside(v.union([text, v.number()])),
  'discriminated union': inside(v.variant('kind', [once, weekly])),
  intersection: inside(v.intersect([v.object({ a: text }), v.object({ b: v.number() })])),
  array: inside(v.array(text)),
  'array with limits': inside(v.pipe(v.array(text), v.minLength(2), v.maxLength(3))),
  tuple: inside(v.tuple([text, v.number()])),
  record: inside(v.record(text, v.number())),
  recursion: v.object({ root: Tree }),
  'optional recursion': Chain,
  date: inside(
    v.pipe(
      text,
      v.isoTimestamp(),
      v.transform((value) => new Date(value)),
    ),
  ),
  'native date': inside(v.date()),
  bigint: inside(v.bigint()),
  'pattern with \\d': inside(v.pipe(text, v.regex(/^\d{5}$/))),
  'pattern without anchors': inside(v.pipe(text, v.regex(/[0-9]/))),
  'pattern with look-ahead': inside(v.pipe(text, v.regex(/^(?=.*\d)\w+$/))),
  'string length': inside(v.pipe(text, v.minLength(2), v.maxLength(5))),
  format: inside(v.pipe(text, v.email())),
  'number range': inside(v.pipe(v.number(), v.minValue(1), v.maxValue(5))),
  'exclusive range': inside(v.pipe(v.number(), v.gtValue(0), v.ltValue(5))),
  multiple: inside(v.pipe(v.number(), v.multipleOf(5))),
  integer: inside(v.pipe(v.number(), v.integer())),
  boolean: inside(v.boolean()),
  default: v.object({ value: v.optional(text, 'x') }),
  description: inside(v.pipe(text, v.description('A text'))),
  brand: inside(v.pipe(text, v.brand('City'))),
  check: inside(
    v.pipe(
      text,
      v.check((value) => value === 'ok'),
    ),
  ),
  transform: inside(
    v.pipe(
      text,
      v.transform((value) => value.length),
    ),
  ),
  anything: inside(v.unknown()),
  'empty object': v.object({}),
  'deep nesting': deep,
  'many values': inside(v.picklist(MANY)),
  'root array': v.array(city),
  'root string': text,
  'root union': v.variant('kind', [once, weekly]),
  'root record': v.record(text, v.number()),
  'root recursion': Tree,
  'root tuple': v.tuple([text, v.number()]),
  'root nullable object': v.nullable(v.object({ a: text })),
  'root enum': v.picklist(['red', 'green']),
}
