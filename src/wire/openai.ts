/**
 * The OpenAI spelling of answers and errors, with all that its many servers make of it.
 * @see https://platform.openai.com/docs/api-reference/chat
 */
import type { Call } from '../call.ts'
import { ServiceError, StreamError } from '../errors.ts'
import type { FinishReason, Source, StreamEvent } from '../event.ts'
import type { Frame } from '../http/sse.ts'
import { parseFrame } from '../http/sse.ts'
import type { ErrorCodes } from './openai-errors.ts'
import { toChatError, toServiceError, unexpected } from './openai-errors.ts'
import type { WireUsage } from './openai-usage.ts'
import { decodeUsage } from './openai-usage.ts'
import { ToolCallIndex } from './tool-call-index.ts'
import type { WireToolCall } from './tool-call-index.ts'

/** The members that are read of a chunk or a whole answer; any of them may be missing or null. */
interface WireAnswer {
  id?: unknown
  model?: unknown
  object?: unknown
  choices?: WireChoice[] | null
  usage?: WireUsage | null
  error?: unknown
  code?: unknown
  message?: unknown
  citations?: unknown
  search_results?: unknown
  web_search?: unknown
}

interface WireChoice {
  index?: number | null
  delta?: WireMessage | null
  message?: WireMessage | null
  text?: string | null
  finish_reason?: string | null
  usage?: WireUsage | null
}

interface WireMessage {
  content?: unknown
  refusal?: string | null
  reasoning_content?: unknown
  reasoning?: unknown
  reasoning_text?: unknown
  reasoning_details?: WireDetail[] | null
  tool_calls?: WireToolCall[] | null
  function_call?: { name?: string; arguments?: unknown } | null
  annotations?: { type?: string; url_citation?: { url?: string; title?: string } }[] | null
}

/** A piece of the thinking that some routers want back unchanged. */
interface WireDetail {
  type?: string
  index?: number
  [member: string]: unknown
}

/** What a decoder is told. */
export interface DecodeOptions {
  /** Whether `reasoning_details` must be sent back on the next turn. */
  keepDetails?: boolean | undefined
  /** A member of the chunk in which a vendor hides the usage. */
  usageIn?: string | undefined
  /** What a vendor's own error codes mean, where they are its own. */
  errorCodes?: ErrorCodes | undefined
}

/**
 * Frames to events. One decoder for chunks and for whole answers, since servers send either when asked for the other.
 * @throws {ServiceError} for an error inside the answer
 * @throws {StreamError} `stream_truncated`, `bad_frame`
 */
export async function* decodeEvents(
  frames: AsyncIterable<Frame[]>,
  call: Call,
  options: DecodeOptions = {},
): AsyncGenerator<StreamEvent[]> {
  const decoder = new AnswerDecoder(call, options)
  for await (const batch of frames) {
    const events: StreamEvent[] = []
    try {
      for (const frame of batch) decoder.push(frame, events)
    } catch (error) {
      if (events.length > 0) yield events // what came before the failure, in the same piece
      throw toChatError(error)
    }
    if (events.length > 0) yield events
  }
  const last = decoder.end()
  if (last.length > 0) yield last
}

class AnswerDecoder {
  #call: Call
  #options: DecodeOptions
  #tools = new ToolCallIndex()
  #urls = new Set<string>()
  #details: WireDetail[] | undefined
  #ended = false
  #finished = false

  constructor(call: Call, options: DecodeOptions) {
    this.#call = call
    this.#options = options
    if (options.keepDetails) this.#details = []
  }

  push(frame: Frame, out: StreamEvent[]): void {
    if (frame.data.startsWith('[DONE]')) {
      this.#ended = true
      return
    }
    // An unfinished frame behind the end of the answer is nobody's loss.
    if (frame.kind === 'last' && this.#ended) return
    const parsed = parseFrame(frame)
    const answer = (Array.isArray(parsed) ? parsed[0] : parsed) as WireAnswer | null
    if (typeof answer !== 'object' || answer === null || isError(answer, frame)) {
      throw toServiceError(answer, frame.data, this.#options.errorCodes)
    }
    this.#readHead(answer, out)
    const choice = answer.choices?.find((one) => one && (one.index ?? 0) === 0)
    if (choice) this.#readChoice(choice, out)
    if (frame.kind !== 'body') return
    if (!choice) throw unexpected('holds no choices', frame.data)
    this.#ended = true // a whole answer ends with its body, whatever its reason says
  }

  #readHead(answer: WireAnswer, out: StreamEvent[]): void {
    const call = this.#call
    if (call.responseId === undefined && typeof answer.id === 'string' && answer.id)
      call.responseId = answer.id
    if (call.responseModel === undefined && typeof answer.model === 'string' && answer.model) {
      call.responseModel = answer.model
    }
    const { usageIn } = this.#options
    const usage =
      answer.usage ??
      (usageIn && (answer as Record<string, { usage?: WireUsage } | null>)[usageIn]?.usage)
    if (usage) out.push({ type: 'usage', usage: decodeUsage(usage) })
    if (answer.citations || answer.search_results || answer.web_search)
      this.#readSources(answer, out)
  }

  #readChoice(choice: WireChoice, out: StreamEvent[]): void {
    if (choice.usage) out.push({ type: 'usage', usage: decodeUsage(choice.usage) })
    const message = choice.delta ?? choice.message
    if (message) this.#readMessage(message, out)
    else if (choice.text) out.push({ type: 'text-delta', text: choice.text })
    const reason = choice.finish_reason
    if (reason) this.#finish(reason, out)
  }

