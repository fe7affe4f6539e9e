/**
 * Reports failures as HTTP responses with our own messages: callers learn nothing about the upstream, neither its
 * name, nor its messages, nor a status that concerns the operator's account.
 * @see https://platform.openai.com/docs/guides/error-codes
 */
import type { ErrorCode } from '../error-code.ts'
import type { ChatError } from '../errors.ts'
import { isChatError } from '../errors.ts'
import { toJSON } from '../well-formed.ts'

/** An error for the caller, independent of the wire format. */
export interface ErrorBody {
  status: number
  message: string
  /** OpenAI's `error.code`. */
  code?: string | undefined
  /** The request property at fault. */
  param?: string | undefined
  /** Wait before the next try, in milliseconds. */
  retryAfter?: number | undefined
  /** Sent as `x-should-retry`, which OpenAI's clients follow. @default undefined: clients decide by the status */
  retryable?: boolean | undefined
  /** Further response headers, such as `allow`. */
  headers?: Record<string, string> | undefined
}

/** Throws an `ErrorBody`. */
export class HttpError extends Error {
  override name = 'HttpError'
  readonly body: ErrorBody
  constructor(body: ErrorBody, options?: ErrorOptions) {
    super(body.message, options)
    this.body = body
  }
}

/** Creates the id with which a caller and a log refer to one request. */
export function createRequestId(): string {
  return `req_${crypto.randomUUID().replaceAll('-', '')}`
}

/**
 * Applies the result of an `admit` hook: `false` and `{ retryAfter }` (milliseconds) reject the request.
 * @throws {HttpError} 429
 */
export function checkAdmission(admission: unknown): void {
  if (admission !== false && typeof admission !== 'object') return
  const { retryAfter } = (admission || {}) as Pick<ErrorBody, 'retryAfter'>
  throw new HttpError({
    status: 429,
    code: 'rate_limit_exceeded',
    message: 'Rate limit exceeded',
    retryAfter,
  })
}

const UNAVAILABLE: ErrorBody = {
  status: 502,
  code: 'model_unavailable',
  message: 'The model is unavailable',
}
const BROKEN: ErrorBody = {
  status: 502,
  code: 'model_failed',
  message: 'The model failed to reply',
}

/**
 * Errors by code. Failures of the operator's account are not reported as such: a 401 would make callers check
 * their own key.
 */
const ERROR_BODIES: Partial<Record<ErrorCode, ErrorBody>> = {
  authentication: UNAVAILABLE,
  permission: UNAVAILABLE,
  insufficient_quota: UNAVAILABLE,
  model_not_found: UNAVAILABLE,
  connection_failed: UNAVAILABLE,
  rate_limit: { status: 429, code: 'rate_limit_exceeded', message: 'Rate limit exceeded' },
  overloaded: { status: 503, code: 'model_overloaded', message: 'The model is overloaded' },
  content_filter: {
    status: 400,
    code: 'content_filter',
    message: 'The request or the response was blocked by a content filter',
  },
  context_length: {
    status: 400,
    code: 'context_length_exceeded',
    param: 'messages',
    message: "The messages exceed the model's context length",
  },
  bad_request: {
    status: 400,
    code: 'invalid_request',
    message: 'The model rejected the request',
  },
  timeout: { status: 504, code: 'timeout', message: 'The model took too long to reply' },
  server_error: BROKEN,
  unexpected_response: BROKEN,
  connection_lost: BROKEN,
  stream_truncated: BROKEN,
  bad_frame: BROKEN,
  frame_too_large: BROKEN,
  response_too_large: BROKEN,
}

/** Logged, but sent to no one: a client that left is not a fault of the service. The status is nginx's. */
export const LEFT: ErrorBody = {
  status: 499,
  code: 'client_disconnected',
  message: 'The client disconnected',
}

/** A failing hook or an invalid configuration. */
const INTERNAL: ErrorBody = { status: 500, code: 'internal_error', message: 'Internal error' }

/** Returns the error that a caller receives for a thrown value. */
export function toErrorBody(thrown: unknown): ErrorBody {
  if (thrown instanceof HttpError) return thrown.body
  if (!isChatError(thrown)) return INTERNAL
  // Providers name themselves in these two.
  if (thrown.code === 'invalid_messages') return unsupportedMessage(thrown)
  if (thrown.code === 'unsupported_option') return unsupported(thrown)
  const { retryAfter } = thrown as { retryAfter?: number }
  // A missing path is a configuration mistake, although its status blames the request.
  const known = isWrongAddress(thrown) ? UNAVAILABLE : (ERROR_BODIES[thrown.code] ?? INTERNAL)
  return { ...known, retryAfter, retryable: thrown.retryable }
}

