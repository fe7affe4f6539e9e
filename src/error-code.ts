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
  name: string
  code: ErrorCode
  message: string
  retryable: boolean
  provider?: string
  requestId?: string
  status?: number
  /** Text that had arrived before the failure. */
  partialText?: string
}
