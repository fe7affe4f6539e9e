import { Schema } from 'effect'
import type { Schemas } from '../library.ts'
import { LEVELS, MANY } from '../constructs.ts'

const inside = (value: Schema.Top) => Schema.Struct({ value })
const text = Schema.String
const city = Schema.Struct({ city: text })
const once = Schema.Struct({ kind: Schema.Literal('once'), date: text })
const weekly = Schema.Struct({ kind: Schema.Literal('weekly'), day: Schema.Number })
const shared = Schema.Struct({ city: text }).annotate({ identifier: 'City' })

interface TreeNode {
  readonly name: string
  readonly children: readonly TreeNode[]
}
const Tree: Schema.Codec<TreeNode> = Schema.Struct({
  name: text,
  children: Schema.Array(Schema.suspend((): Schema.Codec<TreeNode> => Tree)),
}).annotate({ identifier: 'Tree' })
let deep: Schema.Top = Schema.Struct({ x: text })
for (let level = 0; level < LEVELS; level++) deep = Schema.Struct({ inner: deep })

const bare: Record<string, Schema.Top> = {
  object: Schema.Struct({ city: text, n: Schema.Finite }),
  'optional member': Schema.Struct({ city: text, n: Schema.optionalKey(Schema.Finite) }),
  nullable: inside(Schema.NullOr(text)),
  'nullable object': inside(Schema.NullOr(Schema.Struct({ a: text }))),
  enum: inside(Schema.Literals(['red', 'green'])),
  literal: inside(Schema.Literal('fixed')),
  'literals of several types': inside(Schema.Literals([1, true])),
  union: inside(Schema.Union([text, Schema.Finite])),
  'discriminated union': inside(Schema.Union([once, weekly])),
  array: inside(Schema.Array(text)),
  'array with limits': inside(
    Schema.Array(text).check(Schema.isMinLength(2), Schema.isMaxLength(3)),
  ),
  tuple: inside(Schema.Tuple([text, Schema.Finite])),
  record: inside(Schema.Record(text, Schema.Finite)),
  recursion: Schema.Struct({ root: Tree }),
  'shared definition': Schema.Struct({ from: shared, to: shared }),
  date: inside(Schema.DateTimeUtcFromString),
  'pattern with \\d': inside(text.check(Schema.isPattern(/^\d{5}$/))),
  'pattern without anchors': inside(text.check(Schema.isPattern(/[0-9]/))),
  'pattern with look-ahead': inside(text.check(Schema.isPattern(/^(?=.*\d)\w+$/))),
  'string length': inside(text.check(Schema.isMinLength(2), Schema.isMaxLength(5))),
  'number range': inside(Schema.Finite.check(Schema.isBetween({ minimum: 1, maximum: 5 }))),
  multiple: inside(Schema.Finite.check(Schema.isMultipleOf(5))),
  integer: inside(Schema.Int),
  boolean: inside(Schema.Boolean),
  description: inside(text.annotate({ description: 'A text' })),
  brand: inside(text.pipe(Schema.brand('City'))),
  transform: inside(Schema.NumberFromString),
  anything: inside(Schema.Unknown),
  'deep nesting': deep,
  'many values': inside(Schema.Literals(MANY)),
  'root array': Schema.Array(city),
  'root string': text,
  'root union': Schema.Union([once, weekly]),
  'root record': Schema.Record(text, Schema.Finite),
  'root recursion': Tree,
  'root tuple': Schema.Tuple([text, Schema.Finite]),
  'root nullable object': Schema.NullOr(Schema.Struct({ a: text })),
  'root enum': Schema.Literals(['red', 'green']),
}

export const effect: Schemas = Object.fromEntries(
  Object.entries(bare).map(([name, schema]) => [
    name,
    Schema.toStandardJSONSchemaV1(Schema.toStandardSchemaV1(schema as Schema.Codec<unknown>)),
  ]),
) as Schemas
