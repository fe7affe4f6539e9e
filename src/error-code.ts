/**
 * The closed set of what can go wrong, the same for every server, and an error as plain data.
 */

/** Wrong before anything was sent. */
export type ConfigErrorCode =
  | 'invalid_config'
  | 'unknown_server'
  | 'duplicate_server'
  | 'missing_api_key'
  | 'browser_key'
  | 'invalid_messages'
  | 'unsupported_option'

/** The server said no, or said something that is no answer. */
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

/** The way between here and the server failed. */
export type StreamErrorCode =
  | 'connection_failed'
  | 'connection_lost'
  | 'stream_truncated'
  | 'bad_frame'
  | 'frame_too_large'

/** A tool of the caller's could not be run. */
export type ToolErrorCode = 'unknown_tool' | 'invalid_arguments' | 'tool_failed' | 'too_many_steps'

/** Every code there is, for a `switch` that the compiler checks. */
export type ErrorCode =
  | ConfigErrorCode
  | ServiceErrorCode
  | StreamErrorCode
  | ToolErrorCode
  | 'timeout'
  | 'invalid_output'

/** An error as plain data: it survives `JSON.stringify`, `postMessage` and a logger. It never holds a key. */
export interface ErrorInfo {
  /** The class of the error, such as `ServiceError`. */
  name: string
  /** What went wrong, the same word for every server. */
  code: ErrorCode
  /** For people: what failed, where, and the way out. */
  message: string
  /** True where the same call may succeed a little later. */
  retryable: boolean
  /** Who failed, by the name of its server. */
  provider?: string
  /** The server's own id of the request, for its support. */
  requestId?: string
  /** HTTP status, or the one that an in-band error names. */
  status?: number
  /** Text that had arrived before the failure. */
  partialText?: string
}
