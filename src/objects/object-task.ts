/**
 * The state of one `chatObject` call: builds the requests, validates the answers, requests repairs.
 */
import { untilAborted } from '../async/abort.ts'
import type { OutputIssue } from '../error-code.ts'
import {
  isChatError,
  OutputError,
  ServiceError,
  TimeoutError,
  unsupportedOption,
} from '../errors.ts'
import type { ChatResult, FinishReason } from '../event.ts'
import { loadPart } from '../load-part.ts'
import type { MessageInput } from '../message.ts'
import type { ChatOptions, ResponseFormat } from '../options.ts'
import { isJSON, parseJSON } from '../parse-json.ts'
import { JSONFinder } from '../json/find-json.ts'
import { Reply } from '../stream/reply.ts'
import { addUsage, withUsage } from '../chat/add-usage.ts'
import type { BaseChatModel } from '../chat/base.ts'
import { totalTimeoutOf } from '../chat/base.ts'
import { startDeadline } from '../async/deadline.ts'
import { isPaused } from '../chat/is-paused.ts'
import { withSchema } from '../schema-prompt.ts'
import { describe, repairPrompt } from './prompts.ts'
import type { Schema } from '../schema/types.ts'
import type { FormatSchema, PreparedRoot } from '../schema/wire-schema.ts'

/**
 * Ways to get JSON from a model: the server's JSON-schema mode, its JSON mode with the schema in the messages, or the
 * messages alone.
 */
export type ObjectMode = 'schema' | 'json' | 'prompt'

/** A complete answer with its object. */
export interface ObjectResult<T> extends ChatResult {
  /** The validated object, with the schema's defaults and transforms applied. */
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

/** The parts of a task that depend on the prepared schema. */
interface Setup extends PreparedRoot {
  mode: ObjectMode
  /** True if the messages contain the schema. */
  isShown: boolean
  responseFormat: ResponseFormat | undefined
}

/** Maximum number of times that a paused reply is continued. */
const MOST_PAUSES = 10

/** Maximum number of JSON values of an answer that are validated. */
const MAX_VALUES = 5

/** Finish reasons of incomplete answers, with their messages. */
const CUT: Partial<Record<FinishReason, string>> = {
  length: 'The answer was cut at its length limit (raise `maxTokens`)',
  error: 'The model failed in the middle of its answer',
}

const THINK_END = '</think>'

export class ObjectTask {
  /** The error of the last invalid answer. */
  problem: OutputError | undefined
  #llm: BaseChatModel
  #options: ObjectTaskOptions
  #setup: Setup | undefined
  #messages: readonly MessageInput[]
  #repairs: number
  #pauses = 0
  /** The invalid answers so far; their usage counts. */
  #answers: ChatResult[] = []

  constructor(llm: BaseChatModel, options: ObjectTaskOptions) {
    this.#llm = llm
    this.#options = options
    this.#messages = options.messages
    this.#repairs = options.repairs
  }

  get callerSignal(): AbortSignal | undefined {
    return this.#options.options.signal
  }

  /** Returns the next request to the model. */
  async request(
    signal?: AbortSignal,
  ): Promise<ChatOptions & { messages: readonly MessageInput[] }> {
    this.#setup ??= await this.#withinLimits(() => this.#prepare(), signal)
    const { responseFormat } = this.#setup
    return {
      ...this.#options.options,
      messages: this.#messages,
      ...(responseFormat && { responseFormat }),
    }
  }

