import { Type as Type034 } from '@sinclair/typebox'
import * as Typebox from 'typebox'
import type { Schema } from '../../../src/schema/types.ts'
import type { Schemas } from '../library.ts'
import { LEVELS, MANY } from '../constructs.ts'

/** The two are spelled alike. */
function write(Type: any): Record<string, Schema> {
  const inside = (value: unknown) => Type.Object({ value })
  const text = Type.String()
  const literals = (values: string[]) => Type.Union(values.map((value) => Type.Literal(value)))
  const once = Type.Object({ kind: Type.Literal('once'), date: text })
  const weekly = Type.Object({ kind: Type.Literal('weekly'), day: Type.Number() })
  const named = Type.Object({ city: text }, { $id: 'City' })
  let deep = Type.Object({ x: text })
  for (let level = 0; level < LEVELS; level++) deep = Type.Object({ inner: deep })
  return {
    object: Type.Object({ city: text, n: Type.Number() }),
    'optional member': Type.Object({ city: text, n: Type.Optional(Type.Number()) }),
    'closed object': Type.Object({ city: text }, { additionalProperties: false }),
    'open object': Type.Object({ city: text }, { additionalProperties: true }),
    nullable: inside(Type.Union([text, Type.Null()])),
    'nullable object': inside(Type.Union([Type.Object({ a: text }), Type.Null()])),
    enum: inside(literals(['red', 'green'])),
    literal: inside(Type.Literal('fixed')),
    'literals of several types': inside(Type.Union([Type.Literal(1), Type.Literal(true)])),
    union: inside(Type.Union([text, Type.Number()])),
    'discriminated union': inside(Type.Union([once, weekly])),
    oneOf: inside(Type.Unsafe({ oneOf: [{ type: 'string' }, { type: 'number' }] })),
    intersection: inside(
      Type.Intersect([Type.Object({ a: text }), Type.Object({ b: Type.Number() })]),
    ),
    array: inside(Type.Array(text)),
    'array with limits': inside(Type.Array(text, { minItems: 2, maxItems: 3 })),
    tuple: inside(Type.Tuple([text, Type.Number()])),
    record: inside(Type.Record(text, Type.Number())),
    'shared definition': Type.Object({ from: named, to: Type.Unsafe({ $ref: 'City' }) }),
    'description beside a reference': Type.Object({
      from: named,
      to: Type.Unsafe({ $ref: 'City', description: 'The goal' }),
    }),
    'pattern with \\d': inside(Type.String({ pattern: '^\\d{5}$' })),
    'pattern without anchors': inside(Type.String({ pattern: '[0-9]' })),
    'pattern with look-ahead': inside(Type.String({ pattern: '^(?=.*\\d)\\w+$' })),
    'string length': inside(Type.String({ minLength: 2, maxLength: 5 })),
    format: inside(Type.String({ format: 'email' })),
    'number range': inside(Type.Number({ minimum: 1, maximum: 5 })),
    'exclusive range': inside(Type.Number({ exclusiveMinimum: 0, exclusiveMaximum: 5 })),
    multiple: inside(Type.Number({ multipleOf: 5 })),
    integer: inside(Type.Integer()),
    boolean: inside(Type.Boolean()),
    default: Type.Object({ value: Type.Optional(Type.String({ default: 'x' })) }),
    description: inside(Type.String({ description: 'A text' })),
    anything: inside(Type.Unknown()),
    'empty object': Type.Object({}),
    'deep nesting': deep,
    'many values': inside(literals(MANY)),
    'root array': Type.Array(Type.Object({ city: text })),
    'root string': text,
    'root union': Type.Union([once, weekly]),
    'root record': Type.Record(text, Type.Number()),
    'root tuple': Type.Tuple([text, Type.Number()]),
    'root nullable object': Type.Union([Type.Object({ a: text }), Type.Null()]),
    'root enum': literals(['red', 'green']),
  }
}

const { Type } = Typebox
const tree = Type.Object({ name: Type.String(), children: Type.Array(Type.Ref('Tree')) })
const tree034 = Type034.Recursive((This) =>
  Type034.Object({ name: Type034.String(), children: Type034.Array(This) }),
)

export const typebox: Schemas = {
  ...write(Type),
  recursion: Type.Object({ root: Type.Cyclic({ Tree: tree }, 'Tree') }),
  'root recursion': Type.Cyclic({ Tree: tree }, 'Tree'),
  bigint: Type.Object({ value: Type.BigInt() }),
}

export const typebox034: Schemas = {
  ...write(Type034),
  recursion: Type034.Object({ root: tree034 }),
  'root recursion': tree034,
  'native date': Type034.Object({ value: Type034.Date() }),
  bigint: Type034.Object({ value: Type034.BigInt() }),
}
