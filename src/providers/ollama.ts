/**
 * Ollama through its native API: local, remote, or its cloud.
 * @see https://docs.ollama.com/api
 * @module chatwire/providers/ollama
 */
import type { Call } from '../call.ts'
import { redactError } from '../call.ts'
import { BaseChatModel } from '../chat/base.ts'
import { shouldStream } from '../chat/should-stream.ts'
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

/** Idle timeout of a download, in milliseconds: large files are verified without any output. */
const PULL_SILENCE = 600_000

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
    return this.#ask(messages, call, shouldStream(call, this.config))
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
    return this.#manage(options.signal, async (call) =>
      decodeModels(await this.#send('/api/tags', { method: 'get' }, call), call),
    )
  }

  /**
   * Downloads this model, or a newer version of it, to the server. Has no total timeout, but an idle timeout of
   * ten minutes (or `idleTimeout`). Calling it again resumes the download.
   * @throws {ChatError} `model_not_found` for an unknown name, `stream_truncated` if the download was cut
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

  /** Sends a request that is not a chat, with the same error handling. */
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

/**
 * Explains a failed connection: a page cannot see why it was blocked, and a server that is not running is the
 * most common cause.
 */
function explainSilence(error: unknown): unknown {
  if (!(error instanceof StreamError) || error.code !== 'connection_failed') return error
  const page = (globalThis as { location?: { origin?: string } }).location?.origin
  const origins = page ? `, with ${page} in its OLLAMA_ORIGINS` : ''
  const message = `${error.message}. Is Ollama running there (\`ollama serve\`)${origins}?`
  return new StreamError(error.code, message, { cause: error.cause })
}
