/**
 * The end of a forwarded request, as `onEnd` receives it.
 */

/** The end of a forwarded request. */
export interface ForwardEnd {
  /** `answered`: forwarded completely; `failed`: the server's response was cut; `left`: the client disconnected. */
  outcome: 'answered' | 'failed' | 'left'
  /** The server's HTTP status; 499 if the client disconnected before the server answered. */
  status: number
  /** Bytes of the response body that were forwarded. */
  responseBytes: number
  /** True if the request had been sent before and got a copy of that response (`Idempotency-Key`). */
  resent?: true
  /** The last usage in the response, as the vendor spells it. */
  usage: Record<string, unknown> | undefined
}
