/**
 * Arguments of tool calls in earlier turns, as every server accepts them.
 */

/**
 * Returns arguments as the text of a JSON object. What models wrote may be cut, broken, `null` or encoded twice, and
 * servers refuse a conversation that holds such a call (vLLM, llama.cpp, SGLang, DashScope answer 400).
 */
export function toObjectText(text: string): string {
  try {
    let value: unknown = JSON.parse(text)
    const isNested = typeof value === 'string'
    if (isNested) value = JSON.parse(value as string)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return '{}'
    return isNested ? JSON.stringify(value) : text
  } catch {
    return '{}' // cut or broken: its tool message says what was wrong with it
  }
}
