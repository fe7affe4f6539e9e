/**
 * Reads fields of server responses, which may be of any type.
 */

/** Returns a non-empty string, or `undefined` for anything else. */
export function nonEmptyString(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** Returns a non-negative number, also from a string of digits, or `undefined` for anything else. */
export function nonNegativeNumber(value: unknown): number | undefined {
  // Some servers count tokens in strings: https://github.com/Arize-ai/openinference/pull/1183
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value
  return typeof number === 'number' && number >= 0 ? number : undefined
}

/** Returns an index, also from a string, or `undefined` for negative numbers and fractions. */
export function toIndex(value: unknown): number | undefined {
  const index = nonNegativeNumber(value)
  return Number.isInteger(index) ? index : undefined
}
