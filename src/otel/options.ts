/**
 * Options of `traced`.
 */
import type { Context, Meter, Tracer } from '@opentelemetry/api'
import { checkModel } from '../validation/model.ts'
import { checkMembers, flag, optional, record, rule } from '../validation/shape.ts'

/** Options of `traced`. */
export interface TracedOptions {
  /**
   * Creates the spans.
   * @default the global tracer provider's tracer `chatwire`
   */
  tracer?: Tracer | undefined
  /**
   * Creates the histograms.
   * @default the global meter provider's meter `chatwire`
   */
  meter?: Meter | undefined
  /**
   * Records messages, instructions, tool definitions, arguments and results, and error messages, which may quote
   * them. Bytes of images and other media are left out.
   * @default false
   */
  content?: boolean | undefined
  /**
   * Sends `traceparent` to the server with every request. In a page the server's CORS rules must allow the header.
   * @default false
   */
  propagate?: boolean | undefined
  /** Attributes of every span, such as `gen_ai.agent.name`, `gen_ai.conversation.id` or `user.id`. */
  attributes?: Record<string, string | number | boolean | string[]> | undefined
  /**
   * The parent of the spans, where no context manager keeps track of it.
   * @default the active context; in a tool whose `signal` is passed on, that of the tool
   */
  context?: Context | undefined
}

const has = (method: string) =>
  optional(
    rule(`must have ${method}()`, (value: Record<string, unknown> | null) => !!value?.[method]),
  )

/** @throws {ConfigError} `invalid_config` */
export function checkOptions(llm: unknown, options: TracedOptions): void {
  checkModel(llm, 'traced')
  const shapes = {
    tracer: has('startSpan'),
    meter: has('createHistogram'),
    content: optional(flag),
    propagate: optional(flag),
    attributes: optional(record),
    context: has('getValue'),
  }
  checkMembers(shapes, options, 'invalid_config', 'options')
}
