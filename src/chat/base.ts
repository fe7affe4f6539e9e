/**
 * The base class of all models: a subclass that implements `_chatStream` gets everything else.
 */
import type { Call } from '../call.ts'
import { ConfigError, unsupportedOption } from '../errors.ts'
import type { ChatResult, Usage } from '../event.ts'
import { isRecord } from '../is-record.ts'
import { loadPart } from '../load-part.ts'
import type {
  ContentPart,
  FunctionDefinition,
  Message,
  MessageInput,
  ToolDefinition,
} from '../message.ts'
import type { ChatOptions, ChatRequest, ModelConfig } from '../options.ts'
import { DEFAULTS } from '../options.ts'
import { ChatStream } from '../stream/chat-stream.ts'
import type { Run } from '../stream/event-iterator.ts'
import { drain } from '../stream/event-iterator.ts'
import { LateRun } from '../stream/late-run.ts'
import { estimateMessages, estimateTokens, vocabularyOf } from '../tokens/estimate.ts'
import type { CheckedRequest } from '../validation/input.ts'
import { checkConfig, checkRequest } from '../validation/input.ts'
import { checkEach } from '../validation/messages.ts'
import type { ChunkStream, WholeReply } from './normalize-output.ts'
import type { ChatRun } from './chat-run.ts'
import type { RunHost, RunOptions } from './create-call.ts'
import type { SchemaDialect } from '../schema/vendor-support.ts'

/** A request with functions: `tools` in the OpenAI format, or the older bare `functions`. */
export interface FunctionRequest extends ChatRequest {
  /** Functions without the `type` wrapper. Cannot be combined with `tools`. */
  functions?: readonly FunctionDefinition[] | undefined
}

/** A request without a chat template: the prompt reaches the model unchanged. */
export interface RawPromptRequest extends ChatOptions {
  /** The complete text to continue, including the template. */
  prompt: string
  /** `true` returns a `ChatStream`. */
  stream?: boolean | undefined
}

/** The class of runs, once it has loaded. */
let LoadedRun: typeof ChatRun | undefined

/**
 * A chat model. A subclass implements `_chatStream`, and `_chatNoStream` if its server handles buffered replies
 * differently.
 * @example
 * class Echo extends BaseChatModel {
 *   async *_chatStream(messages) { yield `You said: ${messages.at(-1).content}` }
 * }
 */
export abstract class BaseChatModel {
  /** Config properties of this class beyond those of `ModelConfig`. */
  static readonly configMembers: readonly string[] = []

  /**
   * True for a class that calls other models: their requests are traced, not its own calls, and they have separated
   * thinking from text.
   */
  static readonly delegates: boolean = false

  /** The name in errors and results if no server is configured. Defaults to the class name. */
  static readonly serverName: string = ''

