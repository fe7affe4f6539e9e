/**
 * Error classes. Every error thrown on purpose has a code from one closed set.
 */
import type {
  ConfigErrorCode,
  ErrorCode,
  ErrorInfo,
  OutputIssue,
  ServiceErrorCode,
  StreamErrorCode,
  ToolErrorCode,
} from './error-code.ts'
import type { ChatResult, ToolStep } from './event.ts'

/** Error details besides code and message. */
export interface ErrorDetails {
  /** Name of the server that failed. */
  provider?: string | undefined
  /** The server's request id, for its support. */
  requestId?: string | undefined
  /** HTTP status, or the status in an in-band error. */
  status?: number | undefined
  /** True if the same call may succeed later. */
  retryable?: boolean | undefined
  /** The underlying error. */
  cause?: unknown
}

// Recognizes errors of other copies of the package, which `instanceof` cannot.
const BRAND = Symbol.for('chatwire.error')

/** Properties that `toJSON` copies, where present. */
const INFO_MEMBERS = [
  'name',
  'code',
  'message',
  'retryable',
  'provider',
  'requestId',
  'status',
  'vendorCode',
  'retryAfter',
  'which',
  'limit',
  'issues',
] as const satisfies readonly (keyof ErrorInfo)[]

/** Base class of every error this package throws on purpose. */
export class ChatError extends Error {
  /** The name of the class. */
  override name = 'ChatError'
  /** Kind of failure, for a `switch`. */
  readonly code: ErrorCode
  /** True if the same call may succeed later. */
  retryable: boolean
  /** Name of the server that failed. */
  provider: string | undefined
  /** The server's request id, for its support. */
  requestId: string | undefined
  /** HTTP status, or the status in an in-band error. */
  status: number | undefined
  /** The reply received before the failure. Its tool calls are marked `invalid` and must not be run. */
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

  /** Returns plain data for logs and `postMessage`: no `cause`, and only the text of `partial`. */
  toJSON(): ErrorInfo {
    const info: Record<string, unknown> = {}
    for (const name of INFO_MEMBERS) {
      const value = (this as unknown as Partial<ErrorInfo>)[name]
      if (value !== undefined) info[name] = value
    }
    if (this.partial) info.partialText = this.partial.text
    return info as unknown as ErrorInfo
  }
}

/** Invalid config, messages, option or key, found before anything was sent. Never retryable. */
export class ConfigError extends ChatError {
  override name = 'ConfigError'
  declare readonly code: ConfigErrorCode
  constructor(code: ConfigErrorCode, message: string, details?: ErrorDetails) {
    super(code, message, details)
  }
}

/** Creates the error for an option that a server does not support. @param problem completes a sentence about the server */
export function unsupportedOption(provider: string, problem: string): ConfigError {
  return new ConfigError('unsupported_option', `"${provider}" ${problem}`, { provider })
}

/** Details of a `ServiceError`. */
export interface ServiceErrorDetails extends ErrorDetails {
  /** The vendor's own code, as spelled. */
  vendorCode?: string | undefined
  /** Wait that the server asks for, in milliseconds. */
  retryAfter?: number | undefined
}

/** The server refused, failed, or sent something other than a reply. */
export class ServiceError extends ChatError {
  override name = 'ServiceError'
  declare readonly code: ServiceErrorCode
  /** The vendor's own code, as spelled. */
  readonly vendorCode: string | undefined
  /** Wait that the server asks for, in milliseconds. */
  readonly retryAfter: number | undefined
  constructor(code: ServiceErrorCode, message: string, details: ServiceErrorDetails = {}) {
    super(code, message, details)
    this.vendorCode = details.vendorCode
    this.retryAfter = details.retryAfter
  }
}

/** Timeout that expired: before the first byte, between two pieces, or of the entire call. */
export type TimeoutKind = 'response' | 'idle' | 'total'

/** @deprecated Use {@link TimeoutKind}. */
export type Clock = TimeoutKind

/** A timeout expired. Retryable, except for `total` and for a limit of the runtime's `fetch`. */
export class TimeoutError extends ChatError {
  override name = 'TimeoutError'
  declare readonly code: 'timeout'
  /** `response`: before the first byte; `idle`: between two pieces; `total`: the entire call. */
  readonly which: TimeoutKind
  /** The timeout, in milliseconds. */
  readonly limit: number
  constructor(
    which: TimeoutKind,
    limit: number,
    details: ErrorDetails & { message?: string | undefined } = {},
  ) {
    const message = details.message ?? TIMEOUT_MESSAGES[which](limit)
    super('timeout', message, { retryable: which !== 'total', ...details })
    this.which = which
    this.limit = limit
  }
}

const TIMEOUT_MESSAGES: Record<TimeoutKind, (limit: number) => string> = {
  response: (limit) => `No response within ${limit} ms (raise \`timeout\`)`,
  idle: (limit) => `No data for ${limit} ms (raise \`idleTimeout\`)`,
  total: (limit) => `The call exceeded ${limit} ms (raise \`totalTimeout\`)`,
}

/** The connection was refused, reset or cut short, or its data is malformed or too large. */
export class StreamError extends ChatError {
  override name = 'StreamError'
  declare readonly code: StreamErrorCode
  /** Start of the unreadable data, at most 200 characters. */
  readonly frame: string | undefined
  constructor(
    code: StreamErrorCode,
    message: string,
    details: ErrorDetails & { frame?: string | undefined } = {},
  ) {
    super(code, message, { retryable: !code.endsWith('_too_large'), ...details })
    this.frame = details.frame?.slice(0, 200)
  }
}

/** A tool could not be run. If a tool throws one itself, the run ends. */
export class ToolError extends ChatError {
  override name = 'ToolError'
  declare readonly code: ToolErrorCode
  constructor(code: ToolErrorCode, message: string, details?: ErrorDetails) {
    super(code, message, details)
  }

  /** Completed steps of the run. */
  get steps(): readonly ToolStep[] {
    return this.partial?.steps ?? []
  }
}

/** The model's output does not match the schema, even after the repair turns. */
export class OutputError extends ChatError {
  override name = 'OutputError'
  declare readonly code: 'invalid_output'
  /** Schema violations of the last output. */
  readonly issues: readonly OutputIssue[]
  /** The output as the model wrote it. */
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

/** Every error class, discriminated by `code`. */
export type AnyChatError =
  | ConfigError
  | ServiceError
  | TimeoutError
  | StreamError
  | ToolError
  | OutputError

/**
 * Narrows to an error of this package, including errors of another copy of it. The members of each class are available
 * once its `code` is known.
 * @example if (isChatError(error) && error.code === 'timeout') console.log(error.which, error.limit)
 */
export function isChatError(value: unknown): value is AnyChatError {
  return typeof value === 'object' && value !== null && BRAND in value
}
