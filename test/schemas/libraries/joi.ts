import joi from 'joi'
import type { Schemas } from '../library.ts'
import { LEVELS, MANY } from '../constructs.ts'

const inside = (value: joi.Schema) => joi.object({ value: value.required() })
const text = joi.string().required()
const number = joi.number().strict().required()
const once = joi.object({ kind: joi.valid('once').required(), date: text })
const weekly = joi.object({ kind: joi.valid('weekly').required(), day: number })
let deep = joi.object({ x: text })
for (let level = 0; level < LEVELS; level++) deep = joi.object({ inner: deep.required() })

export const joiSchemas = {
  object: joi.object({ city: text, n: number }),
  'optional member': joi.object({ city: text, n: joi.number().strict() }),
  'closed object': joi.object({ city: text }),
  'open object': joi.object({ city: text }).unknown(),
  nullable: inside(joi.string().allow(null)),
  'nullable object': inside(joi.object({ a: text }).allow(null)),
  enum: inside(joi.string().valid('red', 'green')),
  literal: inside(joi.valid('fixed')),
  'literals of several types': inside(joi.valid(1, true)),
  union: inside(joi.alternatives(joi.string(), joi.number().strict())),
  'discriminated union': inside(joi.alternatives(once, weekly)),
  oneOf: inside(joi.alternatives().try(joi.string(), joi.number().strict()).match('one')),
  array: inside(joi.array().items(joi.string())),
  'array with limits': inside(joi.array().items(joi.string()).min(2).max(3)),
  tuple: inside(joi.array().ordered(text, number)),
  record: inside(joi.object().pattern(joi.string(), joi.number().strict())),
  recursion: joi.object({
    root: joi
      .object({ name: text, children: joi.array().items(joi.link('#Tree')).required() })
      .id('Tree')
      .required(),
  }),
  date: inside(joi.date().iso()),
  'pattern with \\d': inside(joi.string().pattern(/^\d{5}$/)),
  'pattern without anchors': inside(joi.string().pattern(/[0-9]/)),
  'pattern with look-ahead': inside(joi.string().pattern(/^(?=.*\d)\w+$/)),
  'string length': inside(joi.string().min(2).max(5)),
  format: inside(joi.string().email()),
  'number range': inside(joi.number().strict().min(1).max(5)),
  'exclusive range': inside(joi.number().strict().greater(0).less(5)),
  multiple: inside(joi.number().strict().multiple(5)),
  integer: inside(joi.number().strict().integer()),
  boolean: inside(joi.boolean().strict()),
  default: joi.object({ value: joi.string().default('x') }),
  description: inside(joi.string().description('A text')),
  check: inside(
    joi.string().custom((value: string) => {
      if (value !== 'ok') throw new Error('not ok')
      return value
    }),
  ),
  anything: joi.object({ value: joi.any() }),
  'empty object': joi.object({}),
  'deep nesting': deep,
  'many values': inside(joi.string().valid(...MANY)),
  'root array': joi.array().items(joi.object({ city: text })),
  'root string': text,
  'root union': joi.alternatives(once, weekly).required(),
  'root record': joi.object().pattern(joi.string(), joi.number().strict()),
  // Its JSON Schema of a link to the root refers to a definition that is not there.
  'root recursion': joi
    .object({ name: text, children: joi.array().items(joi.link('#Tree')).required() })
    .id('Tree'),
  'root tuple': joi.array().ordered(text, number),
  'root nullable object': joi.object({ a: text }).allow(null),
  'root enum': joi.string().valid('red', 'green').required(),
} as unknown as Schemas
