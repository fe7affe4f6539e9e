/**
 * Replaces options that a server does not support by others that mean the same, so that clients can use one request
 * for every model.
 */
import type { Call } from '../call.ts'
import { BaseChatModel } from '../chat/base.ts'
import type { DelegateInput } from '../chat/delegate.ts'
import { askModel, optionsOf } from '../chat/delegate.ts'
import type { Chunk } from '../chat/normalize-output.ts'
import type { ChatError } from '../errors.ts'
import { isChatError } from '../errors.ts'
import type { ChatResult, StreamEvent, Usage } from '../event.ts'
import type { ContentPart, Message, MessageInput } from '../message.ts'
import { isFunctionTool, textOf } from '../message.ts'
import { loadPart } from '../load-part.ts'
import type { ChatOptions, ChatRequest } from '../options.ts'
import { withInstruction, withSchema } from '../schema-prompt.ts'
import type { SchemaDialect } from '../schema/vendor-support.ts'
import type { ChatStream } from '../stream/chat-stream.ts'
import {
  askForCall,
  ForcedCall,
  namesOf,
  withoutCall,
} from './with-option-fallbacks/forced-call.ts'
import { JSONText } from './with-option-fallbacks/json-text.ts'
import { SingleCall } from './with-option-fallbacks/single-call.ts'

/**
 * Wraps a model. A request is sent unchanged first; only an option that the model refuses before anything is sent is
 * replaced:
 * - `responseFormat`: by JSON mode with the schema in the messages, or by the messages alone; text around the object is
 *   removed. Where only JSON mode is known to work, it is used at once, as in `chatObject`. With `strict` the object is
 *   validated: a buffered reply is requested once more, and a reply without a matching object is an error.
 * - a `toolChoice` that forces a call: by an instruction, repeated once. Text that contains the arguments becomes the
 *   call. A reply without a call is an error.
 * - `parallelToolCalls: false`: tool calls after the first are dropped.
 * - `reasoning`: by the nearest effort, then by `true`, then by the model's default.
 * - `temperature`, `topP`, `topK`: dropped if unsupported, alone or combined, since most clients send them with every
 *   request. Values out of range are errors.
 * - `seed`: dropped, since it is best effort everywhere.
 *
 * A request for JSON that does not mention it gets an instruction, since vendors reject it.
 */
export function withOptionFallbacks(model: BaseChatModel): BaseChatModel {
  return new OptionFallbacks(model)
}

/** Returns the model that `withOptionFallbacks` wrapped, or the model itself. */
export function unwrapFallbacks(model: BaseChatModel): BaseChatModel {
  return model instanceof OptionFallbacks ? model.inner : model
}

/** The request in its present form, and what to do with the reply. */
interface Plan {
  input: DelegateInput
  /** True if JSON was asked for in words. */
  isJSON?: boolean
  /** The tools of which one must be called. */
  forced?: readonly string[]
  /** True if only one tool call may pass. */
  isSingle?: boolean
  /** The schema that the object must match. */
  schema?: Record<string, unknown> | undefined
}

class OptionFallbacks extends BaseChatModel {
  static override readonly delegates = true
  readonly inner: BaseChatModel
  /** The sampling settings that the model has taken: asked for again, they need no second look. */
  readonly #sampling = new Set<string>()

  constructor(inner: BaseChatModel) {
    // The wrapped model has its own retries and timeouts.
    super({ model: inner.model, modelServer: inner.provider, maxRetries: 0, totalTimeout: false })
    this.inner = inner
  }

  /** Requests without such options go straight to the model. */
  override chat(input: ChatRequest & { stream: true }): ChatStream
  override chat(input: string | (ChatRequest & { stream?: false | undefined })): Promise<ChatResult>
  override chat(input: string | ChatRequest): ChatStream | Promise<ChatResult>
  override chat(input: string | ChatRequest): ChatStream | Promise<ChatResult> {
    return typeof input === 'object' && this.#mayBeRefused(input)
      ? super.chat(input)
      : this.inner.chat(input)
  }

  #mayBeRefused(request: ChatRequest): boolean {
    const sampling = samplingOf(request)
    return mayBeRefused(request) || (sampling !== '' && !this.#sampling.has(sampling))
  }

  protected override async *_chatStream(
    messages: readonly Message[],
    call: Call,
  ): AsyncGenerator<Chunk> {
    const asked = this.#plan(messages, optionsOf(call))
    let plan = asked
    for (;;) {
      try {
        yield* this.#answer(plan, call)
        if (plan === asked && call.reasoning === undefined) this.#sampling.add(samplingOf(call))
        return
      } catch (error) {
        const next = isRefusal(error) ? this.#replace(plan, error) : undefined
        if (!next) throw error
        plan = next
      }
    }
  }

