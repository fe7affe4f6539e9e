/**
 * Any server with the OpenAI format: OpenAI itself, vLLM, and every other one by its URL.
 * @see https://platform.openai.com/docs/api-reference/chat
 * @module chatwire/providers/openai
 */
import type { Call } from '../call.ts'
import { BaseChatModel } from '../chat/base.ts'
import { shouldStream } from '../chat/should-stream.ts'
import { readEnv, resolveKey } from '../env.ts'
import { ConfigError, ServiceError } from '../errors.ts'
import type { StreamEvent } from '../event.ts'
import { post } from '../http/client.ts'
import { readSSE } from '../http/sse.ts'
import type { Message } from '../message.ts'
import type { ModelConfig } from '../options.ts'
import { decodeEvents } from '../wire/openai/decode.ts'
import type { ApiLocation } from '../wire/openai/endpoint.ts'
import { endpoint, isVendorHost, rootOf } from '../wire/openai/endpoint.ts'
import type { Dialect } from '../wire/openai/dialect.ts'
import { forModel, thinks } from '../wire/openai/dialect.ts'
import type { ErrorCodes } from '../wire/openai/errors.ts'
import { decodeError } from '../wire/openai/errors.ts'
import { encodeRequest } from '../wire/openai/encode.ts'
import type { SchemaDialect } from '../schema/vendor-support.ts'
import type { DeprecatedMembers } from './openai/deprecated-members.ts'
import { withCurrentNames } from './openai/deprecated-members.ts'
import type { ResponsesDialect } from '../wire/responses/encode.ts'

export type { Dialect, ResponsesDialect }

/**
 * Support for direct calls from pages. `set`: the server has a setting for it. Based on recorded responses,
 * source code and issue trackers, as of the end of 2026.
 */
export type CorsSupport = 'yes' | 'no' | 'set' | 'unknown'

/** A server of the OpenAI format, as data. */
export interface OpenAiServer extends Dialect, ApiLocation, DeprecatedMembers {
  /** Environment variables for its base URL. */
  baseURLVariables?: readonly string[]
  /** Environment variables for its key. */
  keyVariables: readonly string[]
  /** False for a server that needs no key, such as a local one. @default true */
  requiresKey?: boolean
  /**
   * True for a server that completes raw prompts at `/completions`; a string is the base URL of that endpoint.
   * @default false
   */
  rawPrompt?: boolean | string
  /** Models for which a `responseFormat` type is not known to work, although the server supports it. */
  unsupportedFormats?: Partial<Record<'json_object' | 'json_schema', RegExp>>
  /** The rules by which it accepts JSON Schemas. @default 'openai' */
  schemaDialect?: SchemaDialect
  /** Field of a chunk that contains the usage, if it is not `usage`. */
  usageField?: string
  /** Meanings of the server's own error codes. */
  errorCodes?: ErrorCodes
  /** True if it honors `Idempotency-Key`, or at least accepts it. @default false */
  honorsIdempotencyKey?: boolean
  /** Differences of its Responses API. Omit it if there is none. */
  responses?: ResponsesDialect
  /** Support for requests from pages. @default 'unknown' */
  cors?: CorsSupport
}

/** OpenAI's own service. */
const OPENAI: OpenAiServer = {
  baseURL: 'https://api.openai.com/v1',
  baseURLVariables: ['OPENAI_BASE_URL', 'OPENAI_API_BASE'],
  keyVariables: ['OPENAI_API_KEY'],
  maxTokens: 'max_completion_tokens',
  developerRole: true,
  stopLimit: 4,
  unsupportedOptions: ['topK', 'repetitionPenalty'],
  reasoningStyle: 'effort',
  defaultEffort: 'medium',
  search: 'web_search_options',
  // https://platform.openai.com/docs/guides/structured-outputs
  unsupportedFormats: {
    json_object: /^(gpt-4($|-0\d{3}|-32k)|o1-(mini|preview))/,
    json_schema: /^(gpt-3|gpt-4($|-)|gpt-4o-2024-05|chatgpt|o1-(mini|preview))/,
  },
  rawPrompt: true,
  honorsIdempotencyKey: true,
  toolCallId: { pattern: /^.{1,40}$/, length: 40 },
  unsupportedParts: ['video_url'],
  dataOnlyParts: ['input_audio', 'file'],
}

