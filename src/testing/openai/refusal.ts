/**
 * OpenAI's refusals, in its own words and codes.
 * @see https://platform.openai.com/docs/guides/error-codes
 */
import type { Failure } from '../vendor.ts'

export function refuse(message: string, code = '', param?: string): Failure {
  return { status: 400, code, message, param }
}

const KINDS: Record<string, string> = {
  string: 'a string',
  number: 'a decimal',
  integer: 'an integer',
  boolean: 'a boolean',
  object: 'an object',
  array: 'an array',
}

/** A value of the wrong type. @param expected the type, as JSON Schema names it */
export function wrongType(param: string, expected: string, value: unknown): Failure {
  const kind = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value
  const got = KINDS[kind] ?? kind
  const message = `Invalid type for '${param}': expected ${KINDS[expected] ?? expected}, but got ${got} instead.`
  return refuse(message, 'invalid_type', param)
}

/** True if a value has a type, as JSON Schema names it. */
export function hasType(value: unknown, type: string): boolean {
  if (type === 'integer') return Number.isInteger(value)
  if (type === 'array') return Array.isArray(value)
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value)
  return typeof value === type
}
