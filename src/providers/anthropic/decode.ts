/**
 * Decodes responses to events. One decoder for frames and buffered replies, since servers send either when asked
 * for the other.
 * @see https://platform.claude.com/docs/en/build-with-claude/streaming
 */
import type { Call } from '../../call.ts'
import { StreamError } from '../../errors.ts'
import type { FinishReason, StreamEvent, Usage } from '../../event.ts'
import type { AnswerState, Frame } from '../../http/frame.ts'
import { checkWhole, isEndMark } from '../../http/frame.ts'
import type { Template } from '../../http/frame-template.ts'
import { findText, FrameParser } from '../../http/frame-template.ts'
import type { BodyStream, Decoder } from '../../http/body-stream.ts'
import type { Failure } from '../../http/client.ts'
import type { ErrorCodes } from '../../wire/openai/errors.ts'
import {
  decodeError as decodeAny,
  lookUp,
  toServiceError,
  unexpected,
} from '../../wire/openai/errors.ts'
import type { WireDelta } from './blocks.ts'
import { BlockReader } from './blocks.ts'
import type { Block } from './turn.ts'
import { CONTAINER } from './messages.ts'
import { SIGNER, signerOf } from './signer.ts'
import { toFinishReason } from '../../wire/finish-reasons.ts'
import { nonNegativeNumber } from '../../wire/fields.ts'

/** The properties of a frame that are read. Any of them may be missing or null. */
interface WireFrame extends WireMessage {
  type?: unknown
  message?: WireMessage | null
  index?: number
  content_block?: Block | null
  delta?: (WireDelta & { stop_reason?: unknown; container?: object | null }) | null
  error?: unknown
  code?: unknown
}

interface WireMessage {
  id?: unknown
  model?: unknown
  content?: Block[] | null
  stop_reason?: unknown
  usage?: WireUsage | null
  container?: object | null
}

interface WireUsage {
  input_tokens?: number | null
  output_tokens?: number | null
  cache_creation_input_tokens?: number | null
  cache_read_input_tokens?: number | null
  output_tokens_details?: { thinking_tokens?: number | null } | null
}

const FINISH_REASONS: Record<string, FinishReason> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool_calls',
  refusal: 'content_filter',
}

/**
 * Omits `api_error`, which compatible servers use for any error: the status or the position is more specific.
 * @see https://platform.claude.com/docs/en/api/errors
 */
const ERROR_CODES: ErrorCodes = {
  authentication_error: ['authentication', false],
  billing_error: ['insufficient_quota', false],
  permission_error: ['permission', false],
  not_found_error: ['model_not_found', false],
  request_too_large: ['bad_request', false],
  rate_limit_error: ['rate_limit', true],
  conflict_error: ['server_error', true],
  timeout_error: ['server_error', true],
  overloaded_error: ['overloaded', true],
}

/** Decodes an error body. */
export function decodeError(text: string, status: number): Failure {
  const failure = decodeAny(text, status, ERROR_CODES)
  // The customer's own spending limit, as 400 or 429, and the limits of subscriptions (Z.ai, MiniMax). They last for
  // hours or until the end of the month.
  if (!/spend_limit|usage limit|limit exhausted|extra usage/i.test(text)) return failure
  return { ...failure, code: 'insufficient_quota', retryable: false }
}

/**
 * Decodes frames to events.
 * @throws {ServiceError} for an error inside the reply
 * @throws {StreamError} `stream_truncated`, `bad_frame`
 */
export function decodeEvents(
  frames: BodyStream<Frame>,
  call: Call,
  url = 'https://api.anthropic.com',
): BodyStream<StreamEvent> {
  return frames.decode(new MessageDecoder(call, url))
}

class MessageDecoder implements Decoder<Frame, StreamEvent> {
  #call: Call
  #url: string
  #parser = new FrameParser(findDelta)
  #blocks = new BlockReader()
  #usage: WireUsage = {}
  #container: object | undefined
  /** Id of the current message. */
  #id: unknown
  /** True if a message that has begun was started again. */
  #hasTwoStarts = false
  #state: AnswerState = 'empty'
  #ended = false

