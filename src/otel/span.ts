/**
 * A span that ends once, with its children's context.
 */
import type { Attributes as SpanAttributes, Context, Span } from '@opentelemetry/api'
import { SpanStatusCode, trace } from '@opentelemetry/api'
import { loadPart } from '../load-part.ts'
import type { Attributes } from './attributes.ts'
import { errorType } from './attributes.ts'
import type * as Content from './content.ts'
import type { TracedOptions } from './options.ts'

/** Returns the attributes that hold content. */
export type Describe = (content: typeof Content) => Attributes | undefined

/** A span, and the context in which it is the active one. */
export interface TracedSpan {
  span: Span
  context: Context
  /**
   * Ends the span. The caller's own abort does not count as a failure. Later calls have no effect.
   * @returns a promise while the code that records content loads
   */
  end(attributes: Attributes, error?: unknown, describe?: Describe): Promise<void> | void
}

let loaded: typeof Content | undefined

/** Starts a span. `describe` returns the content of its input. */
export function startSpan(
  { tracer = trace.getTracer('chatwire'), content, attributes: own }: TracedOptions,
  name: string,
  parent: Context,
  { kind = 0, ...attributes }: Attributes & { kind?: number },
  describe?: Describe,
): TracedSpan {
  const options = { kind, attributes: { ...attributes, ...own } as SpanAttributes }
  const span = tracer.startSpan(name, options, parent)
  /** Sets the attributes, and those with content if the options ask for it. In the order of the calls. */
  const set = (given: Attributes, describe: Describe | undefined, then = () => {}) => {
    const write = (part?: typeof Content) => {
      if (!span.isRecording()) return
      span.setAttributes({ ...given, ...(content && part && describe?.(part)) } as SpanAttributes)
      then()
    }
    if (!content || loaded) return write(loaded)
    const loading = loadPart(() => import('./content.ts'))
    return loading.then(
      (part) => write((loaded = part)),
      () => write(),
    )
  }
  if (describe) void set({}, describe)
  return {
    span,
    context: trace.setSpan(parent, span),
    end(last, error, describe) {
      const type = error === undefined ? error : errorType(error)
      return set({ ...last, 'error.type': type }, describe, () => {
        // Messages may quote what the model or a tool wrote.
        if (type && type !== 'AbortError') {
          const message = content ? (error as Error).message : type
          span.setStatus({ code: SpanStatusCode.ERROR, message })
        }
        span.end()
      })
    },
  }
}
