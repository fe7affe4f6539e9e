/**
 * Traces one chat: its span, those of its requests, and its metrics.
 */
import type { Context, Attributes as MetricAttributes } from '@opentelemetry/api'
import { context, SpanKind } from '@opentelemetry/api'
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
import type { Instruments } from './instruments.ts'
import { instrumentsOf } from './instruments.ts'
import type { TracedOptions } from './options.ts'
import type { ParentObserver } from './run-trace.ts'
import { startSpan } from './span.ts'
import { parentOf, traceHeaders } from './trace-context.ts'

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
  /** Ends the span with the reply, or with what arrived of it, and records the metrics. Once. */
  end(result: ChatResult | undefined, error?: unknown): Promise<void> | void
}

/** Starts the trace of a chat. */
export function traceChat(options: TracedOptions, traced: TracedChat): ChatTrace {
  const { operation, model, request, parent, active, observer } = traced
  const instruments = instrumentsOf(options.meter)
  const subject = subjectAttributes(traced, operation)
  const began = performance.now()
  let isOver = false
  let last = 0
  let firstChunk: number | undefined
  let tries = 0
  let server: Attributes = {}

  const record = (name: keyof Instruments, value: number, more?: Attributes) =>
    instruments[name].record(value, { ...subject, ...server, ...more } as MetricAttributes)

  const chat = startSpan(
    options,
    `${operation} ${model}`,
    parent ?? parentOf(request, active),
    { kind: SpanKind.CLIENT, ...subject, ...requestAttributes(request) },
    ({ inputAttributes }) => inputAttributes(request),
  )

  observer.context = chat.context
  observer.onTry = (call) => {
    const { fetch } = call
    const sent = startSpan(options, `try ${call.model}`, chat.context, {
      kind: SpanKind.CLIENT,
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
      void sent.end({ 'http.response.status_code': status }, error)
    }
  }

  return {
    within: (step) => context.with(chat.context, step),
    onEvent({ type }) {
      if (!type.endsWith('delta')) return
      const now = performance.now()
      if (firstChunk) record('nextChunk', (now - last) / 1000)
      else firstChunk = (now - began) / 1000
      last = now
    },
    end(result, error) {
      if (isOver) return
      isOver = true
      const { model, usage } = result ?? {}
      const more = { 'gen_ai.response.model': model }
      const type = error === undefined ? error : errorType(error)
      record('duration', (performance.now() - began) / 1000, { ...more, 'error.type': type })
      if (firstChunk) record('firstChunk', firstChunk, more)
      if (usage && !usage.estimated) {
        record('tokens', usage.promptTokens, { ...more, 'gen_ai.token.type': 'input' })
        record('tokens', usage.completionTokens, { ...more, 'gen_ai.token.type': 'output' })
      }
      return chat.end(
        {
          ...server,
          ...(result && replyAttributes(result, error)),
          'gen_ai.response.time_to_first_chunk': firstChunk,
        },
        error,
        ({ outputAttributes }) => result && outputAttributes(result),
      )
    },
  }
}
