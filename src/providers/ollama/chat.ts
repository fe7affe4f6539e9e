/**
 * Sends a chat to Ollama and reads its reply.
 * @see https://docs.ollama.com/api
 */
import type { Call } from '../../call.ts'
import type { StreamEvent } from '../../event.ts'
import type { BodyStream } from '../../http/body-stream.ts'
import { readNDJSON } from '../../http/ndjson.ts'
import type { Message } from '../../message.ts'
import { isVendorHost } from '../../wire/openai/endpoint.ts'
import { decodeEvents } from './decode.ts'
import { encodeRequest } from './encode.ts'
import { CLOUD, resolveRoot } from './endpoint.ts'
import type { Settings } from './send.ts'
import { send } from './send.ts'

interface ChatSettings extends Settings {
  /** Counts the tokens of the prompt. */
  countPrompt: () => number
}

/** Sends the request at the first read. */
export function chat(
  model: ChatSettings,
  messages: readonly Message[],
  call: Call,
  { stream }: { stream: boolean },
): BodyStream<StreamEvent> {
  const lines = readNDJSON(request(model, messages, call, { stream }), call)
  return decodeEvents(lines, call, model.countPrompt)
}

async function request(
  model: Settings,
  messages: readonly Message[],
  call: Call,
  { stream }: { stream: boolean },
): Promise<Response> {
  const { config } = model
  const isCloud = isVendorHost(CLOUD, resolveRoot(config))
  const contextLength = isCloud ? undefined : config.maxLength
  const body = encodeRequest(messages, call, { stream, contextLength })
  return send(model, call.rawPrompt === undefined ? '/api/chat' : '/api/generate', { body }, call)
}
