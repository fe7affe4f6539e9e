/**
 * Traces a model with OpenTelemetry.
 */
import { trace } from '@opentelemetry/api'
import { OBSERVER } from '../call.ts'
import type { BaseChatModel } from '../chat/base.ts'
import type { ChatResult } from '../event.ts'
import type { ChatRequest } from '../options.ts'
import { ChatStream } from '../stream/chat-stream.ts'
import type { Run } from '../stream/event-iterator.ts'
import { isRecord } from '../is-record.ts'
import type { CheckedRequest } from '../validation/input.ts'
import type { ChatTrace } from './chat-trace.ts'
import { traceChat } from './chat-trace.ts'
import { instrumentsOf } from './instruments.ts'
import type { TracedOptions } from './options.ts'
import { checkOptions } from './options.ts'
import type { ParentObserver } from './run-trace.ts'
import { traceRun } from './run-trace.ts'
import type { Tracing } from './span.ts'
import { parentOf } from './trace-context.ts'

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
  const { tracer = trace.getTracer('chatwire'), meter, attributes = {} } = options
  const { content, propagate, context } = options
  const instruments = instrumentsOf(meter)
  const tracing: Tracing = { tracer, instruments, content, propagate, context, attributes }
  return new Proxy(llm, {
    get(target, name) {
      if (Object.hasOwn(OPERATIONS, name)) return traceMethod(target, tracing, name as Method)
      if (name === OBSERVER) return (run: CheckedRequest) => observeRun(target, tracing, run)
      const value: unknown = Reflect.get(target, name)
      // Private members exist on the model alone.
      return typeof value === 'function' && name !== 'constructor' ? value.bind(target) : value
    },
  })
}

type Input = ChatRequest & { [OBSERVER]?: ParentObserver }
type Ask = (input: unknown, ...others: unknown[]) => ChatStream | Promise<ChatResult>

function traceMethod(llm: BaseChatModel, tracing: Tracing, method: Method): Ask {
  const ask = llm[method].bind(llm) as Ask
  return (input, ...others) => {
    const given = typeof input === 'string' ? { prompt: input } : input
    if (!isRecord(given)) return ask(input, ...others)
    const request: Input = given
    const { provider, model } = llm
    const chat = traceChat(
      tracing,
      { operation: OPERATIONS[method], provider, model },
      {
        request: { ...llm['config'].defaults, ...request },
        parent: request[OBSERVER]?.context ?? tracing.context ?? parentOf(request),
      },
    )
    // The caller's trace headers end here: the request has its own, if any.
    const { traceparent, tracestate: _state, ...headers } = request.headers ?? {}
    const own = { ...request, ...(traceparent && { headers }), [OBSERVER]: chat }
    if (request.stream !== true) return answer(chat, () => ask(own, ...others))
    return new ChatStream(runOf(ask(own, ...others) as ChatStream, chat))
  }
}

async function answer(chat: ChatTrace, start: () => unknown): Promise<ChatResult> {
  try {
    const result = (await chat.within(start)) as ChatResult
    chat.end(result)
    return result
  } catch (error) {
    chat.end((error as { partial?: ChatResult } | undefined)?.partial, error)
    throw error
  }
}

/** Passes the events of a stream on. The span begins at the first read and ends with the stream, however it ends. */
function runOf(stream: ChatStream, chat: ChatTrace): Run {
  const events = stream.events()
  const result = () => stream.partial
  return {
    result,
    pull: (onValue, onError) =>
      chat
        .within(() => events.next())
        .then(
          ({ done, value }) => {
            if (done || value.type === 'finish') chat.end(result())
            else chat.onEvent(value)
            return onValue(done ? undefined : [value])
          },
          (error) => {
            chat.end(result(), error)
            return onError(error)
          },
        ),
    async return() {
      await events.return?.()
    },
    cancel(reason) {
      stream.cancel(reason)
      chat.end(result(), reason)
    },
  }
}

function observeRun(llm: BaseChatModel, tracing: Tracing, { messages, options }: CheckedRequest) {
  const parent = tracing.context ?? parentOf(options)
  return () => traceRun(tracing, llm, { messages, parent })
}
