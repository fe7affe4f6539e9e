/**
 * Finds the code of a failure from its HTTP status and the vendor's words.
 */
import type { ServiceErrorCode } from './error-code.ts'

/** Maps an HTTP status to a code, for a response that says nothing more specific. */
export function codeOfStatus(status: number): ServiceErrorCode {
  if (status === 401) return 'authentication'
  if (status === 402) return 'insufficient_quota'
  if (status === 403) return 'permission'
  if (status === 404) return 'model_not_found'
  if (status === 429) return 'rate_limit'
  // 498: Groq's flex tier is at capacity; 529: Anthropic.
  if (status === 498 || status === 503 || status === 529) return 'overloaded'
  if (status === 408 || status === 409 || status >= 500) return 'server_error'
  if (status < 400) return 'unexpected_response'
  return 'bad_request'
}

/** True for a status worth retrying: 408, 409, 429, 498 and 5xx. */
export function isRetryableStatus(status: number): boolean {
  return status >= 400 && !isFinal(codeOfStatus(status))
}

/** True for a code that a retry cannot fix, whatever the status suggests. */
export function isFinal(code: ServiceErrorCode): boolean {
  return !/^(rate_limit|overloaded|server_error|unexpected_response)$/.test(code)
}

const TOO_LONG =
  /context.{0,3}(length|size|window)|max(imum)?[_ ](context|prompt|seq|model len)|prompt_tokens.{0,20}must be less|input_too_large|(prompt|input|message).{0,20}(is )?too long|too many tokens(?!, please)|input length.{0,30}exceed|exceed\w*.{0,30}(context|token limit)|range of input length|tokens_limit_reached|number of input tokens|prompt exceeds|tokens.{0,30}cannot exceed|\+ .max_new_tokens. must be/i
const FILTERED =
  /content.?(filter|policy|management|exists risk)|data.?inspection|moderation|inappropriate content|violates .{0,10}(usage|content)|safety_check|was flagged|high risk|\u654f\u611f\u5185\u5bb9/i
const NO_MONEY =
  /(insufficient|not enough).{0,3}(quota|balance|credit|fund)|(balance|credit).{0,12}(insufficient|too low)|exceeded.{0,3}(your )?current.?quota|billing|arrear|payment required|out of credit|any credit|spending.?limit|budget.{0,12}exceeded|exceeded.{0,3}budget|overdue|usage.limit|limit exhausted|subscription quota|free.(usage|allocation|models.per.day)|key( budget)? limit exceeded|\u4f59\u989d\u4e0d\u8db3|\u4f7f\u7528\u4e0a\u9650/i
/** A limit that ends soon, whatever else the message says. */
const SOON = /concurren|per.minute|hourly/i
const NO_MODEL =
  /model.{0,80}(not (found|exist)|does not exist|not supported)|no such model|unknown model|invalid model( name| id|:)|not a valid model/i

/**
 * Returns a more specific code found in the vendor's code and message. Most servers use a single 400 for a bad
 * parameter, an overlong prompt and a filtered prompt.
 */
export function refineCode(code: ServiceErrorCode, message: string): ServiceErrorCode {
  if (code === 'overloaded') return /maximum context/i.test(message) ? 'context_length' : code
  if (
    code !== 'bad_request' &&
    code !== 'rate_limit' &&
    code !== 'permission' &&
    code !== 'server_error'
  ) {
    return code
  }
  if (code === 'rate_limit' && SOON.test(message)) return code
  if (NO_MONEY.test(message)) return 'insufficient_quota'
  if (code === 'rate_limit') return code
  if (TOO_LONG.test(message)) return 'context_length'
  if (FILTERED.test(message)) return 'content_filter'
  if (code === 'bad_request' && NO_MODEL.test(message)) return 'model_not_found'
  return code
}
