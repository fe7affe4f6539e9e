/**
 * Decodes Gemini's responses to events. One decoder for both modes: a frame of a stream has the format of a
 * complete response, with only the new parts.
 * @see https://ai.google.dev/api/generate-content#v1beta.GenerateContentResponse
 */
import type { Call } from '../../call.ts'
import { ServiceError } from '../../errors.ts'
import type { StreamEvent } from '../../event.ts'
import type { AnswerState, Frame } from '../../http/frame.ts'
import { checkWhole, isEndMark } from '../../http/frame.ts'
import type { Plan, Template } from '../../http/frame-template.ts'
import { build, findText, FrameParser } from '../../http/frame-template.ts'
import type { BodyStream, Decoder } from '../../http/body-stream.ts'
import { GeminiToolCallReader } from './calls.ts'
import { toServiceError } from './errors.ts'
import type { WireGrounding, WireUsage } from './usage-and-sources.ts'
import { pushUsage, GroundingReader } from './usage-and-sources.ts'
import type { Part } from './parts.ts'
import { PartKeeper } from './parts.ts'
import { toCamelCase } from './snake-case.ts'
import { isRecord } from '../../is-record.ts'
import { nonEmptyString } from '../../wire/fields.ts'
import { toFinishReason } from '../../wire/finish-reasons.ts'
import { parseJSON } from '../../parse-json.ts'

/** The properties of a response that are read. Any of them may be missing or null. */
interface WireAnswer {
  candidates?: WireCandidate[] | null
  promptFeedback?: WireFeedback | null
  usageMetadata?: WireUsage | null
  modelVersion?: unknown
  responseId?: unknown
  error?: unknown
}

interface WireFeedback {
  blockReason?: unknown
  blockReasonMessage?: unknown
}

interface WireCandidate extends WireGrounding {
  index?: number
  content?: { parts?: Part[] | null } | null
  finishReason?: unknown
  finishMessage?: unknown
}

/** Finish reasons of a failed model: the output is not a reply, and another attempt often succeeds. */
const BROKEN = /^(MALFORMED_|UNEXPECTED_TOOL_CALL|TOO_MANY_TOOL_CALLS)/

/** The reason for a history in which a tool call lacks its signature. The same request fails again. */
const UNSIGNED = 'MISSING_THOUGHT_SIGNATURE'

/**
 * Decodes frames to events.
 * @throws {ServiceError} for an error inside the reply, a blocked prompt, a failed model
 * @throws {StreamError} `stream_truncated`, `bad_frame`
 */
export function decodeEvents(frames: BodyStream<Frame>, call: Call): BodyStream<StreamEvent> {
  return frames.decode(new GeminiDecoder(call))
}

class GeminiDecoder implements Decoder<Frame, StreamEvent> {
  #call: Call
  #parser = new FrameParser(findDelta)
  #parts = new PartKeeper()
  #calls = new GeminiToolCallReader(this.#parts)
  #sources = new GroundingReader()
  #state: AnswerState = 'empty'
  /** The values of the last event of a run, whose usage is not emitted yet. */
  #values: readonly unknown[] | undefined
  /** True once any candidate has been seen. */
  #answered = false

  constructor(call: Call) {
    this.#call = call
  }

  push(frame: Frame, out: StreamEvent[]): void {
    const { kind } = frame
    // Incomplete or unknown text after the end of the reply loses nothing. Gateways send an end marker.
    const isRest = kind === 'unterminated' || kind === 'outOfBand'
    if ((isRest && this.#state === 'finished') || isEndMark(frame)) return
    this.flush(out) // before the parser learns another run
    const parsed = this.#parse(frame, out)
    // A proxy's error may have no `error` around it.
    const isBare = isRecord(parsed) && !parsed.error && !parsed.candidates && 'code' in parsed
    if (isBare && (frame.event === 'error' || kind === 'outOfBand')) throw toServiceError(parsed)
    // An error may be in an array of one.
    const isList = Array.isArray(parsed)
    for (const answer of isList ? parsed : [parsed]) this.#readAnswer(answer, out)
    if (kind === 'notAStream' && !isList) this.#endBody(out)
  }

  /** Parses a frame. Of a list that was cut, reads what came whole: a stream is a list if a proxy dropped `alt=sse`. */
  #parse(frame: Frame, out: StreamEvent[]): unknown {
    try {
      return this.#parser.parse(frame)
    } catch (error) {
      if (frame.kind === 'notAStream')
        for (const answer of parseStart(frame.data)) this.#readAnswer(answer, out)
      throw error
    }
  }

  get template(): Template | undefined {
    return this.#parser.run && this.#parser.template
  }

  pushValues(values: readonly unknown[], out: StreamEvent[]): void {
    const { slot, type, usage } = this.#parser.run as DeltaRun
    if (usage) this.#values = values.slice()
    const text = values[slot] as string
    if (!text) return
    out.push({ type, text })
    if (type === 'text-delta') this.#parts.pushText(text)
  }

  /** Emits the usage once for a run of events that arrived together: it is cumulative. */
  flush(out: StreamEvent[]): void {
    const { usage } = this.#parser.run ?? {}
    if (usage && this.#values) pushUsage(build(usage, this.#values), out)
    this.#values = undefined
  }

  /** Ends a complete response at the end of its body, whatever its finish reason. */
  #endBody(out: StreamEvent[]): void {
    if (this.#state !== 'running') return
    if (!this.#answered) {
      throw new ServiceError('unexpected_response', 'The response has no candidates', {
        retryable: true,
      })
    }
    this.#finish(null, out)
  }

  #readAnswer(value: unknown, out: StreamEvent[]): void {
    if (typeof value !== 'object' || value === null)
      throw new ServiceError('unexpected_response', 'A part of the response is not an object')
    const answer: WireAnswer = toCamelCase(value)
    if (answer.error) throw toServiceError(answer.error)
    this.#readHead(answer, out)
    // With several candidates (`candidateCount`) the first one is read.
    const candidate = answer.candidates?.find((one) => (one.index ?? 0) === 0)
    if (candidate) this.#readCandidate(candidate, out)
    else if (answer.promptFeedback?.blockReason) throw blocked(answer.promptFeedback)
  }

  #readHead(answer: WireAnswer, out: StreamEvent[]): void {
    const { candidates, promptFeedback, usageMetadata } = answer
    if (this.#state === 'empty') this.#state = 'foreign'
    if (this.#state === 'foreign' && (candidates ?? promptFeedback ?? usageMetadata))
      this.#state = 'running'
    const id = nonEmptyString(answer.responseId)
    const model = nonEmptyString(answer.modelVersion)
    if (id) this.#call.responseId = id
    if (model) this.#call.responseModel = model
    if (usageMetadata) pushUsage(usageMetadata, out)
  }

  #readCandidate(candidate: WireCandidate, out: StreamEvent[]): void {
    this.#answered = true
    const { content, finishReason, finishMessage } = candidate
    // There may be no content if thinking used all tokens, or the filter removed it.
    for (const part of content?.parts ?? []) this.#readPart(part, out)
    this.#sources.read(candidate, out)
    const reason = nonEmptyString(finishReason)
    if (!reason) return
    if (BROKEN.test(reason) || reason === UNSIGNED)
      throw broken(reason, nonEmptyString(finishMessage))
    this.#finish(reason, out)
  }

  #readPart(part: Part, out: StreamEvent[]): void {
    const { text, thought, functionCall } = part
    if (functionCall) return this.#calls.read(functionCall, part, out)
    if (typeof text === 'string' && text)
      out.push({ type: thought ? 'reasoning-delta' : 'text-delta', text })
    this.#parts.push(part)
    if (text === undefined) this.#call.partialFields = () => this.#parts.fields()
  }

