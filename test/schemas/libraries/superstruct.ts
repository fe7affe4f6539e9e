import * as s from 'superstruct'
import type { Schemas } from '../library.ts'

/** Neither a Standard Schema nor a JSON Schema: every one must be refused. */
export const superstruct = {
  object: s.object({ city: s.string(), n: s.number() }),
  'optional member': s.object({ city: s.string(), n: s.optional(s.number()) }),
  union: s.object({ value: s.union([s.string(), s.number()]) }),
  record: s.object({ value: s.record(s.string(), s.number()) }),
  'root array': s.array(s.object({ city: s.string() })),
  'root string': s.string(),
} as unknown as Schemas
