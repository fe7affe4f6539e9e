/**
 * Traces one chat: its span, those of its requests, and its metrics.
 */
import type { Context, Attributes as MetricAttributes } from '@opentelemetry/api'
import { context } from '@opentelemetry/api'
import type { ChatResult, StreamEvent } from '../event.ts'
import type { ChatRequest } from '../options.ts'
import type { Attributes, Subject } from './attributes.ts'
import { errorType, serverAttributes, subjectAttributes } from './attributes.ts'
import type { TracedOptions } from './options.ts'
import { withParts } from './parts.ts'
import type { ParentObserver } from './run-trace.ts'
import { startSpan } from './span.ts'
import { parentOf, traceHeaders } from './trace-context.ts'

/** `SpanKind.CLIENT`, without the object of all. */
const CLIENT = 2

/** A chat to trace. */
export interface TracedChat extends Subject {
  operation: string
  /** The request, with the model's defaults. */
  request: ChatRequest
  /** The parent, if it is explicit. */
  parent: Context | undefined
  /** The context at the call. */
  active: Context
  /** The request's observer, which the trace completes. */
  observer: ParentObserver
}

/** A chat's trace. */
export interface ChatTrace {
  /** Runs a step of the chat in its context. */
  within<T>(step: () => T): T
  /** Records when a chunk arrives. */
  onEvent(event: StreamEvent): void
  /**
   * Ends the span with the reply, or with what arrived of it, and records the metrics. Once.
   * @returns a promise while the code that records both is loading
   */
  end(result: ChatResult | undefined, error?: unknown): Promise<void> | void
}

/** Starts the trace of a chat. */
export function traceChat(options: TracedOptions, traced: TracedChat): ChatTrace {
  const { operation, model, request, parent, active, observer } = traced
  const subject = subjectAttributes(traced, operation)
  const began = performance.now()
  const chunks: number[] = []
  let isOver = false
  let tries = 0
  let server: Attributes = {}

  const chat = startSpan(options, `${operation} ${model}`, parent ?? parentOf(request, active), {
    kind: CLIENT,
    ...subject,
  })
  void withParts(options.content, (parts) => {
    chat.span.setAttributes({
      ...parts.requestAttributes?.(request),
      ...parts.inputAttributes?.(request),
    } as MetricAttributes)
  })

  observer.context = chat.context
  observer.onTry = (call) => {
    const { fetch } = call
    const sent = startSpan(options, `try ${call.model}`, chat.context, {
      kind: CLIENT,
      ...subjectAttributes(call),
      'http.request.resend_count': tries++ || undefined,
    })
    if (options.propagate) Object.assign(call.headers, traceHeaders(sent.span))
    call.fetch = (url, init) => {
      server = serverAttributes(url)
      sent.span.setAttributes(server as MetricAttributes)
      return context.with(sent.context, () => fetch(url, init))
    }
    return (error) => {
      call.fetch = fetch
      const { status } = (error ?? {}) as { status?: number }
      sent.end({ 'http.response.status_code': status }, error)
    }
  }

  return {
    within: (step) => context.with(chat.context, step),
    onEvent({ type }) {
      if (type.endsWith('delta')) chunks.push(performance.now())
    },
    end(result, error) {
      if (isOver) return
      isOver = true
      const measures = {
        labels: { ...subject, ...server },
        began,
        chunks,
        ended: performance.now(),
        result,
        errorType: error === undefined ? undefined : errorType(error),
      }
      return withParts(options.content, (parts) => {
        parts.recordChat?.(options.meter, measures)
        const attributes = result && {
          ...parts.chatAttributes?.(result, measures),
          ...parts.outputAttributes?.(result),
        }
        chat.end({ ...server, ...attributes }, error)
      })
    },
  }
}
