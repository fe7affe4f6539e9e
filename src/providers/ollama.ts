/**
 * Ollama through its native API: local, remote, or its cloud.
 * @see https://docs.ollama.com/api
 * @module chatwire/providers/ollama
 */
import type { Call } from '../call.ts'
import { BaseChatModel } from '../chat/base.ts'
import { shouldStream } from '../chat/should-stream.ts'
import type { StreamEvent } from '../event.ts'
import { lateStream } from '../http/late-stream.ts'
import { loadPart } from '../load-part.ts'
import type { Message } from '../message.ts'
import type { ChatOptions } from '../options.ts'
import type { ManagedModel } from './ollama/manage.ts'
import type { OllamaModel, PullOptions } from './ollama/pull.ts'
import type { SchemaDialect } from '../schema/vendor-support.ts'

const loadChat = () => import('./ollama/chat.ts')

/**
 * A model on an Ollama server: the local one, or that of `baseURL` or `OLLAMA_HOST`. Only `https://ollama.com`
 * requires a key (`OLLAMA_API_KEY`). In a page, the server must allow its origin (`OLLAMA_ORIGINS`).
 *
 * `maxLength` in the config also sets the context length that the server allocates (`num_ctx`). A longer
 * conversation is an error (`context_length`), whereas Ollama by default drops its start;
 * `extraBody: { truncate: true }` restores that. Pass other properties (`keep_alive`, `options: { min_p }`) in
 * `extraBody`.
 * @throws {ConfigError} `missing_api_key`, `browser_key`, `unsupported_option`, `invalid_config`
 * @throws {ServiceError} `context_length`, `model_not_found` and others
 * @throws {StreamError} `connection_failed` if no server is running
 * @see https://docs.ollama.com/api
 * @example new OllamaLLM({ model: 'qwen3:8b' })
 */
export class OllamaLLM extends BaseChatModel {
  static override readonly serverName: string = 'ollama'

  protected override _chatStream(
    messages: readonly Message[],
    call: Call,
  ): AsyncIterable<StreamEvent[]> {
    const stream = shouldStream(call, this.config)
    return lateStream(loadChat, ({ chat }) => {
      const { config, provider } = this
      const countPrompt = () => this.countTokens(call.rawPrompt ?? messages)
      return chat({ config, provider, countPrompt }, messages, call, { stream })
    })
  }

  protected override loadParts(): Promise<unknown> {
    return loadChat()
  }

  override schemaDialects(): readonly SchemaDialect[] {
    return ['llamacpp']
  }

  override supportRawPrompt(): boolean {
    return true
  }

  /** Not supported together with tools, which the format would keep the model from calling. */
  override supportResponseFormat(
    _type: 'json_object' | 'json_schema',
    options?: ChatOptions,
  ): boolean {
    return !options?.tools?.length || options.toolChoice === 'none'
  }

  /**
   * Lists the models on the server. Does not retry, whatever `maxRetries` is.
   * @throws {ChatError} if the request fails
   */
  async listModels(options: Pick<PullOptions, 'signal'> = {}): Promise<OllamaModel[]> {
    const { listModels } = await loadPart(() => import('./ollama/manage.ts'))
    return await listModels(this.#settings(), options)
  }

  /**
   * Downloads this model, or a newer version of it, to the server. Has no total timeout, but an idle timeout of
   * ten minutes (or `idleTimeout`). Calling it again resumes the download.
   * @throws {ChatError} `model_not_found` for an unknown name, `stream_truncated` if the download was cut
   */
  async pull(options: PullOptions = {}): Promise<void> {
    const { pullModel } = await loadPart(() => import('./ollama/manage.ts'))
    await pullModel(this.#settings(), options)
  }

  #settings(): ManagedModel {
    const { config, provider, model } = this
    return { config, provider, model }
  }
}