function isWrongAddress({ code, status }: ChatError): boolean {
  return code === 'bad_request' && (status === 404 || status === 405)
}

/** Returns a 400 whose message begins with the path of the invalid property. */
export function invalid(problem: string): ErrorBody {
  const message = problem.slice(0, 300)
  const param = /^[\w.[\]]+(?= (must|is|list) | ")/.exec(message)?.[0]
  return { status: 400, code: 'invalid_value', message, param }
}

function unsupportedMessage({ message }: ChatError): ErrorBody {
  const param = /messages\[\d+\][\w.[\]]*/.exec(message)?.[0] ?? 'messages'
  return {
    status: 400,
    code: 'invalid_value',
    param,
    message: `${param} cannot be used with this model`,
  }
}

/** Options a caller can set, by their names in OpenAI's format. */
const SPELLINGS: Record<string, string> = {
  temperature: 'temperature',
  topP: 'top_p',
  topK: 'top_k',
  maxTokens: 'max_tokens',
  seed: 'seed',
  stop: 'stop',
  presencePenalty: 'presence_penalty',
  frequencyPenalty: 'frequency_penalty',
  repetitionPenalty: 'repetition_penalty',
  tools: 'tools',
  toolChoice: 'tool_choice',
  parallelToolCalls: 'parallel_tool_calls',
  responseFormat: 'response_format',
  reasoning: 'reasoning_effort',
  verbosity: 'verbosity',
}

/** Words for message parts in the messages of providers, such as `image_url`, "files" and "media". */
const MEDIA =
  /(?:\b|_)(?:images?|pictures?|audio|sound|videos?|media|files?|parts?|data: URLs?)(?:\b|_)/i

/** Words for messages that a model does not take, such as a last one by the assistant. */
const MESSAGES = /supports only text for|assistant message/

/** Names only the option: the rest of the message names the server, or an option that callers cannot set. */
function unsupported({ message }: ChatError): ErrorBody {
  const option = /^[^`]*`([a-zA-Z]+)[^`]*`/.exec(message)?.[1] ?? ''
  const param = Object.hasOwn(SPELLINGS, option) ? SPELLINGS[option] : undefined
  const isMessages = !param && (MEDIA.test(message) || MESSAGES.test(message))
  const subject = param ? `\`${param}\`` : isMessages ? 'A message part' : 'An option'
  return {
    status: 400,
    code: 'unsupported_parameter',
    param: isMessages ? 'messages' : param,
    message: `${subject} of this request is not supported by this model`,
  }
}

/** Encodes an error in OpenAI's format. */
export function encodeErrorBody(error: ErrorBody, requestId: string): string {
  const { status, message, code = null, param = null } = error
  // `message` may quote the caller, cut in the middle of a character.
  return toJSON({
    error: { message, type: typeOf(status), param, code, request_id: requestId },
  }) as string
}

function typeOf(status: number): string {
  if (status === 401) return 'authentication_error'
  if (status === 429) return 'rate_limit_error'
  return status < 500 ? 'invalid_request_error' : 'server_error'
}

/** Longest wait that is sent to callers, in milliseconds: an hour. */
const MAX_RETRY_AFTER = 3_600_000

/**
 * Returns the response for an error.
 * @param encode writes the body, in the wire format of the endpoint
 */
export function errorResponse(
  error: ErrorBody,
  requestId: string,
  headers: Record<string, string>,
  encode: (error: ErrorBody, requestId: string) => string = encodeErrorBody,
): Response {
  const { status, retryAfter, retryable } = error
  const all = new Headers({
    ...headers,
    ...error.headers,
    'content-type': 'application/json; charset=utf-8',
  })
  if (status === 401) all.set('www-authenticate', 'Bearer')
  if (retryAfter !== undefined && retryAfter >= 0) {
    const wait = Math.min(retryAfter, MAX_RETRY_AFTER)
    all.set('retry-after', String(Math.ceil(wait / 1000)))
    all.set('retry-after-ms', String(Math.ceil(wait)))
  }
  if (retryable !== undefined) all.set('x-should-retry', String(retryable))
  return new Response(encode(error, requestId), { status, headers: all })
}
