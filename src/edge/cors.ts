/**
 * Which pages may ask: the browser's rules for calls from another origin.
 * @see https://fetch.spec.whatwg.org/#http-cors-protocol
 */
import { HttpError } from './http-error.ts'

/**
 * Origins (`https://app.example`) whose pages may call, or `'*'` for all. A page of the service's own origin always may.
 * Cookies are never allowed from another origin, whatever this says.
 */
export type Origins = '*' | readonly string[]

/** True for a page of an origin that is not on the list. Who is no page sends no origin, and passes. */
function isForeign(request: Request, origins: Origins): boolean {
  const origin = request.headers.get('origin')
  if (origin === null || origins === '*' || origins.includes(origin)) return false
  return origin !== new URL(request.url).origin
}

/** @throws {HttpError} 403 for a page of a foreign origin */
export function checkOrigin(request: Request, origins: Origins): void {
  if (!isForeign(request, origins)) return
  throw new HttpError({ status: 403, message: 'Pages of this origin may not ask here' })
}

/** Headers by which a page may read the answer. None for a foreign one. */
export function corsHeaders(request: Request, origins: Origins): Record<string, string> {
  const origin = request.headers.get('origin')
  const vary = { vary: 'Origin' }
  if (origin === null || isForeign(request, origins)) return vary
  return {
    ...vary,
    'access-control-allow-origin': origins === '*' ? '*' : origin,
    'access-control-expose-headers': 'x-request-id, retry-after, retry-after-ms',
  }
}

/** A list of names and nothing else. */
const NAMES = /^[\w!#$%&'*+.^`|~, -]{1,2000}$/

/**
 * The answer to a preflight. It allows the headers asked for, whatever they are: clients in a page send several of
 * their own (`x-stainless-*` of the `openai` package), and a header that nobody reads does no harm.
 */
export function preflight(request: Request, origins: Origins): Response {
  const headers = new Headers(corsHeaders(request, origins))
  headers.append('vary', 'Access-Control-Request-Headers')
  if (!headers.has('access-control-allow-origin'))
    return new Response(null, { status: 403, headers })
  const asked = request.headers.get('access-control-request-headers') ?? ''
  headers.delete('access-control-expose-headers')
  headers.set('access-control-allow-methods', 'GET, POST, OPTIONS')
  headers.set(
    'access-control-allow-headers',
    NAMES.test(asked) ? asked : 'authorization, content-type',
  )
  // Chromium forgets it after two hours at the latest.
  headers.set('access-control-max-age', '7200')
  return new Response(null, { status: 204, headers })
}
