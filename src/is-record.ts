/**
 * Type guards used in every layer.
 */

/** Narrows to an object that is not an array. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Narrows to an array. `Array.isArray` alone does not narrow a readonly array. */
export function isList<T>(value: T | readonly T[]): value is readonly T[] {
  return Array.isArray(value)
}

/** Narrows to an error, also one of another realm: in Jest, those of Node's own `fetch` are. */
export function isError(value: unknown): value is Error {
  return value instanceof Error || Object.prototype.toString.call(value) === '[object Error]'
}
