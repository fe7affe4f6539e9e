/**
 * Cross-origin rules: which pages may call.
 * @see https://fetch.spec.whatwg.org/#http-cors-protocol
 */
import type { Shape } from '../validation/shape.ts'
import { rule } from '../validation/shape.ts'
import { HttpError } from './http-error.ts'

/**
 * Origins whose pages may call: `https://app.example`, `https://*.app.example` for every subdomain, one of an app
 * (`capacitor://localhost`) or an extension (`chrome-extension://…`), or `'*'` for all.
 * Pages of the service's own origin are always allowed. Cookies of other origins are never allowed.
 */
export type Origins = '*' | readonly string[]

/** Checked cross-origin options. */
export interface CorsOptions {
  origins: Origins
  /** Derive the service's own origin from `x-forwarded-proto` and `x-forwarded-host`. */
  trustProxy: boolean
}

/** The shape of `origins`, shared by the gateway and the relay. */
export const originsShape: Shape = rule(
  'must be "*" or a list of origins such as https://app.example or https://*.app.example',
  (value: unknown) => value === '*' || (Array.isArray(value) && value.every(isOrigin)),
)

function isOrigin(value: unknown): boolean {
  if (typeof value !== 'string') return false
  // Apps and extensions (`capacitor://localhost`, `chrome-extension://…`), whose origins `URL` does not know.
  if (/^(?!ht)[a-z][a-z\d+.-]*:\/\/[a-z\d.-]+(:\d+)?$/.test(value)) return true
  const host = value.replace('://*.', '://')
  try {
    return /^https?:[^*]+$/.test(host) && new URL(host).origin === host
  } catch {
    return false
  }
}

function matches(pattern: string, origin: string): boolean {
  const [scheme = '', domain] = pattern.split('*')
  if (domain === undefined) return pattern === origin
  // The wildcard stands for at least one label.
  const labels = origin.slice(scheme.length, -domain.length)
  return origin.startsWith(scheme) && origin.endsWith(domain) && /^[\w-]+(\.[\w-]+)*$/.test(labels)
}

/** Returns true for a page of an origin that is not allowed. Requests without `Origin` are not from a page. */
function isForeign(request: Request, { origins, trustProxy }: CorsOptions): boolean {
  const origin = request.headers.get('origin')
  if (origin === null || origins === '*') return false
  if (origins.some((pattern) => matches(pattern, origin))) return false
  return origin !== ownOrigin(request, { trustProxy })
}

/** Returns the origin that browsers see. After TLS termination the request itself says `http:`. */
function ownOrigin({ url, headers }: Request, { trustProxy }: { trustProxy: boolean }): string {
  const { origin, protocol, host } = new URL(url)
  if (!trustProxy) return origin
  const first = (name: string) => headers.get(name)?.split(',')[0]?.trim()
  const scheme = first('x-forwarded-proto') || protocol.slice(0, -1)
  try {
    return new URL(`${scheme}://${first('x-forwarded-host') || host}`).origin
  } catch {
    return origin
  }
}

/** @throws {HttpError} 403 for a page of an origin that is not allowed */
export function checkOrigin(request: Request, options: CorsOptions): void {
  if (!isForeign(request, options)) return
  throw new HttpError({ status: 403, code: 'origin_not_allowed', message: 'Origin not allowed' })
}

/** Response headers a page may read. */
const EXPOSED = [
  'x-request-id',
  'request-id',
  'retry-after',
  'retry-after-ms',
  'x-should-retry',
  'x-chatwire-cache',
  'x-chatwire-model',
].join(', ')

/** Returns the headers that let a page read the response; none for an origin that is not allowed. */
export function corsHeaders(request: Request, options: CorsOptions): Record<string, string> {
  const origin = request.headers.get('origin')
  const vary = { vary: 'Origin' }
  if (origin === null || isForeign(request, options)) return vary
  return {
    ...vary,
    'access-control-allow-origin': options.origins === '*' ? '*' : origin,
    'access-control-expose-headers': EXPOSED,
  }
}

const METHODS = 'GET, HEAD, POST, OPTIONS'

/** A list of header names and nothing else. */
const NAMES = /^[\w!#$%&'*+.^`|~, -]{1,2000}$/

/**
 * Responds to `OPTIONS`, in most cases a preflight. Allows all requested headers: clients in a page send several of their own
 * (`x-stainless-*` of the `openai` package), and an unread header does no harm.
 */
export function preflight(request: Request, options: CorsOptions): Response {
  // Not from a page.
  if (!request.headers.has('origin'))
    return new Response(null, { status: 204, headers: { allow: METHODS } })
  const headers = new Headers(corsHeaders(request, options))
  headers.append('vary', 'Access-Control-Request-Headers')
  if (!headers.has('access-control-allow-origin'))
    return new Response(null, { status: 403, headers })
  const asked = request.headers.get('access-control-request-headers') ?? ''
  headers.delete('access-control-expose-headers')
  headers.set('access-control-allow-methods', METHODS)
  headers.set(
    'access-control-allow-headers',
    NAMES.test(asked) ? asked : 'authorization, content-type',
  )
  // Chromium caches a preflight for two hours at most.
  headers.set('access-control-max-age', '7200')
  return new Response(null, { status: 204, headers })
}
