/**
 * Chooses the shape of errors where no endpoint does, so that clients of APIs that a gateway does not serve can read what
 * is wrong too.
 */
import type { ErrorBody } from '../edge/http-error.ts'
import type { WireFormat } from './format.ts'
import { messages } from './formats/messages.ts'

/** Google's clients post to `/models/NAME:method`. */
export const GOOGLE_METHOD: RegExp = /\/models\/[^/]+:[a-zA-Z]+\/?$/
const OLLAMA = /\/api\/(chat|generate|embed|embeddings|tags|show|ps|pull|version)\/?$/

/** Returns the encoder that a request's client understands, or `undefined` for OpenAI's format. */
export function errorFormatOf({ headers, url }: Request): WireFormat['encodeError'] | undefined {
  if (headers.has('anthropic-version')) return messages.encodeError
  const { pathname } = new URL(url)
  if (headers.has('x-goog-api-key') || GOOGLE_METHOD.test(pathname)) return encodeForGoogle
  if (OLLAMA.test(pathname)) return ({ message }) => JSON.stringify({ error: message })
  return undefined
}

/** @see https://cloud.google.com/apis/design/errors */
const STATUSES: Record<number, string> = {
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  504: 'DEADLINE_EXCEEDED',
}

function encodeForGoogle({ status: code, message }: ErrorBody): string {
  const status = STATUSES[code] ?? (code < 500 ? 'INVALID_ARGUMENT' : 'INTERNAL')
  return JSON.stringify({ error: { code, message, status } })
}
