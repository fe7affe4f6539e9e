/**
 * Sends a request of Chat Completions and reads its reply.
 * @see https://platform.openai.com/docs/api-reference/chat
 */
import type { Call } from '../../call.ts'
import { shouldStream } from '../../chat/should-stream.ts'
import { ServiceError } from '../../errors.ts'
import type { StreamEvent } from '../../event.ts'
import type { BodyStream } from '../../http/body-stream.ts'
import { readSSE } from '../../http/sse.ts'
import type { Message } from '../../message.ts'
import type { ModelConfig } from '../../options.ts'
import { decodeEvents } from '../../wire/openai/decode.ts'
import type { Dialect } from '../../wire/openai/dialect.ts'
import { showsThinking, unsupported } from '../../wire/openai/dialect.ts'
import { encodeRequest } from '../../wire/openai/encode.ts'
import { isPrefill } from '../../wire/openai/messages.ts'
import { sendRequest } from '../../wire/openai/send-request.ts'
import { alwaysThinks, effortsOf, refusesTools, thinksOnRequest } from '../../wire/openai/models.ts'
import type { OpenAiServer } from './server.ts'
import { OPENAI } from './server.ts'

/** Where a request goes, and what is known of the server there. */
export interface ChatTarget {
  config: ModelConfig & { replayReasoning?: Dialect['replayReasoning'] | undefined }
  provider: string
  server: OpenAiServer
  /** Returns the URL. @param prefills true if the messages end with the start of the reply */
  urlOf: (prefills: boolean) => string
  keyHeaders: (key: string) => Record<string, string>
  /** Kept for the model's later calls. */
  quirks: ServerQuirks
}

/** Options that a server's errors have shown to be unsupported. The request is repeated once without them. */
export interface ServerQuirks {
  maxTokens?: 'max_tokens' | 'max_completion_tokens'
  streamUsage?: false
  streamOnly?: true
  systemFirst?: true
  wholeOnly?: true
}

/** OpenAI's reasoning models. They reject stop sequences and accept named efforts. */
const REASONING_MODELS = /^(o\d|gpt-[5-9](?!.*-chat)|gpt-oss)/

/** Sends the request at the first read. */
export function chat(
  target: ChatTarget,
  messages: readonly Message[],
  call: Call,
): BodyStream<StreamEvent> {
  const { config, server, quirks } = target
  const stream =
    call.stream ||
    quirks.streamOnly === true ||
    (!quirks.wholeOnly && shouldStream(call, config, { thinks: showsThinking(call, server) }))
  const { reasoningDetails: keepDetails, usageField, errorCodes } = server
  const frames = readSSE(send(target, messages, call, { stream }), call)
  return decodeEvents(frames, call, { keepDetails, usageField, errorCodes })
}

async function send(
  target: ChatTarget,
  messages: readonly Message[],
  call: Call,
  { stream }: { stream: boolean },
  discovered: ServerQuirks = {},
): Promise<Response> {
  const { urlOf, quirks } = target
  const dialect = dialectOf(target, call)
  const body = encodeRequest(messages, call, dialect, { stream })
  if (dialect.fixedWhileThinking && isOpenAi(target)) refuseTools(call, body)
  const url = urlOf(Array.isArray(body.messages) && isPrefill(body.messages.at(-1)))
  try {
    return await sendRequest(target, { url, body }, call)
  } catch (error) {
    const quirk = quirkFromError(error, body)
    // Each quirk is discovered once per call, so this ends. Another call may have discovered it meanwhile.
    if (quirk?.wholeOnly && call.stream) throw error // the caller wants a stream
    if (!quirk || Object.keys(quirk).every((name) => name in discovered)) throw error
    Object.assign(quirks, quirk)
    call.idempotencyKey = undefined // stands for one body
    const streams = (stream && !quirk.wholeOnly) || quirks.streamOnly === true
    // Does not count as a retry, since the request has changed.
    return await send(target, messages, call, { stream: streams }, { ...discovered, ...quirk })
  }
}

function dialectOf({ config, server, quirks }: ChatTarget, call: Call): Dialect {
  const { replayReasoning } = config
  const dialect: Dialect = { ...server, ...quirks, ...(replayReasoning && { replayReasoning }) }
  const isAzure = server.schemaDialect === 'azure'
  if (!isOpenAi({ server })) return dialect
  if (REASONING_MODELS.test(call.model)) {
    dialect.stopLimit = 0
    dialect.fixedWhileThinking = {
      temperature: 1,
      topP: 1,
      presencePenalty: 0,
      frequencyPenalty: 0,
    }
    dialect.thinksByDefault = !thinksOnRequest(call.model)
    dialect.efforts = effortsOf(call.model, 'chat')
  } else if (isAzure) return dialect // a deployment may have any name
  else dialect.reasoningStyle = 'off'
  dialect.alwaysThinks = alwaysThinks(call.model)
  return dialect
}

function isOpenAi({ server }: Pick<ChatTarget, 'server'>): boolean {
  return server === OPENAI || server.schemaDialect === 'azure'
}

/** @throws {ConfigError} `unsupported_option` for tools that the Responses API alone takes */
function refuseTools(
  call: Call,
  { tools, reasoning_effort: effort }: Record<string, unknown>,
): void {
  const { model } = call
  if (!Array.isArray(tools) || !tools.some((tool) => tool?.type === 'function')) return
  if (!refusesTools(model, effort)) return
  const way = alwaysThinks(model) ? '' : '`reasoning: false` or '
  throw unsupported(
    call,
    `function tools with ${model} while it thinks (pass ${way}\`api: 'responses'\`)`,
  )
}

/** Returns the quirk that a server's error reveals, if any. */
function quirkFromError(error: unknown, body: Record<string, unknown>): ServerQuirks | undefined {
  if (!(error instanceof ServiceError)) return undefined
  const words = error.message
  // Of a chat template; llama.cpp sends it with 500.
  if (/system message must be at the beginning/i.test(words)) return { systemFirst: true }
  if (error.status !== 400 && error.status !== 422) return undefined
  if ('max_tokens' in body && words.includes('max_completion_tokens'))
    return { maxTokens: 'max_completion_tokens' }
  if ('max_completion_tokens' in body && /max_(completion_)?tokens/.test(words))
    return { maxTokens: 'max_tokens' }
  if ('stream_options' in body && words.includes('stream_options')) return { streamUsage: false }
  // "This model only supports streaming responses", "… must be set to false for non-streaming calls".
  if (!body.stream && /only supports? stream|non-streaming calls/i.test(words))
    return { streamOnly: true }
  // "Your organization must be verified to stream this model."
  if (body.stream && /verified to stream/i.test(words)) return { wholeOnly: true }
  return undefined
}
