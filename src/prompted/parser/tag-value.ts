/**
 * Reads the value of an argument that a model wrote as plain text.
 */
import { isRecord } from '../../is-record.ts'

/** Returns JSON as its value, but as text where the schema takes text and no such value: `10115` may be either. */
export function toValue(text: string, schema: unknown): unknown {
  const types = typesOf(schema).map((type) => (type === 'integer' ? 'number' : type))
  const isText = types.includes('string')
  if (isText && types.every((type) => type === 'string')) return text
  try {
    const value: unknown = JSON.parse(PYTHON.get(text.trim()) ?? text)
    const type = typeOf(value)
    return isText && (type === 'string' || !types.includes(type)) ? text : value
  } catch {
    return text // a string, whatever its schema says
  }
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

function typeOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}

const PYTHON = /* @__PURE__ */ new Map([
  ['True', 'true'],
  ['False', 'false'],
  ['None', 'null'],
])
