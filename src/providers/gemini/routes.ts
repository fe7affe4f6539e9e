/**
 * The routes of the Gemini API that a relay forwards.
 */
import type { RelayRoutes, RelayStream } from '../../wire/relay-routes.ts'

/** @see https://google.aip.dev/193 */
const STREAM: RelayStream = {
  isRequested: ({ url }) => url.endsWith(':streamGenerateContent?alt=sse'),
  encodeError({ status, message, error: own, body }) {
    const error = { message, status: STATUSES[status] ?? 'UNKNOWN', ...own, code: status }
    return `data: ${JSON.stringify({ ...body, error })}\n\n`
  },
}

const STATUSES: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
  502: 'INTERNAL',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
}

export const GEMINI_ROUTES: RelayRoutes = {
  baseURL: 'https://generativelanguage.googleapis.com/v1beta',
  otherRoots: ['/v1'], // the default of Google's client since 3.0
  appendRoot: true,
  calls: [
    /^POST \/(models|tunedModels)\/(?<model>[\w-][\w.-]*):(generateContent|streamGenerateContent)$/,
  ],
  keyHeader: 'x-goog-api-key',
  query: { alt: /^sse$/ },
  stream: STREAM,
}
