/**
 * Everything that can go wrong, as one closed set of codes that is the same for every server.
 */
import type {
  ConfigErrorCode,
  ErrorCode,
  ErrorInfo,
  ServiceErrorCode,
  StreamErrorCode,
  ToolErrorCode,
} from './error-code.ts'
import type { ChatResult, ToolStep } from './event.ts'

/** What an error can carry besides its code and message. */
export interface ErrorDetails {
  /** Who failed, by the name of its server. */
  provider?: string | undefined
  /** The server's own id of the request, for its support. */
  requestId?: string | undefined
  /** HTTP status, or the one that an in-band error names. */
  status?: number | undefined
  /** True where the same call may succeed a little later. */
  retryable?: boolean | undefined
  /** What was thrown underneath. */
  cause?: unknown
}

// The brand works across copies of the package, where `instanceof` does not.
const BRAND = Symbol.for('chatwire.error')

/** The parent of every error that this package throws on purpose. */
export class ChatError extends Error {
  /** The name of the class. */
  override name = 'ChatError'
  /** What went wrong, for a `switch`. */
  readonly code: ErrorCode
  /** True where the same call may succeed a little later. */
  retryable: boolean
  /** Who failed, by the name of its server. */
  provider: string | undefined
  /** The server's own id of the request, for its support. */
  requestId: string | undefined
  /** HTTP status, or the one that an in-band error names. */
  status: number | undefined
  /** What had arrived before the failure. Its tool calls are marked `invalid`: they must not be run. */
  partial: ChatResult | undefined

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, 'cause' in details ? { cause: details.cause } : undefined)
    this.code = code
    this.retryable = details.retryable ?? false
    this.provider = details.provider
    this.requestId = details.requestId
    this.status = details.status
    Object.defineProperty(this, BRAND, { value: true })
  }

  /** As plain data, without `cause` and with the text of `partial` only: for logs and `postMessage`. */
  toJSON(): ErrorInfo {
    const { name, code, message, retryable, provider, requestId, status, partial } = this
    return {
      name,
      code,
      message,
      retryable,
      ...(provider !== undefined && { provider }),
      ...(requestId !== undefined && { requestId }),
      ...(status !== undefined && { status }),
      ...(partial && { partialText: partial.text }),
    }
  }
}

/** Wrong before anything was sent: the config, the messages, an option, a key. Never retryable. */
export class ConfigError extends ChatError {
  override name = 'ConfigError'
  declare readonly code: ConfigErrorCode
  constructor(code: ConfigErrorCode, message: string, details?: ErrorDetails) {
    super(code, message, details)
  }
}

/** What a `ServiceError` knows beyond the common details. */
export interface ServiceErrorDetails extends ErrorDetails {
  /** The vendor's own code, as it was spelled. */
  vendorCode?: string | undefined
  /** How long the server asks to wait, in milliseconds. */
  retryAfter?: number | undefined
}

/** The server refused, failed, or answered something that is no answer. */
export class ServiceError extends ChatError {
  override name = 'ServiceError'
  declare readonly code: ServiceErrorCode
  /** The vendor's own code, as it was spelled. */
  readonly vendorCode: string | undefined
  /** How long the server asks to wait, in milliseconds. */
  readonly retryAfter: number | undefined
  constructor(code: ServiceErrorCode, message: string, details: ServiceErrorDetails = {}) {
    super(code, message, details)
    this.vendorCode = details.vendorCode
    this.retryAfter = details.retryAfter
  }
}

/** Which of the three clocks ran out. */
export type Clock = 'response' | 'idle' | 'total'

/** One of the three clocks ran out. Retryable, but for `total`. */
export class TimeoutError extends ChatError {
  override name = 'TimeoutError'
  declare readonly code: 'timeout'
  /** `response`: before the first byte; `idle`: between two pieces; `total`: the whole call. */
  readonly which: Clock
  /** The limit that was passed, in milliseconds. */
  readonly limit: number
  constructor(which: Clock, limit: number, details: ErrorDetails = {}) {
    super('timeout', TIMEOUT_WORDS[which](limit), { retryable: which !== 'total', ...details })
    this.which = which
    this.limit = limit
  }
}

const TIMEOUT_WORDS: Record<Clock, (limit: number) => string> = {
  response: (limit) => `No answer within ${limit} ms (raise \`timeout\`)`,
  idle: (limit) => `The answer stopped for more than ${limit} ms (raise \`idleTimeout\`)`,
  total: (limit) => `The call took more than ${limit} ms (raise \`totalTimeout\`)`,
}

