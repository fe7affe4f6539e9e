/**
 * Parses texts that may be JSON.
 */

/** Parses JSON. Returns `undefined` for any other text. */
export function parseJSON(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // an HTML page, plain text, cut JSON: the caller decides
  }
}

/** Returns true for text that `JSON.parse` accepts. */
export function isJSON(text: string): boolean {
  return parseJSON(text) !== undefined
}
