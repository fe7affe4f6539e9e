/**
 * Reads the value of an argument that a model wrote as plain text.
 */
import { isRecord } from '../../is-record.ts'
import { typeOf } from '../../schema/json-value.ts'
import { parseJSON } from '../../parse-json.ts'

/** Returns JSON as its value, but as text where the schema takes text and no such value: `10115` may be either. */
export function toValue(text: string, schema: unknown): unknown {
  const types = typesOf(schema).map((type) => (type === 'integer' ? 'number' : type))
  const isText = types.includes('string')
  if (isText && types.every((type) => type === 'string')) return text
  const value = parseJSON(PYTHON.get(text.trim()) ?? text)
  if (value === undefined) return text // a string, whatever its schema says
  const type = typeOf(value)
  return isText && (type === 'string' || !types.includes(type)) ? text : value
}

/** Returns the types that a schema names; none if it has alternatives without one. */
export function typesOf(schema: unknown): unknown[] {
  if (!isRecord(schema)) return []
  const { type, enum: values, anyOf, oneOf = anyOf } = schema
  if (type !== undefined) return [type].flat()
  if (Array.isArray(values)) return values.map(typeOf)
  const alternatives = Array.isArray(oneOf) ? oneOf.map(typesOf) : []
  return alternatives.every((types) => types.length > 0) ? alternatives.flat() : []
}

const PYTHON = /* @__PURE__ */ new Map([
  ['True', 'true'],
  ['False', 'false'],
  ['None', 'null'],
])
