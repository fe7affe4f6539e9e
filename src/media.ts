/**
 * Inline media in JSON bodies: data URLs, base64, media types.
 */

/** Media sent as bytes in the request. */
export interface InlineMedia {
  /** Such as `image/png`. */
  mediaType: string
  /** Base64 without a prefix. */
  base64: string
}

/** Parses a `data:` URL; returns `undefined` for any other URL. */
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

/** Encodes bytes as a `data:` URL. */
export function toDataURL(bytes: Uint8Array, mediaType: string): string {
  return `data:${mediaType};base64,${encodeBase64(bytes)}`
}

/** Detects a media type from the first bytes of a file; `undefined` if unknown. */
export function mediaTypeOf(bytes: Uint8Array): string | undefined {
  const start = String.fromCharCode(...bytes.subarray(0, 12))
  return SIGNATURES.find(([pattern]) => pattern.test(start))?.[1]
}

// https://mimesniff.spec.whatwg.org/#matching-an-image-type-pattern
const SIGNATURES: [pattern: RegExp, mediaType: string][] = [
  [/^\x89PNG/, 'image/png'],
  [/^\xff\xd8\xff/, 'image/jpeg'],
  [/^GIF8/, 'image/gif'],
  [/^RIFF....WEBP/s, 'image/webp'],
  [/^RIFF....WAVE/s, 'audio/wav'],
  [/^(ID3|\xff[\xe3\xf2\xf3\xfa\xfb])/, 'audio/mpeg'],
  [/^OggS/, 'audio/ogg'],
  [/^fLaC/, 'audio/flac'],
  [/^....ftypM4A/s, 'audio/mp4'],
  [/^....ftyp/s, 'video/mp4'],
  [/^.E\xdf\xa3/s, 'video/webm'],
  [/^%PDF-/, 'application/pdf'],
]

/** Encodes bytes as base64. Many runtimes still lack `Uint8Array.toBase64`. */
function encodeBase64(bytes: Uint8Array): string {
  let text = ''
  // Engines limit the number of arguments of one call.
  for (let at = 0; at < bytes.length; at += 8192)
    text += String.fromCharCode(...bytes.subarray(at, at + 8192))
  return btoa(text)
}

function unescapeBytes(text: string): Uint8Array {
  const escaped = text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
  // An unescaped data URL may contain any character.
  // oxlint-disable-next-line no-control-regex -- the range of a byte
  if (/[^\0-\xff]/.test(escaped)) return new TextEncoder().encode(text)
  return Uint8Array.from(escaped, (character) => character.charCodeAt(0))
}