/** A server known only by its URL. Assumed to behave like vLLM, as most local servers do. */
const UNKNOWN: OpenAiServer = {
  baseURL: '',
  keyVariables: OPENAI.keyVariables,
  requiresKey: false,
  hidesSchema: true,
  reasoningStyle: 'template',
  schemaDialect: 'vllm',
  rawPrompt: true,
  // May be a gateway of ours; the others ignore it.
  honorsIdempotencyKey: true,
}

let knownServers: readonly OpenAiServer[] = []

/** Lets the class `OpenAiLLM` recognize further servers by the host of their URL. */
export function useKnownServers(servers: readonly OpenAiServer[]): void {
  // Local servers share a host, and differ by their port at most.
  knownServers = servers.filter(({ requiresKey }) => requiresKey !== false)
}

/** Returns the data of the server at a URL: its host's, else what most servers have in common. */
function serverAt(baseURL: string): OpenAiServer {
  const known = knownServers.find((server) => isVendorHost(server, baseURL))
  if (!known) return UNKNOWN
  // The key may be in the variable of the server that was asked for.
  return { ...known, keyVariables: [...known.keyVariables, ...OPENAI.keyVariables] }
}

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
export class OpenAiLLM extends BaseChatModel {
  static override readonly serverName: string = 'openai'
  /** The data of this class's server. A subclass for another server overrides only this property. */
  static readonly server: OpenAiServer = OPENAI
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

  override schemaDialects(): readonly SchemaDialect[] {
    return [this.server.schemaDialect ?? 'openai']
  }

  override supportRawPrompt(): boolean {
    return Boolean(this.server.rawPrompt)
  }

  override supportResponseFormat(type: 'json_object' | 'json_schema'): boolean {
    const { formats, unsupportedFormats } = this.server
    return (!formats || formats.includes(type)) && !unsupportedFormats?.[type]?.test(this.model)
  }

  /** Returns the data of the current server. */
  protected get server(): OpenAiServer {
    const own = withCurrentNames((this.constructor as typeof OpenAiLLM).server)
    const { baseURL } = this
    // A path without a host is a relay's, which stands for the vendor.
    const isOwn = own !== OPENAI || baseURL.startsWith('/') || isVendorHost(own, baseURL)
    return isOwn ? own : serverAt(baseURL)
  }

  /** Returns the base URL: from the config, a variable, or the server's data. */
  protected get baseURL(): string {
    const { baseURL, baseURLVariables = [] } = (this.constructor as typeof OpenAiLLM).server
    return this.config.baseURL ?? readEnv(baseURLVariables, this.config.env) ?? baseURL
  }

  /** Returns the URL of a request. */
  protected url(path: string, base: string = this.baseURL): string {
    return endpoint(base, path, rootOf(this.server, base))
  }

  /** Returns the headers with the key. */
  protected keyHeaders(key: string): Record<string, string> {
    return { authorization: `Bearer ${key}` }
  }

  /** Returns true if the reply is read as a stream. OpenAI sends nothing while its models think. */
  protected shouldStream(call: Call): boolean {
    const { server } = this
    if (call.stream) return true
    if (this.#quirks.wholeOnly) return false
    return shouldStream(call, this.config, {
      thinks: server !== OPENAI && thinks(call, forModel(this.#dialect(call, server), call.model)),
    })
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
    const url = this.#urlOf(call)
    const body = encodeRequest(messages, call, this.#dialect(call, server), stream)
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

  #urlOf(call: Call): string {
    if (call.rawPrompt === undefined) return this.url('/chat/completions')
    const { rawPrompt, baseURL } = this.server
    const own = typeof rawPrompt === 'string' && isVendorHost({ baseURL }, this.baseURL)
    return own ? this.url('/completions', rawPrompt) : this.url('/completions')
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