  #readMessage(message: WireMessage, out: StreamEvent[]): void {
    const reasoning = message.reasoning_content || message.reasoning || message.reasoning_text
    if (typeof reasoning === 'string' && reasoning)
      out.push({ type: 'reasoning-delta', text: reasoning })
    const { content } = message
    if (typeof content === 'string') {
      if (content) out.push({ type: 'text-delta', text: content })
    } else if (Array.isArray(content)) readParts(content, out)
    if (message.refusal) out.push({ type: 'text-delta', text: message.refusal })
    if (message.tool_calls) {
      for (const [position, call] of message.tool_calls.entries())
        this.#tools.push(call, position, out)
    } else if (message.function_call) this.#tools.push({ function: message.function_call }, 0, out)
    if (message.annotations) this.#readAnnotations(message.annotations, out)
    if (this.#details && message.reasoning_details)
      keepDetails(this.#details, message.reasoning_details)
  }

  #readAnnotations(annotations: NonNullable<WireMessage['annotations']>, out: StreamEvent[]): void {
    for (const { url_citation: cited } of annotations) if (cited?.url) this.#pushSource(cited, out)
  }

  #readSources(answer: WireAnswer, out: StreamEvent[]): void {
    for (const list of [answer.search_results, answer.web_search, answer.citations]) {
      if (!Array.isArray(list)) continue
      for (const entry of list)
        this.#pushSource(typeof entry === 'string' ? { url: entry } : entry, out)
    }
  }

  // The same pages are repeated in every chunk by some servers, and in two lists by others.
  #pushSource(entry: Record<string, unknown> | null, out: StreamEvent[]): void {
    const source: Source = {}
    const take = (name: keyof Source, value: unknown) => {
      if (typeof value === 'string' && value) source[name] = value
    }
    take('url', entry?.url ?? entry?.link)
    take('title', entry?.title)
    take('label', entry?.refer)
    take('siteName', entry?.media)
    take('snippet', entry?.snippet ?? entry?.content)
    const key = source.url ?? source.title
    if (!key || this.#urls.has(key)) return
    this.#urls.add(key)
    out.push({ type: 'source', source })
  }

  #finish(raw: string, out: StreamEvent[]): void {
    if (BROKEN.has(raw)) {
      throw new ServiceError(
        'server_error',
        `The model failed in the middle of its answer (${raw})`,
        {
          vendorCode: raw,
          retryable: true,
        },
      )
    }
    this.#finished = true
    out.push({ type: 'finish', finishReason: FINISH_REASONS[raw] ?? 'other', rawFinishReason: raw })
  }

  end(): StreamEvent[] {
    if (!this.#finished && !this.#ended) {
      throw new StreamError('stream_truncated', 'The answer ended before its finish reason')
    }
    const messageFields = this.#details?.length ? { reasoning_details: this.#details } : undefined
    if (this.#finished && !messageFields) return []
    // Behind a finish that said more, this one adds only its fields.
    const finishReason = this.#finished ? 'other' : 'stop'
    return [
      {
        type: 'finish',
        finishReason,
        rawFinishReason: null,
        ...(messageFields && { messageFields }),
      },
    ]
  }
}

/** Thinking inside a list of parts: `[{ type: 'thinking', thinking: [{ text }] }, { type: 'text', text }]`. */
function readParts(parts: unknown[], out: StreamEvent[]): void {
  for (const part of parts as Record<string, unknown>[]) {
    if (typeof part?.text === 'string' && part.text)
      out.push({ type: 'text-delta', text: part.text })
    const { thinking } = part ?? {}
    const pieces =
      typeof thinking === 'string' ? [{ text: thinking }] : Array.isArray(thinking) ? thinking : []
    for (const { text } of pieces)
      if (text) out.push({ type: 'reasoning-delta', text: String(text) })
  }
}

/** Pieces of one detail follow each other; its texts grow, everything else is said once. */
function keepDetails(kept: WireDetail[], pieces: WireDetail[]): void {
  for (const piece of pieces) {
    const last = kept.at(-1)
    if (!last || last.type !== piece.type || last.index !== piece.index) {
      kept.push({ ...piece })
      continue
    }
    for (const [name, value] of Object.entries(piece)) {
      const before = last[name]
      const grows = name === 'text' || name === 'summary' || name === 'data'
      if (grows && typeof before === 'string' && typeof value === 'string')
        last[name] = before + value
      else if (value !== null && value !== undefined) last[name] = value
    }
  }
}

const FINISH_REASONS: Record<string, FinishReason> = {
  stop: 'stop',
  end: 'stop',
  eos: 'stop',
  end_turn: 'stop',
  length: 'length',
  max_tokens: 'length',
  model_length: 'length',
  model_context_window_exceeded: 'length',
  tool_calls: 'tool_calls',
  function_call: 'tool_calls',
  content_filter: 'content_filter',
  sensitive: 'content_filter',
}

/** Reasons by which a server says, without an error frame, that what it sent is not the whole. */
const BROKEN = new Set(['error', 'network_error', 'insufficient_system_resource'])

function isError(answer: WireAnswer, frame: Frame): boolean {
  if (answer.error !== undefined && answer.error !== null) return true
  if (frame.event === 'error' || answer.object === 'error') return true
  return !answer.choices && answer.code !== undefined && answer.message !== undefined
}
