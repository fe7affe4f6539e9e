/**
 * What strangers are told of a failure: our words in the shape that OpenAI's clients read, and nothing of the server
 * behind: neither its name, nor its texts, nor its status where that speaks of our own account.
 * @see https://platform.openai.com/docs/guides/error-codes
 */
import type { ErrorCode } from '../error-code.ts'
import type { ChatError } from '../errors.ts'
import { isChatError } from '../errors.ts'

/** A failure as it is answered. */
export interface ErrorBody {
  status: number
  message: string
  /** OpenAI's `error.code`. */
  code?: string | undefined
  /** The member of the body that is to blame. */
  param?: string | undefined
  /** How long to wait before the next try, in milliseconds. */
  retryAfter?: number | undefined
  /** Whether another try makes sense; told to clients that ask (`x-should-retry`). @default by the status */
  retryable?: boolean | undefined
}

/** A refusal, thrown. */
export class HttpError extends Error {
  override name = 'Refused'
  readonly refusal: ErrorBody
  constructor(refusal: ErrorBody) {
    super(refusal.message)
    this.refusal = refusal
  }
}

/** The id of a request, by which its caller and a log can speak of it. */
export function createRequestId(): string {
  return `req_${crypto.randomUUID().replaceAll('-', '')}`
}

/**
 * Heeds what an `admit` hook says: `false` and `{ retryAfter }` (milliseconds) refuse the request.
 * @throws {HttpError} 429
 */
export function checkAdmission(admission: unknown): void {
  if (admission !== false && typeof admission !== 'object') return
  const { retryAfter } = (admission || {}) as Pick<ErrorBody, 'retryAfter'>
  const message = 'You ask too much: try again later'
  throw new HttpError({ status: 429, code: 'rate_limit_exceeded', message, retryAfter })
}

const UNAVAILABLE: ErrorBody = {
  status: 502,
  code: 'model_unavailable',
  message: 'The model is not available',
}
const BROKEN: ErrorBody = {
  status: 502,
  code: 'model_failed',
  message: 'The model failed to answer',
}

/** By code. A failure of our own account is not the caller's: its 401 would send the caller looking for its key. */
const REFUSALS: Partial<Record<ErrorCode, ErrorBody>> = {
  authentication: UNAVAILABLE,
  permission: UNAVAILABLE,
  insufficient_quota: UNAVAILABLE,
  model_not_found: UNAVAILABLE,
  connection_failed: UNAVAILABLE,
  rate_limit: {
    status: 429,
    code: 'rate_limit_exceeded',
    message: 'The model is asked too much: try again later',
  },
  overloaded: {
    status: 503,
    code: 'model_overloaded',
    message: 'The model has too much to do: try again later',
  },
  content_filter: {
    status: 400,
    code: 'content_filter',
    message: 'The request or its answer was held back by a content filter',
  },
  context_length: {
    status: 400,
    code: 'context_length_exceeded',
    param: 'messages',
    message: 'The messages are too long for this model',
  },
  bad_request: {
    status: 400,
    code: 'invalid_request',
    message: 'The model does not take this request as it is',
  },
  timeout: { status: 504, code: 'timeout', message: 'The model took too long to answer' },
  server_error: BROKEN,
  unexpected_response: BROKEN,
  connection_lost: BROKEN,
  stream_truncated: BROKEN,
  bad_frame: BROKEN,
  frame_too_large: BROKEN,
}

/** Our own fault: a hook or the configuration. */
const INTERNAL: ErrorBody = {
  status: 500,
  code: 'internal_error',
  message: 'The gateway failed to answer',
}

/** What is told of whatever was thrown. */
export function toErrorBody(thrown: unknown): ErrorBody {
  if (thrown instanceof HttpError) return thrown.refusal
  if (!isChatError(thrown)) return INTERNAL
  // About the caller's own messages, in our own words.
  if (thrown.code === 'invalid_messages') return invalid(thrown.message)
  if (thrown.code === 'unsupported_option') return unsupported(thrown)
  const { retryAfter } = thrown as { retryAfter?: number }
  // A path that is not there is our mistake, though it is answered as one of the request.
  const known = isAddress(thrown) ? UNAVAILABLE : (REFUSALS[thrown.code] ?? INTERNAL)
  return { ...known, retryAfter, retryable: thrown.retryable }
}

function isAddress({ code, status }: ChatError): boolean {
  return code === 'bad_request' && (status === 404 || status === 405)
}

/** A body that is wrong, in words that begin with the path to what is wrong. */
export function invalid(words: string): ErrorBody {
  const message = words.slice(0, 300)
  const param = /^[\w.[\]]+(?= (must|is) | ")/.exec(message)?.[0]
  return { status: 400, code: 'invalid_value', message, param }
}

/** The option by its name on the wire: the words of the error name the server. */
function unsupported(error: ChatError): ErrorBody {
  const option = /`([a-zA-Z]+)[^`]*`/.exec(error.message)?.[1] ?? ''
  const wire = SPELLINGS[option] ?? option.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
  return {
    status: 400,
    code: 'unsupported_parameter',
    ...(wire && { param: wire }),
    message: wire
      ? `This model does not take \`${wire}\` as it is in this request`
      : 'This model does not take something in this request',
  }
}

const SPELLINGS: Record<string, string> = { reasoning: 'reasoning_effort' }

/** The body of an error, in OpenAI's shape. */
export function encodeErrorBody(refusal: ErrorBody, requestId: string): string {
  const { status, message, code = null, param = null } = refusal
  return JSON.stringify({
    error: { message, type: typeOf(status), param, code, request_id: requestId },
  })
}

function typeOf(status: number): string {
  if (status === 401) return 'authentication_error'
  if (status === 429) return 'rate_limit_error'
  return status < 500 ? 'invalid_request_error' : 'server_error'
}

/** Longest wait that is told, in milliseconds: an hour. */
const LONGEST_WAIT = 3_600_000

/** A refusal as an answer. */
export function errorResponse(
  refusal: ErrorBody,
  requestId: string,
  headers: Record<string, string>,
): Response {
  const { status, retryAfter, retryable } = refusal
  const all = new Headers({ ...headers, 'content-type': 'application/json; charset=utf-8' })
  if (retryAfter !== undefined && retryAfter >= 0) {
    const wait = Math.min(retryAfter, LONGEST_WAIT)
    all.set('retry-after', String(Math.ceil(wait / 1000)))
    all.set('retry-after-ms', String(Math.ceil(wait)))
  }
  if (retryable !== undefined) all.set('x-should-retry', String(retryable))
  return new Response(encodeErrorBody(refusal, requestId), { status, headers: all })
}
