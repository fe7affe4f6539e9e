/**
 * Traces one chat: its span, those of its requests, and its metrics.
 */
import type { Context, Attributes as MetricAttributes } from '@opentelemetry/api'
import { context, SpanKind } from '@opentelemetry/api'
import type { Call } from '../call.ts'
import type { ChatResult, StreamEvent } from '../event.ts'
import type { ChatRequest } from '../options.ts'
import type { Attributes, Subject } from './attributes.ts'
import {
  errorType,
  replyAttributes,
  requestAttributes,
  serverAttributes,
  subjectAttributes,
} from './attributes.ts'
import { instrumentsOf } from './instruments.ts'
import type { TraceOptions } from './options.ts'
import type { ParentObserver } from './run-trace.ts'
import { startSpan } from './span.ts'
import { parentOf, traceHeaders } from './trace-context.ts'

/** A chat to trace. */
export interface TracedChat {
  subject: Subject & { operation: string }
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
  /** Ends the span with the reply, or with what arrived of it, and records the metrics. Once. */
  end(result: ChatResult | undefined, error?: unknown): void
}

/** Starts the trace of a chat. */
export function traceChat(
  options: TraceOptions,
  { subject, request, parent: explicit, active, observer }: TracedChat,
): ChatTrace {
  const { content, propagate } = options
  const instruments = instrumentsOf(options.meter)
  const began = performance.now()
  let isOver = false
  let last = 0
  let firstChunk: number | undefined
  let tries = 0
  let server: Attributes = {}

  const labels = (more?: Attributes) =>
    ({ ...subjectAttributes(subject, subject.operation), ...server, ...more }) as MetricAttributes

  const parent = explicit ?? parentOf(request, active)
  const chat = startSpan(options, `${subject.operation} ${subject.model}`, parent, {
    kind: SpanKind.CLIENT,
    ...labels(),
    ...requestAttributes(request),
    ...content?.inputAttributes(request),
  })

  Object.assign(observer, {
    context: chat.context,
    onTry(call: Call) {
      const { model, fetch, headers } = call
      const request = startSpan(options, `try ${model}`, chat.context, {
        kind: SpanKind.CLIENT,
        ...subjectAttributes(call),
        'http.request.resend_count': tries++ || undefined,
      })
      if (propagate) Object.assign(headers, traceHeaders(request.span))
      call.fetch = (url, init) => {
        server = serverAttributes(url)
        request.span.setAttributes(server as MetricAttributes)
        return context.with(request.context, () => fetch(url, init))
      }
      return (error) => {
        call.fetch = fetch
        const { status } = (error ?? {}) as { status?: number }
        request.end({ 'http.response.status_code': status }, error)
      }
    },
  } satisfies ParentObserver)

  return {
    within: (step) => context.with(chat.context, step),
    onEvent({ type }) {
      if (!type.endsWith('delta')) return
      const now = performance.now()
      if (firstChunk) instruments.nextChunk.record((now - last) / 1000, labels())
      else firstChunk = (now - began) / 1000
      last = now
    },
    end(result, error) {
      if (isOver) return
      isOver = true
      const isComplete = error === undefined
      chat.end(
        {
          ...server,
          ...(result && replyAttributes(result, { isComplete })),
          'gen_ai.response.time_to_first_chunk': firstChunk,
          ...(result && content?.outputAttributes(result)),
        },
        error,
      )
      const { duration, firstChunk: first, tokens } = instruments
      const { model, usage } = result ?? {}
      const more = { 'gen_ai.response.model': model }
      duration.record(
        (performance.now() - began) / 1000,
        labels(isComplete ? more : { ...more, 'error.type': errorType(error) }),
      )
      if (firstChunk) first.record(firstChunk, labels(more))
      if (!usage || usage.estimated) return
      tokens.record(usage.promptTokens, labels({ ...more, 'gen_ai.token.type': 'input' }))
      tokens.record(usage.completionTokens, labels({ ...more, 'gen_ai.token.type': 'output' }))
    },
  }
}
