/**
 * Adds tools to models without native support: writes them into the prompt, and parses calls from the text.
 */
import type { Call } from '../call.ts'
import { BaseChatModel } from '../chat/base.ts'
import type { Chunk } from '../chat/normalize-output.ts'
import { loadPart } from '../load-part.ts'
import type { Message } from '../message.ts'
import { isFunctionTool } from '../message.ts'
import type { ChatOptions, ModelConfig } from '../options.ts'
import type { SchemaDialect } from '../schema/vendor-support.ts'
import { checkModel } from '../validation/model.ts'
import { ANYTHING, checkMembers, oneOf } from '../validation/shape.ts'

/** Options of `withPromptedTools`. */
export interface PromptedToolsOptions {
  /**
   * `hermes`: JSON in `<tool_call>` tags, as Qwen2.5, Qwen3 and Hermes were trained on. `react`: `Action:` and
   * `Action Input:`, which most models understand. `qwen`: `✿FUNCTION✿`, for Qwen models before 2.5. `native`:
   * the server gets the tools unchanged and its template writes them. Use it for a server that leaves the calls
   * in the text because its tool parser is off.
   *
   * Calls are parsed in all of these formats and in those of Llama 3, Mistral, DeepSeek, Kimi, GLM, Qwen3-Coder
   * and LM Studio, whichever is set; `Action:` only with `react`.
   */
  format: 'react' | 'hermes' | 'qwen' | 'native'
  /**
   * Called for the chat as the caller sees it. The callbacks of the wrapped model receive the prompt and the raw
   * text.
   */
  callbacks?: ModelConfig['callbacks']
}

/**
 * Adds tool calling to a model that does not support it. Text, thinking, usage, retries and timeouts are those of
 * the wrapped model. Calls arrive as from any other model, and their markers never appear as text. Calls inside
 * code blocks or thinking are ignored. `toolChoice` is part of the prompt, which the model may not follow.
 * @throws {ConfigError} `invalid_config`
 * @example
 * const llm = withPromptedTools(getChatModel('ollama:gemma3'), { format: 'react' })
 * const { toolCalls } = await llm.chat({ messages, tools })
 */
export function withPromptedTools(
  llm: BaseChatModel,
  options: PromptedToolsOptions,
): BaseChatModel {
  return new PromptedTools(llm, options)
}

const FORMATS: readonly PromptedToolsOptions['format'][] = ['react', 'hermes', 'qwen', 'native']

class PromptedTools extends BaseChatModel {
  static override readonly delegates = true
  #inner: BaseChatModel
  #format: PromptedToolsOptions['format']

  constructor(inner: BaseChatModel, options: PromptedToolsOptions) {
    checkModel(inner, 'withPromptedTools')
    const format = oneOf(FORMATS, 'must be "react", "hermes", "qwen" or "native"')
    checkMembers({ format, callbacks: ANYTHING }, options ?? {}, 'invalid_config', 'options')
    super({
      model: inner.model,
      modelServer: inner.provider,
      // The wrapped model has its own.
      maxRetries: 0,
      totalTimeout: false,
      callbacks: options.callbacks,
    })
    this.#inner = inner
    this.#format = options.format
  }

  // Used for buffered replies too: they are parsed in one go.
  protected override async *_chatStream(
    messages: readonly Message[],
    call: Call,
  ): AsyncGenerator<Chunk> {
    const { chat } = await loadPart(() => import('./prompted-chat.ts'))
    yield* chat(this.#inner, this.#format, messages, call)
  }

  /** Not supported together with tools: a model that must write JSON cannot write a call. */
  override supportResponseFormat(
    type: 'json_object' | 'json_schema',
    options?: ChatOptions,
  ): boolean {
    if (this.#format !== 'native' && options?.tools?.some(isFunctionTool)) return false
    return this.#inner.supportResponseFormat(type, options)
  }

  /** Returns no rules for tools, which are written into the prompt. */
  override schemaDialects(use: 'format' | 'tools'): readonly SchemaDialect[] {
    return use === 'tools' ? [] : this.#inner.schemaDialects(use)
  }

  override supportRawPrompt(): boolean {
    return this.#inner.supportRawPrompt()
  }

  override getMaxLength(): number {
    return this.#inner.getMaxLength()
  }

  override countTokens(input: string | readonly Message[]): number {
    return this.#inner.countTokens(input)
  }
}
