/**
 * One object to be had of a model: what is asked, what the answers come to, what is asked again.
 */
import type { OutputIssue } from '../error-code.ts'
import { isChatError, OutputError, ServiceError } from '../errors.ts'
import type { ChatResult, FinishReason } from '../event.ts'
import type { MessageInput } from '../message.ts'
import type { ChatOptions, ResponseFormat } from '../options.ts'
import { JSONFinder } from '../json/find-json.ts'
import { Reply } from '../stream/reply.ts'
import { addUsage, withUsage } from '../chat/add-usage.ts'
import type { BaseChatModel } from '../chat/base.ts'
import { isPaused } from '../chat/is-paused.ts'
import { withSchema } from '../schema-prompt.ts'
import { describe, repairPrompt } from './prompts.ts'
import type { RootSchema } from './root-schema.ts'
import { isStrict, toRootSchema, unwrap } from './root-schema.ts'
import type { PreparedSchema, Schema } from '../schema/standard-schema.ts'
import { prepareSchema } from '../schema/standard-schema.ts'

/**
 * How the model is brought to write JSON: by the server's JSON-schema mode, by its JSON mode with the schema in the
 * messages, or by the messages alone.
 */
export type ObjectMode = 'schema' | 'json' | 'prompt'

/** A whole answer with the object in it. */
export interface ObjectResult<T> extends ChatResult {
  /** The object as the schema makes it: validated, its defaults and transforms applied. */
  object: T
}

/** A checked request. */
export interface ObjectTaskOptions {
  messages: readonly MessageInput[]
  options: ChatOptions
  schema: Schema
  name: string
  mode: ObjectMode | undefined
  repairs: number
}

/** What a task knows once its schema is ready. */
interface Setup {
  prepared: PreparedSchema<unknown>
  root: RootSchema
  mode: ObjectMode
  responseFormat: ResponseFormat | undefined
}

/** Most times that a paused reply is continued. */
const MOST_PAUSES = 10

/** Answers that are no whole ones. */
const CUT: Partial<Record<FinishReason, string>> = {
  length: 'The answer was cut at its length limit (raise `maxTokens`)',
  error: 'The model failed in the middle of its answer',
}

export class ObjectTask {
  /** What was wrong with the answer before, where the model is asked again. */
  problem: OutputError | undefined
  #llm: BaseChatModel
  #options: ObjectTaskOptions
  #setup: Setup | undefined
  #messages: readonly MessageInput[]
  #repairs: number
  #pauses = 0
  /** The answers so far, which have their cost. */
  #answers: ChatResult[] = []

  constructor(llm: BaseChatModel, options: ObjectTaskOptions) {
    this.#llm = llm
    this.#options = options
    this.#messages = options.messages
    this.#repairs = options.repairs
  }

  /** What to ask the model next. */
  async request(): Promise<ChatOptions & { messages: readonly MessageInput[] }> {
    this.#setup ??= await this.#prepare()
    const { responseFormat } = this.#setup
    return {
      ...this.#options.options,
      messages: this.#messages,
      ...(responseFormat && { responseFormat }),
    }
  }

