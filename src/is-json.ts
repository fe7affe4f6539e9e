/**
 * One check used by the parsers of streams and of tool calls.
 */

/** Returns true for text that `JSON.parse` accepts. */
export function isJSON(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false // only the validity matters
  }
}
