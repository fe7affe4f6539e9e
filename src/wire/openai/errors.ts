/**
 * Decodes errors in the OpenAI format, in all the variations of its many servers.
 * @see https://platform.openai.com/docs/guides/error-codes
 */
import type { ServiceErrorCode } from '../../error-code.ts'
import { ServiceError } from '../../errors.ts'
import { codeOfStatus, isFinal, refineCode } from '../../service-error-code.ts'
import type { Failure } from '../../http/client.ts'

/** Maps a vendor's codes to their meaning and whether to retry. */
export type ErrorCodes = Readonly<
  Record<string, readonly [code: ServiceErrorCode, retryable: boolean]>
>

/** Looks up an own property of a table, ignoring inherited ones (`constructor`). */
export function lookUp<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined
}

/** Creates the error for a failure inside a reply. */
export function toServiceError(text: string, errorCodes?: ErrorCodes): ServiceError {
  const { code = 'server_error', message, ...details } = decodeError(text, 200, errorCodes)
  const words = message ?? `The server reported an error inside its reply: ${text.slice(0, 120)}`
  return new ServiceError(code, words, { retryable: !isFinal(code), ...details })
}

/** Creates the error for a response that is not a reply. */
export function unexpected(what: string, text: string): ServiceError {
  return new ServiceError('unexpected_response', `The response ${what}: ${text.slice(0, 120)}`)
}

/** Decodes an error body in any of its forms, whatever its content type. */
export function decodeError(text: string, status: number, errorCodes?: ErrorCodes): Failure {
  try {
    let body: unknown = JSON.parse(text)
    if (Array.isArray(body)) body = body[0] // Gemini's OpenAI endpoint
    if (typeof body === 'string') return { message: body } // SiliconFlow's 401
    if (typeof body !== 'object' || body === null) return {}
    return describeError(body as Record<string, unknown>, status, errorCodes)
  } catch {
    return {} // an HTML page, plain text, garbage: the client describes it
  }
}

function describeError(
  body: Record<string, unknown>,
  httpStatus: number,
  errorCodes: ErrorCodes = {},
): Failure {
  const nested = body.error ?? body.errors ?? body.detail ?? body.base_resp ?? body
  const first: unknown = Array.isArray(nested) ? nested[0] : nested
  const error = (typeof first === 'string' ? { message: first } : (first ?? {})) as WireError
  const codes = [error.code, error.type, body.code, error.status, error.status_code]
    .filter((code) => typeof code === 'string' || typeof code === 'number')
    .map(String)
    .filter((code) => code !== '')
  const status =
    httpStatus >= 400
      ? httpStatus
      : Number([String(error.status), ...codes].find(isStatus)) || undefined
  const message = messageOf(error, body)
  const table = body.base_resp ? MINIMAX : errorCodes
  const own = codes.map((code) => lookUp(table, code)).find((known) => known)
  // Vendors also use their code for bad parameters for prompts that are too long.
  const code = own
    ? refine(own[0], message)
    : (codeOfGoogle(error) ?? classify(codes, message, status))
  return {
    code,
    message,
    status,
    vendorCode: codes.find((one) => !isStatus(one) || own) ?? codes[0],
    requestId: firstString(body.request_id),
    retryable: own && code === own[0] ? own[1] : !isFinal(code),
  }
}

/** Google's words for every limit are those of an empty account. */
function codeOfGoogle({ status, message, details }: WireError): ServiceErrorCode | undefined {
  if (status !== 'RESOURCE_EXHAUSTED') return undefined
  const words = `${String(message)} ${JSON.stringify(details)}`
  return /PerDay|limit: 0\b|depleted|spending cap/.test(words) ? 'insufficient_quota' : 'rate_limit'
}

function refine(code: ServiceErrorCode, message = ''): ServiceErrorCode {
  return code === 'bad_request' ? refineCode(code, message) : code
}

