/**
 * Traces a model with OpenTelemetry.
 */
import { context } from '@opentelemetry/api'
import { OBSERVER } from '../call.ts'
import type { BaseChatModel } from '../chat/base.ts'
import type { ChatResult } from '../event.ts'
import { isRecord } from '../is-record.ts'
import { loadPart } from '../load-part.ts'
import type { ChatRequest } from '../options.ts'
import { ChatStream } from '../stream/chat-stream.ts'
import type { Run } from '../stream/event-iterator.ts'
import type { CheckedRequest } from '../validation/input.ts'
import type { ChatTrace } from './chat-trace.ts'
import { traceChat } from './chat-trace.ts'
import type { TracedOptions } from './options.ts'
import { checkOptions } from './options.ts'
import { withParts } from './parts.ts'
import type { ParentObserver } from './run-trace.ts'

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
type Ask = (input: unknown, ...others: unknown[]) => ChatStream | Promise<ChatResult>

function traceMethod(llm: BaseChatModel, options: TracedOptions, method: Method): Ask {
  const ask = llm[method].bind(llm) as Ask
  return (input, ...others) => {
    const given = typeof input === 'string' ? { prompt: input } : input
    if (!isRecord(given)) return ask(input, ...others)
    const request: Input = given
    // The caller's trace headers end here: the request has its own, if any.
    const { traceparent, tracestate: _state, ...headers } = request.headers ?? {}
    const observer = {} as ParentObserver // complete before the chat starts
    const own = { ...request, ...(traceparent && { headers }), [OBSERVER]: observer }
    const start = () => ask(own, ...others)
    const chat = {
      operation: OPERATIONS[method],
      provider: llm.provider,
      model: llm.model,
      request: { ...llm['config'].defaults, ...request },
      parent: request[OBSERVER]?.context ?? options.context,
      active: context.active(),
      observer,
    }
    const begin = () => traceChat(options, chat)
    // Throws if the request is invalid, and sends nothing before it is read.
    if (request.stream === true) return new ChatStream(tracedRun(start() as ChatStream, begin))
    return tracedResult(start as () => Promise<ChatResult>, begin())
  }
}

async function tracedResult(
  start: () => Promise<ChatResult>,
  trace: ChatTrace,
): Promise<ChatResult> {
  try {
    const result = await trace.within(start)
    await trace.end(result)
    return result
  } catch (error) {
    void trace.end((error as { partial?: ChatResult } | undefined)?.partial, error)
    throw error
  }
}

/** Returns the run of a stream, traced from the first read. */
function tracedRun(stream: ChatStream, begin: () => ChatTrace): Run {
  const events = stream.events()
  let trace: ChatTrace | undefined
  const end = (error?: unknown) => trace?.end(stream.partial, error)
  return {
    result: () => stream.partial,
    pull: (onValue, onError) =>
      (trace ??= begin())
        .within(() => events.next())
        .then(
          ({ done, value }) => {
            const pass = () => onValue(done ? undefined : [value])
            if (done || value.type === 'finish') return end()?.then(pass) ?? pass()
            trace?.onEvent(value)
            return pass()
          },
          (error) => {
            void end(error)
            return onError(error)
          },
        ),
    async return() {
      await events.return?.()
    },
    cancel(reason) {
      stream.cancel(reason)
      void end(reason)
    },
  }
}

function observeRun(llm: BaseChatModel, options: TracedOptions, request: CheckedRequest) {
  const active = context.active()
  return async () => {
    const { traceRun } = await loadPart(() => import('./run-trace.ts'))
    return withParts(options.content, (parts) => traceRun(options, llm, { request, active, parts }))
  }
}
