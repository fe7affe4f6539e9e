/**
 * Sends one request, nearly always a POST, and turns failures into errors. The response timeout runs here.
 * Does not retry: `chat/retry.ts` makes all retries from one budget.
 */
import { isError } from '../is-record.ts'
import type { Hooks } from 'ky'
import ky from 'ky'
import { startDeadline } from '../async/deadline.ts'
import type { Call } from '../call.ts'
import { abortOf } from '../call.ts'
import { redact, secretsOf } from '../redact.ts'
import type { ServiceErrorCode } from '../error-code.ts'
import { ConfigError, isChatError, ServiceError, StreamError, TimeoutError } from '../errors.ts'
import { codeOfStatus, isFinal, isRetryableStatus, refineCode } from '../service-error-code.ts'
import { toHex } from '../bytes-to-text.ts'
import { isForeignOrigin, isOwnOrigin } from '../env.ts'
import { toJSON as toJSONText } from '../well-formed.ts'
import type { RequestHooks } from '../options.ts'
import { readText } from './read-text.ts'
import { toRuntimeTimeout } from './runtime-timeout.ts'
import { reasonOf } from '../reason-of.ts'

/** A provider's reading of an error response. Omitted members come from the HTTP status. */
export interface Failure {
  /** The error code. */
  code?: ServiceErrorCode | undefined
  /** The server's message. */
  message?: string | undefined
  /** The vendor's own code, as spelled. */
  vendorCode?: string | undefined
  /** True if the same call may succeed later. */
  retryable?: boolean | undefined
  /** The server's request id. */
  requestId?: string | undefined
  /** Wait that the server asks for, in milliseconds. */
  retryAfter?: number | undefined
  /** The status in the body, if it differs from the HTTP status. */
  status?: number | undefined
}

/** A request, without its URL. */
export interface PostRequest {
  /** @default 'post' */
  method?: 'get' | 'post' | undefined
  /** Sent as JSON; ignored for a GET. */
  body?: unknown
  /** The provider's headers. Those of the call override them. */
  headers?: Record<string, string> | undefined
  /** Reads the vendor's error body, whatever its content type. */
  decodeError?: ((text: string, status: number) => Failure) | undefined
  /** True if the server honors `Idempotency-Key`, or at least accepts it. @default false */
  honorsIdempotencyKey?: boolean | undefined
}

const ERROR_BODY_LENGTH = 65_536
/** Wait after which a proxy's 504 or 524 means a slow answer, not a broken server. Milliseconds. */
const LONG_WAIT = 25_000

/**
 * Sends JSON and resolves with the response once its headers have arrived with a 2xx status.
 * @throws {ServiceError} for any other status, read by `decodeError`
 * @throws {StreamError} `connection_failed`
 * @throws {TimeoutError} `which: 'response'`
 */
export async function post(url: string, request: PostRequest, call: Call): Promise<Response> {
  const response = await send(url, request, call)
  const requestId = readRequestId(response.headers)
  if (requestId !== undefined) call.requestId = redact(requestId, call.secrets)
  if (response.ok) return response
  throw await toServiceError(response, request, call)
}

async function send(url: string, request: PostRequest, call: Call): Promise<Response> {
  // One controller per request: aborting it must not affect the next one.
  const controller = new AbortController()
  const { method = 'post' } = request
  const key = method === 'post' ? idempotencyKeyFor(url, request, call) : undefined
  const own = key ? { 'idempotency-key': key } : undefined
  const headers = mergeHeaders(request.headers, own, call.headers)
  const body = method === 'get' ? null : toJSON(request.body)
  call.sentAt = Date.now()
  call.keepsTime = true
  let failure: { error: unknown } | undefined
  let fail = (_error: unknown) => {}
  // A caller's own `fetch` may ignore its signal, so the wait ends here too.
  const ended = new Promise<never>((_resolve, reject) => {
    fail = (error) => {
      failure = { error }
      controller.abort(error)
      reject(error)
    }
  })
  ended.catch(() => {}) // may lose the race, or reject before it is awaited
  const release = startDeadline(
    { abort: fail },
    {
      signal: abortOf(call) as AbortSignal,
      limit: call.timeout,
      toError: (limit) => new TimeoutError('response', limit),
    },
  )
  try {
    if (failure) throw failure
    // Following a redirect would send a key in a custom header to another host.
    // Passed directly: through ky, body and signal become a stream and a combined signal, and headers are copied
    // twice more, which delays the first token by 0.13 ms (Node 20).
    const init: RequestInit = {
      method: method.toUpperCase(),
      headers: new Headers(headers),
      body,
      signal: controller.signal,
      redirect: 'manual',
    }
    const answer = ky(url, {
      method,
      ...(call.hooks && {
        headers,
        hooks: toHooks(call.hooks, (error) => fail(error)),
        ...(body !== null && { body }),
      }),
      fetch: (request) =>
        call.hooks
          ? askWithHooks(request as Request, init, call)
          : ask((request as Request).url, init, call),
      retry: 0,
      timeout: false,
      throwHttpErrors: false,
    })
    answer.then(
      (late) => failure && late.body?.cancel().catch(() => {}),
      () => {},
    )
    const response = await Promise.race([answer, ended])
    call.abortRequest = abortFunction(controller)
    return response
  } catch (error) {
    if (failure) throw failure.error
    // ky wraps what `fetch` threw.
    const cause = (error as Error | undefined)?.cause
    if (isChatError(error)) throw error
    if (isChatError(cause)) throw cause
    throw toRuntimeTimeout(error, 'response', call.sentAt) ?? connectionFailed(url, error, body)
  } finally {
    release()
  }
}

