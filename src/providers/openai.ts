/**
 * Any server with the OpenAI format: OpenAI itself, vLLM, and every other one by its URL.
 * @see https://platform.openai.com/docs/api-reference/chat
 * @module chatwire/providers/openai
 */
import type { Call } from '../call.ts'
import { ConfigError } from '../errors.ts'
import type { StreamEvent } from '../event.ts'
import { lateStream } from '../http/late-stream.ts'
import type { Message } from '../message.ts'
import type { ChatOptions, ModelConfig } from '../options.ts'
import { isVendorHost } from '../wire/openai/endpoint.ts'
import type { Dialect } from '../wire/openai/dialect.ts'
import { forModel, thinks } from '../wire/openai/dialect.ts'
import type { ResponsesDialect } from '../wire/responses/encode.ts'
import type { ChatTarget, ServerQuirks } from './openai/chat.ts'
import type { CorsSupport, OpenAiServer } from './openai/server.ts'
import { OpenAiServerLLM } from './openai/server.ts'

export { OpenAiServerLLM, useKnownServers } from './openai/server.ts'
export type { CorsSupport, Dialect, OpenAiServer, ResponsesDialect }

const loadChat = () => import('./openai/chat.ts')

/** Config properties of OpenAI-format servers beyond those of `ModelConfig`. */
export interface OpenAiConfig extends ModelConfig {
  /**
   * Selects the earlier assistant messages that carry their thinking (`reasoning_content`): none, those after the last user
   * message, every one with tool calls, or all.
   * @default as the server's or the model's documentation requires
   */
  replayReasoning?: 'never' | 'tools' | 'tool-calls' | 'always' | undefined
}

const REPLAYS = ['never', 'tools', 'tool-calls', 'always'] as const

/**
 * A model on an OpenAI-format server. Without a `baseURL` it is OpenAI's own. At the URL of another built-in server,
 * that server's rules apply.
 * @throws {ConfigError} `missing_api_key`, `browser_key`, `unsupported_option`, `invalid_config`
 * @throws {ServiceError} with the server's own code as `vendorCode`
 * @see https://platform.openai.com/docs/api-reference/chat
 * @example new OpenAiLLM({ model: 'Qwen/Qwen2.5-7B-Instruct', baseURL: 'http://localhost:8000/v1' })
 */
export class OpenAiLLM extends OpenAiServerLLM {
  static override readonly configMembers: readonly string[] = ['replayReasoning']
  #quirks: ServerQuirks = {}

  constructor(config: OpenAiConfig) {
    super(config)
    const { replayReasoning } = this.config as OpenAiConfig
    if (replayReasoning !== undefined && !REPLAYS.includes(replayReasoning)) {
      const words = `config.replayReasoning must be one of "${REPLAYS.join('", "')}"`
      throw new ConfigError('invalid_config', words, { provider: this.provider })
    }
  }

  protected override _chatStream(
    messages: readonly Message[],
    call: Call,
  ): AsyncIterable<StreamEvent[]> {
    return lateStream(loadChat, ({ chat }) => chat(this.#target(call), messages, call))
  }

  /** True while not thinking: what a model continues then is its text. */
  override supportPrefill(options: ChatOptions = {}): boolean {
    const { model, server } = this
    const { prefill, ...dialect } = forModel(server, model)
    const { reasoning = this.config.defaults?.reasoning } = options
    if (!prefill || thinks({ reasoning }, dialect)) return false
    // A hybrid model thinks by default, and a server's parser takes text without `</think>` for thinking.
    if (dialect.reasoningStyle === 'template' && reasoning !== false && !/instruct/i.test(model))
      return false
    return !server.prefillURL || this.#isOwnHost()
  }

  protected override loadParts(): Promise<unknown> {
    return loadChat()
  }

  #target(call: Call): ChatTarget {
    const { config, provider, server } = this
    return {
      config,
      provider,
      server,
      quirks: this.#quirks,
      urlOf: (prefills) => this.#urlOf(call, { prefills }),
      keyHeaders: (key) => this.keyHeaders(key),
    }
  }

  #urlOf(call: Call, { prefills }: { prefills: boolean }): string {
    const { rawPrompt, prefillURL } = this.server
    const isRaw = call.rawPrompt !== undefined
    const other = isRaw ? rawPrompt : prefills ? prefillURL : undefined
    const path = isRaw ? '/completions' : '/chat/completions'
    return typeof other === 'string' && this.#isOwnHost() ? this.url(path, other) : this.url(path)
  }

  #isOwnHost(): boolean {
    const { baseURL } = this.server
    return isVendorHost({ baseURL }, this.baseURL)
  }
}
