/**
 * The types of JSON Schema.
 */
import { isRecord } from '../is-record.ts'

/** True for a value of a type, by its name. */
export function isOfType(value: unknown, type: unknown): boolean {
  if (type === 'integer') return Number.isInteger(value)
  if (type === 'null') return value === null
  if (type === 'array') return Array.isArray(value)
  if (type === 'object') return isRecord(value)
  return typeof value === type
}
