/**
 * Recognizes schemas of libraries.
 */
import { isRecord } from '../is-record.ts'
import type { StandardSchema } from './types.ts'

/** True for a Standard Schema. */
export function isStandard(schema: unknown): schema is StandardSchema<any, any> {
  // arktype's schemas are functions.
  const mayBe = (typeof schema === 'object' && schema !== null) || typeof schema === 'function'
  return mayBe && isRecord((schema as { '~standard'?: unknown })['~standard'])
}
