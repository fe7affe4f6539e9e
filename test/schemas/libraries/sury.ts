import * as S from 'sury'
import type { Schemas } from '../library.ts'
import { LEVELS, MANY } from '../constructs.ts'

// Its JSON Schemas are switched on by this call.
S.enableStandardJSONSchema()

const inside = (value: unknown) => S.schema({ value } as never)
const once = S.schema({ kind: 'once' as const, date: S.string })
const weekly = S.schema({ kind: 'weekly' as const, day: S.number })
interface TreeNode {
  name: string
  children: TreeNode[]
}
const Tree = S.recursive<TreeNode>('Tree', (tree) =>
  S.schema({ name: S.string, children: S.array(tree) }),
)
let deep: unknown = S.schema({ x: S.string })
for (let level = 0; level < LEVELS; level++) deep = S.schema({ inner: deep } as never)

export const sury = {
  object: S.schema({ city: S.string, n: S.number }),
  'optional member': S.schema({ city: S.string, n: S.optional(S.number) }),
  'closed object': S.schema({ city: S.string }).with(S.strict),
  nullable: inside(S.nullable(S.string)),
  'nullable object': inside(S.nullable(S.schema({ a: S.string }))),
  enum: inside(S.union(['red', 'green'])),
  literal: inside('fixed'),
  'literals of several types': inside(S.union([1, true])),
  union: inside(S.union([S.string, S.number])),
  'discriminated union': inside(S.union([once, weekly])),
  intersection: inside(S.merge(S.schema({ a: S.string }), S.schema({ b: S.number }))),
  array: inside(S.array(S.string)),
  'array with limits': inside(S.array(S.string).with(S.minLength, 2).with(S.maxLength, 3)),
  tuple: inside(S.schema([S.string, S.number])),
  record: inside(S.record(S.number)),
  recursion: inside(Tree) && S.schema({ root: Tree }),
  date: inside(S.string.with(S.to, S.date)),
  'native date': inside(S.date),
  bigint: inside(S.bigint),
  'pattern with \\d': inside(S.string.with(S.pattern, /^\d{5}$/)),
  'pattern without anchors': inside(S.string.with(S.pattern, /[0-9]/)),
  'pattern with look-ahead': inside(S.string.with(S.pattern, /^(?=.*\d)\w+$/)),
  'string length': inside(S.string.with(S.minLength, 2).with(S.maxLength, 5)),
  format: inside(S.email),
  'number range': inside(S.number.with(S.gte, 1).with(S.lte, 5)),
  'exclusive range': inside(S.number.with(S.gt, 0).with(S.lt, 5)),
  multiple: inside(S.number.with(S.multipleOf, 5)),
  integer: inside(S.integer),
  boolean: inside(S.boolean),
  default: S.schema({ value: S.optional(S.string, 'x') }),
  description: inside(S.string.with(S.meta, { description: 'A text' })),
  brand: inside(S.string.with(S.brand, 'City')),
  check: inside(S.string.with(S.refine, (text: string) => text === 'ok')),
  anything: inside(S.unknown),
  'empty object': S.schema({}),
  'deep nesting': deep,
  'many values': inside(S.union(MANY as never)),
  'root array': S.array(S.schema({ city: S.string })),
  'root string': S.string,
  'root union': S.union([once, weekly]),
  'root record': S.record(S.number),
  'root recursion': Tree,
  'root tuple': S.schema([S.string, S.number]),
  'root nullable object': S.nullable(S.schema({ a: S.string })),
  'root enum': S.union(['red', 'green']),
} as unknown as Schemas
