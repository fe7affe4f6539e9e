/**
 * Runs a conversation with tools: its steps and their messages.
 */
import { OBSERVER } from '../call.ts'
import { isChatError, ToolError } from '../errors.ts'
import type { ChatResult, StreamEvent, ToolResult, ToolStep } from '../event.ts'
import type {
  AssistantMessage,
  ContentPart,
  Message,
  ToolCall,
  ToolDefinition,
  ToolMessage,
} from '../message.ts'
import { toParts } from '../message.ts'
import { untilAborted } from '../async/abort.ts'
import type { ChatStream } from '../stream/chat-stream.ts'
import { GeneratorRun } from '../stream/generator-run.ts'
import { Reply } from '../stream/reply.ts'
import { addUsage, withUsage } from '../chat/add-usage.ts'
import { asCompleted } from '../async/as-completed.ts'
import type { BaseChatModel } from '../chat/base.ts'
import { loadPart } from '../load-part.ts'
import { isPaused } from '../chat/is-paused.ts'
import type { CheckedRequest } from '../validation/input.ts'
import { toEvents } from '../chat/to-events.ts'
import { inlineMedia } from '../chat/inline-media.ts'
import type { ObservedModel, RunObserver } from './run-observer.ts'
import type { Tool, PreparedTools } from './tool.ts'
import { prepareTools } from './tool.ts'
import type { BeforeTool } from './execute-call.ts'
import { answerCall, isToolError, toResultEvent } from './execute-call.ts'
import { toContentParts } from './tool-content.ts'

/** A checked request. */
export interface ToolRunOptions extends CheckedRequest {
  tools: readonly (Tool | ToolDefinition)[]
  maxSteps: number
  maxToolErrors: number
  beforeTool: BeforeTool | undefined
  needsApproval: boolean | ((toolCall: ToolCall) => boolean | Promise<boolean>)
  approved: readonly string[] | true | undefined
  toolTimeout: number | false
}

/** Result of a tool run: the last reply, every step and the conversation. */
export interface ToolRunResult extends ChatResult {
  steps: ToolStep[]
  messages: Message[]
}

type Batch = readonly StreamEvent[]

const loadOpenCalls = () => loadPart(() => import('./open-calls.ts'))

interface RunningCalls {
  prepared: PreparedTools
  /** The conversation, up to the message with the calls. */
  messages: readonly Message[]
  results: ToolResult[]
}

/** Marks the tool calls of a run that failed, since some of them may have run. */
const UNANSWERED = 'The run ended before the call was answered'

/** A tool run in progress. */
export class ToolRun extends GeneratorRun {
  #llm: BaseChatModel
  #options: ToolRunOptions
  /** The conversation; every tool call in it has its tool message. */
  #messages: readonly Message[] = []
  #steps: ToolStep[] = []
  /** True while the model replies, false while tools run. */
  #asking = false
  /** The reply being read, or the one that was cut. */
  #reading: { partial: ChatResult; cancel?: ChatStream['cancel'] } | undefined
  #failedInARow = 0
  #awaitsApproval: readonly string[] = []
  #result: ToolRunResult | undefined
  #observe: ReturnType<NonNullable<ObservedModel[typeof OBSERVER]>> | undefined
  #observer: RunObserver | undefined

  constructor(llm: BaseChatModel, options: ToolRunOptions) {
    super(options.options.signal)
    this.#llm = llm
    this.#options = options
    this.#observe = (llm as ObservedModel)[OBSERVER]?.(options)
  }

  /** Ends the reply being read and the running tools. */
  override cancel(reason: unknown): void {
    super.cancel(reason)
    this.#reading?.cancel?.(reason)
    this.#observer?.end(this.result(), reason)
  }

  result(): ToolRunResult {
    return this.#result ?? this.#build(UNANSWERED)
  }

