/**
 * Options that are set: `undefined` means omitted everywhere.
 */

/** Returns a copy without the properties that are `undefined`. */
export function dropUndefined(members: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))
}