  /** Looks for the answer in a text. */
  createFinder(): JSONFinder {
    return new JSONFinder(this.#setup?.root.isWrapped ? '{[' : '{')
  }

  /** What of a partial is shown. A wrapping whose member has not come yet shows nothing. */
  show(partial: object): unknown {
    const root = this.#setup?.root as RootSchema
    const isBare = root.isWrapped && !Array.isArray(partial) && !('value' in partial)
    return isBare ? undefined : unwrap(partial, root)
  }

  /**
   * Judges an answer. Gives the result with its object; nothing where the model is to be asked again.
   * @throws {OutputError} for an answer that is not valid and cannot be repaired
   */
  async judge(answer: ChatResult): Promise<ObjectResult<unknown> | undefined> {
    const result = this.#sum(answer)
    if (result.finishReason === 'content_filter') {
      const { provider, requestId } = result
      const filtered = new ServiceError('content_filter', 'The answer was filtered', {
        provider,
        requestId,
      })
      throw Object.assign(filtered, { partial: result })
    }
    if (isPaused(result) && this.#pauses++ < MOST_PAUSES) {
      this.#messages = [...this.#messages, result.message]
      this.#answers.push(answer)
      this.problem = undefined
      return undefined
    }
    const cut = CUT[result.finishReason]
    if (cut !== undefined) throw this.#createError(cut, result, [{ message: cut }])
    const verdict = await this.#validate(result)
    if ('value' in verdict) return Object.assign(result, { object: verdict.value })
    const { issues } = verdict
    const words = `The answer does not match the schema: ${issues[0] ? describe(issues[0]) : ''}`
    this.problem = this.#createError(words, result, issues)
    if (this.#repairs-- <= 0 || result.toolCalls.length > 0) throw this.problem
    this.#askAgain(result, issues)
    this.#answers.push(answer)
    return undefined
  }

  /** What has arrived, with the cost of the answers before it. */
  sum(partial: ChatResult | undefined): ChatResult {
    if (partial) return this.#sum(partial)
    const { provider, model } = this.#llm
    const nothing = new Reply({ response: { provider, model, attempts: [] } })
    return this.problem?.partial ?? nothing.result()
  }

  /** An error of an answer, with the cost of the answers before it. */
  sumError(error: unknown): unknown {
    if (isChatError(error) && error.partial) error.partial = this.#sum(error.partial)
    return error
  }

  #sum(answer: ChatResult): ChatResult {
    if (this.#answers.length === 0) return answer
    const all = [...this.#answers, answer]
    const usage = all.map((one) => one.usage).reduce(addUsage)
    const attempts = all.flatMap((one) => withUsage(one.attempts, one.usage))
    // With the `toString` of the answer.
    const copy = Object.create(Object.getPrototypeOf(answer)) as ChatResult
    return Object.assign(copy, answer, { usage, attempts })
  }

  async #prepare(): Promise<Setup> {
    const { schema, messages, options } = this.#options
    const prepared = await prepareSchema(schema)
    const root = toRootSchema(prepared.json)
    const mode = this.#options.mode ?? chooseMode(this.#llm, options)
    if (mode !== 'schema') this.#messages = withSchema(messages, root.json)
    return { prepared, root, mode, responseFormat: this.#formatOf(mode, root) }
  }

  #formatOf(mode: ObjectMode, { json }: RootSchema): ResponseFormat | undefined {
    if (mode === 'prompt') return undefined
    if (mode === 'json') return { type: 'json_object' }
    const { name } = this.#options
    const strict = isStrict(json) && { strict: true }
    return { type: 'json_schema', json_schema: { name, schema: json, ...strict } }
  }

  async #validate({
    text,
    toolCalls,
  }: ChatResult): Promise<{ value: unknown } | { issues: OutputIssue[] }> {
    const { prepared, root } = this.#setup as Setup
    const finder = this.createFinder()
    finder.push(text)
    const found = finder.end()
    if ('value' in found) return prepared.validate(unwrap(found.value, root))
    if (toolCalls.length > 0)
      return { issues: [{ message: 'The model calls a tool instead: see `runTools`' }] }
    return { issues: [{ message: text.trim() === '' ? 'The answer is empty' : found.problem }] }
  }

  #askAgain({ text, message }: ChatResult, issues: readonly OutputIssue[]): void {
    // An empty turn is refused by many servers: the same is asked once more.
    if (text.trim() === '') return
    // A server that knows no such mode may have passed it over: then the model has never seen the schema.
    const { mode, root } = this.#setup as Setup
    const prompt = repairPrompt(issues, mode === 'schema' ? root.json : undefined)
    this.#messages = [...this.#messages, message, { role: 'user', content: prompt }]
  }

  #createError(words: string, partial: ChatResult, issues: readonly OutputIssue[]): OutputError {
    const { text, provider, requestId } = partial
    const error = new OutputError(words, { issues, text, provider, requestId })
    return Object.assign(error, { partial })
  }
}

function chooseMode(llm: BaseChatModel, options: ChatOptions): ObjectMode {
  if (llm.supportResponseFormat('json_schema', options)) return 'schema'
  return llm.supportResponseFormat('json_object', options) ? 'json' : 'prompt'
}
