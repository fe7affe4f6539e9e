/**
 * Text without lone surrogates. Many servers reject a request that contains one.
 */

/** Returns at most `length` characters, without cutting a surrogate pair in half. */
export function truncate(text: string, length: number): string {
  if (text.length <= length) return text
  const last = text.charCodeAt(length - 1)
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? length - 1 : length)
}

/** Like `JSON.stringify`, with U+FFFD for each lone surrogate. */
export function toJSON(
  value: unknown,
  replacer?: (this: any, key: string, value: any) => unknown,
): string | undefined {
  const json = JSON.stringify(value, replacer) as string | undefined
  // Well-formed `JSON.stringify` escapes lone surrogates only. `\\` is an escaped backslash, not the start of one.
  if (!json?.includes('\\ud')) return json
  return json.replace(/\\(?:\\|ud[89a-f][\da-f]{2})/g, (escape) =>
    escape.length === 2 ? escape : '\ufffd',
  )
}
