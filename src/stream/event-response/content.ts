/**
 * The content of a tool message as pages of other SDKs expect it.
 */

/** Returns the object or list that the text is the JSON of, or the text. */
export function parseContent(content: string): unknown {
  if (!/^\s*[[{]/.test(content)) return content
  try {
    return JSON.parse(content)
  } catch {
    return content
  }
}
