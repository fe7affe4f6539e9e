/**
 * Sends a request of the Messages API and reads its reply.
 * @see https://platform.claude.com/docs/en/api/messages
 */
import type { Call } from '../../call.ts'
import { isForeignOrigin, readEnv } from '../../env.ts'
import { resolveKey } from '../../api-key.ts'
import type { StreamEvent } from '../../event.ts'
import type { BodyStream } from '../../http/body-stream.ts'
import { post } from '../../http/client.ts'
import { readSSE } from '../../http/sse.ts'
import type { Message } from '../../message.ts'
import type { ModelConfig } from '../../options.ts'
import { endpoint, isVendorHost } from '../../wire/openai/endpoint.ts'
import { decodeError, decodeEvents } from './decode.ts'
import { encodeRequest } from './encode.ts'

const ANTHROPIC = { baseURL: 'https://api.anthropic.com' }
const VERSION = '2023-06-01'
/** The beta flag required for a `file_id`. */
const FILES = 'files-api-2025-04-14'

/** Sends the request at the first read. */
export function chat(
  model: Settings,
  messages: readonly Message[],
  call: Call,
  { stream }: { stream: boolean },
): BodyStream<StreamEvent> {
  const { config } = model
  const url = urlOf(
    config.baseURL ?? readEnv(['ANTHROPIC_BASE_URL'], config.env) ?? ANTHROPIC.baseURL,
  )
  return decodeEvents(readSSE(send(model, messages, call, { url, stream }), call), call, url)
}

interface Settings {
  config: ModelConfig
  provider: string
}

async function send(
  { config, provider }: Settings,
  messages: readonly Message[],
  call: Call,
  { url, stream }: { url: string; stream: boolean },
): Promise<Response> {
  const body = encodeRequest(messages, call, { stream }, url)
  const namesFiles = messages.some(namesFile)
  const key = await resolveKey({
    config,
    provider,
    variables: ['ANTHROPIC_API_KEY'],
    url,
    required: isVendorHost(ANTHROPIC, url),
    call,
  })
  mergeBetas(call, config.headers, namesFiles ? [FILES] : [])
  const headers = {
    'anthropic-version': VERSION,
    ...(key && keyHeader(key)),
    // Required for requests from pages, whatever the key.
    ...(key && isForeignOrigin(url) && { 'anthropic-dangerous-direct-browser-access': 'true' }),
  }
  return post(url, { body, headers, decodeError }, call)
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
function mergeBetas(
  call: Call,
  config: Record<string, string> = {},
  required: readonly string[],
): void {
  const given = [config, call.headers].flatMap((headers) =>
    Object.keys(headers)
      .filter((name) => name.toLowerCase() === BETA)
      .map((name) => headers[name]),
  )
  const flags = given
    .join()
    .split(',')
    .map((flag) => flag.trim())
  const all = [...new Set([...flags, ...required])].filter((flag) => flag)
  if (all.length === 0) return
  for (const name of Object.keys(call.headers))
    if (name.toLowerCase() === BETA) delete call.headers[name]
  call.headers[BETA] = all.join()
}