  #plan(messages: readonly Message[], options: ChatOptions): Plan {
    const plan = { input: { messages, prompt: undefined, options } }
    const { type } = options.responseFormat ?? {}
    if (type === 'json_schema' && !this.#takesSchema(options))
      return this.#replaceFormat(plan) ?? plan
    if (type !== 'json_object' || messages.some(({ content }) => /json/i.test(textOf(content))))
      return plan
    return withMessages(plan, withInstruction(messages, 'Answer in JSON.'))
  }

  /** False if the model would ignore or reject a schema at the server, where its JSON mode is known to work. */
  #takesSchema(options: ChatOptions): boolean {
    return (
      this.inner.supportResponseFormat('json_schema', options) ||
      !this.inner.supportResponseFormat('json_object', options)
    )
  }

  #answer(plan: Plan, call: Call): AsyncGenerator<StreamEvent[]> {
    if (plan.forced) return this.#force(plan, plan.forced, call)
    return plan.schema ? this.#check(plan, plan.schema, call) : this.#ask(plan, call)
  }

  /** Asks for an object, and once more if it does not match the schema, unless it was shown. */
  async *#check(
    plan: Plan,
    schema: Record<string, unknown>,
    call: Call,
  ): AsyncGenerator<StreamEvent[]> {
    const { StrictObject } = await loadPart(
      () => import('./with-option-fallbacks/strict-object.ts'),
    )
    let { messages } = plan.input
    let spent: Usage | undefined
    for (let attempt = 0; ; attempt++) {
      const answer = new StrictObject(schema, { holds: !call.stream, spent })
      for await (const events of this.#ask(withMessages(plan, messages), call))
        yield answer.pass(events)
      const issue = await answer.findIssue()
      if (issue === undefined) return yield answer.end()
      if (call.stream || attempt > 0) throw answer.mismatch(this.provider, issue)
      spent = answer.usage
      messages = answer.askAgain(messages, issue)
    }
  }

  /** Asks for a tool call, and once more if there is none. */
  async *#force(plan: Plan, names: readonly string[], call: Call): AsyncGenerator<StreamEvent[]> {
    let spent: Usage | undefined
    let { messages } = plan.input
    for (let attempt = 0; attempt < 2; attempt++) {
      const forced = new ForcedCall(names, spent)
      const asked = withMessages(plan, askForCall(messages, names))
      for await (const events of this.#ask(asked, call))
        yield events.flatMap((event) => forced.pass(event))
      const end = forced.end()
      if (end) return yield end
      spent = forced.usage
      messages = forced.askAgain(messages)
    }
    throw withoutCall(this.provider)
  }

  async *#ask({ input, isJSON, isSingle }: Plan, call: Call): AsyncGenerator<StreamEvent[]> {
    let json = isJSON ? new JSONText() : undefined
    let single = isSingle ? new SingleCall() : undefined
    for await (const event of askModel(this.inner, input, call)) {
      if (event.type === 'failover' && event.action === 'restart') {
        json &&= new JSONText()
        single &&= new SingleCall()
      }
      const passed = single ? single.pass(event) : event
      if (!passed) continue
      if (!json) yield [passed]
      else if (passed.type === 'text-delta') yield toText(json.push(passed.text))
      else if (passed.type === 'finish') yield [...toText(json.end()), passed]
      else yield [passed]
    }
  }

  /** Returns the next form of a request, or `undefined` if there is none for the refused option. */
  #replace(plan: Plan, { message }: ChatError): Plan | undefined {
    const { options } = plan.input
    const isTopP = /together with `topP`/.test(message)
    const option = (isTopP ? 'topP' : /`([a-zA-Z]+)/.exec(message)?.[1]) as keyof ChatOptions
    if (options[option] === undefined) return undefined
    switch (option) {
      case 'temperature':
      case 'topP':
      case 'topK':
        if (!/does not support `/.test(message)) return undefined // out of range
        return withOptions(plan, { [option]: undefined })
      case 'seed':
        return withOptions(plan, { seed: undefined })
      case 'responseFormat':
        return this.#replaceFormat(plan)
      case 'toolChoice': {
        const { toolChoice } = options
        const name = typeof toolChoice === 'object' ? toolChoice.function.name : undefined
        const tools = options.tools?.filter(
          (tool) => !name || (isFunctionTool(tool) && tool.function.name === name),
        )
        const forced = namesOf(tools)
        if (!isForced(toolChoice) || forced.length === 0) return undefined
        return { ...withOptions(plan, { tools, toolChoice: undefined }), forced }
      }
      case 'parallelToolCalls':
        if (options.parallelToolCalls !== false) return undefined
        return { ...withOptions(plan, { parallelToolCalls: undefined }), isSingle: true }
      case 'reasoning':
        return withOptions(plan, { reasoning: nextReasoning(options.reasoning) })
      default:
        return undefined
    }
  }

  #replaceFormat(plan: Plan): Plan | undefined {
    const { messages, options } = plan.input
    const { responseFormat, tools } = options
    if (!responseFormat || responseFormat.type === 'text') return undefined
    const hasMode =
      responseFormat.type === 'json_schema' &&
      this.inner.supportResponseFormat('json_object', options)
    const next = withOptions(plan, {
      responseFormat: hasMode ? { type: 'json_object' } : undefined,
    })
    const schema =
      responseFormat.type === 'json_schema' ? responseFormat.json_schema.schema : undefined
    // Once its JSON mode is refused too, the messages already ask for JSON.
    const lead = tools?.length ? 'When you call no tool, answer' : 'Answer'
    const text = `${lead} with one JSON object and nothing else: no prose, no code fence.`
    let asked: readonly MessageInput[] = messages
    if (schema) asked = withSchema(messages, schema, lead)
    else if (!plan.isJSON) asked = withInstruction(messages, text)
    const isStrict = responseFormat.type === 'json_schema' && responseFormat.json_schema.strict
    return {
      ...withMessages(next, asked),
      isJSON: true,
      schema: isStrict ? schema : plan.schema,
    }
  }

  override supportFunctionCalling(): boolean {
    return this.inner.supportFunctionCalling()
  }

  override supportResponseFormat(
    type: 'json_object' | 'json_schema',
    options?: ChatOptions,
  ): boolean {
    return this.inner.supportResponseFormat(type, options)
  }

  override supportPrefill(options?: ChatOptions): boolean {
    return this.inner.supportPrefill(options)
  }

  override toolResultParts(): readonly ContentPart['type'][] {
    return this.inner.toolResultParts()
  }

  override schemaDialects(use: 'format' | 'tools'): readonly SchemaDialect[] {
    return this.inner.schemaDialects(use)
  }

  override getMaxLength(): number {
    return this.inner.getMaxLength()
  }

  override countTokens(input: string | readonly Message[]): number {
    return this.inner.countTokens(input)
  }
}

