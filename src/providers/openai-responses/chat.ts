/**
 * Sends a request of the Responses API and reads its reply.
 * @see https://platform.openai.com/docs/api-reference/responses
 */
import type { Call } from '../../call.ts'
import { shouldStream } from '../../chat/should-stream.ts'
import type { StreamEvent } from '../../event.ts'
import type { BodyStream } from '../../http/body-stream.ts'
import { readSSE } from '../../http/sse.ts'
import type { Message } from '../../message.ts'
import type { ModelConfig } from '../../options.ts'
import { withFormat } from '../../schema-prompt.ts'
import { showsThinking } from '../../wire/openai/dialect.ts'
import { sendRequest } from '../../wire/openai/send-request.ts'
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

async function send(target: Target, messages: readonly Message[], call: Call): Promise<Response> {
  const { config, server, url, dialect } = target
  const stream = shouldStream(call, config, { thinks: showsThinking(call, server) })
  const shown = server.hidesSchema ? withFormat(messages, call.responseFormat) : messages
  const body = encodeRequest(shown, call, dialect, { stream })
  return sendRequest(target, { url, body }, call)
}
