/**
 * Normalizes the arguments of tool calls in earlier turns, so that every server accepts them.
 */

/**
 * Returns arguments as the text of a JSON object. A model's may be cut, invalid, `null` or encoded twice, and
 * servers reject a conversation with such a call (vLLM, llama.cpp, SGLang and DashScope with 400).
 */
export function toObjectText(text: string): string {
  try {
    let value: unknown = JSON.parse(text)
    const isNested = typeof value === 'string'
    if (isNested) value = JSON.parse(value as string)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return '{}'
    return isNested ? JSON.stringify(value) : text
  } catch {
    return '{}' // cut or invalid: its tool message contains the error
  }
}
