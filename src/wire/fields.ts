/**
 * Members of what a server sent, which may be of any type.
 */

/** A text that says something; a member of another type says nothing. */
export function nonEmptyString(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** A count; a member of another type, or below nothing, is none. */
export function nonNegativeNumber(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 ? value : undefined
}
