/**
 * Decodes responses and errors in the OpenAI format, with the variations of its many servers.
 * @see https://platform.openai.com/docs/api-reference/chat
 */
import type { Call } from '../../call.ts'
import type { StreamEvent } from '../../event.ts'
import type { AnswerState, Frame } from '../../http/frame.ts'
import { checkWhole, isEndMark } from '../../http/frame.ts'
import type { Slot, Template } from '../../http/frame-template.ts'
import { findText, FrameParser } from '../../http/frame-template.ts'
import type { BodyStream, Decoder } from '../../http/body-stream.ts'
import { readContent, repeatsText, thoughtOf } from './content.ts'
import type { ErrorCodes } from './errors.ts'
import { toFinishReason } from '../finish-reasons.ts'
import { toServiceError, unexpected } from './errors.ts'
import type { WireAnnotations, WireSources } from './sources.ts'
import { CitationReader } from './sources.ts'
import { decodeUsage } from './usage.ts'
import type { WireMedia } from './media-reader.ts'
import { MediaReader } from './media-reader.ts'
import type { WireDetail } from './reasoning-details.ts'
import { keepDetails, textOfDetails } from './reasoning-details.ts'
import { SignatureReader } from './signatures.ts'
import { ToolCallIndex } from './tool-call-index.ts'
import type { WireToolCall } from './tool-call-index.ts'

/** The properties of a chunk or a buffered response that are read. Any of them may be missing or null. */
interface WireAnswer extends WireSources {
  id?: unknown
  model?: unknown
  object?: unknown
  choices?: WireChoice[] | null
  usage?: object | null
  error?: unknown
  errors?: unknown
  detail?: unknown
  code?: unknown
  message?: unknown
  msg?: unknown
  /** MiniMax. */
  base_resp?: { status_code?: unknown; status_msg?: unknown } | null
  /** Cline: the response. https://github.com/cline/cline/issues/13348 */
  data?: WireAnswer | null
}

interface WireChoice {
  index?: number | null
  delta?: WireMessage | null
  message?: WireMessage | null
  text?: unknown
  finish_reason?: unknown
  usage?: object | null
  /** OpenRouter and other gateways: the error of their upstream. */
  error?: unknown
}

interface WireMessage extends WireMedia {
  content?: unknown
  refusal?: unknown
  reasoning_content?: unknown
  reasoning?: unknown
  reasoning_text?: unknown
  /** Gateways in front of Claude. */
  thinking?: unknown
  reasoning_details?: WireDetail[] | null
  tool_calls?: WireToolCall[] | null | undefined
  function_call?: { name?: string; arguments?: unknown } | null
  annotations?: WireAnnotations | null | undefined
}

/** Options of a decoder. */
export interface DecodeOptions {
  /** True if `reasoning_details` must be sent back on the next turn. */
  keepDetails?: boolean | undefined
  /** Field of the chunk that contains the usage. */
  usageField?: string | undefined
  /** Meanings of a vendor's own error codes. */
  errorCodes?: ErrorCodes | undefined
}

/**
 * Decodes frames to events. One decoder for chunks and buffered responses, since servers send either when asked
 * for the other.
 * @throws {ServiceError} for an error inside the reply
 * @throws {StreamError} `stream_truncated`, `bad_frame`
 */
export function decodeEvents(
  frames: BodyStream<Frame>,
  call: Call,
  options: DecodeOptions = {},
): BodyStream<StreamEvent> {
  return frames.decode(new ChatCompletionDecoder(call, options))
}

/** Decodes one response. Does no I/O. */
export class ChatCompletionDecoder implements Decoder<Frame, StreamEvent> {
  #call: Call
  #options: DecodeOptions
  #parser: FrameParser<DeltaRun>
  /** Missing until there is a tool call. */
  #tools: ToolCallIndex | undefined
  #sources = new CitationReader()
  #details: WireDetail[] | undefined
  #signatures = new SignatureReader()
  /** Missing until there is speech or a picture. */
  #media: MediaReader | undefined
  /** True if any part of the reply came as a delta. */
  #hasDeltas = false
  #hasText = false
  /** The text so far of a model that repeats it in each chunk. */
  #repeated: string | undefined
  /** The index of the choice that is read. */
  #index: unknown
  /** The kind of field in which thinking came first: the other kind repeats it. */
  #thinking: 'text' | 'details' | undefined
  #state: AnswerState = 'empty'
  #ended = false

