/**
 * A run with tools under way: its steps, its conversation, its end.
 */
import { isChatError, ToolError } from '../errors.ts'
import type { ChatResult, StreamEvent, ToolResult, ToolResultEvent, ToolStep } from '../event.ts'
import type { AssistantMessage, Message, ToolDefinition, ToolMessage } from '../message.ts'
import { pullFrom } from '../async/pull.ts'
import type { ChatStream } from '../stream/chat-stream.ts'
import type { Run } from '../stream/event-iterator.ts'
import { Reply } from '../stream/reply.ts'
import { addUsage, withUsage } from '../chat/add-usage.ts'
import { asCompleted } from '../async/as-completed.ts'
import type { BaseChatModel } from '../chat/base.ts'
import { isPaused } from '../chat/is-paused.ts'
import type { CheckedRequest } from '../validation/input.ts'
import { toEvents } from '../chat/normalize-output.ts'
import { inlineMedia } from '../chat/inline-media.ts'
import type { Tool, PreparedTools } from './tool.ts'
import { prepareTools } from './tool.ts'
import type { BeforeTool } from './execute-call.ts'
import { answerCall, isToolError } from './execute-call.ts'

/** A checked request. */
export interface ToolRunOptions extends CheckedRequest {
  tools: readonly (Tool | ToolDefinition)[]
  maxSteps: number
  maxToolErrors: number
  beforeTool: BeforeTool | undefined
}

/** What a run with tools comes to: the last reply, and all that led there. */
export interface ToolRunResult extends ChatResult {
  steps: ToolStep[]
  messages: Message[]
}

type Batch = readonly StreamEvent[]

/** Why the calls of a run that failed are marked: some of them may have been run. */
const UNANSWERED = 'The run ended before the call was answered'

