/**
 * Decodes Google's errors: a status name, a message, and details.
 * @see https://ai.google.dev/gemini-api/docs/troubleshooting
 * @see https://google.aip.dev/193
 */
import type { ServiceErrorCode } from '../../error-code.ts'
import { ServiceError } from '../../errors.ts'
import { codeOfStatus, isFinal, isRetryableStatus, refineCode } from '../../service-error-code.ts'
import type { Failure } from '../../http/client.ts'
import { nonEmptyString } from '../../wire/fields.ts'

/** The properties of an error that are read. Any of them may be missing or of another type. */
interface WireError {
  code?: unknown
  message?: unknown
  status?: unknown
  details?: unknown
}

interface WireDetail {
  reason?: unknown
  retryDelay?: unknown
  violations?: { quotaId?: unknown }[] | null
}

const CODES = /* @__PURE__ */ new Map<string, ServiceErrorCode>([
  ['INVALID_ARGUMENT', 'bad_request'],
  ['FAILED_PRECONDITION', 'bad_request'],
  ['OUT_OF_RANGE', 'bad_request'],
  ['UNIMPLEMENTED', 'bad_request'],
  ['UNAUTHENTICATED', 'authentication'],
  ['PERMISSION_DENIED', 'permission'],
  ['NOT_FOUND', 'model_not_found'],
  ['RESOURCE_EXHAUSTED', 'rate_limit'],
  ['CANCELLED', 'server_error'],
  ['INTERNAL', 'server_error'],
  ['UNAVAILABLE', 'overloaded'],
  ['DEADLINE_EXCEEDED', 'server_error'],
])

// A bad key gets 400, a missing one 403.
const BAD_KEY =
  /API_KEY_(INVALID|EXPIRED)|api key (not valid|not found|expired)|unregistered callers/i
const TOO_LONG = /token count.{0,60}exceeds|exceeds the maximum number of/i
/** Every 429 mentions quota, plan and billing. Only these mean that retrying is useless. */
const USED_UP = /limit: 0\b|credits? (are|is) depleted|spending cap/i

/** Decodes an error body: an object, or an array of one. For `post`. */
export function decodeError(text: string, status: number): Failure {
  try {
    const body: unknown = JSON.parse(text)
    const { error } = (Array.isArray(body) ? body[0] : body) as { error?: unknown }
    return error ? explain(error, status) : {}
  } catch {
    return {} // an HTML page, plain text, or empty: the client describes it
  }
}

/** Creates the error for a failure inside a reply. */
export function toServiceError(error: unknown): ServiceError {
  const { code, message, ...details } = explain(error, 200)
  return new ServiceError(code, message ?? 'Server error without a message', details)
}

function explain(error: unknown, httpStatus: number): Failure & { code: ServiceErrorCode } {
  const wire = (typeof error === 'object' ? error : { message: error }) as WireError
  const details = (Array.isArray(wire.details) ? wire.details : []) as (WireDetail | null)[]
  const told = Number(wire.code)
  const status = httpStatus < 400 && told >= 400 && told < 600 ? told : httpStatus
  const message = nonEmptyString(wire.message)
  const word = nonEmptyString(wire.status)
  const words = [message, ...details.map((detail) => nonEmptyString(detail?.reason))].join(' ')
  const known = CODES.get(word ?? '') ?? codeOfStatus(status < 400 ? 500 : status)
  const code = closerCode(known, words, details)
  const retryAfter =
    code === 'rate_limit' || code === 'overloaded' ? readDelay(words, details) : undefined
  return {
    code,
    message,
    vendorCode: word,
    status: status < 400 ? undefined : status,
    retryable:
      !isFinal(code) && (CODES.has(word ?? '') || isRetryableStatus(status) || status < 400),
    retryAfter,
  }
}

function closerCode(
  code: ServiceErrorCode,
  words: string,
  details: readonly (WireDetail | null)[],
): ServiceErrorCode {
  if (code === 'rate_limit') {
    const perDay = details.some((detail) =>
      detail?.violations?.some((one) => /PerDay/i.test(nonEmptyString(one?.quotaId) ?? '')),
    )
    return perDay || USED_UP.test(words) ? 'insufficient_quota' : code
  }
  if (code !== 'bad_request' && code !== 'permission') return code
  if (BAD_KEY.test(words)) return 'authentication'
  if (/location is not supported/i.test(words)) return 'permission'
  return TOO_LONG.test(words) ? 'context_length' : refineCode(code, words)
}

/** Returns how long to wait, in milliseconds: the body contains it, there is no such header. */
function readDelay(words: string, details: readonly (WireDetail | null)[]): number | undefined {
  const told = details.map((detail) => nonEmptyString(detail?.retryDelay)).find(Boolean)
  const [, seconds] = /^([\d.]+)s$/.exec(told ?? '') ?? /retry in ([\d.]+)s/i.exec(words) ?? []
  const wait = Number(seconds) * 1000
  return wait >= 0 ? wait : undefined
}
