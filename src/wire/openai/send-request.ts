/**
 * Sends a request to a server of the OpenAI format, with its key.
 */
import { resolveKey } from '../../api-key.ts'
import type { Call } from '../../call.ts'
import { post } from '../../http/client.ts'
import type { ModelConfig } from '../../options.ts'
import type { ApiLocation } from './endpoint.ts'
import { isVendorHost } from './endpoint.ts'
import type { ErrorCodes } from './errors.ts'
import { decodeError } from './errors.ts'

/** What is known of the server, and of the model that asks it. */
export interface Sender {
  config: ModelConfig
  provider: string
  server: ApiLocation & {
    keyVariables: readonly string[]
    requiresKey?: boolean
    errorCodes?: ErrorCodes
    honorsIdempotencyKey?: boolean
  }
  keyHeaders: (key: string) => Record<string, string>
}

/** Sends a body and returns the response, whichever API it is for. */
export async function sendRequest(
  { config, provider, server, keyHeaders }: Sender,
  { url, body }: { url: string; body: Record<string, unknown> },
  call: Call,
): Promise<Response> {
  const key = await resolveKey({
    config,
    provider,
    variables: server.keyVariables,
    url,
    required: server.requiresKey !== false && isVendorHost(server, url),
    call,
  })
  return await post(
    url,
    {
      body,
      headers: key ? keyHeaders(key) : {},
      decodeError: (text, status) => decodeError(text, status, server.errorCodes),
      honorsIdempotencyKey: server.honorsIdempotencyKey,
    },
    call,
  )
}
