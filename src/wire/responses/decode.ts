/**
 * Decodes responses of the Responses API, streamed and buffered.
 * @see https://platform.openai.com/docs/api-reference/responses-streaming
 */
import type { Call } from '../../call.ts'
import { ServiceError } from '../../errors.ts'
import type { FinishReason, StreamEvent } from '../../event.ts'
import type { BodyStream, Decoder } from '../../http/body-stream.ts'
import type { AnswerState, Frame } from '../../http/frame.ts'
import { checkWhole, isEndMark, parseFrame } from '../../http/frame.ts'
import { isRecord } from '../../is-record.ts'
import { nonNegativeNumber, toIndex } from '../fields.ts'
import type { ToolDefinition, VendorTool } from '../../message.ts'
import type { ErrorCodes } from '../openai/errors.ts'
import { lookUp, toServiceError, unexpected } from '../openai/errors.ts'
import { decodeUsage } from '../openai/usage.ts'
import type { ResponseItem } from './items.ts'
import { PROVIDER_DATA } from './items.ts'
import { OutputReader } from './output.ts'

/** Properties of a stream event that are read. Any of them may be missing or null. */
interface WireEvent {
  type?: unknown
  response?: WireResponse | null
  item?: ResponseItem | null
  item_id?: unknown
  output_index?: unknown
  content_index?: unknown
  summary_index?: unknown
  delta?: unknown
  text?: unknown
  refusal?: unknown
  arguments?: unknown
  input?: unknown
  annotation?: unknown
  part?: unknown
  error?: unknown
  code?: unknown
  message?: unknown
}

/** Properties of a response that are read. */
interface WireResponse {
  id?: unknown
  object?: unknown
  model?: unknown
  status?: unknown
  output?: unknown
  usage?: unknown
  error?: unknown
  incomplete_details?: { reason?: unknown } | null
}

/**
 * Decodes frames to events. One decoder reads both forms, since servers send either when asked for the other.
 * @throws {ServiceError} for `response.failed`, `error` events and errors in the body
 * @throws {StreamError} `stream_truncated`, `bad_frame`
 */
export function decodeEvents(frames: BodyStream<Frame>, call: Call): BodyStream<StreamEvent> {
  return frames.decode(new ResponseDecoder(call))
}

/** Decodes one answer. Does no I/O. */
class ResponseDecoder implements Decoder<Frame, StreamEvent> {
  #call: Call
  #output: OutputReader
  #state: AnswerState = 'empty'

  constructor(call: Call) {
    this.#call = call
    // Set by an earlier attempt.
    call.responseId = call.responseModel = undefined
    this.#output = new OutputReader(new Set(customToolNames(call)))
  }

  push(frame: Frame, out: StreamEvent[]): void {
    // Some servers (vLLM, LM Studio) end with `[DONE]`; `response.completed` is the real end.
    if (this.#state === 'finished' || isEndMark(frame)) return
    if (frame.event === 'error') throw toServiceError(frame.data)
    const parsed = parseFrame(frame) as WireEvent & WireResponse
    if (typeof parsed !== 'object' || parsed === null)
      throw unexpected('is not an object', frame.data)
    // Some proxies send the final event where a response was asked for.
    const whole = frame.kind === 'notAStream' ? (parsed.response ?? parsed) : parsed
    // Others send the response itself as the data of an event.
    const isBare = parsed.object === 'response' && frame.event?.startsWith('response.')
    if (frame.kind === 'notAStream' || (parsed.object === 'response' && !isBare))
      return this.#readWhole(whole, frame.data, out)
    if (isError(parsed)) throw toServiceError(frame.data)
    if (this.#state === 'empty') this.#state = 'foreign'
    const type = typeof parsed.type === 'string' ? parsed.type : frame.event
    if (type) this.#readEvent(type, isBare ? { response: parsed } : parsed, frame.data, out)
  }

  #readEvent(type: string, event: WireEvent, text: string, out: StreamEvent[]): void {
    if (type.startsWith('response.')) this.#state = 'running'
    const output = this.#output
    const starts = type === 'response.output_item.added'
    const index =
      toIndex(event.output_index) ?? output.indexOf(event.item_id ?? event.item?.id, { starts })
    const part =
      nonNegativeNumber(event.content_index) ?? nonNegativeNumber(event.summary_index) ?? 0
    const place = { index, part, id: event.item_id ?? undefined }
    switch (type) {
      case 'response.created':
      case 'response.queued':
      case 'response.in_progress':
        return this.#readHead(event.response)
      case 'response.output_item.added':
        return output.start(index, itemIn(event), out)
      case 'response.output_item.done':
        return output.finish(index, itemIn(event), out)
      case 'response.output_text.delta':
      case 'response.refusal.delta':
        return output.text(place, event.delta, out)
      case 'response.output_text.done':
      case 'response.refusal.done':
        return output.wholeText(place, event.text ?? event.refusal, out)
      case 'response.reasoning_summary_text.delta':
      case 'response.reasoning_text.delta':
        return output.reasoning(place, event.delta, out)
      case 'response.reasoning_summary_text.done':
      case 'response.reasoning_text.done':
        return output.wholeReasoning(place, event.text, out)
      case 'response.function_call_arguments.delta':
        return output.argumentsDelta(place, event.delta, out)
      case 'response.function_call_arguments.done':
        return output.wholeArguments(place, event.arguments, out)
      case 'response.output_text.annotation.added':
        return output.annotation(event.annotation, out)
      case 'response.completed':
      case 'response.incomplete':
      case 'response.failed':
      case 'response.cancelled':
        // Some gateways put the error of a failed response beside it.
        return this.#end(
          { ...event.response, error: event.response?.error ?? event.error ?? flatError(event) },
          endOf(type, event.response),
          text,
          out,
        )
    }
  }