/** Cold: nothing happens before the first `pull()`. */
export class ToolRun implements Run {
  #llm: BaseChatModel
  #options: ToolRunOptions
  #controller = new AbortController()
  #events = this.#run()
  readonly pull: Run['pull'] = pullFrom(this.#events)
  #release = () => {}
  /** The conversation, every call in it with its answer. */
  #messages: readonly Message[] = []
  #steps: ToolStep[] = []
  /** Whether the model is asked, as opposed to the tools. */
  #asking = false
  /** The reply that is read, or that was cut. */
  #reading: { partial: ChatResult; cancel?: ChatStream['cancel'] } | undefined
  #failedInARow = 0
  #result: ToolRunResult | undefined

  constructor(llm: BaseChatModel, options: ToolRunOptions) {
    this.#llm = llm
    this.#options = options
  }

  return(): Promise<unknown> {
    return this.#events.return(undefined)
  }

  /** Ends the reply that is read, and the tools that run. */
  cancel(reason: unknown): void {
    this.#controller.abort(reason)
    this.#reading?.cancel?.(reason)
    this.#release()
  }

  result(): ToolRunResult {
    return this.#result ?? this.#build(UNANSWERED)
  }

  async *#run(): AsyncGenerator<Batch, undefined> {
    try {
      this.#heedCaller()
      this.#controller.signal.throwIfAborted()
      this.#messages = await inlineMedia(this.#options.messages)
      const prepared = await prepareTools(this.#options.tools, this.#llm.schemaDialects('tools'))
      for (let goesOn = true; goesOn;) {
        yield [{ type: 'step', step: this.#steps.length + 1 }]
        const step = yield* this.#ask(prepared)
        goesOn = yield* this.#answer(step, prepared)
      }
      this.#result = this.#build()
      yield toEvents(this.#result).filter(({ type }) => type === 'usage' || type === 'finish')
    } catch (thrown) {
      const error = this.#toError(thrown)
      this.#controller.abort(error) // for the tools that still run
      throw error
    } finally {
      this.#release()
    }
  }

  #heedCaller(): void {
    const { signal } = this.#options.options
    const onAbort = () => this.cancel(signal?.reason)
    if (signal?.aborted) return onAbort()
    signal?.addEventListener('abort', onAbort)
    this.#release = () => signal?.removeEventListener('abort', onAbort)
  }

  /** The next reply of the model. Of its events `usage` and `finish` are kept back: they are told of the whole run. */
  async *#ask({ definitions }: PreparedTools): AsyncGenerator<Batch, ToolStep> {
    this.#asking = true
    const reply = this.#chat(definitions)
    if ('events' in reply) {
      this.#reading = reply
      for await (const event of reply.events()) {
        if (event.type !== 'usage' && event.type !== 'finish') yield [event]
      }
    }
    const result = 'events' in reply ? await reply.result() : await reply
    this.#asking = false
    this.#reading = undefined
    const step: ToolStep = { result, toolResults: [] }
    this.#steps.push(step)
    return step
  }

  #chat(tools: readonly ToolDefinition[]): ChatStream | Promise<ChatResult> {
    const { options, stream } = this.#options
    const { toolChoice } = options
    const isForced = typeof toolChoice === 'object' || toolChoice === 'required'
    const request = {
      ...options,
      // Else the model would have to call a tool again, and again.
      ...(isForced && this.#steps.length > 0 && { toolChoice: 'auto' as const }),
      messages: this.#messages,
      signal: this.#controller.signal,
      stream,
    }
    if (tools.length === 0) return this.#llm.chat(request)
    return this.#llm.chatWithFunctions({ ...request, tools })
  }

  /** False where the run ends with this reply. */
  async *#answer(step: ToolStep, prepared: PreparedTools): AsyncGenerator<Batch, boolean> {
    const { result } = step
    if (isPaused(result) && this.#steps.length < this.#options.maxSteps) {
      this.#messages = [...this.#messages, result.message]
      return true
    }
    // Also one that was cut at its length, or filtered: its calls are not run.
    if (result.finishReason !== 'tool_calls') {
      this.#messages = [...this.#messages, ...withoutCalls(result.message)]
      return false
    }
    const { maxSteps, beforeTool } = this.#options
    const calls = result.toolCalls.filter(({ name }) => !prepared.callerTools.has(name))
    const goesOn = calls.length === result.toolCalls.length
    if (goesOn && this.#steps.length >= maxSteps) {
      const problem = `The model still calls tools in step ${maxSteps} (raise \`maxSteps\`)`
      throw new ToolError('too_many_steps', problem)
    }
    const messages = [...this.#messages, toMessage(result)]
    const { signal } = this.#controller
    const options = { prepared, beforeTool, signal, messages }
    step.toolResults = yield* this.#runCalls(
      calls.map((call) => () => answerCall(call, options)),
      step,
    )
    this.#messages = [...messages, ...step.toolResults.map(toToolMessage)]
    if (goesOn) this.#countFailures(step.toolResults)
    return goesOn
  }

  async *#runCalls(
    calls: readonly (() => Promise<ToolResult>)[],
    step: ToolStep,
  ): AsyncGenerator<Batch, ToolResult[]> {
    const ordered: ToolResult[] = []
    const jobs = calls.map(async (answer, index) => (ordered[index] = await answer()))
    for await (const ended of asCompleted(jobs, this.#controller.signal)) {
      step.toolResults.push(...ended)
      yield ended.map(toEvent)
    }
    return ordered
  }

  #countFailures(results: readonly ToolResult[]): void {
    const error = results.find((result) => result.error)?.error
    this.#failedInARow = error ? this.#failedInARow + 1 : 0
    if (!error || this.#failedInARow <= this.#options.maxToolErrors) return
    throw new ToolError(error.code, error.message, { cause: error.cause })
  }

  /** The caller's own reason of an abort stays as it is; what is ours has the run so far. */
  #toError(thrown: unknown): unknown {
    const { signal } = this.#controller
    if (signal.aborted) return signal.reason
    if (!isChatError(thrown)) return thrown
    let error = thrown
    if (this.#asking) {
      // A reply that was not streamed is known from here only.
      if (error.partial) this.#reading ??= { partial: error.partial }
    } else if (error.partial) {
      // Of another run, such as one inside of a tool, whose story stays as it is.
      if (!isToolError(error)) return error
      error = new ToolError(error.code as ToolError['code'], error.message, { cause: error })
    }
    if (this.#reading || this.#steps.length > 0) error.partial = this.#build(UNANSWERED)
    return error
  }

  #build(unanswered?: string): ToolRunResult {
    const replies = this.#steps.map(({ result }) => result)
    const answered = new Set(this.#steps.at(-1)?.toolResults.map(({ toolCall }) => toolCall.id))
    if (this.#reading) replies.push(this.#reading.partial)
    const last = replies.at(-1) ?? this.#nothing()
    const open = last.toolCalls.filter(({ id }) => this.#reading || !answered.has(id))
    const usages = replies.map(({ usage }) => usage)
    const several = replies.length > 1
    const members = {
      toolCalls: unanswered ? open.map((call) => ({ invalid: unanswered, ...call })) : open,
      usage: usages.length > 0 ? usages.reduce(addUsage) : last.usage,
      attempts: replies.flatMap(({ attempts, usage }) =>
        several ? withUsage(attempts, usage) : attempts,
      ),
      steps: [...this.#steps],
      messages: [...this.#messages],
    }
    // With the `toString` of the reply.
    return Object.assign(Object.create(Object.getPrototypeOf(last)), last, members)
  }

  #nothing(): ChatResult {
    const { provider, model } = this.#llm
    return new Reply({ response: { provider, model, attempts: [] } }).result()
  }
}

/** The message as every server takes it back: some read the arguments of old calls, and fail where they are no JSON. */
function toMessage({ message, toolCalls }: ChatResult): AssistantMessage {
  const broken = new Set(toolCalls.filter(({ invalid }) => invalid).map(({ id }) => id))
  if (broken.size === 0) return message
  const calls = message.tool_calls?.map((call) =>
    broken.has(call.id) ? { ...call, function: { ...call.function, arguments: '{}' } } : call,
  )
  return { ...message, tool_calls: calls }
}

/** What can stand in a conversation of a reply whose calls are never answered. */
function withoutCalls(message: AssistantMessage): AssistantMessage[] {
  const { tool_calls: calls, ...rest } = message
  if (!calls) return [message]
  return rest.content ? [rest] : []
}

function toToolMessage({ toolCall, content }: ToolResult): ToolMessage {
  return { role: 'tool', tool_call_id: toolCall.id, content }
}

function toEvent(result: ToolResult): ToolResultEvent {
  const { toolCall, content, error, refused, durationMs } = result
  return {
    type: 'tool-result',
    toolCallId: toolCall.id,
    name: toolCall.name,
    content,
    ...(error && { error: (error as ToolError).toJSON() }),
    ...(refused && { refused }),
    durationMs,
  }
}
