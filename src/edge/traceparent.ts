/**
 * Continues a caller's trace.
 */

/** @see https://www.w3.org/TR/trace-context/#traceparent-header */
const TRACEPARENT = /^(?!ff)[\da-f]{2}-(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}-[\da-f]{2}$/

/** Returns the header that continues the trace of a request, if it sends a valid one. */
export function traceHeaders({ headers }: Request): { traceparent: string } | undefined {
  const traceparent = headers.get('traceparent')
  return traceparent && TRACEPARENT.test(traceparent) ? { traceparent } : undefined
}
