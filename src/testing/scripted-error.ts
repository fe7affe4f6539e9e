/**
 * Errors of simulated servers.
 */

/** An error. Missing fields default to the vendor's values for the status. */
export interface ScriptedError {
  /** @default 500 */
  status?: number | undefined
  /** The vendor's own code. */
  code?: string | undefined
  /** The vendor's message. */
  message?: string | undefined
  /** OpenAI's `error.type`. */
  type?: string | undefined
  /** OpenAI's `error.param`. */
  param?: string | undefined
  /** Such as `retry-after`. */
  headers?: Record<string, string> | undefined
  /** A full body instead of the vendor's: JSON, or a string sent verbatim. */
  body?: unknown
  /**
   * Fails under status 200, after the text of the reply. A buffered request gets the status instead. Zhipu has no
   * error frame: there it becomes the finish reason `sensitive` (code 1301) or `network_error`.
   */
  inStream?: boolean | undefined
}
