/**
 * Adapts regular expressions to vendors' grammars.
 */

/** Look-around, back references, word boundaries, Unicode classes, named groups. */
const UNSUPPORTED = /\(\?(?!:)|\\[bBkpP\d]/
/** llama.cpp's converter supports none of these. */
const NO_GRAMMAR = /\\[DSWcuxv0]|\(\?|\$.|.\^(?!.)|[*+?}]\?/

/**
 * Rewrites a pattern.
 * @param kind `plain`: unchanged; `anchored`: for llama.cpp, which requires `^…$` and does not support `\d`,
 * `\w`, `\s`
 * @returns `undefined` if the vendor would reject it
 * @see https://github.com/ggml-org/llama.cpp/blob/master/common/json-schema-to-grammar.cpp
 */
export function toWirePattern(pattern: string, kind: 'plain' | 'anchored'): string | undefined {
  if (kind === 'plain') return UNSUPPORTED.test(pattern) ? undefined : pattern
  if (!/^\^[^]*\$$/.test(pattern) || pattern.endsWith('\\$')) return undefined
  if (UNSUPPORTED.test(pattern) || NO_GRAMMAR.test(pattern.slice(1, -1))) return undefined
  // Alternatives would each need their own anchors.
  if (hasTopLevelAlternative(pattern)) return undefined
  let isInClass = false
  return pattern.replace(/\\.|[[\]]/g, (token) => {
    if (token === '[' || token === ']') isInClass = token === '['
    const set = CLASSES[token]
    if (set === undefined) return token
    return isInClass ? set : `[${set}]`
  })
}

const CLASSES: Record<string, string> = {
  '\\d': '0-9',
  '\\w': 'a-zA-Z0-9_',
  '\\s': ' \\t\\n\\r',
}

function hasTopLevelAlternative(pattern: string): boolean {
  const bare = pattern.replace(/\\./g, '').replace(/\[[^\]]*\]/g, '')
  let depth = 0
  for (const char of bare) {
    if (char === '(') depth++
    else if (char === ')') depth--
    else if (char === '|' && depth === 0) return true
  }
  return false
}