  static readonly #host: RunHost<BaseChatModel> = {
    ask(llm, messages, call) {
      if (call.stream || !llm._chatNoStream) return llm._chatStream(messages, call)
      return llm._chatNoStream(messages, call)
    },
    onUsage(llm, usage) {
      llm.#usage = usage
    },
  }

  /** The model, as its server names it. */
  readonly model: string
  /** The name of the server, as registered or configured. */
  readonly provider: string
  /** The validated config, with its spelling normalized. */
  protected readonly config: ModelConfig
  #usage: Usage | undefined

  /** @throws {ConfigError} `invalid_config` */
  constructor(config: ModelConfig) {
    const { configMembers, serverName } = new.target as unknown as typeof BaseChatModel
    this.config = checkConfig(config, configMembers)
    this.model = this.config.model
    this.provider = this.config.modelServer ?? (serverName || this.constructor.name)
  }

  /**
   * Sends the request and yields the reply piece by piece. Ending without an error means that the reply is
   * complete: throw if the server's stream was cut. `options.signal` aborts when the reader stops.
   */
  protected abstract _chatStream(messages: readonly Message[], options: Call): ChunkStream

  /** Sends the request and returns a complete reply. Defaults to collecting `_chatStream`. */
  protected _chatNoStream?(messages: readonly Message[], options: Call): WholeReply

  /**
   * Chats. With `stream: true` returns a `ChatStream` immediately, which sends nothing before it is read.
   * @throws {ConfigError} if the request is invalid
   * @throws {ChatError} if the call fails, with what had arrived in `partial`
   */
  chat(input: ChatRequest & { stream: true }): ChatStream
  chat(input: string | (ChatRequest & { stream?: false | undefined })): Promise<ChatResult>
  chat(input: string | ChatRequest): ChatStream | Promise<ChatResult>
  chat(input: string | ChatRequest, ...others: unknown[]): ChatStream | Promise<ChatResult> {
    return this.#start(input as ChatRequest, () => {
      if (others.length > 0) {
        throw new ConfigError(
          'unsupported_option',
          'chat() takes one argument: pass options as chat({ messages, …options })',
        )
      }
      return checkRequest(input)
    })
  }

  /**
   * Chats with functions that the model may call. `functions` is the older spelling of `tools`.
   * @throws {ConfigError} `unsupported_option` if the model does not support functions
   * @throws {ChatError} if the call fails, with what had arrived in `partial`
   */
  chatWithFunctions(input: FunctionRequest & { stream: true }): ChatStream
  chatWithFunctions(input: FunctionRequest & { stream?: false | undefined }): Promise<ChatResult>
  chatWithFunctions(input: FunctionRequest): ChatStream | Promise<ChatResult>
  chatWithFunctions(input: FunctionRequest): ChatStream | Promise<ChatResult> {
    return this.#start(input, () => {
      if (!this.supportFunctionCalling()) throw this.#unsupported('function calling')
      if (!isRecord(input)) return checkRequest(input)
      const { functions, ...request } = input
      if (functions && request.tools) {
        throw new ConfigError('unsupported_option', 'Pass either `tools` or `functions`, not both')
      }
      const tools = Array.isArray(functions) ? functions.map(toTool) : functions
      return checkRequest(tools ? { ...request, tools } : request)
    })
  }

  /**
   * Continues a prompt without a chat template; the caller writes it (`<|im_start|>user…`).
   * @throws {ConfigError} `unsupported_option` if the server does not support raw prompts
   * @throws {ChatError} if the call fails, with what had arrived in `partial`
   */
  chatWithRawPrompt(input: RawPromptRequest & { stream: true }): ChatStream
  chatWithRawPrompt(input: RawPromptRequest & { stream?: false | undefined }): Promise<ChatResult>
  chatWithRawPrompt(input: RawPromptRequest): ChatStream | Promise<ChatResult>
  chatWithRawPrompt(input: RawPromptRequest): ChatStream | Promise<ChatResult> {
    const check = () => {
      if (!this.supportRawPrompt()) throw this.#unsupported('raw prompts')
      if (typeof input?.prompt !== 'string') {
        throw new ConfigError('invalid_messages', 'prompt must be a string')
      }
      return checkRequest(input)
    }
    return this.#start(input, check, input?.prompt)
  }

  /** True if `tools` is supported. Declared by the class, never probed. */
  supportFunctionCalling(): boolean {
    return this.config.functionCalling ?? true
  }

  /** True if `chatWithRawPrompt` is supported. Declared by the class, never probed. */
  supportRawPrompt(): boolean {
    return false
  }

  /**
   * True if `responseFormat` of this type is supported in combination with these options. Declared by the class,
   * never probed.
   */
  supportResponseFormat(_type: 'json_object' | 'json_schema', _options?: ChatOptions): boolean {
    return false
  }

  /**
   * True if an assistant message at the end is continued instead of answered, in combination with these options. Declared by
   * the class, never probed.
   */
  supportPrefill(_options?: ChatOptions): boolean {
    return false
  }

  /** Returns the types of parts, besides text, that tool messages may have. Declared by the class, never probed. */
  toolResultParts(): readonly ContentPart['type'][] {
    return []
  }

  /**
   * Returns the server's rules for JSON Schemas in `responseFormat` or `tools`. If there are several, all apply.
   */
  schemaDialects(_use: 'format' | 'tools'): readonly SchemaDialect[] {
    return ['openai']
  }

  /** Returns the usage of the last completed call, or `undefined` before the first. */
  getUsage(): Usage | undefined {
    return this.#usage
  }

  /** Returns the context budget, in tokens. */
  getMaxLength(): number {
    return this.config.maxLength ?? DEFAULTS.maxLength
  }

  /** True if the messages fit the context budget. */
  checkMaxLength(messages: string | readonly MessageInput[]): boolean {
    return this.countTokens(messages) <= this.getMaxLength()
  }

  /**
   * Counts the tokens of a text or a conversation, with the config's `countTokens` or else an estimate.
   * @throws {ConfigError} `invalid_messages` with the path
   */
  countTokens(input: string | readonly MessageInput[]): number {
    const estimate = (text: string) => estimateTokens(text, vocabularyOf(this.model))
    const count = this.config.countTokens ?? estimate
    if (typeof input === 'string') return count(input)
    checkEach(input)
    return estimateMessages(input, count)
  }

  /** Loads in advance what `_chatStream` is going to load. */
  protected loadParts?(): Promise<unknown>

  #start(
    input: { stream?: boolean | undefined } | undefined,
    check: () => CheckedRequest,
    rawPrompt?: string,
  ): ChatStream | Promise<ChatResult> {
    const start = () =>
      this.#run({
        config: this.config,
        provider: this.provider,
        model: this.model,
        // A server that cannot stream sends a complete reply, which is emitted at once.
        request: this.config.streaming === false ? { ...check(), stream: false } : check(),
        rawPrompt,
        delegates: (this.constructor as typeof BaseChatModel).delegates,
        llm: this,
        host: BaseChatModel.#host as RunHost,
      })
    return input?.stream === true ? new ChatStream(start()) : answer(start)
  }

  /** Returns the run of a call. What a call is made of loads with the first one. */
  #run(options: RunOptions): Run {
    if (LoadedRun) return new LoadedRun(options)
    const { config, provider, model, request } = options
    return new LateRun({
      load: async (startedAt) => {
        // In parallel: a page waits once.
        this.loadParts?.().catch(() => {}) // reported when it is needed
        const { ChatRun: Loaded } = await loadPart(() => import('./chat-run.ts'))
        LoadedRun = Loaded
        return new Loaded({ ...options, startedAt })
      },
      signal: request.options.signal ?? config.defaults?.signal,
      limit: totalTimeoutOf(this),
      origin: { provider, model },
    })
  }

  #unsupported(what: string): ConfigError {
    return unsupportedOption(this.provider, `does not support ${what}`)
  }
}

/** Returns the total timeout of a model's calls, in milliseconds, or `false`. */
export function totalTimeoutOf(llm: BaseChatModel): number | false {
  return llm['config']?.totalTimeout ?? DEFAULTS.totalTimeout
}

/** Returns the result of a run. An invalid request rejects the promise, like any other failure. */
export async function answer(start: () => Run): Promise<ChatResult> {
  const run = start()
  await drain(run)
  return run.result()
}

// Functions of modelscope-agent may have MCP's `input_schema`.
function toTool(
  definition: FunctionDefinition & { input_schema?: Record<string, unknown> },
): ToolDefinition {
  const { input_schema: schema, ...rest } = Object(definition) as typeof definition
  return { type: 'function', function: schema ? { parameters: schema, ...rest } : rest }
}
