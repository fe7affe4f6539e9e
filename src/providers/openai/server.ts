/**
 * What every API of a server with the OpenAI format has in common: its data, URL, key and headers.
 */
import { BaseChatModel } from '../../chat/base.ts'
import { readEnv } from '../../env.ts'
import type { ApiLocation } from '../../wire/openai/endpoint.ts'
import {
  endpoint,
  hostOf,
  hostsOf,
  isHostOf,
  isVendorHost,
  rootOf,
} from '../../wire/openai/endpoint.ts'
import type { Dialect } from '../../wire/openai/dialect.ts'
import { TAKES_VERBOSITY } from '../../wire/openai/dialect.ts'
import type { ErrorCodes } from '../../wire/openai/errors.ts'
import type { SchemaDialect } from '../../schema/vendor-support.ts'
import type { ResponsesDialect } from '../../wire/responses/encode.ts'
import type { DeprecatedMembers } from './deprecated-members.ts'
import { withCurrentNames } from './deprecated-members.ts'

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
  /** Base URL for the start of a reply, if it is taken at another one only. */
  prefillURL?: string
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
  /** True if a stream brings nothing while its models think. @default false */
  silentWhileThinking?: boolean
  /** Support for requests from pages. @default 'unknown' */
  cors?: CorsSupport
}

/** OpenAI's own service. */
export const OPENAI: OpenAiServer = {
  baseURL: 'https://api.openai.com/v1',
  baseURLVariables: ['OPENAI_BASE_URL', 'OPENAI_API_BASE'],
  keyVariables: ['OPENAI_API_KEY'],
  maxTokens: 'max_completion_tokens',
  developerRole: true,
  stopLimit: 4,
  unsupportedOptions: ['topK', 'repetitionPenalty'],
  reasoningStyle: 'effort',
  defaultEffort: 'medium',
  verbosity: TAKES_VERBOSITY,
  silentWhileThinking: true,
  search: 'web_search_options',
  // https://platform.openai.com/docs/guides/structured-outputs
  unsupportedFormats: {
    json_object: /^(gpt-4($|-0\d{3}|-32k)|o1-(mini|preview))/,
    json_schema: /^(gpt-3|gpt-4($|-)|gpt-4o-2024-05|chatgpt|o1-(mini|preview))/,
  },
  rawPrompt: true,
  honorsIdempotencyKey: true,
  toolCallId: { pattern: /^.{1,40}$/, length: 40 },
  needsResults: true,
  unsupportedParts: ['video_url', 'video'],
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
  bareLists: true, // it may be llama.cpp
  rawPrompt: true,
  // May be a gateway of ours; the others ignore it.
  honorsIdempotencyKey: true,
}

let knownServers: readonly OpenAiServer[] = []
/** The hosts of each, found with the first search. */
let knownHosts: readonly (readonly string[])[] | undefined

/** Lets the class `OpenAiLLM` recognize further servers by the host of their URL. */
export function useKnownServers(servers: readonly OpenAiServer[]): void {
  // Local servers share a host, and differ by their port at most.
  knownServers = servers.filter(({ requiresKey }) => requiresKey !== false)
  knownHosts = undefined
}

/** Returns the data of the server at a URL: its host's, else what most servers have in common. */
function serverAt(baseURL: string): OpenAiServer {
  const host = hostOf(baseURL)
  knownHosts ??= knownServers.map(hostsOf)
  const place = host === undefined ? -1 : knownHosts.findIndex((hosts) => isHostOf(hosts, host))
  const known = knownServers[place]
  if (!known) return UNKNOWN
  // The key may be in the variable of the server that was asked for.
  return { ...known, keyVariables: [...known.keyVariables, ...OPENAI.keyVariables] }
}

/**
 * A model on a server with the OpenAI format, without the API by which it is asked. At the URL of another built-in
 * server, that server's rules apply.
 */
export abstract class OpenAiServerLLM extends BaseChatModel {
  static override readonly serverName: string = 'openai'
  /** The data of this class's server. A subclass for another server overrides only this property. */
  static readonly server: OpenAiServer = OPENAI
  /** The data found for a URL: a search for it takes some microseconds, and a call asks several times. */
  #found: { baseURL: string; row: OpenAiServer; known: unknown; server: OpenAiServer } | undefined

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
    const { baseURL } = this
    const row = (this.constructor as typeof OpenAiServerLLM).server
    const found = this.#found
    // A variable may change meanwhile.
    if (found?.baseURL === baseURL && found.row === row && found.known === knownServers)
      return found.server
    const server = this.#find(row, baseURL)
    this.#found = { baseURL, row, known: knownServers, server }
    return server
  }

  #find(row: OpenAiServer, baseURL: string): OpenAiServer {
    const own = withCurrentNames(row)
    // A path without a host is a relay's, which stands for the vendor.
    const isOwn = own !== OPENAI || baseURL.startsWith('/') || isVendorHost(own, baseURL)
    return isOwn ? own : serverAt(baseURL)
  }

  /** Returns the base URL: from the config, a variable, or the server's data. */
  protected get baseURL(): string {
    const { baseURL, baseURLVariables = [] } = (this.constructor as typeof OpenAiServerLLM).server
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
}
