/**
 * DashScope's failures, in all the shapes they come in: flat or nested, as JSON, as an SSE frame
 * under HTTP 200, in SSE framing under HTTP 4xx, with codes in CamelCase or snake_case.
 * @see https://help.aliyun.com/zh/model-studio/error-code
 */
import type { Call } from '../call.ts'
import type { ServiceErrorCode } from '../error-code.ts'
import {
  codeOfStatus,
  ConfigError,
  isRetryableStatus,
  refineCode,
  ServiceError,
} from '../errors.ts'
import type { Failure } from '../http/client.ts'

/** The members of a failure. The official SDKs read `msg` too. */
export interface WireFailure {
  code?: unknown
  message?: unknown
  msg?: unknown
  request_id?: unknown
  /** OpenAI's shape, which some models' 404 has even here (recorded 2026). */
  error?: unknown
}

/** What a vendor's code means, and the status that goes with it where the body names none. */
interface Meaning {
  code: ServiceErrorCode
  retryable: boolean
  status: number
}

function meaning(code: ServiceErrorCode, status: number, retryable = false): Meaning {
  return { code, status, retryable }
}

// In this order: the longer names first. Codes are compared in lower case and without `_`.
const MEANINGS: readonly (readonly [vendorCode: RegExp, Meaning])[] = [
  // An empty account answers 400, 403 or 429; only `AllocationQuota.FreeTierOnly` bears the word
  // quota.
  [/arrearage|billoverdue|commoditynotpurchased|freetieronly/, meaning('insufficient_quota', 400)],
  [/datainspection/, meaning('content_filter', 400)],
  [/invalidapikey|unauthorized/, meaning('authentication', 401)],
  // `insufficient_quota` is the OpenAI spelling of `Throttling.AllocationQuota`: tokens per minute,
  // not money.
  [/^throttling|^limitrequests|^insufficientquota/, meaning('rate_limit', 429, true)],
  [/serviceoverloaded|modelserving|modelunavailable/, meaning('overloaded', 503, true)],
  [/internalerror\.algo\.invalidparameter/, meaning('bad_request', 400)],
  [/^internalerror|requesttimeout/, meaning('server_error', 500, true)],
  [/accessdenied/, meaning('permission', 403)],
  [/modelnotfound|modelnotsupported/, meaning('model_not_found', 404)],
  [/workspacenotfound/, meaning('bad_request', 404)],
  [
    /invalid(parameter|schema|url|request)|^badrequest|unsupportedoperation|clientdisconnect/,
    meaning('bad_request', 400),
  ],
]

const REGION_TRAP =
  'a key is valid in one region and one plan only, so a good key is refused too at another ' +
  "region's host: check that `baseURL` is that of the key"

/** Reads the body of a failed answer, whatever its content type says. For `post`. */
export function decodeError(text: string, status: number): Failure {
  const body = readBody(text.replace(/^\uFEFF/, ''))
  return body ? explain(body, status) : explain({ message: undefined }, status, text)
}

/**
 * Whole JSON, else the first `data:` line: gateways frame an error as SSE and call it JSON
 * (reported 2026).
 */
function readBody(text: string): WireFailure | undefined {
  const line = /^data:(.*)$/m.exec(text)?.[1]
  for (const candidate of [text, line]) {
    try {
      const value: unknown = candidate && JSON.parse(candidate)
      if (typeof value === 'object' && value !== null) return value
    } catch {
      // Not JSON: the next candidate, or the plain text, tells.
    }
  }
  return undefined
}

/**
 * The error of a failure inside of an answer; `status` is the one of its frame, if it names one.
 */
export function toServiceError(
  body: WireFailure,
  status: number | undefined,
  call: Call,
): ServiceError {
  const { code, message, ...details } = explain(body, status)
  return new ServiceError(code as ServiceErrorCode, message || 'The server failed without a word', {
    ...details,
    requestId: details.requestId ?? call.requestId,
  })
}

/** The error for an option that is not sent, since it would fail at the server. */
export function refusal(call: Call, problem: string): ConfigError {
  const { provider } = call
  return new ConfigError('unsupported_option', `"${provider}" ${problem}`, { provider })
}

function explain(body: WireFailure, known: number | undefined, text = ''): Failure {
  const inner =
    typeof body.error === 'object' && body.error !== null ? (body.error as WireFailure) : body
  const vendorCode = wordOf(inner.code) ?? wordOf((inner as { type?: unknown }).type)
  const told = wordOf(inner.message) ?? wordOf(inner.msg) ?? wordOf(body.error)
  const found = find(vendorCode, `${told ?? ''} ${text.slice(0, 2000)}`, known)
  const trap = found.code === 'authentication' ? REGION_TRAP : ''
  const message = told && (trap ? `${told} (${trap})` : told)
  return {
    code: found.code,
    retryable: found.retryable,
    status: found.status,
    message: message ?? (trap ? `The server refused the key (${trap})` : undefined),
    vendorCode,
    requestId: wordOf(inner.request_id) ?? wordOf(body.request_id),
  }
}

function find(vendorCode: string | undefined, words: string, known: number | undefined): Meaning {
  const name = (vendorCode ?? '').toLowerCase().replaceAll('_', '')
  for (const [pattern, { code, retryable, status }] of MEANINGS) {
    if (!pattern.test(name)) continue
    // `InvalidParameter.DataInspection` is about a picture that could not be fetched, not about
    // what it shows.
    const closer =
      code === 'content_filter' && /download/i.test(words) ? 'bad_request' : closerCode(code, words)
    const same = closer === code
    return { code: closer, retryable: same && retryable, status: known ?? status }
  }
  const status = known ?? 500
  const code = refineCode(codeOfStatus(status), `${vendorCode ?? ''} ${words}`)
  return { code, retryable: isRetryableStatus(status) && code === codeOfStatus(status), status }
}

/**
 * One 400 stands for a bad parameter, a prompt too long and a filtered one; a 500 may hide a 400 in
 * its words.
 */
function closerCode(code: ServiceErrorCode, words: string): ServiceErrorCode {
  const hidden = code === 'server_error' && /<400>|InvalidParameter|DataInspection/.test(words)
  return code === 'bad_request' || hidden ? refineCode('bad_request', words) : code
}

function wordOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