function mayBeRefused(request: ChatRequest): boolean {
  const { responseFormat, toolChoice, parallelToolCalls, reasoning, seed } = request
  return (
    reasoning !== undefined ||
    seed !== undefined ||
    (responseFormat !== undefined && responseFormat.type !== 'text') ||
    isForced(toolChoice) ||
    parallelToolCalls === false
  )
}

/** Returns the names of the sampling settings that ask for something. */
function samplingOf(options: ChatOptions): string {
  return SAMPLING.filter((name) => (options[name] ?? 1) !== 1).join()
}

const SAMPLING = ['temperature', 'topP', 'topK'] as const

function isForced(toolChoice: ChatOptions['toolChoice']): boolean {
  return toolChoice === 'required' || typeof toolChoice === 'object'
}

/** Efforts that few models know, and the nearest that most do. */
const NEAREST: Record<string, string> = { minimal: 'low', xhigh: 'high', max: 'high' }

/** Returns what comes nearest to a setting that the model does not take. */
function nextReasoning(setting: ChatOptions['reasoning']): ChatOptions['reasoning'] {
  if (typeof setting !== 'object') return undefined
  const { effort, budget } = setting
  if (effort === 'none') return false
  if (effort && Object.hasOwn(NEAREST, effort)) return { effort: NEAREST[effort] }
  if (budget !== undefined && effort === undefined) return { effort: effortOf(budget) }
  return true
}

/** Anthropic's own shares, of the longest replies of most models. */
function effortOf(budget: number): string {
  if (budget <= 4096) return 'low'
  return budget <= 16_384 ? 'medium' : 'high'
}

/** Refusals come before anything is sent. */
function isRefusal(error: unknown): error is ChatError {
  return isChatError(error) && error.code === 'unsupported_option'
}

function withOptions(plan: Plan, options: Partial<ChatOptions>): Plan {
  return { ...plan, input: { ...plan.input, options: { ...plan.input.options, ...options } } }
}

function withMessages(plan: Plan, messages: readonly MessageInput[]): Plan {
  return { ...plan, input: { ...plan.input, messages: messages as Message[] } }
}

function toText(text: string): StreamEvent[] {
  return text ? [{ type: 'text-delta', text }] : []
}
