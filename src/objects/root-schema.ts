/**
 * A schema as servers take it for a whole answer: of an object, and with a word of how strictly it can be kept.
 */
import { isRecord } from '../is-record.ts'
import type { JSONSchema } from '../schema/standard-schema.ts'

/** A schema of an object, in which the answer may be wrapped. */
export interface RootSchema {
  json: JSONSchema
  /** Whether the answer is the member `value`: servers want an object, and the caller's schema is of something else. */
  isWrapped: boolean
}

/** Wraps what is not plainly an object: lists, texts, also a choice or a reference that may lead to either. */
export function toRootSchema(json: JSONSchema): RootSchema {
  if (json.type === 'object') return { json, isWrapped: false }
  // What it refers to has moved along.
  const moved = JSON.stringify(json).replaceAll('"$ref":"#', '"$ref":"#/properties/value')
  return {
    json: {
      type: 'object',
      properties: { value: JSON.parse(moved) },
      required: ['value'],
      additionalProperties: false,
    },
    isWrapped: true,
  }
}

/** The answer in what the model wrote: also where it forgot the wrapping. */
export function unwrap(root: object, { isWrapped }: RootSchema): unknown {
  return isWrapped && 'value' in root ? root.value : root
}

/** Words that every server's strict mode knows. @see https://platform.openai.com/docs/guides/structured-outputs */
const STRICT_WORDS: ReadonlySet<string> = /* @__PURE__ */ new Set([
  'type',
  'properties',
  'required',
  'additionalProperties',
  'items',
  'enum',
  'const',
  'anyOf',
  '$ref',
  '$defs',
  'title',
  'description',
])

/**
 * Whether a server's strict mode takes the schema as it is: every object closed, every member required. What is not
 * so is sent without `strict`, not changed: it would mean something else.
 */
export function isStrict(schema: unknown): boolean {
  if (!isRecord(schema) || Object.keys(schema).some((word) => !STRICT_WORDS.has(word))) return false
  const { type, properties = {}, required = [], additionalProperties, items, anyOf, $defs } = schema
  if (!isRecord(properties) || !Array.isArray(required)) return false
  const isObject = type === 'object' || (Array.isArray(type) && type.includes('object'))
  if (isObject && additionalProperties !== false) return false
  if (Object.keys(properties).some((name) => !isObject || !required.includes(name))) return false
  const inner = [properties, $defs ?? {}, anyOf ?? []].flatMap(Object.values)
  return [...inner, ...(items === undefined ? [] : [items])].every(isStrict)
}
