/**
 * The base of every model: whoever writes `_chatStream` has a whole one.
 */
import type { Call } from '../call.ts'
import { ConfigError } from '../errors.ts'
import type { ChatResult, Usage } from '../event.ts'
import type { FunctionDefinition, Message, MessageInput, ToolDefinition } from '../message.ts'
import type { ChatOptions, ChatRequest, ModelConfig } from '../options.ts'
import { DEFAULTS } from '../options.ts'
import { ChatStream } from '../stream/chat-stream.ts'
import { drain } from '../stream/event-iterator.ts'
import { estimateMessages, estimateTokens } from '../tokens/estimate.ts'
import type { CheckedRequest } from '../validation/input.ts'
import { checkConfig, checkRequest } from '../validation/input.ts'
import type { ChunkStream, WholeReply } from './normalize-output.ts'
import { ChatRun } from './chat-run.ts'
import type { SchemaDialect } from '../schema/vendor-support.ts'

/** A request with functions: `tools` in the OpenAI format, or the older bare `functions`. */
export interface FunctionRequest extends ChatRequest {
  /** What the model may call, without the `type` around it. Not together with `tools`. */
  functions?: readonly FunctionDefinition[] | undefined
}

/** A request without a chat template: the prompt goes to the model as it is. */
export interface RawPromptRequest extends ChatOptions {
  /** The whole text that the model goes on from, its template included. */
  prompt: string
  /** `true` gives a `ChatStream`. */
  stream?: boolean | undefined
}

/**
 * A model that can be chatted with. A subclass writes `_chatStream`, and `_chatNoStream` if its server has
 * another way for whole answers.
 * @example
 * class Echo extends BaseChatModel {
 *   async *_chatStream(messages) { yield `You said: ${messages.at(-1).content}` }
 * }
 */
export abstract class BaseChatModel {
  /** Members of the config that this class takes beyond those of `ModelConfig`. */
  static readonly configMembers: readonly string[] = []

  /** What errors and results call this class where no server was asked for. Absent: its own name. */
  static readonly serverName: string = ''

  /** The model that is asked, as its server names it. */
  readonly model: string
  /** The name of the server, as it was registered or asked for. */
  readonly provider: string
  /** The config as it was given, in its one spelling and checked. */
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
   * Asks the model and gives its reply piece by piece. A stream that ends well is a whole reply:
   * throw where the server's was cut. `options.signal` tells when nobody reads any more.
   */
  protected abstract _chatStream(messages: readonly Message[], options: Call): ChunkStream

  /** Asks the model for a whole answer. Absent: one is made from `_chatStream`. */
  protected _chatNoStream?(messages: readonly Message[], options: Call): WholeReply

