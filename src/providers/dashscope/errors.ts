/**
 * DashScope's failures, in all the shapes they come in: flat or nested, as JSON, as an SSE frame
 * under HTTP 200, in SSE framing under HTTP 4xx, with codes in CamelCase or snake_case.
 * @see https://help.aliyun.com/zh/model-studio/error-code
 */
import type { Call } from '../../call.ts'
import type { ServiceErrorCode } from '../../error-code.ts'
import {
  codeOfStatus,
  ConfigError,
  isRetryableStatus,
  refineCode,
  ServiceError,
} from '../../errors.ts'
import type { Failure } from '../../http/client.ts'
import { nonEmptyString } from '../../wire/fields.ts'

/** The members of a failure. The official SDKs read `msg` too. */
export interface WireFailure {
  code?: unknown
  message?: unknown
  msg?: unknown
  request_id?: unknown
  /** OpenAI's shape, which some models' 404 has even here (recorded 2026). */
  error?: unknown
}

/** What a vendor's code means, with the status that goes with it where nothing else tells one. */
type Meaning = readonly [vendorCode: RegExp, ServiceErrorCode, status: number, retryable?: true]

// In this order: the longer names first. Codes are compared in lower case and without `_`.
const MEANINGS: readonly Meaning[] = [
  // An empty account answers 400, 403 or 429.
  [/arrearage|billoverdue|commoditynotpurchased|freetieronly/, 'insufficient_quota', 400],
  [/datainspection/, 'content_filter', 400],
  [/invalidapikey|unauthorized/, 'authentication', 401],
  // `insufficient_quota` is OpenAI's word for `Throttling.AllocationQuota`: tokens per minute here.
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
  'a key is valid in one region and one plan only, so a good key is refused too at another ' +
  "region's host: check that `baseURL` is that of the key"

/** Reads the body of a failed answer, whatever its content type says. For `post`. */
export function decodeError(text: string, status: number): Failure {
  const body = readBody(text.replace(/^\uFEFF/, ''))
  return body ? explain(body, status) : explain({ message: undefined }, status, text)
}

/** Whole JSON, else the first `data:` line: some answer SSE and call it JSON (reported 2026). */
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

/** The error of a failure inside of an answer; `status` is that of its frame, if it names one. */
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
export function refusal(call: Pick<Call, 'model' | 'provider'>, problem: string): ConfigError {
  const { provider } = call
  return new ConfigError('unsupported_option', `"${provider}" ${problem}`, { provider })
}

function explain(body: WireFailure, known: number | undefined, text = ''): Failure {
  const inner =
    typeof body.error === 'object' && body.error !== null ? (body.error as WireFailure) : body
  const vendorCode =
    nonEmptyString(inner.code) ?? nonEmptyString((inner as { type?: unknown }).type)
  const told =
    nonEmptyString(inner.message) ?? nonEmptyString(inner.msg) ?? nonEmptyString(body.error)
  const found = find(vendorCode, `${told ?? ''} ${text.slice(0, 2000)}`, known)
  const trap = found.code === 'authentication' ? REGION_TRAP : ''
  const message = told && (trap ? `${told} (${trap})` : told)
  return {
    code: found.code,
    retryable: found.retryable,
    status: found.status,
    message: message ?? (trap ? `The server refused the key (${trap})` : undefined),
    vendorCode,
    requestId: nonEmptyString(inner.request_id) ?? nonEmptyString(body.request_id),
  }
}

interface Found {
  code: ServiceErrorCode
  retryable: boolean
  status: number
}

function find(vendorCode: string | undefined, words: string, known: number | undefined): Found {
  const name = (vendorCode ?? '').toLowerCase().replaceAll('_', '')
  for (const [pattern, code, status, retryable = false] of MEANINGS) {
    // `invalid_request_error` is OpenAI's word for everything: a status says more.
    if (!pattern.test(name) || (known && name.startsWith('invalidrequest'))) continue
    // `InvalidParameter.DataInspection` is about a picture that could not be fetched.
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
 * One 400 stands for a bad parameter, a prompt too long and a filtered one; a 500 may hide a 400 in
 * its words.
 */
function closerCode(code: ServiceErrorCode, words: string): ServiceErrorCode {
  const hidden = code === 'server_error' && /<400>|InvalidParameter|DataInspection/.test(words)
  return code === 'bad_request' || hidden ? refineCode('bad_request', words) : code
}