  #readHead(response: WireResponse | null | undefined): void {
    const call = this.#call
    if (typeof response?.id === 'string' && response.id) call.responseId = response.id
    if (typeof response?.model === 'string' && response.model) call.responseModel = response.model
  }

  #readWhole(response: WireResponse, text: string, out: StreamEvent[]): void {
    if (isError(response)) throw toServiceError(text)
    if (!Array.isArray(response.output)) throw unexpected('has no output', text)
    const { status } = response
    this.#end(response, typeof status === 'string' ? status : 'completed', text, out)
  }

  /** Ends the reply. `response.output` fills in what servers left out of their stream. */
  #end(response: WireResponse, status: string, text: string, out: StreamEvent[]): void {
    this.#readHead(response)
    const { output } = response
    if (Array.isArray(output)) this.#output.fill(output as ResponseItem[], out)
    const usage = decodeUsage(response.usage ?? {})
    if (usage) out.push({ type: 'usage', usage })
    if (status === 'failed' || status === 'cancelled') throw this.#failure(response, status)
    const { reason } = response.incomplete_details ?? {}
    const raw = typeof reason === 'string' && status === 'incomplete' ? reason : status
    this.#state = 'finished'
    const items = this.#output.kept()
    out.push({
      type: 'finish',
      finishReason: lookUp(FINISH_REASONS, raw) ?? 'other',
      rawFinishReason: raw,
      ...(items && { messageFields: { provider_data: { [PROVIDER_DATA]: items } } }),
    })
  }

  #failure({ error }: WireResponse, status: string): ServiceError {
    if (error) return toServiceError(JSON.stringify({ error }), ERROR_CODES)
    const message = `The response ended with the status "${status}"`
    return new ServiceError('server_error', message, { vendorCode: status, retryable: true })
  }

  end(): void {
    checkWhole(this.#state, { last: 'final event', format: 'the Responses API' })
  }
}

/** Returns how a reply ended: some servers send `response.completed` for every end, with the real one in `status`. */
function endOf(type: string, response: WireResponse | null | undefined): string {
  const { status } = response ?? {}
  const ended = type.slice('response.'.length)
  return ended === 'completed' && CUT.has(status) ? (status as string) : ended
}

const CUT: ReadonlySet<unknown> = /* @__PURE__ */ new Set(['incomplete', 'failed', 'cancelled'])

/** Returns the item of an event. Without it, content would be lost. */
function itemIn({ item }: WireEvent): ResponseItem {
  if (!isRecord(item) || typeof item.type !== 'string') throw new TypeError('no item')
  return item
}

function flatError({ code, message }: WireEvent): object | undefined {
  return typeof message === 'string' ? { code, message } : undefined
}

function customToolNames({ tools = [], extraBody }: Call): unknown[] {
  const own = Array.isArray(extraBody?.tools) ? (extraBody.tools as ToolDefinition[]) : []
  return [...tools, ...own].map((tool) =>
    tool.type === 'custom'
      ? ((tool as VendorTool).name ?? nameIn((tool as VendorTool).custom))
      : undefined,
  )
}

function nameIn(custom: unknown): unknown {
  return (custom as { name?: unknown } | null | undefined)?.name
}

/** @see https://platform.openai.com/docs/api-reference/responses/object#responses/object-error */
const ERROR_CODES: ErrorCodes = {
  server_error: ['server_error', true],
  rate_limit_exceeded: ['rate_limit', true],
  invalid_prompt: ['content_filter', false],
  vector_store_timeout: ['server_error', true],
}

const FINISH_REASONS: Record<string, FinishReason> = {
  completed: 'stop',
  max_output_tokens: 'length',
  content_filter: 'content_filter',
}

function isError({ type, error, object, code, message }: WireEvent & WireResponse): boolean {
  if (type === 'error' || type === 'response.error') return true
  if (object === 'response' || typeof type === 'string') return false
  return (error !== undefined && error !== null) || (code !== undefined && message !== undefined)
}
