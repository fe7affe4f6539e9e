import { withJSONSchema } from '../../../src/schema/with-json-schema.ts'
import * as z from 'zod/mini'
import type { Schemas } from '../library.ts'
import { LEVELS, MANY } from '../constructs.ts'

const inside = (value: z.ZodMiniType) => z.object({ value })
const city = z.object({ city: z.string() })
const once = z.object({ kind: z.literal('once'), date: z.string() })
const weekly = z.object({ kind: z.literal('weekly'), day: z.number() })
const Tree = z.object({
  name: z.string(),
  get children() {
    return z.array(Tree)
  },
})
const Chain = z.object({
  name: z.string(),
  get next() {
    return z.optional(Chain)
  },
})
let deep = z.object({ x: z.string() }) as z.ZodMiniObject
for (let level = 0; level < LEVELS; level++) deep = z.object({ inner: deep })

const bare: Record<string, z.ZodMiniType> = {
  object: z.object({ city: z.string(), n: z.number() }),
  'optional member': z.object({ city: z.string(), n: z.optional(z.number()) }),
  'closed object': z.strictObject({ city: z.string() }),
  'open object': z.looseObject({ city: z.string() }),
  nullable: inside(z.nullable(z.string())),
  'nullable object': inside(z.nullable(z.object({ a: z.string() }))),
  enum: inside(z.enum(['red', 'green'])),
  literal: inside(z.literal('fixed')),
  'literals of several types': inside(z.literal([1, true])),
  union: inside(z.union([z.string(), z.number()])),
  'discriminated union': inside(z.discriminatedUnion('kind', [once, weekly])),
  intersection: inside(z.intersection(z.object({ a: z.string() }), z.object({ b: z.number() }))),
  array: inside(z.array(z.string())),
  'array with limits': inside(z.array(z.string()).check(z.minLength(2), z.maxLength(3))),
  tuple: inside(z.tuple([z.string(), z.number()])),
  record: inside(z.record(z.string(), z.number())),
  recursion: z.object({ root: Tree }),
  'optional recursion': Chain,
  'pattern with \\d': inside(z.string().check(z.regex(/^\d{5}$/))),
  'pattern without anchors': inside(z.string().check(z.regex(/[0-9]/))),
  'pattern with look-ahead': inside(z.string().check(z.regex(/^(?=.*\d)\w+$/))),
  'string length': inside(z.string().check(z.minLength(2), z.maxLength(5))),
  format: inside(z.email()),
  'number range': inside(z.number().check(z.minimum(1), z.maximum(5))),
  'exclusive range': inside(z.number().check(z.gt(0), z.lt(5))),
  multiple: inside(z.number().check(z.multipleOf(5))),
  integer: inside(z.int()),
  boolean: inside(z.boolean()),
  default: z.object({ value: z._default(z.string(), 'x') }),
  check: inside(z.string().check(z.refine((text) => text === 'ok'))),
  transform: inside(
    z.pipe(
      z.string(),
      z.transform((text: string) => text.length),
    ),
  ),
  anything: inside(z.unknown()),
  'empty object': z.object({}),
  'deep nesting': deep,
  'many values': inside(z.enum(MANY)),
  'root array': z.array(city),
  'root string': z.string(),
  'root union': z.discriminatedUnion('kind', [once, weekly]),
  'root record': z.record(z.string(), z.number()),
  'root recursion': Tree,
  'root tuple': z.tuple([z.string(), z.number()]),
  'root nullable object': z.nullable(z.object({ a: z.string() })),
  'root enum': z.enum(['red', 'green']),
}

/** With the JSON Schema that zod makes of them. */
export const zodMini: Schemas = Object.fromEntries(
  Object.entries(bare).map(([name, schema]) => [
    name,
    withJSONSchema(schema, z.toJSONSchema(schema, { io: 'input' })),
  ]),
)
