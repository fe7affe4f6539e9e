/**
 * Reads the reason of a failure out of any thrown value.
 */
import { truncate } from './well-formed.ts'

/** Longest JSON of a thrown object, in characters. */
const MAX_LENGTH = 500

/**
 * Returns the message of an error, the JSON of another object, and anything else as text. WebAssembly and rejected
 * promises of other libraries throw strings and plain objects.
 */
export function reasonOf(thrown: unknown): string {
  try {
    const { message } = Object(thrown) as { message?: unknown }
    if (typeof message === 'string' && (message || thrown instanceof Error))
      return message || String(thrown) // its name
    return typeof thrown === 'object' && thrown
      ? truncate(JSON.stringify(thrown), MAX_LENGTH)
      : String(thrown)
  } catch {
    return 'no reason given' // neither JSON nor text, such as a cycle without a prototype
  }
}
