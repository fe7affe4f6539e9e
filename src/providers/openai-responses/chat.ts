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
import { showsThinking, TAKES_VERBOSITY } from '../../wire/openai/dialect.ts'
import { sendRequest } from '../../wire/openai/send-request.ts'
import { decodeEvents } from '../../wire/responses/decode.ts'
import type { ResponsesDialect } from '../../wire/responses/encode.ts'
import { encodeRequest } from '../../wire/responses/encode.ts'
import type { OpenAiServer } from '../openai.ts'
import { effortsOf, thinksOnRequest } from '../../wire/openai/models.ts'

/** Where a request goes, and what the server there supports. */
export interface Target {
  config: ModelConfig
  provider: string
  server: OpenAiServer
  url: string
  keyHeaders: (key: string) => Record<string, string>
  /** Returns what the server supports for a model. @default that of OpenAI */
  dialect?: ((model: string) => ResponsesDialect) | undefined
}

/** Reasoning models of OpenAI and Azure. @see https://platform.openai.com/docs/guides/reasoning */
const REASONING_MODELS = /^(o\d|gpt-[5-9](?!-chat)|gpt-oss|codex|computer-use)/

/** Sends the request at the first read. */
export function chat(
  target: Target,
  messages: readonly Message[],
  call: Call,
): BodyStream<StreamEvent> {
  return decodeEvents(readSSE(send(target, messages, call), call), call)
}

async function send(target: Target, messages: readonly Message[], call: Call): Promise<Response> {
  const { config, server, url, dialect = openAi } = target
  const stream = shouldStream(call, config, { thinks: showsThinking(call, server) })
  const shown = server.hidesSchema ? withFormat(messages, call.responseFormat) : messages
  const body = encodeRequest(shown, call, dialect(call.model), { stream })
  return sendRequest(target, { url, body }, call)
}

function openAi(model: string): ResponsesDialect {
  const reasoning = REASONING_MODELS.test(model)
  return {
    reasoning,
    encryptedReasoning: reasoning,
    searchTool: 'web_search',
    verbosity: TAKES_VERBOSITY.test(model),
    ...(reasoning && {
      fixedSampling: true,
      thinksByDefault: !thinksOnRequest(model),
      ...(/^(o\d|gpt)/.test(model) && { efforts: effortsOf(model, 'responses') }),
    }),
  }
}
