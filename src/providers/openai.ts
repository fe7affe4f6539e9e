/**
 * Any server with the OpenAI format: OpenAI itself, vLLM, and every other one by its URL.
 * @see https://platform.openai.com/docs/api-reference/chat
 * @module chatwire/providers/openai
 */
import type { Call } from '../call.ts'
import { resolveKey } from '../env.ts'
import { ConfigError, ServiceError } from '../errors.ts'
import type { StreamEvent } from '../event.ts'
import { post } from '../http/client.ts'
import { readSSE } from '../http/sse.ts'
import type { Message } from '../message.ts'
import type { ChatOptions, ModelConfig } from '../options.ts'
import { decodeEvents } from '../wire/openai/decode.ts'
import { isVendorHost } from '../wire/openai/endpoint.ts'
import type { Dialect } from '../wire/openai/dialect.ts'
import { forModel, thinks } from '../wire/openai/dialect.ts'
import { decodeError } from '../wire/openai/errors.ts'
import { encodeRequest } from '../wire/openai/encode.ts'
import { isPrefill } from '../wire/openai/messages.ts'
import type { ResponsesDialect } from '../wire/responses/encode.ts'
import type { CorsSupport, OpenAiServer } from './openai/server.ts'
import { OPENAI, OpenAiServerLLM } from './openai/server.ts'

export { OpenAiServerLLM, useKnownServers } from './openai/server.ts'
export type { CorsSupport, Dialect, OpenAiServer, ResponsesDialect }

/** OpenAI's reasoning models. They reject stop sequences and accept named efforts. */
const REASONING_MODELS = /^(o\d|gpt-[5-9](?!.*-chat)|gpt-oss)/
/**
 * Those before gpt-5.1, without the effort `none`. Later ones think only on request.
 * @see https://platform.openai.com/docs/guides/reasoning
 */
const ALWAYS_THINK = /^(o\d|gpt-5(?!\.\d|.*-chat)|gpt-oss)/

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

/** Options that a server's errors have shown to be unsupported. The request is repeated once without them. */
interface ServerQuirks {
  maxTokens?: 'max_tokens' | 'max_completion_tokens'
  streamUsage?: false
  streamOnly?: true
  systemFirst?: true
  wholeOnly?: true
}

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
    const { streamOnly } = this.#quirks
    return this.#ask(messages, call, streamOnly === true || this.shouldStream(call))
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

  protected override shouldStream(call: Call): boolean {
    return call.stream || (!this.#quirks.wholeOnly && super.shouldStream(call))
  }

  #ask(messages: readonly Message[], call: Call, stream: boolean): AsyncIterable<StreamEvent[]> {
    const { reasoningDetails: keepDetails, usageField, errorCodes } = this.server
    const frames = readSSE(this.#send(messages, call, stream), call)
    return decodeEvents(frames, call, { keepDetails, usageField, errorCodes })
  }

  async #send(
    messages: readonly Message[],
    call: Call,
    stream: boolean,
    discovered: ServerQuirks = {},
  ): Promise<Response> {
    const { server } = this
    const body = encodeRequest(messages, call, this.#dialect(call, server), stream)
    const url = this.#urlOf(call, body.messages)
    const key = await resolveKey({
      config: this.config,
      provider: this.provider,
      variables: server.keyVariables,
      url,
      required: server.requiresKey !== false && isVendorHost(server, url),
    })
    if (key) call.secrets.push(key)
    try {
      return await post(
        url,
        {
          body,
          headers: key ? this.keyHeaders(key) : {},
          decodeError: (text, status) => decodeError(text, status, server.errorCodes),
          honorsIdempotencyKey: server.honorsIdempotencyKey,
        },
        call,
      )
    } catch (error) {
      const quirk = quirkFromError(error, body)
      // Each quirk is discovered once per call, so this ends. Another call may have discovered it meanwhile.
      if (quirk?.wholeOnly && call.stream) throw error // the caller wants a stream
      if (!quirk || Object.keys(quirk).every((name) => name in discovered)) throw error
      this.#quirks = { ...this.#quirks, ...quirk }
      call.idempotencyKey = undefined // stands for one body
      const streams = (stream && !quirk.wholeOnly) || this.#quirks.streamOnly === true
      // Does not count as a retry, since the request has changed.
      return await this.#send(messages, call, streams, { ...discovered, ...quirk })
    }
  }

  #urlOf(call: Call, messages: unknown): string {
    const { rawPrompt, prefillURL } = this.server
    const isRaw = call.rawPrompt !== undefined
    const prefills = Array.isArray(messages) && isPrefill(messages.at(-1))
    const other = isRaw ? rawPrompt : prefills ? prefillURL : undefined
    const path = isRaw ? '/completions' : '/chat/completions'
    return typeof other === 'string' && this.#isOwnHost() ? this.url(path, other) : this.url(path)
  }

  #isOwnHost(): boolean {
    const { baseURL } = this.server
    return isVendorHost({ baseURL }, this.baseURL)
  }

  #dialect(call: Call, server: OpenAiServer): Dialect {
    const { replayReasoning } = this.config as OpenAiConfig
    const dialect: Dialect = {
      ...server,
      ...this.#quirks,
      ...(replayReasoning && { replayReasoning }),
    }
    if (server !== OPENAI) return dialect
    if (REASONING_MODELS.test(call.model)) {
      dialect.stopLimit = 0
      dialect.fixedWhileThinking = {
        temperature: 1,
        topP: 1,
        presencePenalty: 0,
        frequencyPenalty: 0,
      }
    } else dialect.reasoningStyle = 'off'
    dialect.alwaysThinks = ALWAYS_THINK.test(call.model)
    return dialect
  }
}

/** Returns the quirk that a server's error reveals, if any. */
function quirkFromError(error: unknown, body: Record<string, unknown>): ServerQuirks | undefined {
  if (!(error instanceof ServiceError)) return undefined
  const words = error.message
  // Of a chat template; llama.cpp sends it with 500.
  if (/system message must be at the beginning/i.test(words)) return { systemFirst: true }
  if (error.status !== 400 && error.status !== 422) return undefined
  if ('max_tokens' in body && words.includes('max_completion_tokens'))
    return { maxTokens: 'max_completion_tokens' }
  if ('max_completion_tokens' in body && /max_(completion_)?tokens/.test(words))
    return { maxTokens: 'max_tokens' }
  if ('stream_options' in body && words.includes('stream_options')) return { streamUsage: false }
  // "This model only supports streaming responses", "… must be set to false for non-streaming calls".
  if (!body.stream && /only supports? stream|non-streaming calls/i.test(words))
    return { streamOnly: true }
  // "Your organization must be verified to stream this model."
  if (body.stream && /verified to stream/i.test(words)) return { wholeOnly: true }
  return undefined
}
