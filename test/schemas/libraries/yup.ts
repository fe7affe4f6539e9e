import { convertSchema } from '@sodaru/yup-to-json-schema'
import * as yup from 'yup'
import { withJSONSchema } from '../../../src/schema/with-json-schema.ts'
import type { Schemas } from '../library.ts'
import { LEVELS, MANY } from '../constructs.ts'

// Otherwise it reads '5' for a number and 5 for a text.
const strict = (schema: yup.AnySchema) => schema.strict()
const inside = (value: yup.AnySchema) => yup.object({ value })
const text = yup.string().required()
let deep = yup.object({ x: text }) as yup.AnyObjectSchema
for (let level = 0; level < LEVELS; level++) deep = yup.object({ inner: deep.required() })

const bare: Record<string, yup.AnySchema> = {
  object: yup.object({ city: text, n: yup.number().required() }),
  'optional member': yup.object({ city: text, n: yup.number() }),
  'closed object': yup.object({ city: text }).noUnknown(),
  nullable: inside(yup.string().nullable().defined()),
  enum: inside(text.oneOf(['red', 'green'])),
  literal: inside(text.oneOf(['fixed'])),
  array: inside(yup.array(text).required()),
  'array with limits': inside(yup.array(text).required().min(2).max(3)),
  'pattern with \\d': inside(text.matches(/^\d{5}$/)),
  'pattern without anchors': inside(text.matches(/[0-9]/)),
  'pattern with look-ahead': inside(text.matches(/^(?=.*\d)\w+$/)),
  'string length': inside(text.min(2).max(5)),
  format: inside(text.email()),
  'number range': inside(yup.number().required().min(1).max(5)),
  'exclusive range': inside(yup.number().required().moreThan(0).lessThan(5)),
  integer: inside(yup.number().required().integer()),
  boolean: inside(yup.boolean().required()),
  default: yup.object({ value: yup.string().default('x') }),
  description: inside(text.meta({ description: 'A text' } as never)),
  check: inside(text.test((value) => value === 'ok')),
  'empty object': yup.object({}),
  'deep nesting': deep,
  'many values': inside(text.oneOf(MANY)),
  'root array': yup.array(yup.object({ city: text }).required()).required(),
  'root string': text,
  'root enum': text.oneOf(['red', 'green']),
}

/** With the JSON Schema of the usual converter. */
export const yupSchemas: Schemas = Object.fromEntries(
  Object.entries(bare).map(([name, schema]) => [
    name,
    withJSONSchema(
      strict(schema) as never,
      convertSchema(schema as yup.Schema) as Record<string, unknown>,
    ),
  ]),
)
