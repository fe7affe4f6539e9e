/**
 * Ollama by its native API: on one's own machine, elsewhere, or its cloud.
 * @see https://docs.ollama.com/api
 * @module chatwire/providers/ollama
 */
import type { Call } from '../call.ts'
import { redactError } from '../call.ts'
import { BaseChatModel } from '../chat/base.ts'
import { createCall } from '../chat/create-call.ts'
import { resolveKey } from '../env.ts'
import { isChatError, StreamError } from '../errors.ts'
import type { StreamEvent } from '../event.ts'
import type { PostRequest } from '../http/client.ts'
import { post } from '../http/client.ts'
import { readNDJSON } from '../http/ndjson.ts'
import type { Message } from '../message.ts'
import type { ChatOptions } from '../options.ts'
import { isVendorHost } from '../wire/openai/endpoint.ts'
import { CLOUD, resolveRoot } from './ollama/endpoint.ts'
import { decodeEvents, describeRefusal } from './ollama/decode.ts'
import { encodeRequest } from './ollama/encode.ts'
import type { OllamaModel, PullOptions } from './ollama/pull.ts'
import { decodeModels, watchPull } from './ollama/pull.ts'
import type { SchemaDialect } from '../schema/vendor-support.ts'

/** Longest silence of a download, in milliseconds: large files are checked without a word. */
const PULL_SILENCE = 600_000

/**
 * A model at an Ollama server: the local one, or that of `baseURL` or `OLLAMA_HOST`. No key is asked for but by
 * `https://ollama.com` (`OLLAMA_API_KEY`). In a page the server must know its origin (`OLLAMA_ORIGINS`).
 *
 * A `maxLength` in the config is also the length of the context that the server makes room for (`num_ctx`). What
 * does not fit is an error (`context_length`) here, where Ollama by itself drops the start of the conversation;
 * `extraBody: { truncate: true }` lets it. Further members (`keep_alive`, `options: { min_p }`) go into `extraBody`.
 * @throws {ConfigError} `missing_api_key`, `browser_key`, `unsupported_option`, `invalid_config`
 * @throws {ServiceError} `context_length`, `model_not_found` and others
 * @throws {StreamError} `connection_failed` where no server is running
 * @see https://docs.ollama.com/api
 * @example new OllamaLLM({ model: 'qwen3:8b' })
 */
export class OllamaLLM extends BaseChatModel {
  static override readonly serverName: string = 'ollama'

  protected override _chatStream(
    messages: readonly Message[],
    call: Call,
  ): AsyncIterable<StreamEvent[]> {
    return this.#ask(messages, call, true)
  }

  protected override _chatNoStream(
    messages: readonly Message[],
    call: Call,
  ): AsyncIterable<StreamEvent[]> {
    return this.#ask(messages, call, false)
  }

  override schemaDialects(): readonly SchemaDialect[] {
    return ['llamacpp']
  }

  override supportRawPrompt(): boolean {
    return true
  }

  /** Not together with tools: the format would keep the model from calling them. */
  override supportResponseFormat(
    _type: 'json_object' | 'json_schema',
    options?: ChatOptions,
  ): boolean {
    return !options?.tools?.length || options.toolChoice === 'none'
  }

  /**
   * The models that the server has. It is asked once, whatever `maxRetries` says.
   * @throws {ChatError} for what fails
   */
  async listModels(options: Pick<PullOptions, 'signal'> = {}): Promise<OllamaModel[]> {
    return this.#manage(options.signal, async (call) =>
      decodeModels(await this.#send('/api/tags', { method: 'get' }, call), call),
    )
  }

  /**
   * Gets this model onto the server, or a newer version of it. There is no limit for the whole download, but one of
   * ten minutes (or `idleTimeout`) for a silence. Asked again it goes on where it was.
   * @throws {ChatError} `model_not_found` for an unknown name, `stream_truncated` for a download that was cut
   */
  async pull({ onProgress, signal }: PullOptions = {}): Promise<void> {
    await this.#manage(signal, async (call) => {
      const body = { model: this.model, stream: true }
      const response = await this.#send('/api/pull', { body }, call)
      await watchPull(response, call, onProgress)
    })
  }

  #ask(messages: readonly Message[], call: Call, stream: boolean): AsyncIterable<StreamEvent[]> {
    const lines = readNDJSON(this.#request(messages, call, stream), call)
    return decodeEvents(lines, call, () => this.countTokens(call.rawPrompt ?? messages))
  }

  async #request(messages: readonly Message[], call: Call, stream: boolean): Promise<Response> {
    const isCloud = isVendorHost(CLOUD, resolveRoot(this.config))
    const contextLength = isCloud ? undefined : this.config.maxLength
    const body = encodeRequest(messages, call, { stream, contextLength })
    return this.#send(call.rawPrompt === undefined ? '/api/chat' : '/api/generate', { body }, call)
  }

  async #send(path: string, request: PostRequest, call: Call): Promise<Response> {
    const root = resolveRoot(this.config)
    const isCloud = isVendorHost(CLOUD, root)
    const key = await resolveKey({
      config: this.config,
      provider: this.provider,
      variables: ['OLLAMA_API_KEY'],
      url: root,
      required: isCloud && path !== '/api/tags',
    })
    if (key) call.secrets.push(key)
    try {
      return await post(
        root + path,
        {
          ...request,
          headers: key ? { authorization: `Bearer ${key}` } : {},
          decodeError: describeRefusal,
        },
        call,
      )
    } catch (error) {
      throw isCloud ? error : explainSilence(error)
    }
  }

  /** A request that is no chat: what fails is told in the same way. */
  async #manage<T>(
    signal: AbortSignal = new AbortController().signal,
    ask: (call: Call) => Promise<T>,
  ): Promise<T> {
    const { config, provider, model } = this
    const { idleTimeout = PULL_SILENCE } = config
    const call = createCall(
      {
        config: { ...config, idleTimeout },
        provider,
        model,
        request: { messages: [], options: {}, stream: true },
        rawPrompt: undefined,
      },
      signal,
    )
    try {
      return await ask(call)
    } catch (error) {
      if (isChatError(error)) {
        error.provider ??= provider
        redactError(error, call.secrets)
      }
      throw error
    }
  }
}

/** A page is told nothing of why it was refused, and a server that is not there is the most common failure of all. */
function explainSilence(error: unknown): unknown {
  if (!(error instanceof StreamError) || error.code !== 'connection_failed') return error
  const page = (globalThis as { location?: { origin?: string } }).location?.origin
  const origins = page ? `, with ${page} in its OLLAMA_ORIGINS` : ''
  const message = `${error.message}. Is Ollama running there (\`ollama serve\`)${origins}?`
  return new StreamError(error.code, message, { cause: error.cause })
}