/** A separate function so that its closure does not retain the request for as long as the stream lives. */
function abortFunction(controller: AbortController): () => void {
  return () => controller.abort()
}

async function ask(url: string, init: RequestInit, call: Call): Promise<Response> {
  const { fetch } = call // the browser's `fetch` must not be called as a method
  const response = (await fetch(url, init)) as Partial<Response> | undefined
  if (typeof response?.headers?.get === 'function') return response as Response
  throw new ConfigError('invalid_config', 'config.fetch must return a Response')
}

/** Sends the request as the hooks left it. */
async function askWithHooks(request: Request, init: RequestInit, call: Call): Promise<Response> {
  // A server may echo what a hook has added.
  call.secrets.push(...secretsOf(Object.fromEntries(request.headers)))
  const { url, method, headers } = request
  const body = init.body === null ? null : await request.text()
  return await ask(url, { ...init, method, headers, body }, call)
}

/** Returns ky's hooks. An error of one ends the call instead of passing for one of the connection. */
function toHooks(
  { beforeRequest = [], afterResponse = [] }: RequestHooks,
  fail: (error: unknown) => void,
): Hooks {
  const guard =
    <State, Result>(hook: (state: State) => Result, name: string) =>
    async (state: State): Promise<Awaited<Result>> => {
      try {
        const result = await hook(state)
        if (result === undefined || 'headers' in (result as object)) return result
        throw new TypeError(
          `it must return a Response${name.startsWith('b') ? ', a Request' : ''} or nothing`,
        )
      } catch (cause) {
        const why = reasonOf(cause)
        const error = isChatError(cause)
          ? cause
          : new ConfigError('invalid_config', `config.hooks.${name} failed: ${why}`, { cause })
        fail(error)
        throw error
      }
    }
  return {
    beforeRequest: beforeRequest.map((hook) => guard(hook, 'beforeRequest')),
    afterResponse: afterResponse.map((hook) => guard(hook, 'afterResponse')),
  }
}

/** Merges headers case-insensitively; later ones win. Not a `Headers`: ky and `fetch` each create one anyway. */
function mergeHeaders(...records: (Record<string, string> | undefined)[]): Record<string, string> {
  const headers: Record<string, string> = {
    accept: 'application/json, text/event-stream',
    'content-type': 'application/json',
  }
  for (const record of records) {
    for (const [name, value] of Object.entries(record ?? {})) headers[name.toLowerCase()] = value
  }
  return headers
}

/** Returns the key of the call, or `undefined` if this server should not get one. */
function idempotencyKeyFor(
  url: string,
  { honorsIdempotencyKey = false }: PostRequest,
  call: Call,
): string | undefined {
  // A server of the page's own origin is a relay or a gateway.
  const byDefault = isOwnOrigin(url) || (honorsIdempotencyKey && !isForeignOrigin(url))
  if (!(call.sendsIdempotencyKey ?? byDefault)) return undefined
  // React Native has none: the request goes out without a key.
  if (typeof crypto === 'undefined') return undefined
  // `crypto.randomUUID` is missing in pages without HTTPS; Node caches it, so it takes a tenth of the time.
  call.idempotencyKey ??=
    crypto.randomUUID?.().replaceAll('-', '') ?? toHex(crypto.getRandomValues(new Uint8Array(16)))
  return call.idempotencyKey
}

function toJSON(body: unknown): string | null {
  try {
    return toJSONText(body) ?? null
  } catch (cause) {
    throw new ConfigError(
      'unsupported_option',
      `Cannot serialize the request as JSON: ${(cause as Error).message}`,
      { cause },
    )
  }
}

/** Failures to connect: the request was never sent. */
const NOT_CONNECTED =
  /ECONNREFUSED|ConnectionRefused|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|CONNECT_TIMEOUT/
/** The lowest default limit of a proxy for request bodies (nginx: 1 MB). Characters. */
const LARGE_BODY = 1_000_000

