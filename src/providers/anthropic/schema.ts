/**
 * Adapts JSON Schemas to structured outputs.
 * @see https://platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations
 */

import { ConfigError } from '../../errors.ts'
import { isRecord } from '../../is-record.ts'

type Schema = Record<string, unknown>
type SchemaPlace = '`responseFormat`' | 'a strict tool'

const WAYS_OUT: Record<SchemaPlace, string> = {
  '`responseFormat`': 'use chatObject(), which puts the schema into the prompt',
  'a strict tool': 'leave `strict` out',
}

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

/**
 * Closes every object, as required, and removes rejected constraints. Does not change the original.
 * @param place where the schema goes, for the error
 * @throws {ConfigError} `unsupported_option` for records
 */
export function encodeSchema(schema: Schema, place: SchemaPlace = '`responseFormat`'): Schema {
  const encoded: Schema = {}
  const told: Schema = {}
  for (const [name, value] of Object.entries(schema)) {
    if (name === '$schema') continue
    if (REFUSED.has(name) || (name === 'minItems' && Number(value) > 1)) told[name] = value
    else if (NAMED.has(name)) encoded[name] = mapSchemas(value, place)
    // `oneOf` is not supported.
    else if (LISTED.has(name) && Array.isArray(value))
      encoded[name === 'oneOf' ? 'anyOf' : name] = value.map((one) => encodeAny(one, place))
    else encoded[name] = name === 'items' ? encodeAny(value, place) : value
  }
  if (encoded.type === 'object') {
    // Closed, a record could only be `{}`.
    if (schema.additionalProperties) {
      throw new ConfigError(
        'unsupported_option',
        `Anthropic does not accept records and open objects in ${place}: ${WAYS_OUT[place]}`,
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

function encodeAny(value: unknown, place: SchemaPlace): unknown {
  return isRecord(value) ? encodeSchema(value, place) : value
}

function mapSchemas(value: unknown, place: SchemaPlace): unknown {
  if (!isRecord(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [name, encodeAny(one, place)]),
  )
}
