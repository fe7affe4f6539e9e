/**
 * Sends a request of the Responses API and reads its reply.
 * @see https://platform.openai.com/docs/api-reference/responses
 */
import type { Call } from '../../call.ts'
import { shouldStream } from '../../chat/should-stream.ts'
import { resolveKey } from '../../api-key.ts'
import type { StreamEvent } from '../../event.ts'
import type { BodyStream } from '../../http/body-stream.ts'
import { post } from '../../http/client.ts'
import { readSSE } from '../../http/sse.ts'
import type { Message } from '../../message.ts'
import type { ModelConfig } from '../../options.ts'
import { withFormat } from '../../schema-prompt.ts'
import { forModel, thinks } from '../../wire/openai/dialect.ts'
import { isVendorHost } from '../../wire/openai/endpoint.ts'
import { decodeError } from '../../wire/openai/errors.ts'
import { decodeEvents } from '../../wire/responses/decode.ts'
import type { ResponsesDialect } from '../../wire/responses/encode.ts'
import { encodeRequest } from '../../wire/responses/encode.ts'
import type { OpenAiServer } from '../openai.ts'

/** Where a request goes, and what the server there supports. */
export interface Target {
  config: ModelConfig
  provider: string
  server: OpenAiServer
  url: string
  keyHeaders: (key: string) => Record<string, string>
  dialect: ResponsesDialect
}

/** Sends the request at the first read. */
export function chat(
  target: Target,
  messages: readonly Message[],
  call: Call,
): BodyStream<StreamEvent> {
  return decodeEvents(readSSE(send(target, messages, call), call), call)
}

async function send(
  { config, provider, server, url, keyHeaders, dialect }: Target,
  messages: readonly Message[],
  call: Call,
): Promise<Response> {
  const showsThinking = !server.silentWhileThinking && thinks(call, forModel(server, call.model))
  const stream = shouldStream(call, config, { thinks: showsThinking })
  const shown = server.hidesSchema ? withFormat(messages, call.responseFormat) : messages
  const body = encodeRequest(shown, call, dialect, { stream })
  const key = await resolveKey({
    config,
    provider,
    variables: server.keyVariables,
    url,
    required: server.requiresKey !== false && isVendorHost(server, url),
  })
  if (key) call.secrets.push(key)
  return post(
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
