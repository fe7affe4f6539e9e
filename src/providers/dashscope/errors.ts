/**
 * Decodes DashScope's errors in all their forms: flat or nested, as JSON, as an SSE frame under HTTP 200, in SSE
 * framing under HTTP 4xx, with codes in CamelCase or snake_case.
 * @see https://help.aliyun.com/zh/model-studio/error-code
 */
import type { Call } from '../../call.ts'
import type { ServiceErrorCode } from '../../error-code.ts'
import { ServiceError } from '../../errors.ts'
import { codeOfStatus, isRetryableStatus, refineCode } from '../../service-error-code.ts'
import type { Failure } from '../../http/client.ts'
import { nonEmptyString } from '../../wire/fields.ts'
import { parseJSON } from '../../parse-json.ts'

/** The properties of an error. The official SDKs read `msg` too. */
export interface WireFailure {
  code?: unknown
  message?: unknown
  msg?: unknown
  request_id?: unknown
  /** OpenAI's format, which some models' 404 has even here (recorded 2026). */
  error?: unknown
}

/** Maps a vendor's code, with the status to assume if there is none. */
type Meaning = readonly [vendorCode: RegExp, ServiceErrorCode, status: number, retryable?: true]

// Order matters: longer names first. Codes are compared in lower case and without `_`.
const MEANINGS: readonly Meaning[] = [
  // An empty account gets 400, 403 or 429.
  [/arrearage|billoverdue|commoditynotpurchased|freetieronly/, 'insufficient_quota', 400],
  [/datainspection/, 'content_filter', 400],
  [/invalidapikey|unauthorized/, 'authentication', 401],
  // `insufficient_quota` is OpenAI's name for `Throttling.AllocationQuota`: tokens per minute here.
  [/^throttling|^limitrequests|^insufficientquota/, 'rate_limit', 429, true],
  [/serviceoverloaded|modelserving|modelunavailable/, 'overloaded', 503, true],
  [/internalerror\.algo\.invalidparameter/, 'bad_request', 400],
  [/^internalerror|requesttimeout/, 'server_error', 500, true],
  [/accessdenied/, 'permission', 403],
  [/modelnotfound|modelnotsupported/, 'model_not_found', 404],
  [/workspacenotfound/, 'bad_request', 404],
  [/invalid(parameter|schema|url)|^badrequest|unsupportedoperation/, 'bad_request', 400],
  [/invalidrequest|clientdisconnect/, 'bad_request', 400],
]

const REGION_TRAP =
  'a key is valid in one region and plan only, so a good key is rejected by another ' +
  "region's host: check that `baseURL` matches the key"

/** Decodes the body of an error response, whatever its content type. For `post`. */
export function decodeError(text: string, status: number): Failure {
  const body = readBody(text.replace(/^\uFEFF/, ''))
  return body ? explain(body, status) : explain({ message: undefined }, status, text)
}

/**
 * Parses the whole text as JSON, else its first `data:` line: some responses are SSE labeled as JSON (reported
 * 2026).
 */
function readBody(text: string): WireFailure | undefined {
  const line = /^data:(.*)$/m.exec(text)?.[1]
  for (const candidate of [text, line]) {
    const value = parseJSON(candidate ?? '')
    if (typeof value === 'object' && value !== null) return value
  }
  return undefined
}

/** Creates the error of a failure inside a reply. `status` is that of its frame, if any. */
export function toServiceError(
  body: WireFailure,
  status: number | undefined,
  call: Call,
): ServiceError {
  const { code, message, ...details } = explain(body, status)
  return new ServiceError(code as ServiceErrorCode, message || 'Server error without a message', {
    ...details,
    requestId: details.requestId ?? call.requestId,
  })
}

function explain(body: WireFailure, known: number | undefined, text = ''): Failure {
  const inner =
    typeof body.error === 'object' && body.error !== null ? (body.error as WireFailure) : body
  const vendorCode =
    nonEmptyString(inner.code) ?? nonEmptyString((inner as { type?: unknown }).type)
  const told =
    nonEmptyString(inner.message) ?? nonEmptyString(inner.msg) ?? nonEmptyString(body.error)
  const found = find(vendorCode, `${told ?? ''} ${text.slice(0, 2000)}`, known ?? statusIn(inner))
  const trap = found.code === 'authentication' ? REGION_TRAP : ''
  const message = told && (trap ? `${told} (${trap})` : told)
  return {
    code: found.code,
    retryable: found.retryable,
    status: found.status,
    message: message ?? (trap ? `The server rejected the key (${trap})` : undefined),
    vendorCode,
    requestId: nonEmptyString(inner.request_id) ?? nonEmptyString(body.request_id),
  }
}

/** Returns the status that gateways put into `code`. */
function statusIn({ code }: WireFailure): number | undefined {
  return typeof code === 'number' && code >= 400 && code < 600 ? code : undefined
}

interface Found {
  code: ServiceErrorCode
  retryable: boolean
  status: number
}

function find(vendorCode: string | undefined, words: string, known: number | undefined): Found {
  const name = (vendorCode ?? '').toLowerCase().replaceAll('_', '')
  for (const [pattern, code, status, retryable = false] of MEANINGS) {
    // `invalid_request_error` is OpenAI's code for everything; a status is more specific.
    if (!pattern.test(name) || (known && name.startsWith('invalidrequest'))) continue
    // `InvalidParameter.DataInspection` means that an image could not be downloaded.
    const fetching = code === 'content_filter' && /download/i.test(words)
    const closer = fetching ? 'bad_request' : closerCode(code, words)
    return { code: closer, retryable: closer === code && retryable, status: known ?? status }
  }
  const status = known ?? 500
  const code = codeOfStatus(status)
  const closer = refineCode(code, `${vendorCode ?? ''} ${words}`)
  return { code: closer, retryable: closer === code && isRetryableStatus(status), status }
}

/**
 * Refines a code: the same 400 stands for a bad parameter, a long prompt and a filtered one, and a 500 may
 * contain a 400 in its message.
 */
function closerCode(code: ServiceErrorCode, words: string): ServiceErrorCode {
  const hidden = code === 'server_error' && /<400>|InvalidParameter|DataInspection/.test(words)
  return code === 'bad_request' || hidden ? refineCode('bad_request', words) : code
}
