/**
 * Reads fields of server responses, which may be of any type.
 */

/** Returns a non-empty string, or `undefined` for anything else. */
export function nonEmptyString(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** Returns a non-negative number, or `undefined` for anything else. */
export function nonNegativeNumber(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 ? value : undefined
}
