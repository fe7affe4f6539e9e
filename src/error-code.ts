/**
 * Error codes, the same closed set for every server, and an error as plain data.
 */

/** The config, the request or a key is wrong; nothing was sent. */
export type ConfigErrorCode =
  | 'invalid_config'
  | 'unknown_server'
  | 'duplicate_server'
  | 'missing_api_key'
  | 'browser_key'
  | 'invalid_messages'
  | 'unsupported_option'

/** The server refused, failed, or sent something other than a reply. */
export type ServiceErrorCode =
  | 'authentication'
  | 'permission'
  | 'insufficient_quota'
  | 'rate_limit'
  | 'overloaded'
  | 'content_filter'
  | 'context_length'
  | 'model_not_found'
  | 'bad_request'
  | 'server_error'
  | 'unexpected_response'

/** The connection failed, or its bytes could not be read. */
export type StreamErrorCode =
  | 'connection_failed'
  | 'connection_lost'
  | 'stream_truncated'
  | 'bad_frame'
  | 'frame_too_large'
  | 'response_too_large'

/** A tool could not be run. */
export type ToolErrorCode = 'unknown_tool' | 'invalid_arguments' | 'tool_failed' | 'too_many_steps'

/** Every code, for an exhaustive `switch`. */
export type ErrorCode =
  | ConfigErrorCode
  | ServiceErrorCode
  | StreamErrorCode
  | ToolErrorCode
  | 'timeout'
  | 'invalid_output'

/** An error as plain data, safe for `JSON.stringify`, `postMessage` and logs. Never contains a key. */
export interface ErrorInfo {
  /** The class of the error, such as `ServiceError`. */
  name: string
  /** Kind of failure, the same codes for every server. */
  code: ErrorCode
  /** For people: what failed, where, and how to fix it. */
  message: string
  /** True if the same call may succeed later. */
  retryable: boolean
  /** Name of the server that failed. */
  provider?: string
  /** The server's request id, for its support. */
  requestId?: string
  /** HTTP status, or the status in an in-band error. */
  status?: number
  /** Text received before the failure. */
  partialText?: string
  /** The vendor's own code, as spelled (`ServiceError`). */
  vendorCode?: string
  /** Wait that the server asks for, in milliseconds (`ServiceError`). */
  retryAfter?: number
  /** Timeout that expired (`TimeoutError`). */
  which?: 'response' | 'idle' | 'total'
  /** The timeout in milliseconds (`TimeoutError`). */
  limit?: number
  /** Values that the schema rejected (`OutputError`). */
  issues?: readonly OutputIssue[]
}

/** One schema violation in a model's output. */
export interface OutputIssue {
  /** The schema's own message. */
  message: string
  /** Object keys and array indexes, outermost first. */
  path?: readonly (string | number)[]
}
