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

/** The bytes as a `data:` URL. */
export function toDataURL(bytes: Uint8Array, mediaType: string): string {
  return `data:${mediaType};base64,${encodeBase64(bytes)}`
}

/** The media type that the first bytes of a file tell; `undefined` for one that is not known here. */
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