function connectionFailed(url: string, error: unknown, body: string | null): StreamError {
  // ky wraps what `fetch` threw, and its message holds the full URL; Node hides the reason one level deeper.
  let cause = error
  if (isError(error) && error.name === 'NetworkError' && error.cause) cause = error.cause
  const inner = isError(cause) && isError(cause.cause) ? cause.cause : cause
  // Deno's message holds the full URL.
  const reason = isError(inner) ? inner.message.replace(/(https?:\/\/[^\s?#)]*)[^\s)]*/g, '$1') : ''
  const why = reason && `: ${reason}`
  // nginx answers 413 in mid-upload and then resets an HTTP/2 connection, so Node 26 never sees the status.
  const code = isError(inner) && (inner as { code?: unknown }).code
  const isTooLarge =
    body !== null &&
    body.length > LARGE_BODY &&
    typeof code === 'string' &&
    !NOT_CONNECTED.test(code)
  const size = isTooLarge
    ? ` (while sending ${(body.length / 1e6).toFixed(1)} MB: the server may not accept that much)`
    : ''
  const inPage =
    typeof document === 'object' ? ' (offline, or blocked by CORS: browsers do not say which)' : ''
  return new StreamError(
    'connection_failed',
    `Could not reach ${withoutQuery(url)}${why}${size}${inPage}`,
    {
      cause,
      retryable: !isTooLarge,
    },
  )
}

/** Returns a URL without its query, which may hold a key. */
function withoutQuery(url: string): string {
  return url.split(/[?#]/, 1)[0] as string
}

async function toServiceError(
  response: Response,
  request: PostRequest,
  call: Call,
): Promise<ServiceError> {
  const { status, headers, type } = response
  if (type === 'opaqueredirect' || (status >= 300 && status < 400)) {
    response.body?.cancel().catch(() => {})
    return new ServiceError('unexpected_response', 'Unexpected redirect: check `baseURL`', {
      status,
      requestId: call.requestId,
    })
  }
  const text = await readErrorText(response, call)
  const failure = request.decodeError?.(text, status) ?? {}
  const real = failure.status ?? status
  const summary = `${failure.vendorCode ?? ''} ${failure.message ?? text.slice(0, 2000)}`
  // A proxy or web server that does not know the path, not a vendor that does not know the model.
  const isPage =
    (real === 404 || real === 405) && /^\s*(<!--[^>]*-->\s*)?<(!doctype\s+html|html)\b/i.test(text)
  const code = isPage
    ? 'unexpected_response'
    : (failure.code ?? refineCode(codeOfStatus(real), summary))
  const message = isPage
    ? `HTTP ${real} with a web page: check \`baseURL\``
    : failure.message || describeBody(text, real)
  // The model may still be answering behind a proxy that gave up: a retry would pay for the answer again.
  const gaveUp = (real === 504 || real === 524) && Date.now() - call.sentAt > LONG_WAIT
  const retryable = !gaveUp && (failure.retryable ?? isRetryableStatus(real))
  const shouldRetry = headers.get('x-should-retry')
  return new ServiceError(code, redact(message, call.secrets), {
    status: real,
    vendorCode: failure.vendorCode,
    requestId: failure.requestId ?? call.requestId,
    retryAfter: failure.retryAfter ?? readRetryAfter(headers),
    retryable: !isFinal(code) && shouldRetry !== 'false' && (shouldRetry === 'true' || retryable),
  })
}

async function readErrorText(response: Response, call: Call): Promise<string> {
  try {
    return await readText(response, call, ERROR_BODY_LENGTH)
  } catch (error) {
    if (abortOf(call).aborted) throw error
    return '' // the connection broke: report the status alone
  }
}

/** Describes an error body the provider cannot read, such as a proxy's page. */
function describeBody(text: string, status: number): string {
  // A page's title repeats its heading, and the heading repeats the status.
  const withoutTitle = text.replace(/<title\b[\s\S]*?(?:<\/title>|$)/i, ' ')
  const plain = (plainText(withoutTitle) || plainText(text)).replace(
    new RegExp(`^${status}[\\s:-]+`),
    '',
  )
  return plain ? `HTTP ${status}: ${plain.slice(0, 200)}` : `HTTP ${status} with an empty body`
}

function plainText(html: string): string {
  return html
    .replace(/<(script|style)\b[\s\S]*?(?:<\/\1>|$)|<[^<>]*>/gi, ' ')
    .replace(/\s+/g, ' ')
    .trim()
}

const REQUEST_ID_HEADERS = [
  'x-request-id',
  'request-id',
  'apim-request-id',
  'x-generation-id',
  'x-siliconcloud-trace-id',
  'cf-ray',
]

function readRequestId(headers: Headers): string | undefined {
  for (const name of REQUEST_ID_HEADERS) {
    const value = headers.get(name)
    if (value) return value
  }
  return undefined
}

/**
 * Reads how long the server asks to wait, in milliseconds: from `retry-after-ms`, else `retry-after` (seconds or a date).
 * @see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */
export function readRetryAfter(headers: Headers): number | undefined {
  const inMs = Number.parseFloat(headers.get('retry-after-ms') ?? '')
  if (inMs >= 0) return inMs
  const value = headers.get('retry-after')
  if (!value) return undefined
  const seconds = Number(value)
  const wait = Number.isNaN(seconds) ? Date.parse(value) - Date.now() : seconds * 1000
  return Number.isNaN(wait) || wait < 0 ? undefined : wait
}
