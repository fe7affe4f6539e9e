/**
 * Traces a model with OpenTelemetry. What a trace is made of loads with the first traced call.
 */
import { context } from '@opentelemetry/api'
import { OBSERVER } from '../call.ts'
import type { BaseChatModel } from '../chat/base.ts'
import { answer, totalTimeoutOf } from '../chat/base.ts'
import type { ChatResult } from '../event.ts'
import { isRecord } from '../is-record.ts'
import { loadPart } from '../load-part.ts'
import type { ChatRequest } from '../options.ts'
import { ChatStream } from '../stream/chat-stream.ts'
import type { Run } from '../stream/event-iterator.ts'
import { LateRun } from '../stream/late-run.ts'
import type { CheckedRequest } from '../validation/input.ts'
import type * as Content from './content.ts'
import type { TracedOptions } from './options.ts'
import { checkOptions } from './options.ts'
import type { ParentObserver } from './run-trace.ts'
import type * as Tracing from './tracing.ts'

/** The methods that are traced, and the operations they perform. */
const OPERATIONS = {
  chat: 'chat',
  chatWithFunctions: 'chat',
  chatWithRawPrompt: 'text_completion',
} as const

type Method = keyof typeof OPERATIONS

/**
 * Traces every chat of a model by OpenTelemetry's conventions for generative AI: a span for the chat, one for each
 * request, and, in `runTools`, one for the run and one for each tool call; histograms of durations, of the time to the
 * first and per further chunk, and of tokens. No text is recorded unless `content` is set.
 *
 * Returns the same model otherwise: wrap what you call, such as the result of `failover` or `withPromptedTools`. A
 * `traceparent` among the headers of a request, which the gateway passes on from its caller, becomes the parent.
 * @throws {ConfigError} `invalid_config`
 * @example
 * const llm = traced(getChatModel('dashscope:qwen-max'))
 * const { text } = await runTools(llm, { prompt: 'How warm is it in Oslo?', tools: [weather] })
 */
export function traced<Model extends BaseChatModel>(
  llm: Model,
  options: TracedOptions = {},
): Model {
  checkOptions(llm, options)
  return new Proxy(llm, {
    get(target, name) {
      if (Object.hasOwn(OPERATIONS, name)) return traceMethod(target, options, name as Method)
      if (name === OBSERVER) return (run: CheckedRequest) => observeRun(target, options, run)
      const value: unknown = Reflect.get(target, name)
      // Private members exist on the model alone.
      return typeof value === 'function' && name !== 'constructor' ? value.bind(target) : value
    },
  })
}

type Input = ChatRequest & { [OBSERVER]?: ParentObserver }
type Send = () => Promise<ChatResult>
type Ask = (input: unknown, ...others: unknown[]) => ChatStream | Promise<ChatResult>

let tracing: typeof Tracing | undefined
let recorder: typeof Content | undefined

/** Loads what traces, and what records content if the options ask for it. */
async function loadParts({ content }: TracedOptions): Promise<void> {
  tracing ??= await loadPart(() => import('./tracing.ts'))
  if (content) recorder ??= await loadPart(() => import('./content.ts'))
}

/** Returns what traces, or `undefined` until all of it has loaded. */
function partsOf({ content, ...options }: TracedOptions) {
  if (!tracing || (content && !recorder)) return undefined
  return { ...tracing, options: { ...options, content: content ? recorder : undefined } }
}

function traceMethod(llm: BaseChatModel, options: TracedOptions, method: Method): Ask {
  const ask = llm[method].bind(llm) as Ask
  return (input, ...others) => {
    const given = typeof input === 'string' ? { prompt: input } : input
    if (!isRecord(given)) return ask(input, ...others)
    const request: Input = given
    const { provider, model } = llm
    // The caller's trace headers end here: the request has its own, if any.
    const { traceparent, tracestate: _state, ...headers } = request.headers ?? {}
    const observer = {} as ParentObserver // complete before the chat starts
    const own = { ...request, ...(traceparent && { headers }), [OBSERVER]: observer }
    const start = () => ask(own, ...others)
    // Throws if the request is invalid, and sends nothing before it is read.
    const reply = request.stream === true ? (start() as ChatStream) : undefined
    const chat = {
      subject: { operation: OPERATIONS[method], provider, model },
      request: { ...llm['config'].defaults, ...request },
      parent: request[OBSERVER]?.context ?? options.context,
      active: context.active(),
      observer,
    }
    const begin = () => {
      const parts = partsOf(options)
      return parts?.tracedRun(parts.options, chat, reply ?? (start as Send))
    }
    const load = async (startedAt: number) => {
      observer.startedAt = startedAt
      await loadParts(options)
      return begin() as Run
    }
    const { signal } = chat.request
    const late = () =>
      new LateRun({ load, signal, limit: totalTimeoutOf(llm), origin: { provider, model } })
    return reply ? new ChatStream(late()) : answer(() => begin() ?? late())
  }
}

function observeRun(llm: BaseChatModel, options: TracedOptions, request: CheckedRequest) {
  const active = context.active()
  return async () => {
    await loadParts(options)
    const parts = partsOf(options) as NonNullable<ReturnType<typeof partsOf>>
    return parts.traceRun(parts.options, llm, { request, active })
  }
}
