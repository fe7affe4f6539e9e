/**
 * W3C trace context: the parent of a span, from where it is known, and `traceparent` for the server.
 * @see https://www.w3.org/TR/trace-context/#traceparent-header
 */
import type { Context, Span } from '@opentelemetry/api'
import { trace } from '@opentelemetry/api'
import type { ChatOptions } from '../options.ts'

/** The contexts of running tools, by their signals: a tool passes its signal on to whatever it awaits. */
export const toolContexts: WeakMap<AbortSignal, Context> = /* @__PURE__ */ new WeakMap()

/** Returns the parent of a call without an explicit one. `active` is the context at the call. */
export function parentOf({ signal, headers }: ChatOptions, active: Context): Context {
  const known = trace.getSpanContext(active)
  const [, traceId, spanId, flags] =
    /^..-(\w{32})-(\w{16})-(\w\w)/.exec(headers?.traceparent ?? '') ?? []
  // An HTTP instrumentation may have continued the trace already, closer to here.
  if (traceId && spanId && traceId !== known?.traceId) {
    const traceFlags = Number(`0x${flags}`)
    return trace.setSpanContext(active, { traceId, spanId, traceFlags, isRemote: true })
  }
  return (!known && signal && toolContexts.get(signal)) || active
}

/** Returns the headers that continue the trace. */
export function traceHeaders(span: Span): Record<string, string> {
  const { traceId, spanId, traceFlags, traceState } = span.spanContext()
  const state = traceState?.serialize()
  return {
    traceparent: `00-${traceId}-${spanId}-0${traceFlags & 1}`,
    ...(state && { tracestate: state }),
  }
}