/** The connection or its content broke: refused, reset, cut short, unreadable, too large. */
export class StreamError extends ChatError {
  override name = 'StreamError'
  declare readonly code: StreamErrorCode
  /** The start of what could not be read, at most 200 characters. */
  readonly frame: string | undefined
  constructor(
    code: StreamErrorCode,
    message: string,
    details: ErrorDetails & { frame?: string | undefined } = {},
  ) {
    super(code, message, { retryable: code !== 'frame_too_large', ...details })
    this.frame = details.frame?.slice(0, 200)
  }
}

/** A tool could not be run. Thrown by a tool itself, it ends the whole run. */
export class ToolError extends ChatError {
  override name = 'ToolError'
  declare readonly code: ToolErrorCode
  constructor(code: ToolErrorCode, message: string, details?: ErrorDetails) {
    super(code, message, details)
  }

  /** The steps of the run that it ended. */
  get steps(): readonly ToolStep[] {
    return this.partial?.steps ?? []
  }
}

/** One thing that is wrong with an output, as a schema tells it. */
export interface OutputIssue {
  /** In the words of the schema. */
  message: string
  /** Where, as members and indexes from the outside in. */
  path?: readonly (string | number)[]
}

/** The model's answer is not what the schema asks for, also after the repair turns. */
export class OutputError extends ChatError {
  override name = 'OutputError'
  declare readonly code: 'invalid_output'
  /** What the schema says is wrong with the last answer. */
  readonly issues: readonly OutputIssue[]
  /** The answer as the model wrote it. */
  readonly text: string
  constructor(
    message: string,
    details: ErrorDetails & { issues: readonly OutputIssue[]; text: string },
  ) {
    super('invalid_output', message, details)
    this.issues = details.issues
    this.text = details.text
  }
}

/** True for an error of this package, also for one of another copy of it. */
export function isChatError(value: unknown): value is ChatError {
  return typeof value === 'object' && value !== null && BRAND in value
}

/** The code that an HTTP status stands for when nothing else is known. */
export function codeOfStatus(status: number): ServiceErrorCode {
  if (status === 401) return 'authentication'
  if (status === 402) return 'insufficient_quota'
  if (status === 403) return 'permission'
  if (status === 404) return 'model_not_found'
  if (status === 429) return 'rate_limit'
  if (status === 503 || status === 529) return 'overloaded'
  if (status === 408 || status === 409 || status >= 500) return 'server_error'
  if (status < 400) return 'unexpected_response'
  return 'bad_request'
}

/** True for a status after which the same request may succeed: 408, 409, 429 and 5xx. */
export function isRetryableStatus(status: number): boolean {
  return status === 408 || status === 409 || status === 429 || status >= 500
}

/** Codes after which the same request fails again, whatever else is said of it. */
const FINAL: ReadonlySet<ServiceErrorCode> = /* @__PURE__ */ new Set<ServiceErrorCode>([
  'authentication',
  'permission',
  'insufficient_quota',
  'content_filter',
  'context_length',
  'model_not_found',
  'bad_request',
])

/** True for a refusal that another try cannot change. */
export function isFinal(code: ServiceErrorCode): boolean {
  return FINAL.has(code)
}

const TOO_LONG =
  /context.{0,3}(length|size|window)|maximum context|(prompt|input|message).{0,20}(is )?too long|too many tokens|exceed\w*.{0,30}(context|token limit)|range of input length/i
const FILTERED =
  /content.?(filter|policy|management)|data.?inspection|moderation|inappropriate content/i
const NO_MONEY =
  /(insufficient|not enough).{0,3}(quota|balance|credit|fund)|(balance|credit).{0,12}(insufficient|too low)|exceeded.{0,3}(your )?current.?quota|billing|arrear|payment required|out of credit/i
const NO_MODEL =
  /model.{0,80}(not (found|exist)|does not exist|not supported)|no such model|unknown model/i

/**
 * A closer code, read from the vendor's own code and words where the status alone says too little:
 * most servers have one 400 for a bad parameter, a prompt too long and a filtered prompt.
 */
export function refineCode(code: ServiceErrorCode, words: string): ServiceErrorCode {
  if (
    code !== 'bad_request' &&
    code !== 'rate_limit' &&
    code !== 'permission' &&
    code !== 'server_error'
  ) {
    return code
  }
  if (NO_MONEY.test(words)) return 'insufficient_quota'
  if (code === 'rate_limit') return code
  if (TOO_LONG.test(words)) return 'context_length'
  if (FILTERED.test(words)) return 'content_filter'
  if (code === 'bad_request' && NO_MODEL.test(words)) return 'model_not_found'
  return code
}