  protected override async *run(): AsyncGenerator<Batch, undefined> {
    try {
      if (this.#observe) this.#observer = await untilAborted(this.#observe(), this.signal)
      this.#messages = await untilAborted(inlineMedia(this.#options.messages), this.signal)
      const prepared = await untilAborted(
        prepareTools(this.#options.tools, this.#llm.schemaDialects('tools')),
        this.signal,
      )
      yield* this.#runApproved(prepared)
      const leavesCalls = this.#options.needsApproval !== false || prepared.callerTools.size > 0
      const openCalls = leavesCalls ? await loadOpenCalls() : undefined
      for (let goesOn = true; goesOn;) {
        yield [{ type: 'step', step: this.#steps.length + 1 }]
        const step = yield* this.#ask(prepared)
        goesOn = yield* this.#answer(step, prepared)
      }
      this.#result = this.#build()
      this.#observer?.end(this.#result)
      const ends = toEvents(this.#result).filter(
        ({ type }) => type === 'usage' || type === 'finish',
      )
      if (openCalls && this.#result.toolCalls.length > 0)
        Object.assign(
          ends.at(-1) ?? {},
          openCalls.describeOpenCalls(this.#steps, this.#awaitsApproval),
        )
      yield ends
    } catch (thrown) {
      const error = this.#toError(thrown)
      this.#observer?.end(this.result(), error)
      throw error
    }
  }

  /** Runs the tool calls at the end of the messages that the user approved. */
  async *#runApproved(prepared: PreparedTools): AsyncGenerator<Batch> {
    const { approved } = this.#options
    if (approved === undefined) return
    const { findOpenCalls } = await loadOpenCalls()
    const { messages, answers, calls } = findOpenCalls(this.#messages, approved)
    if (calls.length === 0) return
    const results = yield* this.#runCalls(calls, { prepared, messages, results: [] })
    const own = results.map((one) => toToolMessage(one, this.#llm.toolResultParts()))
    this.#messages = [...messages, ...answers, ...own]
  }

  /** Yields the model's next reply, without `usage` and `finish`: the run has its own. */
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
      // Otherwise the model would have to call a tool in every step.
      ...(isForced && this.#steps.length > 0 && { toolChoice: 'auto' as const }),
      messages: joinStart(this.#messages, this.#options.messages.length),
      signal: this.signal,
      stream,
      ...(this.#observer && { [OBSERVER]: this.#observer.calls }),
    }
    if (tools.length === 0) return this.#llm.chat(request)
    return this.#llm.chatWithFunctions({ ...request, tools })
  }

  /** Runs the tool calls of a reply. Returns false if the run ends with this reply. */
  async *#answer(step: ToolStep, prepared: PreparedTools): AsyncGenerator<Batch, boolean> {
    const { result } = step
    if (isPaused(result) && this.#steps.length < this.#options.maxSteps) {
      this.#messages = [...this.#messages, result.message]
      return true
    }
    // A reply that was cut at its length limit or filtered may have tool calls, which must not run. Some servers
    // report `tool_calls` without sending any: then the reply is the answer.
    if (result.finishReason !== 'tool_calls' || result.toolCalls.length === 0) {
      this.#messages = [...this.#messages, ...withoutCalls(result.message)]
      return false
    }
    const { maxSteps } = this.#options
    const ours = result.toolCalls.filter(({ name }) => !prepared.callerTools.has(name))
    const answers = Promise.all(ours.map((call) => this.#mustWait(call, prepared)))
    const waits = await untilAborted(answers, this.signal)
    const calls = ours.filter((_, index) => !waits[index])
    this.#awaitsApproval = ours.filter((_, index) => waits[index]).map(({ id }) => id)
    const goesOn = calls.length === result.toolCalls.length
    if (goesOn && this.#steps.length >= maxSteps) {
      const problem = `The model still calls tools in step ${maxSteps} (raise \`maxSteps\`)`
      throw new ToolError('too_many_steps', problem)
    }
    const messages = [...this.#messages, toMessage(result)]
    const results = step.toolResults
    step.toolResults = yield* this.#runCalls(calls, { prepared, messages, results })
    const types = this.#llm.toolResultParts()
    this.#messages = [...messages, ...step.toolResults.map((one) => toToolMessage(one, types))]
    if (goesOn) this.#countFailures(step.toolResults)
    return goesOn
  }

  async #mustWait(call: ToolCall, { executable }: PreparedTools): Promise<boolean> {
    // The model is asked to correct such a call.
    if (call.invalid !== undefined || !executable.has(call.name)) return false
    const { needsApproval } = this.#options
    return typeof needsApproval === 'function' ? await needsApproval(call) : needsApproval
  }

  /** Runs tool calls in parallel. Adds each result at once, and returns them in the order of the calls. */
  async *#runCalls(
    calls: readonly ToolCall[],
    { prepared, messages, results }: RunningCalls,
  ): AsyncGenerator<Batch, ToolResult[]> {
    const { beforeTool, toolTimeout } = this.#options
    const { signal } = this
    const observer = this.#observer
    const options = { prepared, beforeTool, toolTimeout, signal, observer, messages }
    const ordered: ToolResult[] = []
    const jobs = calls.map(
      async (call, index) => (ordered[index] = await answerCall(call, options)),
    )
    for await (const ended of asCompleted(jobs, signal)) {
      results.push(...ended)
      yield ended.map(toResultEvent)
    }
    return ordered
  }

  #countFailures(results: readonly ToolResult[]): void {
    const error = results.find((result) => result.error)?.error
    this.#failedInARow = error ? this.#failedInARow + 1 : 0
    if (!error || this.#failedInARow <= this.#options.maxToolErrors) return
    throw new ToolError(error.code, error.message, { cause: error.cause })
  }

  /** Returns the reason of an abort unchanged, and adds the run so far to our own errors. */
  #toError(thrown: unknown): unknown {
    if (this.signal.aborted) return this.signal.reason
    if (!isChatError(thrown)) return thrown
    let error = thrown
    if (this.#asking) {
      // Without streaming, only the error has the cut reply.
      if (error.partial) this.#reading ??= { partial: error.partial }
    } else if (error.partial) {
      // An error of another run, such as one inside a tool, keeps its own partial.
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
    // Keeps the reply's `toString`.
    return Object.assign(Object.create(Object.getPrototypeOf(last)), last, members)
  }

  #nothing(): ChatResult {
    const { provider, model } = this.#llm
    return new Reply({ response: { provider, model, attempts: [] } }).result()
  }
}

/** Returns the message with valid JSON in every tool call: some servers parse the arguments of earlier calls and fail. */
function toMessage({ message, toolCalls }: ChatResult): AssistantMessage {
  const broken = new Set(toolCalls.filter(({ invalid }) => invalid).map(({ id }) => id))
  if (broken.size === 0) return message
  const calls = message.tool_calls?.map((call) =>
    broken.has(call.id) ? { ...call, function: { ...call.function, arguments: '{}' } } : call,
  )
  return { ...message, tool_calls: calls }
}

/** Joins the reply at an index to its start, if the caller gave one: a chat template may refuse two in a row. */
function joinStart(messages: readonly Message[], index: number): readonly Message[] {
  const [start, reply] = messages.slice(index - 1, index + 1)
  if (start?.role !== 'assistant' || start.tool_calls || reply?.role !== 'assistant')
    return messages
  const both = [start.content, reply.content]
  const content = both.every((one) => typeof one === 'string')
    ? both.join('')
    : both.flatMap(toParts)
  const joined = { ...start, ...reply, content } as AssistantMessage
  return [...messages.slice(0, index - 1), joined, ...messages.slice(index + 1)]
}

/** Returns the message without its tool calls, which never get a tool message; nothing if it has no text. */
function withoutCalls(message: AssistantMessage): AssistantMessage[] {
  const { tool_calls: calls, ...rest } = message
  if (!calls) return [message]
  return rest.content ? [rest] : []
}

function toToolMessage(
  { toolCall, content, output, error }: ToolResult,
  types: readonly ContentPart['type'][],
): ToolMessage {
  const parts = error ? undefined : toContentParts(output, types)
  return { role: 'tool', tool_call_id: toolCall.id, content: parts ?? content }
}
