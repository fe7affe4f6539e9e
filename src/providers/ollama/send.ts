/**
 * Sends requests to an Ollama server.
 */
import type { Call } from '../../call.ts'
import { resolveKey } from '../../api-key.ts'
import { StreamError } from '../../errors.ts'
import type { PostRequest } from '../../http/client.ts'
import { post } from '../../http/client.ts'
import type { ModelConfig } from '../../options.ts'
import { isVendorHost } from '../../wire/openai/endpoint.ts'
import { describeRefusal } from './decode.ts'
import { CLOUD, resolveRoot } from './endpoint.ts'

/** What a request needs to know of its model. */
export interface Settings {
  config: ModelConfig
  provider: string
}

/** Sends a request to a path of the server. */
export async function send(
  { config, provider }: Settings,
  path: string,
  request: PostRequest,
  call: Call,
): Promise<Response> {
  const root = resolveRoot(config)
  const isCloud = isVendorHost(CLOUD, root)
  const key = await resolveKey({
    config,
    provider,
    variables: ['OLLAMA_API_KEY'],
    url: root,
    required: isCloud && path !== '/api/tags',
    call,
  })
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

/**
 * Explains a failed connection: a page cannot see why it was blocked, and a server that is not running is the
 * most common cause.
 */
function explainSilence(error: unknown): unknown {
  if (!(error instanceof StreamError) || error.code !== 'connection_failed') return error
  const page = (globalThis as { location?: { origin?: string } }).location?.origin
  const origins = page ? `, with ${page} in its OLLAMA_ORIGINS` : ''
  error.message += `. Is Ollama running there (\`ollama serve\`)${origins}?`
  return error
}