  #finish(reason: string | null, out: StreamEvent[]): void {
    this.#calls.close(out) // its end marker may be missing
    if (reason === null && this.#state === 'finished') return
    this.#state = 'finished'
    const finishReason = toFinishReason(reason ?? '')
    // Already here, since the connection may break before the end.
    const messageFields = this.#parts.fields()
    const fields = messageFields && { messageFields }
    out.push({ type: 'finish', finishReason, rawFinishReason: reason, ...fields })
  }

  /** Ends the body: completes an open call, and emits what the next turn must send back. */
  end(out: StreamEvent[]): void {
    if (this.#state === 'finished') this.#calls.close(out)
    else this.#calls.cut(out)
    const messageFields = this.#state === 'finished' ? this.#parts.fields() : undefined
    // Follows the finish event with the reason and adds only its fields, since parts may arrive until the end.
    if (messageFields)
      out.push({ type: 'finish', finishReason: 'other', rawFinishReason: null, messageFields })
    checkWhole(this.#state, { last: 'finish reason', format: "Gemini's" })
  }
}

/** Returns the members of a list that was cut, but the one within which it was. */
function parseStart(list: string): unknown[] {
  if (!list.startsWith('[')) return []
  let end = list.length
  // The cut one has few objects. Texts may have more brackets, which are not all tried.
  for (let tries = 0; tries < 100 && end > 0; tries++) {
    end = list.lastIndexOf('}', end - 1)
    // Not JSON: a text has this bracket, or an object within the one that was cut.
    const members = parseJSON(`${list.slice(0, end + 1)}]`)
    if (members) return members as unknown[]
  }
  return []
}

/** Events that differ only in their text and their usage. */
interface DeltaRun {
  slot: number
  type: 'text-delta' | 'reasoning-delta'
  usage: Plan | undefined
}

/** Returns where the text and the usage of such events vary, if they hold nothing else. */
function findDelta(template: Template): DeltaRun | undefined {
  const { candidates, error } = toCamelCase(template.plan.source as WireAnswer)
  const [candidate, part] = [candidates?.[0], candidates?.[0]?.content?.parts?.[0]]
  const found = findText(template, 'candidates.0.content.parts.0.text', 'usageMetadata')
  const usage = found?.others[0]
  if (!found || typeof usage === 'number') return undefined
  const isLone = candidates?.length === 1 && candidate?.content?.parts?.length === 1
  const isOther = error || candidate?.index || candidate?.finishReason || !isLone
  const { text: _text, thought, ...more } = part as Part
  if (isOther || Object.keys(more).length > 0) return undefined
  return {
    slot: found.slot,
    type: thought ? 'reasoning-delta' : 'text-delta',
    usage,
  }
}

function blocked({ blockReason, blockReasonMessage }: WireFeedback): ServiceError {
  const reason = nonEmptyString(blockReason)
  const words = nonEmptyString(blockReasonMessage)
  return new ServiceError(
    'content_filter',
    `The prompt was blocked (${reason ?? 'no reason given'})${words ? `: ${words}` : ''}`,
    { vendorCode: reason },
  )
}

function broken(reason: string, words: string | undefined): ServiceError {
  const isFinal = reason === UNSIGNED
  return new ServiceError(
    isFinal ? 'bad_request' : 'server_error',
    `The model failed to reply (${reason})${words ? `: ${words}` : ''}`,
    { vendorCode: reason, retryable: !isFinal },
  )
}
