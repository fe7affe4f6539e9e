/**
 * Authorization of requests. The gateway and the relay are closed by default.
 */
import { isRecord } from '../is-record.ts'
import { ConfigError } from '../errors.ts'
import { HttpError } from './http-error.ts'

/** Context that a runtime passes to a `fetch` handler besides the request and `env`. Only `waitUntil` is used. */
export interface ServeContext {
  /** Keeps the runtime alive until the work has finished. */
  waitUntil?: ((work: Promise<unknown>) => void) | undefined
}

/**
 * Decides whether a request is admitted. It may read everything but the body. `true`, a non-empty string, a number or
 * a plain object admits; hooks receive the value as `caller`. Everything else is answered with 401, including a
 * `Response`, an `Error` or another class instance, and what a library returns for a failed check: an object with an
 * `error`, with a `status` or `statusCode` of 400 to 599, with `false` as its `active`, `ok`, `success`, `valid` or the
 * like, or with nothing but empty members. A thrown error is answered with 500.
 */
export type AuthorizeFunction<Env, Caller> = (
  request: Request,
  env: Env,
  context: ServeContext | undefined,
) => Caller | boolean | null | undefined | Promise<Caller | boolean | null | undefined>

/** A function, or `'public'` to admit everyone on purpose. */
export type Authorize<Env, Caller> = 'public' | AuthorizeFunction<Env, Caller>

/** @throws {ConfigError} `invalid_config` if `authorize` is neither a function nor `'public'` */
export function checkAuthorize(authorize: unknown, maker: string): void {
  if (authorize === 'public' || typeof authorize === 'function') return
  throw new ConfigError(
    'invalid_config',
    `${maker}() requires \`authorize\`: a function that admits or rejects a request, or 'public' to admit everyone`,
  )
}

/**
 * Returns the caller, or `undefined` if `authorize` only returned `true`.
 * @throws {HttpError} 401
 */
export async function findCaller<Env, Caller>(
  authorize: Authorize<Env, Caller>,
  request: Request,
  env: Env,
  context?: ServeContext,
): Promise<Caller | undefined> {
  if (authorize === 'public') return undefined
  const caller = await authorize(request, env, context)
  if (!isCaller(caller)) throw unauthorized(caller)
  return caller === true ? undefined : (caller as Caller)
}

/** Headers in which clients of Anthropic, Gemini and Azure send their key. */
export const KEY_HEADERS: readonly string[] = ['x-api-key', 'x-goog-api-key', 'api-key']

/**
 * Returns the request with its key both as `authorization: Bearer …`, as OpenAI's clients send it, and as `x-api-key`.
 * A request that gets another header has no body: `authorize` does not read it.
 */
export function withBothKeys(request: Request): Request {
  const authorization = request.headers.get('authorization')
  const key =
    authorization === null
      ? KEY_HEADERS.map((name) => request.headers.get(name)).find((value) => value !== null)
      : /^Bearer +(\S+)$/i.exec(authorization)?.[1]
  if (key === undefined || key === null) return request
  if (authorization !== null && request.headers.has('x-api-key')) return request
  const headers = new Headers(request.headers)
  if (authorization === null) headers.set('authorization', `Bearer ${key}`)
  if (!headers.has('x-api-key')) headers.set('x-api-key', key)
  const { url, method, signal } = request
  const both = new Request(url, { method, headers, signal })
  // What Cloudflare knows of the client.
  if ('cf' in request) Object.defineProperty(both, 'cf', { value: request.cf })
  return both
}

/** A `Response` or an `Error`, returned to reject as middleware does, is truthy and must not admit. */
function isCaller(value: unknown): boolean {
  if (typeof value === 'object') return isRecord(value) && isPlain(value) && !reportsFailure(value)
  return Boolean(value) && typeof value !== 'function' && typeof value !== 'symbol'
}

/**
 * Members that are `false` where a library admits no one: token introspection (RFC 7662), key services, session checks,
 * schema validation.
 */
const VERDICTS = [
  'active',
  'authenticated',
  'authorized',
  'isAuthenticated',
  'isSignedIn',
  'ok',
  'success',
  'valid',
]

/** Returns true for the report of a failed check, such as `{ data, error }` or `{ session: null, user: null }`. */
function reportsFailure(value: Record<string, unknown>): boolean {
  const members = Object.values(value)
  return (
    Boolean(value.error) ||
    VERDICTS.some((name) => value[name] === false) ||
    [value.status, value.statusCode].some(isRefusal) ||
    (members.length > 0 && members.every((member) => member === null || member === undefined))
  )
}

/** Returns true for an HTTP status of an error, as handlers on AWS Lambda and others return it. */
function isRefusal(status: unknown): boolean {
  return typeof status === 'number' && status >= 400 && status < 600
}

/** Returns true for object literals of any realm: their prototype has none. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return (
    Object.prototype.toString.call(value) === '[object Object]' &&
    (prototype === null || Object.getPrototypeOf(prototype) === null)
  )
}

function unauthorized(returned: unknown): HttpError {
  const error = new HttpError({
    status: 401,
    code: 'invalid_api_key',
    message: 'Missing or invalid API key',
  })
  const isObject = typeof returned === 'object' && returned !== null
  if (isObject && !(returned instanceof Response)) {
    error.cause = new Error(
      '`authorize` returned an object that is no plain caller record, or reports a failure',
    )
  }
  return error
}
