/**
 * Pictures, sounds and files as they travel inside of a JSON body: data URLs, base64, media types.
 */

/** Bytes that travel in the request itself. */
export interface InlineMedia {
  /** Such as `image/png`. */
  mediaType: string
  /** The bytes in base64, without a prefix. */
  base64: string
}

/** The two halves of a `data:` URL; `undefined` for any other URL. */
export function parseDataURL(url: string): InlineMedia | undefined {
  const comma = url.indexOf(',')
  if (comma === -1 || !/^data:/i.test(url)) return undefined
  const [mediaType = '', ...parameters] = url.slice(5, comma).split(';')
  const data = url.slice(comma + 1)
  const isBase64 = parameters.some((parameter) => parameter.trim().toLowerCase() === 'base64')
  return {
    mediaType: mediaType.trim().toLowerCase() || 'text/plain',
    base64: isBase64 ? data.trim() : encodeBase64(unescapeBytes(data)),
  }
}

/** The bytes in base64. `btoa` takes text, and `Uint8Array.toBase64` is missing in half of the runtimes. */
export function encodeBase64(bytes: Uint8Array): string {
  let text = ''
  // A call takes only so many arguments.
  for (let at = 0; at < bytes.length; at += 8192)
    text += String.fromCharCode(...bytes.subarray(at, at + 8192))
  return btoa(text)
}

function unescapeBytes(text: string): Uint8Array {
  const escaped = text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
  // A data URL that was not escaped may hold any character.
  // oxlint-disable-next-line no-control-regex -- the range of a byte
  if (/[^\0-\xff]/.test(escaped)) return new TextEncoder().encode(text)
  return Uint8Array.from(escaped, (character) => character.charCodeAt(0))
}