  constructor(call: Call, url: string) {
    this.#call = call
    this.#url = url
  }

  push(frame: Frame, out: StreamEvent[]): void {
    // After the end: an unfinished frame, and the end marker of another format that gateways append.
    if (this.#ended || isEndMark(frame)) return
    // Its data may be plain text.
    if (frame.event === 'error') throw toServiceError(frame.data, ERROR_CODES)
    const wire = this.#parser.parse(frame) as WireFrame | null
    if (typeof wire !== 'object' || wire === null) throw unexpected('is not an object', frame.data)
    if (isError(wire)) throw toServiceError(frame.data, ERROR_CODES)
    if (frame.kind === 'notAStream') return this.#readWhole(wire, frame.data, out)
    if (this.#state === 'empty') this.#state = 'foreign'
    if (this.#state === 'foreign' && typeof wire.type === 'string') this.#state = 'running'
    // By type, since some servers omit the event name.
    this.#readFrame(wire, out)
  }

  get template(): Template | undefined {
    return this.#parser.run && !this.#ended ? this.#parser.template : undefined
  }

  pushValues([text]: readonly unknown[], out: StreamEvent[]): void {
    const { index, delta, name } = this.#parser.run as DeltaRun
    delta[name] = text
    this.#blocks.delta(index, delta, out)
  }

  #readFrame(wire: WireFrame, out: StreamEvent[]): void {
    const { type, content_block: block, delta, message } = wire
    const index = nonNegativeNumber(wire.index) ?? 0
    // Its `output_tokens` stand for nothing, and some servers send no others: https://github.com/open-webui/open-webui/pull/27293
    if (type === 'message_start' && message)
      this.#begin({ ...message, usage: { ...message.usage, output_tokens: null } }, out)
    else if (type === 'content_block_start' && block) this.#start(index, block, out)
    else if (type === 'content_block_delta' && delta) this.#blocks.delta(index, delta, out)
    else if (type === 'content_block_stop') this.#blocks.stop(index, out)
    else if (type === 'message_delta') {
      this.#readUsage(wire.usage, out)
      if (delta?.container) this.#container = delta.container
      if (typeof delta?.stop_reason === 'string') this.#finish(delta.stop_reason, out)
    } else if (type === 'message_stop') this.#complete(out)
  }

  #start(index: number, block: Block, out: StreamEvent[]): void {
    if (this.#hasTwoStarts && index < this.#blocks.count) throw restarted()
    this.#blocks.start(index, block, out)
  }

  /**
   * Starts a message. Proxies that retry upstream send a second start, of the same message or another one. The same one
   * may go on, or begin again with its first block.
   */
  #begin(message: WireMessage, out: StreamEvent[]): void {
    const call = this.#call
    const isOther = this.#id !== undefined && this.#id !== message.id
    this.#id = message.id
    if (this.#blocks.count > 0) {
      if (isOther) throw restarted()
      this.#hasTwoStarts = true
    }
    if (isOther) this.#usage = {}
    if (message.container) this.#container = message.container
    if (typeof message.id === 'string' && message.id) call.responseId = message.id
    if (typeof message.model === 'string' && message.model) call.responseModel = message.model
    this.#readUsage(message.usage, out)
  }

  #readWhole(wire: WireFrame, text: string, out: StreamEvent[]): void {
    const { content: given, stop_reason: reason } = wire
    // Gateways write an empty list as `null`, and may send the text alone.
    const empty = given === null && typeof reason === 'string' ? [] : given
    const content = typeof empty === 'string' ? [{ type: 'text', text: empty }] : empty
    if (!Array.isArray(content)) throw unexpected('has no content', text)
    this.#begin(wire, out)
    const calls = new Set<string>()
    for (const [index, block] of content.entries()) {
      // Proxies may list the calls twice. https://github.com/rynfar/meridian/issues/528
      const call = block?.type === 'tool_use' && block.id ? JSON.stringify(block) : ''
      if (calls.has(call)) continue
      if (call) calls.add(call)
      this.#blocks.start(index, block, out)
      this.#blocks.stop(index, out)
    }
    if (typeof reason === 'string') this.#finish(reason, out)
    this.#complete(out)
  }

