/**
 * One request, nearly always a POST: headers, three kinds of failure, and the clock that runs until the answer begins.
 * Retries are not made here: `chat/retry.ts` makes them all, from one purse.
 */
import ky from 'ky'
import type { Call } from '../call.ts'
import { redact } from '../call.ts'
import type { ServiceErrorCode } from '../error-code.ts'
import {
  codeOfStatus,
  ConfigError,
  isFinal,
  isRetryableStatus,
  refineCode,
  ServiceError,
  StreamError,
  TimeoutError,
} from '../errors.ts'
import { toJSON as toJSONText } from '../well-formed.ts'
import { readText } from './read-text.ts'

/** What a provider makes of a failed answer; what it leaves out is read from the status. */
export interface Failure {
  /** What it comes to. */
  code?: ServiceErrorCode | undefined
  /** The server's words. */
  message?: string | undefined
  /** The vendor's own code, as it was spelled. */
  vendorCode?: string | undefined
  /** True where the same call may succeed a little later. */
  retryable?: boolean | undefined
  /** The server's own id of the request. */
  requestId?: string | undefined
  /** Milliseconds. */
  retryAfter?: number | undefined
  /** The status that the body tells, where it differs from the one of HTTP. */
  status?: number | undefined
}

/** What goes into a POST besides its URL. */
export interface PostRequest {
  /** @default 'post' */
  method?: 'get' | 'post' | undefined
  /** Sent as JSON, but with a GET. */
  body?: unknown
  /** The provider's own; those of the call win. */
  headers?: Record<string, string> | undefined
  /** Reads a vendor's error body, whatever its content type says. */
  decodeError?: ((text: string, status: number) => Failure) | undefined
}

const ERROR_BODY_LENGTH = 65_536

/**
 * Sends JSON and gives the answer once its headers are there and its status is good.
 * @throws {ServiceError} for any other status, read through `decodeError`
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
  // A fresh controller for each request: aborting one must not touch the next.
  const controller = new AbortController()
  const { signal } = call
  const headers = mergeHeaders(request.headers, call.headers)
  const { method = 'post' } = request
  const body = method === 'get' ? null : toJSON(request.body)
  call.sentAt = Date.now()
  call.keepsTime = true
  let failure: { error: unknown } | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let onAbort = () => {}
  // A `fetch` handed in by the caller may not heed its signal, so the wait ends here too.
  const ended = new Promise<never>((_resolve, reject) => {
    const fail = (error: unknown) => {
      failure = { error }
      controller.abort(error)
      reject(error)
    }
    onAbort = () => fail(signal.reason)
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort)
    const { timeout } = call
    if (timeout !== false)
      timer = setTimeout(() => fail(new TimeoutError('response', timeout)), timeout)
  })
  ended.catch(() => {}) // it may lose the race, or reject before anyone waits
  try {
    if (failure) throw failure
    // A key in a header of its own would travel along with a redirect.
    const init: RequestInit = { body, signal: controller.signal, redirect: 'manual' }
    const answer = ky(url, {
      method,
      headers,
      // Body and signal beside ky's request: in it they become a stream and one signal of two, which took the first
      // token 0.12 ms longer (Node 20).
      fetch: (request) => ask(request as Request, init, call),
      retry: 0,
      timeout: false,
      throwHttpErrors: false,
    })
    answer.then(
      (late) => failure && late.body?.cancel().catch(() => {}),
      () => {},
    )
    const response = await Promise.race([answer, ended])
    call.abortRequest = enderOf(controller)
    return response
  } catch (error) {
    if (failure) throw failure.error
    throw connectionFailed(url, error)
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', onAbort)
  }
}

/** Made out here: in there it would keep alive, as long as its stream, all that the request was made with. */
function enderOf(controller: AbortController): () => void {
  return () => controller.abort()
}

function ask({ url, method, headers }: Request, init: RequestInit, call: Call): Promise<Response> {
  const { fetch } = call // by itself: a page's refuses to be called as a member
  return fetch(url, { ...init, method, headers })
}

/** Later ones win, in whatever case their names are written. No `Headers`: ky and `fetch` make one each of it anyway. */
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

function toJSON(body: unknown): string {
  try {
    return toJSONText(body) as string
  } catch (cause) {
    throw new ConfigError(
      'unsupported_option',
      `The request cannot be written as JSON: ${(cause as Error).message}`,
      { cause },
    )
  }
}

function connectionFailed(url: string, error: unknown): StreamError {
  // ky wraps what `fetch` threw, and its own message holds the whole URL; Node hides the reason one level deeper.
  let cause = error
  if (error instanceof Error && error.name === 'NetworkError' && error.cause) cause = error.cause
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause
  // Deno's message holds the whole URL.
  const words =
    inner instanceof Error ? inner.message.replace(/(https?:\/\/[^\s?#)]*)[^\s)]*/g, '$1') : ''
  const why = words && `: ${words}`
  const inPage =
    typeof document === 'object' ? ' (offline, or refused by CORS: a page cannot tell)' : ''
  return new StreamError('connection_failed', `Could not reach ${placeOf(url)}${why}${inPage}`, {
    cause,
  })
}

/** A URL as it may stand in a message: without its query. */
function placeOf(url: string): string {
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
    return new ServiceError('unexpected_response', 'The server redirects: check `baseURL`', {
      status,
      requestId: call.requestId,
    })
  }
  const text = await readErrorText(response, call)
  const failure = request.decodeError?.(text, status) ?? {}
  const real = failure.status ?? status
  const words = `${failure.vendorCode ?? ''} ${failure.message ?? text.slice(0, 2000)}`
  const code = failure.code ?? refineCode(codeOfStatus(real), words)
  const retryable = failure.retryable ?? isRetryableStatus(real)
  const told = headers.get('x-should-retry')
  return new ServiceError(code, redact(failure.message || describe(text, real), call.secrets), {
    status: real,
    vendorCode: failure.vendorCode,
    requestId: failure.requestId ?? call.requestId,
    retryAfter: failure.retryAfter ?? readRetryAfter(headers),
    retryable: !isFinal(code) && told !== 'false' && (told === 'true' || retryable),
  })
}

async function readErrorText(response: Response, call: Call): Promise<string> {
  try {
    return await readText(response, call, ERROR_BODY_LENGTH)
  } catch (error) {
    if (call.signal.aborted) throw error
    return '' // the status alone must do: the body of the error was lost on the way
  }
}

/** Words for an answer that explains nothing, such as a proxy's page. */
function describe(text: string, status: number): string {
  const plain = text
    .replace(/<(script|style)[\s\S]*?<\/\1>|<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
  return plain
    ? `The server answered ${status}: ${plain.slice(0, 200)}`
    : `The server answered ${status} without a word`
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
 * How long the server asks to wait, in milliseconds: `retry-after-ms`, else `retry-after` in seconds or as a date.
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
