/**
 * Claude through Anthropic's Messages API, and compatible servers.
 * @see https://platform.claude.com/docs/en/api/messages
 * @module chatwire/providers/anthropic
 */
import type { Call } from '../call.ts'
import { BaseChatModel } from '../chat/base.ts'
import { shouldStream } from '../chat/should-stream.ts'
import { isForeignOrigin, readEnv, resolveKey } from '../env.ts'
import type { StreamEvent } from '../event.ts'
import { post } from '../http/client.ts'
import { readSSE } from '../http/sse.ts'
import type { Message } from '../message.ts'
import { endpoint, isVendorHost } from '../wire/openai/endpoint.ts'
import { decodeError, decodeEvents } from './anthropic/decode.ts'
import { encodeRequest } from './anthropic/encode.ts'
import { supportsSchema } from './anthropic/models.ts'
import type { SchemaDialect } from '../schema/vendor-support.ts'

const ANTHROPIC = { baseURL: 'https://api.anthropic.com' }
const VERSION = '2023-06-01'
/** The beta flag required for a `file_id`. */
const FILES = 'files-api-2025-04-14'

/**
 * A Claude model, or a model on a compatible server. Key: `ANTHROPIC_API_KEY`. `baseURL` may end in `/v1` or not.
 * `maxTokens`, which this API requires, defaults to 20,000 (4096 for Claude 3, 8192 for 3.5 and for other
 * vendors' models), plus any `reasoning.budget`. System messages precede the conversation, wherever in it they
 * were written.
 * @throws {ConfigError} `missing_api_key`, `browser_key`, `unsupported_option`, `invalid_config`
 * @throws {ServiceError} with Anthropic's own code as `vendorCode`
 * @see https://platform.claude.com/docs/en/api/messages
 * @example new AnthropicLLM({ model: 'claude-sonnet-4-6' })
 */
export class AnthropicLLM extends BaseChatModel {
  static override readonly serverName: string = 'anthropic'

  override schemaDialects(): readonly SchemaDialect[] {
    return ['anthropic']
  }

  protected override _chatStream(
    messages: readonly Message[],
    call: Call,
  ): AsyncIterable<StreamEvent[]> {
    return this.#ask(messages, call, shouldStream(call, this.config))
  }

  override supportResponseFormat(type: 'json_object' | 'json_schema'): boolean {
    return type === 'json_schema' && supportsSchema(this.model)
  }

  #ask(messages: readonly Message[], call: Call, stream: boolean): AsyncIterable<StreamEvent[]> {
    return decodeEvents(readSSE(this.#send(messages, call, stream), call), call)
  }

  async #send(messages: readonly Message[], call: Call, stream: boolean): Promise<Response> {
    const body = encodeRequest(messages, call, stream)
    const namesFiles = messages.some(namesFile)
    const { config, provider } = this
    const url = urlOf(
      config.baseURL ?? readEnv(['ANTHROPIC_BASE_URL'], config.env) ?? ANTHROPIC.baseURL,
    )
    const key = await resolveKey({
      config,
      provider,
      variables: ['ANTHROPIC_API_KEY'],
      url,
      required: isVendorHost(ANTHROPIC, url),
    })
    if (key) call.secrets.push(key)
    mergeBetas(call, config.headers, namesFiles)
    const headers = {
      'anthropic-version': VERSION,
      ...(key && keyHeader(key)),
      // Required for requests from pages, whatever the key.
      ...(key && isForeignOrigin(url) && { 'anthropic-dangerous-direct-browser-access': 'true' }),
    }
    return post(url, { body, headers, decodeError }, call)
  }
}

/**
 * Returns the endpoint for a base URL that ends anywhere: at the host, a relay's path, `/v1`, or the endpoint
 * itself.
 */
function urlOf(base: string): string {
  const place = base.replace(/(\/v1)?(\/messages)?\/*(?=$|[?#])/, '')
  return endpoint(place, '/v1/messages', '')
}

/** Returns the header of a key; login tokens use another one. */
function keyHeader(key: string): Record<string, string> {
  return key.startsWith('sk-ant-oat') ? { authorization: `Bearer ${key}` } : { 'x-api-key': key }
}

function namesFile({ content }: Message): boolean {
  return (
    Array.isArray(content) &&
    content.some((part) => part.type === 'file' && Boolean(part.file.file_id))
  )
}

const BETA = 'anthropic-beta'

/** Merges the beta flags of the config and the call into one header, since one would replace the other. */
function mergeBetas(call: Call, config: Record<string, string> = {}, hasFiles: boolean): void {
  const given = [config, call.headers].flatMap((headers) =>
    Object.keys(headers)
      .filter((name) => name.toLowerCase() === BETA)
      .map((name) => headers[name]),
  )
  const flags = given
    .join()
    .split(',')
    .map((flag) => flag.trim())
  if (hasFiles) flags.push(FILES)
  const all = [...new Set(flags)].filter((flag) => flag)
  if (all.length === 0) return
  for (const name of Object.keys(call.headers))
    if (name.toLowerCase() === BETA) delete call.headers[name]
  call.headers[BETA] = all.join()
}