  /** Merges usage. Counts are cumulative; repeated ones replace earlier ones, but zeros of proxies replace none. */
  #readUsage(wire: WireUsage | null | undefined, out: StreamEvent[]): void {
    const known: Record<string, unknown> = { ...this.#usage }
    for (const [name, value] of Object.entries(wire ?? {}))
      if (value || (value !== null && !known[name])) known[name] = value
    this.#usage = known
    const usage = decodeUsage(this.#usage)
    if (usage) out.push({ type: 'usage', usage })
  }

  #finish(reason: string | null, out: StreamEvent[]): void {
    this.#state = 'finished'
    const finishReason =
      reason === null ? 'stop' : (lookUp(FINISH_REASONS, reason) ?? toFinishReason(reason))
    const blocks = this.#blocks.kept()
    const { model, responseModel = model } = this.#call
    const signer = signerOf(this.#url, responseModel)
    out.push({
      type: 'finish',
      finishReason,
      rawFinishReason: reason,
      ...((blocks || this.#container) && {
        messageFields: {
          provider_data: {
            ...(blocks && { anthropic: blocks, ...(signer && { [SIGNER]: signer }) }),
            ...(this.#container && { [CONTAINER]: this.#container }),
          },
        },
      }),
    })
  }

  /** Completes the reply. The end marker suffices, even without a stop reason. */
  #complete(out: StreamEvent[]): void {
    this.#ended = true
    if (this.#state !== 'finished') this.#finish(null, out)
  }

  end(): void {
    checkWhole(this.#state, { last: 'stop reason', format: 'messages' })
  }
}

function restarted(): StreamError {
  return new StreamError(
    'stream_truncated',
    'The server restarted the reply within the same stream',
  )
}

/** Deltas of one block that differ only in their text. */
interface DeltaRun {
  index: number
  delta: WireDelta
  name: (typeof TEXTS)[number]
}

/** Members of a delta that are text. */
const TEXTS = ['text', 'thinking', 'partial_json'] as const

/** Returns the block of a run of deltas, if there is one. */
function findDelta(template: Template): DeltaRun | undefined {
  const { type, index, delta, ...others } = template.plan.source as WireFrame
  const name = TEXTS.find((one) => findText(template, `delta.${one}`))
  const isDelta = type === 'content_block_delta' && Object.keys(others).length === 0
  const isLone = Object.keys(delta ?? {}).every((one) => one === 'type' || one === name)
  if (!isDelta || !isLone || !name) return undefined
  return { index: nonNegativeNumber(index) ?? 0, delta: { type: '', ...delta }, name }
}

function isError({ type, error, code, message }: WireFrame): boolean {
  return (
    type === 'error' || (error ?? undefined) !== undefined || (!type && Boolean(code && message))
  )
}

/** Decodes usage. Cached prompt tokens are not included in `input_tokens`. */
function decodeUsage(wire: WireUsage): Usage | undefined {
  const input = nonNegativeNumber(wire.input_tokens)
  const output = nonNegativeNumber(wire.output_tokens)
  if (input === undefined && output === undefined) return undefined
  const cachedTokens = nonNegativeNumber(wire.cache_read_input_tokens)
  const reasoningTokens = nonNegativeNumber(wire.output_tokens_details?.thinking_tokens)
  const promptTokens =
    (input ?? 0) + (cachedTokens ?? 0) + (nonNegativeNumber(wire.cache_creation_input_tokens) ?? 0)
  const completionTokens = output ?? 0
  return {
    promptTokens,
    completionTokens,
    totalTokens: promptTokens + completionTokens,
    ...(reasoningTokens !== undefined && { reasoningTokens }),
    ...(cachedTokens !== undefined && { cachedTokens }),
  }
}
