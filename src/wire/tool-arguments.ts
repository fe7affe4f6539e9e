/**
 * Compares the arguments of tool calls, and normalizes those in earlier turns, so that every server accepts them.
 */
import { isJSON } from '../parse-json.ts'

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

/**
 * True for an empty object at the start of a call's arguments: it may be all of them, or stand in for those to come
 * (Bedrock and Gemini through gateways).
 * @see https://github.com/openai/openai-agents-js/pull/712
 */
export function isPlaceholder(text: string): boolean {
  return text.trim() === '{}'
}

/** True if a piece after a placeholder replaces it. Any other piece continues it. */
export function replacesPlaceholder(piece: string): boolean {
  return piece.trimStart().startsWith('{')
}

/** True if both are the same JSON object. Its repetition may have other blanks. */
export function isSameObject(piece: string, text: string): boolean {
  // Parsing at every piece would be too slow.
  if (!piece.trimStart().startsWith('{') || !piece.trimEnd().endsWith('}')) return false
  return isJSON(text) && isJSON(piece) && compact(piece) === compact(text)
}

function compact(json: string): string {
  return JSON.stringify(JSON.parse(json))
}
