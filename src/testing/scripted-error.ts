/**
 * How a simulated server refuses.
 */

/** A refusal. What is left out is what the vendor would say for that status. */
export interface ScriptedError {
  /** @default 500 */
  status?: number | undefined
  /** The vendor's own code. */
  code?: string | undefined
  /** The vendor's words. */
  message?: string | undefined
  /** OpenAI's `error.type`. */
  type?: string | undefined
  /** OpenAI's `error.param`. */
  param?: string | undefined
  /** Such as `retry-after`. */
  headers?: Record<string, string> | undefined
  /** A whole body of your own instead of the vendor's: JSON, or a string that is sent as it is. */
  body?: unknown
  /**
   * Under status 200, behind the text of the reply. A request that is not streamed gets the status
   * all the same. Zhipu has no error frame: there it becomes the finish reason `sensitive` (code
   * 1301) or `network_error`.
   */
  inStream?: boolean | undefined
}