  /** Creates a reader that finds the answer in the text. */
  createFinder(): JSONFinder {
    return new JSONFinder(this.#setup?.root.isWrapped ? '{[' : '{')
  }

  /** Returns the partial object to show, without the wrapper, or `undefined` before its property has arrived. */
  show(partial: object): unknown {
    if (!this.#setup?.root.isWrapped || Array.isArray(partial)) return partial
    return 'value' in partial ? partial.value : undefined
  }

  /**
   * Validates an answer. Returns the result with its object, or `undefined` to call the model again.
   * @throws {OutputError} for an invalid answer that cannot be repaired
   */
  async judge(
    answer: ChatResult,
    signal?: AbortSignal,
  ): Promise<ObjectResult<unknown> | undefined> {
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
    const verdict = await this.#withinLimits(() => this.#validate(result), signal, result)
    if ('value' in verdict) return Object.assign(result, { object: verdict.value })
    const { issues } = verdict
    const message = `The answer does not match the schema: ${issues[0] ? describe(issues[0]) : ''}`
    this.problem = this.#createError(message, result, issues)
    if (this.#repairs-- <= 0 || result.toolCalls.length > 0) throw this.problem
    this.#askAgain(result, issues)
    this.#answers.push(answer)
    return undefined
  }

  /** Adds the usage of earlier answers to what has arrived. */
  sum(partial: ChatResult | undefined): ChatResult {
    if (partial) return this.#sum(partial)
    const { provider, model } = this.#llm
    const nothing = new Reply({ response: { provider, model, attempts: [] } })
    return this.problem?.partial ?? nothing.result()
  }

  /** Adds the usage of earlier answers to the partial result of an error. */
  sumError(error: unknown): unknown {
    if (isChatError(error) && error.partial) error.partial = this.#sum(error.partial)
    return error
  }

  /** Awaits the caller's schema until the signal aborts or the model's total timeout has passed. */
  async #withinLimits<T>(
    job: () => Promise<T>,
    signal = this.callerSignal,
    partial?: ChatResult,
  ): Promise<T> {
    const own = new AbortController()
    const release = startDeadline(own, {
      signal,
      limit: totalTimeoutOf(this.#llm),
      toError: (limit) => Object.assign(new TimeoutError('total', limit), { partial }),
    })
    try {
      return await untilAborted(job(), own.signal)
    } finally {
      release()
    }
  }

  #sum(answer: ChatResult): ChatResult {
    if (this.#answers.length === 0) return answer
    const all = [...this.#answers, answer]
    const usage = all.map((one) => one.usage).reduce(addUsage)
    const attempts = all.flatMap((one) => withUsage(one.attempts, one.usage))
    // Keeps the `toString` of the answer.
    const copy = Object.create(Object.getPrototypeOf(answer)) as ChatResult
    return Object.assign(copy, answer, { usage, attempts })
  }

  async #prepare(): Promise<Setup> {
    const { schema, messages, options } = this.#options
    const { prepareRoot, toFormatSchema } = await loadPart(() => import('../schema/wire-schema.ts'))
    const { root, validate } = await prepareRoot(schema)
    const format = toFormatSchema(root, this.#llm.schemaDialects('format'))
    const mode = this.#options.mode ?? chooseMode(this.#llm, options, format)
    const responseFormat = this.#formatOf(mode, format)
    const isShown = mode !== 'schema'
    if (isShown) this.#messages = withSchema(messages, root.json)
    return { root, validate, mode, isShown, responseFormat }
  }

  #formatOf(mode: ObjectMode, { json, strict, problem }: FormatSchema): ResponseFormat | undefined {
    if (mode === 'prompt') return undefined
    if (mode === 'json') return { type: 'json_object' }
    if (problem !== undefined)
      throw unsupportedOption(
        this.#llm.provider,
        `does not accept this schema as structured output: ${problem}. Leave out \`mode\` to use another`,
      )
    const { name } = this.#options
    return {
      type: 'json_schema',
      json_schema: { name, schema: json, ...(strict && { strict }) },
    }
  }

  async #validate(answer: ChatResult): Promise<{ value: unknown } | { issues: OutputIssue[] }> {
    const { validate } = this.#setup as Setup
    // The likeliest object explains what is wrong, unless another one is right.
    let first: Awaited<ReturnType<typeof validate>> | undefined
    let problem = ''
    for (const text of textsOf(answer)) {
      const finder = this.createFinder()
      finder.push(text)
      const found = finder.end()
      if ('problem' in found) problem = found.problem
      for (const value of 'values' in found ? found.values.slice(0, MAX_VALUES) : []) {
        const outcome = await validate(value)
        if (!('issues' in outcome)) return outcome
        first ??= outcome
      }
    }
    if (first) return first as { issues: OutputIssue[] }
    if (answer.toolCalls.length > 0)
      return { issues: [{ message: 'The model called a tool instead; use `runTools`' }] }
    return { issues: [{ message: answer.text.trim() === '' ? 'The answer is empty' : problem }] }
  }

  #askAgain({ text, message }: ChatResult, issues: readonly OutputIssue[]): void {
    // Many servers reject an empty turn, so the same request is repeated.
    if (text.trim() === '') return
    // A server without JSON-schema mode may have ignored it, so that the model has never seen the schema.
    const { isShown, root } = this.#setup as Setup
    const prompt = repairPrompt(issues, isShown ? undefined : root.json)
    this.#messages = [...this.#messages, message, { role: 'user', content: prompt }]
  }

  #createError(message: string, partial: ChatResult, issues: readonly OutputIssue[]): OutputError {
    const { text, provider, requestId } = partial
    const error = new OutputError(message, { issues, text, provider, requestId })
    return Object.assign(error, { partial })
  }
}

function chooseMode(
  llm: BaseChatModel,
  options: ChatOptions,
  { problem }: FormatSchema,
): ObjectMode {
  const isAccepted = problem === undefined
  if (isAccepted && llm.supportResponseFormat('json_schema', options)) return 'schema'
  return llm.supportResponseFormat('json_object', options) ? 'json' : 'prompt'
}

/**
 * Returns the texts that may hold the object, the likeliest first: what follows thinking whose start tag the chat template
 * wrote; thinking that is the answer, for servers that take an answer under a schema for it; JSON that is encoded twice.
 * @see https://github.com/tenstorrent/tt-inference-server/issues/4386
 * @see https://github.com/scouzi1966/maclocal-api/issues/44
 */
function textsOf({ text, reasoning }: ChatResult): string[] {
  const end = text.lastIndexOf(THINK_END)
  if (end >= 0 && !isJSON(text)) return [text.slice(end + THINK_END.length), text]
  const trimmed = text.trim()
  if (trimmed === '' && /^\s*[{[]/.test(reasoning)) return [reasoning]
  const inner = trimmed.startsWith('"{') ? parseJSON(trimmed) : undefined
  return inner === undefined ? [text] : [inner as string, text]
}