  /**
   * Chats. With `stream: true` it gives a `ChatStream` at once, which sends nothing before it is read.
   * @throws {ConfigError} for what cannot be sent
   * @throws {ChatError} for what fails, with `partial` holding what had arrived
   */
  chat(input: ChatRequest & { stream: true }): ChatStream
  chat(input: string | (ChatRequest & { stream?: false | undefined })): Promise<ChatResult>
  chat(input: string | ChatRequest): ChatStream | Promise<ChatResult>
  chat(input: string | ChatRequest, ...others: unknown[]): ChatStream | Promise<ChatResult> {
    return this.#start(
      () => {
        if (others.length > 0) {
          throw new ConfigError(
            'unsupported_option',
            'chat() takes one argument: pass options as chat({ messages, …options })',
          )
        }
        return checkRequest(input)
      },
      typeof input === 'object' && input?.stream === true,
    )
  }

  /**
   * Chats with functions that the model may call; `functions` is the older spelling of `tools`.
   * @throws {ConfigError} `unsupported_option` where the model takes no functions
   * @throws {ChatError} for what fails, with `partial` holding what had arrived
   */
  chatWithFunctions(input: FunctionRequest & { stream: true }): ChatStream
  chatWithFunctions(input: FunctionRequest & { stream?: false | undefined }): Promise<ChatResult>
  chatWithFunctions(input: FunctionRequest): ChatStream | Promise<ChatResult>
  chatWithFunctions(input: FunctionRequest): ChatStream | Promise<ChatResult> {
    const { functions, ...request } = input
    return this.#start(() => {
      if (!this.supportFunctionCalling()) throw this.#unsupported('function calling')
      if (functions && request.tools) {
        throw new ConfigError(
          'unsupported_option',
          'Pass either `tools` or `functions`: both are given',
        )
      }
      const tools: readonly ToolDefinition[] | undefined = functions?.map(toTool) ?? request.tools
      return checkRequest({ ...request, tools })
    }, input.stream === true)
  }

  /**
   * Continues a prompt without a chat template, which the caller writes (`<|im_start|>user…`).
   * @throws {ConfigError} `unsupported_option` where the server has no way for it
   * @throws {ChatError} for what fails, with `partial` holding what had arrived
   */
  chatWithRawPrompt(input: RawPromptRequest & { stream: true }): ChatStream
  chatWithRawPrompt(input: RawPromptRequest & { stream?: false | undefined }): Promise<ChatResult>
  chatWithRawPrompt(input: RawPromptRequest): ChatStream | Promise<ChatResult>
  chatWithRawPrompt(input: RawPromptRequest): ChatStream | Promise<ChatResult> {
    return this.#start(
      () => {
        if (!this.supportRawPrompt()) throw this.#unsupported('raw prompts')
        if (typeof input.prompt !== 'string') {
          throw new ConfigError('invalid_messages', 'prompt must be a string')
        }
        return checkRequest(input)
      },
      input.stream === true,
      input.prompt,
    )
  }

  /** True if `tools` may be passed. Declared by the class, never probed. */
  supportFunctionCalling(): boolean {
    return this.config.functionCalling ?? true
  }

  /** True if `chatWithRawPrompt` works. Declared by the class, never probed. */
  supportRawPrompt(): boolean {
    return false
  }

  /**
   * Whether `responseFormat` of this type may be passed along with these options.
   * Declared by the class, never probed.
   */
  supportResponseFormat(_type: 'json_object' | 'json_schema', _options?: ChatOptions): boolean {
    return false
  }

  /** The rules by which the server accepts JSON Schemas, as `responseFormat` or in `tools`. All of several apply. */
  schemaDialects(_use: 'format' | 'tools'): readonly SchemaDialect[] {
    return ['openai']
  }

  /** What the last whole call cost; `undefined` before the first. */
  getUsage(): Usage | undefined {
    return this.#usage
  }

  /** The context budget, in tokens. */
  getMaxLength(): number {
    return this.config.maxLength ?? DEFAULTS.maxLength
  }

  /** True if the messages fit the context budget. */
  checkMaxLength(messages: string | readonly MessageInput[]): boolean {
    return this.countTokens(messages) <= this.getMaxLength()
  }

  /** The tokens of a text or a conversation: by the config's `countTokens`, else an estimate. */
  countTokens(input: string | readonly MessageInput[]): number {
    const count = this.config.countTokens ?? estimateTokens
    return typeof input === 'string' ? count(input) : estimateMessages(input, count)
  }

  #start(
    check: () => CheckedRequest,
    stream: boolean,
    rawPrompt?: string,
  ): ChatStream | Promise<ChatResult> {
    const start = () =>
      new ChatRun({
        config: this.config,
        provider: this.provider,
        model: this.model,
        // A server that cannot stream is asked for a complete reply, emitted at once.
        request: this.config.streaming === false ? { ...check(), stream: false } : check(),
        rawPrompt,
        ask: (messages, call) => this.#ask(messages, call),
        onUsage: (usage) => {
          this.#usage = usage
        },
        countTokens: (counted) => this.countTokens(counted),
      })
    return stream ? new ChatStream(start()) : answer(start)
  }

  #ask(messages: readonly Message[], call: Call): ChunkStream | WholeReply {
    if (call.stream || !this._chatNoStream) return this._chatStream(messages, call)
    return this._chatNoStream(messages, call)
  }

  #unsupported(what: string): ConfigError {
    return new ConfigError('unsupported_option', `"${this.provider}" does not offer ${what}`, {
      provider: this.provider,
    })
  }
}

/** Returns the total timeout of a model's calls, in milliseconds, or `false`. */
export function totalTimeoutOf(llm: BaseChatModel): number | false {
  return llm['config']?.totalTimeout ?? DEFAULTS.totalTimeout
}

// An invalid request rejects the promise, like any other failure.
async function answer(start: () => ChatRun): Promise<ChatResult> {
  const run = start()
  await drain(run)
  return run.result()
}

// modelscope-agent's functions may have MCP's `input_schema`.
function toTool(
  definition: FunctionDefinition & { input_schema?: Record<string, unknown> },
): ToolDefinition {
  const { input_schema: schema, ...rest } = definition
  return { type: 'function', function: schema ? { parameters: schema, ...rest } : rest }
}