/** @see https://platform.minimax.io/docs/api-reference/errorcode */
const MINIMAX: ErrorCodes = {
  1000: ['server_error', true],
  1001: ['server_error', true],
  1002: ['rate_limit', true],
  1004: ['authentication', false],
  1008: ['insufficient_quota', false],
  1013: ['server_error', true],
  1024: ['server_error', true],
  1026: ['content_filter', false],
  1027: ['content_filter', false],
  1033: ['server_error', true],
  1039: ['context_length', false],
  1041: ['rate_limit', true],
  2013: ['bad_request', false],
  2049: ['authentication', false],
}

/** The properties of an error that are read. Any of them may be missing or of another type. */
interface WireError {
  message?: unknown
  msg?: unknown
  loc?: unknown
  code?: unknown
  type?: unknown
  status?: unknown
  status_code?: unknown
  /** MiniMax. */
  status_msg?: unknown
  /** Google. */
  details?: unknown
  /** DeepInfra. */
  error?: unknown
  metadata?: { raw?: unknown } | null
}

function messageOf(error: WireError, body: Record<string, unknown>): string | undefined {
  let message = firstString(
    error.message,
    error.msg,
    error.status_msg,
    error.error,
    body.message,
    body.msg,
  )
  // Scaleway and Spring: a name in `error`, and what it means in `message`.
  const more = message && message === body.error && firstString(body.message)
  if (more && more !== message) message += `: ${more}`
  // FastAPI: only `loc` names the field.
  if (message && Array.isArray(error.loc)) message = `${error.loc.join('.')}: ${message}`
  // OpenRouter: "Provider returned error", and that provider's error as text or an object.
  const raw = error.metadata?.raw
  if (!raw) return message
  return `${message ?? ''}: ${(typeof raw === 'string' ? raw : JSON.stringify(raw)).slice(0, 500)}`
}

function classify(
  codes: string[],
  message: string | undefined,
  status: number | undefined,
): ServiceErrorCode {
  const words = `${codes.join(' ')} ${message ?? ''}`
  // Gemini and xAI respond with 400 to a bad key.
  if (/api key not valid|incorrect api key|invalid api key/i.test(words)) return 'authentication'
  if (/unexpected endpoint/i.test(words)) return 'bad_request' // LM Studio responds with 200 to a wrong path
  const named = codes.map(nameOf).filter((code) => code)
  const byStatus = status ? codeOfStatus(status) : undefined
  // Some servers report everything as an "invalid request", even a missing key (OpenAI, DeepSeek: 401). The
  // status is more specific, except for a 404, which may be a wrong path or an unknown model.
  const vague = named.length > 0 && (!byStatus || byStatus === 'model_not_found')
  const special = named.find((code) => code !== 'bad_request')
  return refineCode(special ?? (vague ? 'bad_request' : (byStatus ?? 'server_error')), words)
}

/** Error names of all servers with their meaning; the first match counts. */
const ERROR_NAMES: readonly (readonly [RegExp, ServiceErrorCode])[] = [
  [/authentication|api_key/, 'authentication'],
  [/permission/, 'permission'],
  [/rate_limit|throttling/, 'rate_limit'], // DashScope: `Throttling.RateQuota`, `Throttling.AllocationQuota`
  [/quota|billing/, 'insufficient_quota'],
  [/overloaded|unavailable|capacity/, 'overloaded'],
  [/content_(filter|policy)/, 'content_filter'],
  [/context_(length|size)/, 'context_length'],
  [/model_not_found/, 'model_not_found'],
  [/^invalid_(request|argument)|tool_use_failed/, 'bad_request'],
]

function nameOf(code: string): ServiceErrorCode | undefined {
  return ERROR_NAMES.find(([name]) => name.test(code.toLowerCase()))?.[1]
}

function isStatus(code: string): boolean {
  return /^[45]\d\d$/.test(code)
}

function firstString(...values: unknown[]): string | undefined {
  return values.find((value): value is string => typeof value === 'string' && value !== '')
}
