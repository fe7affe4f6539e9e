/**
 * Errors in the OpenAI spelling, in all the shapes that its many servers give them.
 * @see https://platform.openai.com/docs/guides/error-codes
 */
import type { ServiceErrorCode } from '../error-code.ts'
import {
  codeOfStatus,
  isChatError,
  isRetryableStatus,
  refineCode,
  ServiceError,
  StreamError,
} from '../errors.ts'
import type { Failure } from '../http/client.ts'

/** A vendor's codes: what each means, and whether trying again helps. */
export type ErrorCodes = Readonly<
  Record<string, readonly [code: ServiceErrorCode, retryable: boolean]>
>

/** A frame whose members are of other types than the format has. */
export function toChatError(error: unknown): unknown {
  if (isChatError(error)) return error
  return new StreamError('bad_frame', 'A frame of the answer has another shape than the format', {
    cause: error,
  })
}

/** The error inside an answer. */
export function toServiceError(
  answer: unknown,
  text: string,
  errorCodes?: ErrorCodes,
): ServiceError {
  if (typeof answer !== 'object' || answer === null) return unexpected('is no object', text)
  const failure = describeError(answer as Record<string, unknown>, 200, errorCodes)
  const code = failure.code ?? 'server_error'
  return new ServiceError(
    code,
    failure.message ?? 'The server reported an error inside its answer',
    {
      vendorCode: failure.vendorCode,
      status: failure.status,
      requestId: failure.requestId,
      retryable:
        failure.retryable ??
        (code === 'server_error' || code === 'overloaded' || code === 'rate_limit'),
    },
  )
}

/** The error for an answer that is none. */
export function unexpected(what: string, text: string): ServiceError {
  return new ServiceError('unexpected_response', `The answer ${what}: ${text.slice(0, 120)}`)
}

/** Reads an error body in any of its shapes; its content type is not to be trusted. */
export function decodeError(text: string, status: number, errorCodes?: ErrorCodes): Failure {
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    return {} // a page or plain words: the client describes it
  }
  if (Array.isArray(body)) body = body[0]
  if (typeof body === 'string') return { message: body }
  if (typeof body !== 'object' || body === null) return {}
  return describeError(body as Record<string, unknown>, status, errorCodes)
}

function describeError(
  body: Record<string, unknown>,
  status: number,
  errorCodes?: ErrorCodes,
): Failure {
  const nested = body.error ?? body.errors ?? body.detail ?? body
  const error = (Array.isArray(nested) ? nested[0] : nested) as Record<string, unknown> | string
  if (typeof error === 'string') return classify([], error, status, body)
  const message = firstString(error?.message, error?.msg, body.message, body.msg)
  const metadata = error?.metadata as { raw?: unknown } | undefined
  const raw =
    typeof metadata?.raw === 'string'
      ? metadata.raw
      : metadata?.raw
        ? JSON.stringify(metadata.raw)
        : ''
  const words = raw ? `${message ?? ''}: ${raw.slice(0, 500)}` : message
  const codes = [error?.code, error?.type, body.code, error?.status, error?.status_code]
  const known = errorCodes?.[String(error?.code ?? body.code)]
  const failure = classify(codes, words, status, body)
  if (!known) return failure
  return {
    ...failure,
    code: known[0],
    retryable: known[1],
    vendorCode: String(error?.code ?? body.code),
  }
}

function classify(
  codes: unknown[],
  message: string | undefined,
  httpStatus: number,
  body: Record<string, unknown>,
): Failure {
  const names = codes.filter((code) => typeof code === 'string' && code !== '') as string[]
  const told = codes.map(Number).find((code) => code >= 400 && code < 600)
  const status = httpStatus >= 400 ? httpStatus : told
  const byName = names.map((name) => ERROR_NAMES[name.toLowerCase()]).find((code) => code)
  const words = `${names.join(' ')} ${message ?? ''}`
  const code = refineCode(byName ?? (status ? codeOfStatus(status) : 'server_error'), words)
  return {
    code,
    message,
    status,
    vendorCode: names[0] ?? (told === undefined ? undefined : String(told)),
    requestId: firstString(body.request_id),
    retryable: FINAL.has(code) ? false : status ? isRetryableStatus(status) : undefined,
  }
}

/** Codes after which the same request fails again, whatever the status says. */
const FINAL = new Set<ServiceErrorCode>([
  'authentication',
  'permission',
  'insufficient_quota',
  'content_filter',
  'context_length',
  'model_not_found',
  'bad_request',
])

const ERROR_NAMES: Record<string, ServiceErrorCode> = {
  invalid_api_key: 'authentication',
  authentication_error: 'authentication',
  invalid_authentication_error: 'authentication',
  unauthenticated: 'authentication',
  permission_error: 'permission',
  permission_denied: 'permission',
  insufficient_quota: 'insufficient_quota',
  exceeded_current_quota_error: 'insufficient_quota',
  billing_error: 'insufficient_quota',
  rate_limit_exceeded: 'rate_limit',
  rate_limit_error: 'rate_limit',
  rate_limit_reached_error: 'rate_limit',
  overloaded_error: 'overloaded',
  engine_overloaded_error: 'overloaded',
  unavailable_error: 'overloaded',
  unavailable: 'overloaded',
  content_filter: 'content_filter',
  content_policy_violation: 'content_filter',
  context_length_exceeded: 'context_length',
  exceed_context_size_error: 'context_length',
  model_not_found: 'model_not_found',
  invalid_request_error: 'bad_request',
  invalid_argument: 'bad_request',
  tool_use_failed: 'bad_request',
}

function firstString(...values: unknown[]): string | undefined {
  return values.find((value): value is string => typeof value === 'string' && value !== '')
}