  constructor(call: Call, options: DecodeOptions = {}) {
    this.#call = call
    // Set by an earlier attempt.
    call.responseId = call.responseModel = undefined
    this.#options = options
    const { usageField } = options
    this.#parser = new FrameParser(
      usageField ? (template) => findDelta(template, usageField) : findDelta,
    )
    if (options.keepDetails) this.#details = []
    if (repeatsText(call.model)) this.#repeated = ''
  }

  push(frame: Frame, out: StreamEvent[]): void {
    if (isEndMark(frame)) return this.#complete(out)
    // An unfinished frame after the end of the reply loses nothing.
    if (frame.kind === 'unterminated' && this.#ended) return
    // A comment that a gateway sends on as data. https://github.com/mnfst/llm-gateway/issues/2053
    if (frame.data[0] === ':') return
    // Its data may be plain text.
    if (frame.event === 'error') throw toServiceError(frame.data, this.#options.errorCodes)
    const parsed = this.#parser.parse(frame)
    this.read(Array.isArray(parsed) ? parsed[0] : parsed, out, frame)
  }

  get template(): Template | undefined {
    return this.#repeated === undefined ? this.#parser.template : undefined
  }

  pushValues(values: readonly unknown[], out: StreamEvent[]): void {
    // A run has the choice 0, which is left out if another one is read.
    const run = this.#index ? undefined : this.#parser.run
    if (!run) {
      const parsed = this.#parser.build(values)
      return this.read(Array.isArray(parsed) ? parsed[0] : parsed, out)
    }
    const text = values[run.slot] as string
    if (run.call) {
      run.call.function.arguments = text
      this.#toolIndex().push(run.call, 0, out)
    } else if (text) out.push({ type: run.type, text })
  }

  /** Reads a chunk or a response. @param frame its frame, if it came over a wire */
  read(parsed: unknown, out: StreamEvent[], frame?: Frame): void {
    const answer = parsed as WireAnswer | null
    if (typeof answer !== 'object' || answer === null)
      throw unexpected('is not an object', textOf(parsed, frame))
    if (isError(answer)) throw toServiceError(textOf(parsed, frame), this.#options.errorCodes)
    if (!answer.choices && answer.data?.choices) return this.read(answer.data, out, frame)
    if (this.#state === 'empty') this.#state = 'foreign'
    if (this.#state === 'foreign' && answer.choices) this.#state = 'running'
    this.#readHead(answer, out)
    const choices = this.#choicesOf(answer)
    for (const choice of choices) this.#readChoice(choice, out)
    if (frame?.kind !== 'notAStream') return
    if (!choices.some(isAnswer)) throw unexpected('has no choices', textOf(answer, frame))
    this.#complete(out) // a buffered reply ends with its body, whatever its finish reason
  }

  /**
   * Returns the choices to read: with several (`n`) the first one. Copilot splits it into text and tool calls of the same
   * index. The first may have another index than 0, unless others were asked for.
   * @see https://github.com/HKUDS/nanobot/pull/1555
   */
  #choicesOf({ choices }: WireAnswer): readonly WireChoice[] {
    const known = choices?.filter(Boolean) ?? []
    const hasFirst = Number(this.#call.extraBody?.n) > 1 || known.some(({ index }) => !index)
    this.#index ??= hasFirst ? 0 : known[0]?.index
    return known.filter(({ index }) => (index ?? 0) === (this.#index ?? 0))
  }

  /** Completes the reply. The end marker suffices, even without a finish reason. */
  #complete(out: StreamEvent[]): void {
    this.#ended = true
    this.#tools?.flush(out)
    if (this.#state === 'finished' || this.#state === 'foreign') return
    this.#state = 'finished'
    out.push({ type: 'finish', finishReason: 'stop', rawFinishReason: null })
  }

  #readHead(answer: WireAnswer, out: StreamEvent[]): void {
    const call = this.#call
    if (call.responseId === undefined && typeof answer.id === 'string' && answer.id)
      call.responseId = answer.id
    if (call.responseModel === undefined && typeof answer.model === 'string' && answer.model) {
      call.responseModel = answer.model
    }
    const { usageField, errorCodes } = this.#options
    const hidden =
      usageField && (answer as Record<string, Pick<WireAnswer, 'usage' | 'error'>>)[usageField]
    pushUsage(answer.usage ?? (hidden || undefined)?.usage, out)
    // Groq, if it stops a stream early.
    if (hidden && hidden.error) throw toServiceError(JSON.stringify(hidden), errorCodes)
    this.#sources.readLists(answer, out)
  }

  #readChoice(choice: WireChoice, out: StreamEvent[]): void {
    pushUsage(choice.usage, out) // Moonshot
    const { delta, message, error } = choice
    if (!isBlank(error)) throw toServiceError(JSON.stringify({ error }), this.#options.errorCodes)
    if (delta) {
      this.#hasDeltas = true
      this.#readMessage(delta, out)
    } else if (!message) readContent(choice.text, out)
    if (message) this.#readMessage(this.#hasDeltas ? this.#restOf(message) : message, out)
    const reason = choice.finish_reason
    // Gateways of other formats send the word instead of the value.
    if (reason && reason !== 'null')
      this.#finish(typeof reason === 'string' ? reason : JSON.stringify(reason), out)
  }

  /** MiniMax ends a stream with the complete reply, for its usage. Others send some of it only there. */
  #restOf(message: WireMessage): WireMessage {
    const { content, tool_calls, annotations, audio, images } = message
    const rest =
      this.#hasText || this.#media?.transcript
        ? { annotations }
        : this.#thinking
          ? { content }
          : message
    return {
      ...rest,
      ...(this.#media ? { audio: null, images: null } : { audio, images }),
      ...(this.#tools ? { tool_calls: null, function_call: null } : { tool_calls }),
    }
  }

  #toolIndex(): ToolCallIndex {
    return (this.#tools ??= new ToolCallIndex())
  }

  #readMessage(message: WireMessage, out: StreamEvent[]): void {
    if (typeof message !== 'object') throw new TypeError('The message is not an object')
    const plain = thoughtOf(
      message.reasoning_content || message.reasoning || message.reasoning_text || message.thinking,
    )
    const { reasoning_details: details } = message
    const reasoning = plain || (details && this.#thinking !== 'text' && textOfDetails(details))
    if (reasoning) {
      this.#thinking ??= plain ? 'text' : 'details'
      out.push({ type: 'reasoning-delta', text: reasoning })
    }
    if (message.content || message.refusal) this.#hasText = true
    readContent(this.#restOfText(message.content), out)
    readContent(message.refusal, out)
    this.#readMedia(message, out)
    if (message.tool_calls) {
      for (const [position, call] of message.tool_calls.entries()) {
        const index = this.#toolIndex().push(call, position, out)
        this.#signatures.readCall(call, index)
      }
    }
    this.#signatures.readMessage(message)
    if (message.function_call) this.#toolIndex().push({ function: message.function_call }, 0, out)
    if (message.annotations) this.#sources.readAnnotations(message.annotations, out)
    if (this.#details && details) keepDetails(this.#details, details)
  }

  /** Returns what text adds to that so far, if it repeats it. */
  #restOfText(content: unknown): unknown {
    const known = this.#repeated
    if (known === undefined || typeof content !== 'string' || content === '') return content
    const repeats = content.startsWith(known)
    this.#repeated = repeats ? content : undefined
    return repeats ? content.slice(known.length) : content
  }

  /** The words of speech are the text of a reply that has no other. */
  #readMedia({ content, audio, images }: WireMessage, out: StreamEvent[]): void {
    const parts = Array.isArray(content) && content.some((part) => part?.image_url)
    if (!audio && !images && !parts) return
    const media = (this.#media ??= new MediaReader())
    this.#call.partialFields = () => media.fields()
    const words = media.read({ audio, images }, content)
    if (!this.#hasText) readContent(words, out)
  }

  #finish(raw: string, out: StreamEvent[]): void {
    this.#tools?.flush(out)
    this.#state = 'finished'
    // Already here, since the connection may break before the end.
    const fields = { finishReason: toFinishReason(raw), ...this.#fields() }
    out.push({ type: 'finish', rawFinishReason: raw, ...fields })
  }

  /** Returns what the message has beside text and calls, if anything. */
  #fields(): { messageFields?: Record<string, unknown> } {
    const messageFields = {
      ...(this.#details?.length && { reasoning_details: this.#details }),
      ...this.#signatures.fields(this.#call.model),
      ...this.#media?.fields(),
    }
    return Object.keys(messageFields).length > 0 ? { messageFields } : {}
  }

  end(out: StreamEvent[]): void {
    this.#tools?.flush(out)
    checkWhole(this.#state, { last: 'finish reason', format: "OpenAI's" })
    const fields = this.#fields()
    // Follows the finish event with the reason, and adds only what came after it.
    if (fields.messageFields)
      out.push({ type: 'finish', finishReason: 'other', rawFinishReason: null, ...fields })
  }
}

/** Events that differ only in the text of a delta, and in what is not read. */
interface DeltaRun {
  slot: number
  type: 'text-delta' | 'reasoning-delta'
  /** The piece of a tool call that they hold instead. */
  call?: WireToolCall & { function: { arguments?: unknown } }
}

/** Members of a chunk that vary and are not read: `obfuscation` is random text that hides the length of a delta. */
const UNREAD = ['created', 'obfuscation']
const TEXTS = ['content', 'reasoning_content', 'reasoning']

/** Returns where the text of such events varies, if they hold nothing else. */
function findDelta(template: Template, usageField = ''): DeltaRun | undefined {
  const answer = template.plan.source as WireAnswer
  const [choice, ...choices] = answer.choices ?? []
  const { index, delta, finish_reason: reason, error, usage } = choice ?? {}
  const isOther = index || reason || error || usage || answer.usage || usageField in answer
  if (!delta || isOther || choices.length > 0) return undefined
  const { tool_calls: calls, ...members } = delta
  const [call, ...others] = calls ?? []
  const find = (name: string) => findText(template, `choices.0.delta.${name}`, ...UNREAD)
  const name = TEXTS.find(find)
  const found = find(name ?? 'tool_calls.0.function.arguments')
  const isLone = Object.entries(members).every(
    ([key, value]) => key === name || key === 'role' || !value,
  )
  if (!found || !isLone || others.length > 0 || (call && (name || !isPiece(call)))) return undefined
  for (const one of found.others)
    if (typeof one === 'number') (template.slots[one] as Slot).isUnread = true
  return {
    slot: found.slot,
    type: name === 'content' ? 'text-delta' : 'reasoning-delta',
    ...(call && { call: { ...call, function: { ...call.function } } }),
  }
}

/** True for a piece of a tool call with nothing but arguments, which changes no state but that of its call. */
function isPiece({ id, function: piece, ...others }: WireToolCall): boolean {
  const { name, arguments: _arguments, ...more } = piece ?? {}
  const isKnown = (key: string) => key === 'index' || key === 'type'
  return !id && !name && Object.keys({ ...others, ...more }).every(isKnown)
}

/** Returns the source text of a parsed value. */
function textOf(parsed: unknown, frame: Frame | undefined): string {
  return frame?.data ?? JSON.stringify(parsed)
}

function pushUsage(wire: object | null | undefined, out: StreamEvent[]): void {
  const usage = wire ? decodeUsage(wire) : undefined
  if (usage) out.push({ type: 'usage', usage })
}

function isError(answer: WireAnswer): boolean {
  const { error, object, choices, code, message, msg, base_resp: minimax } = answer
  if (object === 'error' || minimax?.status_code) return true
  // Some servers write all members of a chunk, an error that says nothing among them.
  if (error !== undefined && error !== null && !(choices && isBlank(error))) return true
  if (choices === null && typeof (message ?? msg) === 'string') return true // ModelScope
  if (choices) return false
  if (!isBlank(answer.errors) || !isBlank(answer.detail)) return true
  const isCode = code !== undefined && ![0, 200, '0', '200'].some((fine) => fine === code)
  return isCode && (message ?? msg) !== undefined
}

/** True for an error without content: `null`, `''`, `{}`, `{ message: '', code: null }`. */
function isBlank(error: unknown): boolean {
  return !error || (typeof error === 'object' && Object.values(error).every((value) => !value))
}

/** True for a choice with a known property. Anything else is garbage rather than an empty reply. */
function isAnswer({ message, delta, text, finish_reason: reason }: WireChoice): boolean {
  return [message, delta, text, reason].some((one) => one !== undefined && one !== null)
}
