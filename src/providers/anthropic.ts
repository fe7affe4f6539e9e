/**
 * Claude, by Anthropic's Messages API, and the servers that follow it.
 * @see https://platform.claude.com/docs/en/api/messages
 * @module chatwire/providers/anthropic
 */
import type { Call } from '../call.ts'
import { BaseChatModel } from '../chat/base.ts'
import { isForeignOrigin, readEnv, resolveKey } from '../env.ts'
import type { StreamEvent } from '../event.ts'
import { post } from '../http/client.ts'
import { readSSE } from '../http/sse.ts'
import type { Message } from '../message.ts'
import { endpoint, isVendorHost } from '../wire/openai/endpoint.ts'
import { decodeError, decodeEvents } from './anthropic/decode.ts'
import { encodeRequest } from './anthropic/encode.ts'
import { takesSchema } from './anthropic/models.ts'
import type { SchemaDialect } from '../schema/vendor-support.ts'

const ANTHROPIC = { baseURL: 'https://api.anthropic.com' }
const VERSION = '2023-06-01'
/** The feature flag without which a `file_id` is unknown. */
const FILES = 'files-api-2025-04-14'

/**
 * A Claude, or a model behind a server of the same format. Key: `ANTHROPIC_API_KEY`. `baseURL` may end in `/v1` or not.
 * `maxTokens`, which this API demands, is 20,000 where it is not given (4096 for Claude 3, 8192 for 3.5 and for other
 * vendors' models), and a `reasoning.budget` more.
 * Instructions stand before the conversation here, wherever in it they were written.
 * @throws {ConfigError} `missing_api_key`, `browser_key`, `unsupported_option`, `invalid_config`
 * @throws {ServiceError} with Anthropic's own word as `vendorCode`
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
    return this.#ask(messages, call, true)
  }

  protected override _chatNoStream(
    messages: readonly Message[],
    call: Call,
  ): AsyncIterable<StreamEvent[]> {
    return this.#ask(messages, call, false)
  }

  override supportResponseFormat(type: 'json_object' | 'json_schema'): boolean {
    return type === 'json_schema' && takesSchema(this.model)
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
      // Without it a page is refused, whatever its key.
      ...(key && isForeignOrigin(url) && { 'anthropic-dangerous-direct-browser-access': 'true' }),
    }
    return post(url, { body, headers, decodeError }, call)
  }
}

/** The endpoint below a base that ends anywhere: at the host, at a relay's path, at `/v1`, at the endpoint itself. */
function urlOf(base: string): string {
  const place = base.replace(/(\/v1)?(\/messages)?\/*(?=$|[?#])/, '')
  return endpoint(place, '/v1/messages', '')
}

/** Tokens of a login are no keys. */
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

/** The flags of the config, of the call and of what it holds, in one header: one would replace the others. */
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
