/**
 * Adapts JSON Schemas to structured outputs.
 * @see https://platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations
 */

import { ConfigError } from '../../errors.ts'

type Schema = Record<string, unknown>

/** Constraints that are rejected with 400. They become part of the description. */
const REFUSED = new Set([
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'maxItems',
  'uniqueItems',
  'minProperties',
  'maxProperties',
])
/** Keywords that contain schemas by name, and keywords that contain a list of them. */
const NAMED = new Set(['properties', '$defs', 'definitions'])
const LISTED = new Set(['anyOf', 'allOf', 'oneOf'])

/** Closes every object, as required, and removes rejected constraints. Does not change the original. */
export function encodeSchema(schema: Schema): Schema {
  const encoded: Schema = {}
  const told: Schema = {}
  for (const [name, value] of Object.entries(schema)) {
    if (name === '$schema') continue
    if (REFUSED.has(name) || (name === 'minItems' && Number(value) > 1)) told[name] = value
    else if (NAMED.has(name)) encoded[name] = mapSchemas(value)
    // `oneOf` is not supported.
    else if (LISTED.has(name) && Array.isArray(value))
      encoded[name === 'oneOf' ? 'anyOf' : name] = value.map(encodeAny)
    else encoded[name] = name === 'items' ? encodeAny(value) : value
  }
  if (encoded.type === 'object') {
    // Closed, a record could only be `{}`.
    if (schema.additionalProperties) {
      throw new ConfigError(
        'unsupported_option',
        'Anthropic does not accept records and open objects in `responseFormat`: use chatObject(), which puts the schema into the prompt',
      )
    }
    encoded.additionalProperties = false
  }
  if (Object.keys(told).length > 0) {
    const { description } = schema
    const words = JSON.stringify(told)
    encoded.description = typeof description === 'string' ? `${description}\n${words}` : words
  }
  return encoded
}

function encodeAny(value: unknown): unknown {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? encodeSchema(value as Schema)
    : value
}

function mapSchemas(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, encodeAny(one)]))
}
