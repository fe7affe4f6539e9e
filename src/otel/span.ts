/**
 * A span that ends once, with its children's context.
 */
import type { Attributes as SpanAttributes, Context, Span } from '@opentelemetry/api'
import { trace } from '@opentelemetry/api'
import type { Attributes } from './attributes.ts'
import { errorType } from './attributes.ts'
import type { TracedOptions } from './options.ts'

/** A span, and the context in which it is the active one. */
export interface TracedSpan {
  span: Span
  context: Context
  /** Ends the span. The caller's own abort does not count as a failure. Later calls have no effect. */
  end(attributes: Attributes, error?: unknown): void
}

/** Starts a span. */
export function startSpan(
  { tracer = trace.getTracer('chatwire'), content, attributes: own }: TracedOptions,
  name: string,
  parent: Context,
  { kind = 0, ...attributes }: Attributes & { kind?: number },
): TracedSpan {
  const span = tracer.startSpan(
    name,
    { kind, attributes: { ...attributes, ...own } as SpanAttributes },
    parent,
  )
  return {
    span,
    context: trace.setSpan(parent, span),
    end(last, error) {
      if (!span.isRecording()) return
      if (error !== undefined) {
        const type = errorType(error)
        last['error.type'] = type
        // Messages may quote what the model or a tool wrote.
        const message = content ? (error as Error).message : type
        // `SpanStatusCode.ERROR`, without the object of all.
        if (type !== 'AbortError') span.setStatus({ code: 2, message })
      }
      span.setAttributes(last as SpanAttributes)
      span.end()
    },
  }
}
