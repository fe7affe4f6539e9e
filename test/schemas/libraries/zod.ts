import { z } from 'zod'
import type { Schemas } from '../library.ts'
import { LEVELS, MANY } from '../constructs.ts'

const inside = (value: z.ZodType) => z.object({ value })
const city = z.object({ city: z.string() })
const once = z.object({ kind: z.literal('once'), date: z.string() })
const weekly = z.object({ kind: z.literal('weekly'), day: z.number() })
const shared = z.object({ city: z.string() }).meta({ id: 'City' })
const Tree = z.object({
  name: z.string(),
  get children() {
    return z.array(Tree)
  },
})
const Chain = z.object({
  name: z.string(),
  get next() {
    return Chain.optional()
  },
})
let deep = z.object({ x: z.string() }) as z.ZodObject
for (let level = 0; level < LEVELS; level++) deep = z.object({ inner: deep })

export const zod: Schemas = {
  object: z.object({ city: z.string(), n: z.number() }),
  'optional member': z.object({ city: z.string(), n: z.number().optional() }),
  'closed object': z.strictObject({ city: z.string() }),
  'open object': z.looseObject({ city: z.string() }),
  nullable: inside(z.string().nullable()),
  'nullable object': inside(z.object({ a: z.string() }).nullable()),
  enum: inside(z.enum(['red', 'green'])),
  literal: inside(z.literal('fixed')),
  'literals of several types': inside(z.literal([1, true])),
  union: inside(z.union([z.string(), z.number()])),
  'discriminated union': inside(z.discriminatedUnion('kind', [once, weekly])),
  oneOf: inside(z.xor([z.string(), z.number()])),
  intersection: inside(z.intersection(z.object({ a: z.string() }), z.object({ b: z.number() }))),
  array: inside(z.array(z.string())),
  'array with limits': inside(z.array(z.string()).min(2).max(3)),
  tuple: inside(z.tuple([z.string(), z.number()])),
  record: inside(z.record(z.string(), z.number())),
  recursion: z.object({ root: Tree }),
  'optional recursion': Chain,
  'shared definition': z.object({ from: shared, to: shared }),
  'description beside a reference': z.object({ from: shared, to: shared.describe('The goal') }),
  date: inside(z.iso.datetime().transform((text) => new Date(text))),
  'native date': inside(z.date()),
  bigint: inside(z.bigint()),
  'pattern with \\d': inside(z.string().regex(/^\d{5}$/)),
  'pattern without anchors': inside(z.string().regex(/[0-9]/)),
  'pattern with look-ahead': inside(z.string().regex(/^(?=.*\d)\w+$/)),
  'string length': inside(z.string().min(2).max(5)),
  format: inside(z.email()),
  'number range': inside(z.number().min(1).max(5)),
  'exclusive range': inside(z.number().gt(0).lt(5)),
  multiple: inside(z.number().multipleOf(5)),
  integer: inside(z.int()),
  boolean: inside(z.boolean()),
  default: z.object({ value: z.string().default('x') }),
  description: inside(z.string().describe('A text')),
  brand: inside(z.string().brand('City')),
  check: inside(z.string().refine((text) => text === 'ok')),
  transform: inside(z.string().transform((text) => text.length)),
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
  'root nullable object': z.object({ a: z.string() }).nullable(),
  'root enum': z.enum(['red', 'green']),
}
