/**
 * Converts a tool's return value to the content of its tool message.
 */
import { isError } from '../is-record.ts'
import type { ContentPart } from '../message.ts'
import { toJSON } from '../well-formed.ts'

/**
 * In a tool's return value: its content in pieces, each as text and, if it is one, as a medium. Registered, so that it is
 * the same in all copies of this package.
 */
export const TOOL_PARTS: unique symbol = /* @__PURE__ */ Symbol.for('chatwire.toolParts')

function piecesOf(output: unknown): { text: string; media?: ContentPart }[] | undefined {
  return (
    output as { [TOOL_PARTS]?: { text: string; media?: ContentPart }[] } | null | undefined
  )?.[TOOL_PARTS]
}

/** Returns the content with the media of these types as parts, or `undefined` if it is only text. */
export function toContentParts(
  output: unknown,
  types: readonly ContentPart['type'][],
): ContentPart[] | undefined {
  const takes = (media: ContentPart | undefined) => media && types.includes(media.type)
  const pieces = piecesOf(output)
  if (!pieces?.some(({ media }) => takes(media))) return undefined
  return pieces.map(({ text, media }) => (takes(media) && media) || { type: 'text', text })
}

/** Media types whose bytes are text. */
const TEXT_TYPE = /^text\/|[/+](?:json|xml|yaml|javascript|x-www-form-urlencoded)\b/

/**
 * Returns a string unchanged, the text of a `Response` or a text `Blob`, and JSON for anything else; `undefined`
 * becomes `null`.
 * @throws the return value, if it is an error
 * @throws {TypeError} for a value that is not serializable as JSON
 */
export function toContent(output: unknown): string | Promise<string> {
  if (typeof output === 'string') return output
  const pieces = piecesOf(output)
  if (pieces) return pieces.map(({ text }) => text).join('\n')
  if (isError(output)) throw output
  if (isResponse(output)) return readResponse(output)
  if (isBlob(output)) {
    return output.type === '' || TEXT_TYPE.test(output.type) ? output.text() : describeBlob(output)
  }
  if (isStream(output)) {
    throw new TypeError('it returned a stream, which is not JSON: read it and return its content')
  }
  const text = toJSON(output ?? null, replace)
  if (text === undefined) throw new TypeError(`it returned a ${typeof output}, which is not JSON`)
  return text
}

async function readResponse(response: Response): Promise<string> {
  const text = await response.text()
  return response.ok ? text : `HTTP ${response.status}: ${text}`
}

/** Replaces values that `JSON.stringify` would reject, write as `{}` or list byte by byte. */
function replace(this: Record<string, unknown>, key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  // Not `value`: that of a `Buffer` is what its `toJSON` returns, a list of all bytes.
  const view = this[key]
  if (ArrayBuffer.isView(view)) {
    const { [Symbol.toStringTag]: name } = view as Partial<Uint8Array>
    return name === 'Uint8Array' || view instanceof DataView
      ? `[${view.byteLength} bytes]`
      : [...(view as unknown as Iterable<unknown>)]
  }
  if (value instanceof Map) {
    const entries = [...value]
    return entries.every(([key]) => typeof key === 'string') ? Object.fromEntries(entries) : entries
  }
  if (value instanceof Set) return [...value]
  if (isError(value)) return { name: value.name, message: value.message }
  if (value instanceof URLSearchParams || value instanceof RegExp) return String(value)
  if (value instanceof Headers) return Object.fromEntries(value)
  if (value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`
  if (isResponse(value)) return `[response with status ${value.status}]`
  return isBlob(value) ? describeBlob(value) : value
}

function describeBlob({ type, size }: Blob): string {
  return `[${type || 'binary data'}, ${size} bytes]`
}

// Not `instanceof`: a `fetch` of another realm or package has its own classes.
function isResponse(value: unknown): value is Response {
  const { text, status, headers } = (value ?? {}) as Partial<Response>
  return typeof text === 'function' && typeof status === 'number' && typeof headers === 'object'
}

function isBlob(value: unknown): value is Blob {
  const { arrayBuffer, size, type } = (value ?? {}) as Partial<Blob>
  return typeof arrayBuffer === 'function' && typeof size === 'number' && typeof type === 'string'
}

// A `ReadableStream` has no iterator in Safari. JSON would write `{}`.
function isStream(value: unknown): boolean {
  const {
    toJSON,
    getReader,
    [Symbol.asyncIterator]: iterate,
  } = (value ?? {}) as Record<PropertyKey, unknown>
  return [getReader, iterate].some((one) => typeof one === 'function') && !toJSON
}
