/**
 * Sends a request to Gemini and reads its reply.
 * @see https://ai.google.dev/api/generate-content
 */
import type { Call } from '../../call.ts'
import { resolveKey } from '../../api-key.ts'
import type { StreamEvent } from '../../event.ts'
import type { BodyStream } from '../../http/body-stream.ts'
import { post } from '../../http/client.ts'
import { readSSE } from '../../http/sse.ts'
import type { Message } from '../../message.ts'
import type { ModelConfig } from '../../options.ts'
import { decodeEvents } from './decode.ts'
import { encodeRequest } from './encode.ts'
import { endpoint, isVendorHost } from './endpoint.ts'
import { decodeError } from './errors.ts'

interface Settings {
  config: ModelConfig
  provider: string
}

/** Sends the request at the first read. @param method `STREAM` or `WHOLE` */
export function chat(
  model: Settings,
  messages: readonly Message[],
  call: Call,
  method: string,
): BodyStream<StreamEvent> {
  return decodeEvents(readSSE(send(model, messages, call, method), call), call)
}

async function send(
  { config, provider }: Settings,
  messages: readonly Message[],
  call: Call,
  method: string,
): Promise<Response> {
  const body = encodeRequest(messages, call)
  const url = endpoint(config.baseURL, call.model, method)
  const key = await resolveKey({
    config,
    provider,
    variables: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'],
    url,
    required: isVendorHost(url),
    call,
  })
  // The query accepts a key too, but appears in logs along the way.
  const headers: Record<string, string> = key ? { 'x-goog-api-key': key } : {}
  return post(url, { body, headers, decodeError }, call)
}
