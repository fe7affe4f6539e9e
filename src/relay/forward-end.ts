/**
 * The end of a forwarded request, as `onEnd` receives it.
 */

/** How a forwarded request ended. */
export interface ForwardEnd {
  /** `answered`: passed on to its end; `failed`: the server's response broke off; `left`: the client disconnected. */
  outcome: 'answered' | 'failed' | 'left'
  /** The server's HTTP status. */
  status: number
  /** Bytes of the response body that were passed on. */
  responseBytes: number
  /** The last usage in the response, as the vendor spells it. */
  usage: Record<string, unknown> | undefined
}
