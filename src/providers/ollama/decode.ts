/**
 * Decodes Ollama's responses to events. One decoder for lines and for complete responses, which have the same
 * properties.
 * @see https://docs.ollama.com/api/streaming
 */
import type { Call } from '../../call.ts'
import { ServiceError } from '../../errors.ts'
import type { StreamEvent, Usage } from '../../event.ts'
import type { Failure } from '../../http/client.ts'
import type { AnswerState, Frame } from '../../http/frame.ts'
import { checkWhole, parseFrame } from '../../http/frame.ts'
import type { Slot, Template } from '../../http/frame-template.ts'
import { findText, FrameParser } from '../../http/frame-template.ts'
import type { BodyStream, Decoder } from '../../http/body-stream.ts'
import { toToolCall } from '../../stream/tool-call-assembler.ts'
import { decodeError, toServiceError, unexpected } from '../../wire/openai/errors.ts'
import { nonNegativeNumber } from '../../wire/fields.ts'
import { toFinishReason } from '../../wire/finish-reasons.ts'

/** The properties of a line that are read. Any of them may be missing. */
interface WireLine {
  model?: unknown
  /** Of a chat. */
  message?: WireMessage | null
  /** Of a raw prompt. */
  response?: unknown
  thinking?: unknown
  tool_calls?: WireToolCall[] | null
  done?: unknown
  done_reason?: unknown
  prompt_eval_count?: unknown
  eval_count?: unknown
  error?: unknown
}

interface WireMessage {
  content?: unknown
  thinking?: unknown
  tool_calls?: WireToolCall[] | null
}

interface WireToolCall {
  id?: unknown
  function: { name?: unknown; arguments?: unknown }
}

/**
 * @param promptTokens an estimate, for a reply without counts
 * @throws {ServiceError} for an error inside the reply
 * @throws {StreamError} `stream_truncated`, `bad_frame`
 */
export function decodeEvents(
  lines: BodyStream<Frame>,
  call: Call,
  promptTokens: () => number,
): BodyStream<StreamEvent> {
  return lines.decode(new LineDecoder(call, promptTokens))
}

class LineDecoder implements Decoder<Frame, StreamEvent> {
  #call: Call
  #promptTokens: () => number
  #parser = new FrameParser(findDelta)
  #state: AnswerState = 'empty'
  #calls = 0
  #said = false

  constructor(call: Call, promptTokens: () => number) {
    this.#call = call
    this.#promptTokens = promptTokens
  }

  push(frame: Frame, out: StreamEvent[]): void {
    const line = parseLine(frame, this.#parser.parse(frame))
    if (this.#state === 'empty') this.#state = 'foreign'
    if (typeof line.model === 'string' && line.model) this.#call.responseModel = line.model
    const before = out.length
    if (line.message) this.#readMessage(line.message, out)
    else this.#readMessage({ ...line, content: line.response }, out)
    if (out.length > before) this.#said = true
    const isOurs = line.message || typeof line.response === 'string' || line.done !== undefined
    if (this.#state === 'foreign' && isOurs) this.#state = 'running'
    // The reason alone ends it too: https://github.com/ollama/ollama-vscode/pull/61
    const isDone = line.done ?? typeof line.done_reason === 'string'
    if (isDone === true) this.#finish(line, out)
  }

  get template(): Template | undefined {
    return this.#parser.run && this.#parser.template
  }

  pushValues(values: readonly unknown[], out: StreamEvent[]): void {
    const { slot, type } = this.#parser.run as DeltaRun
    const text = values[slot] as string
    if (!text) return
    this.#said = true
    out.push({ type, text })
  }

  #readMessage(message: WireMessage, out: StreamEvent[]): void {
    if (typeof message !== 'object') throw new TypeError('The message is not an object')
    pushText('reasoning-delta', message.thinking, out)
    pushText('text-delta', message.content, out)
    if (message.tool_calls) this.#readCalls(message.tool_calls, out)
  }

  #readCalls(calls: WireToolCall[], out: StreamEvent[]): void {
    for (const { id: given, function: called } of calls) {
      const { name, arguments: value = {} } = called
      if (typeof name !== 'string') throw new TypeError('Tool call without a name')
      const text = typeof value === 'string' ? value : JSON.stringify(value)
      // Calls arrive complete. Older servers number only some of them, and send no ids.
      const { id } = toToolCall(typeof given === 'string' ? given : '', name, '')
      out.push({ type: 'tool-call-delta', index: this.#calls++, id, name, argumentsDelta: text })
    }
  }

  #finish(line: WireLine, out: StreamEvent[]): void {
    const raw = typeof line.done_reason === 'string' ? line.done_reason : null
    const usage = this.#usage(line)
    if (usage) out.push({ type: 'usage', usage })
    // Older servers send no reason.
    const finishReason = raw === null ? 'stop' : toFinishReason(raw)
    this.#state = 'finished'
    out.push({ type: 'finish', finishReason, rawFinishReason: raw })
  }

  /** Decodes usage. Zero counts are omitted, and so is that of a fully cached prompt. */
  #usage({ prompt_eval_count: prompt, eval_count: completion }: WireLine): Usage | undefined {
    const completionTokens = nonNegativeNumber(completion) ?? (this.#said ? undefined : 0)
    if (completionTokens === undefined) return undefined
    const known = nonNegativeNumber(prompt)
    if (known === undefined && !completionTokens) return undefined
    const promptTokens = known ?? this.#promptTokens()
    const usage: Usage = {
      promptTokens,
      completionTokens,
      totalTokens: promptTokens + completionTokens,
    }
    return known === undefined ? { ...usage, estimated: true } : usage
  }

  /** Ends the body. */
  end(): void {
    checkWhole(this.#state, { last: 'last line', format: "Ollama's" })
  }
}

/** Lines that differ only in their time and their text. */
interface DeltaRun {
  slot: number
  type: 'text-delta' | 'reasoning-delta'
}

/** Returns the slot of the text, if such lines hold nothing else. */
function findDelta(template: Template): DeltaRun | undefined {
  const { message, done, done_reason, error } = template.plan.source as WireLine
  const text = findText(template, 'message.content', 'created_at')
  const found = text ?? findText(template, 'message.thinking', 'created_at')
  if (!found) return undefined
  const {
    slot,
    others: [time],
  } = found
  const other = text ? message?.thinking : message?.content
  if (done || done_reason || error || other || message?.tool_calls?.length) return undefined
  if (typeof time === 'number') (template.slots[time] as Slot).isUnread = true
  return { slot, type: text ? 'text-delta' : 'reasoning-delta' }
}

/**
 * Parses a line.
 * @throws {ServiceError} for an error, which may occur at any time
 */
export function parseLine(frame: Frame, parsed: unknown = parseFrame(frame)): WireLine {
  const line = (Array.isArray(parsed) ? parsed[0] : parsed) as WireLine | null
  if (typeof line !== 'object' || line === null) throw unexpected('is not an object', frame.data)
  if (line.error !== undefined && line.error !== null && line.error !== '')
    throw toError(frame.data)
  return line
}

/**
 * Refines the error in a line of a download, whose status is already 200: "pull model manifest: file does not
 * exist".
 */
function toError(text: string): ServiceError {
  const error = toServiceError(text)
  const { message } = error
  if (!/model.*(not found|does not exist)/i.test(message)) return error
  return new ServiceError('model_not_found', message)
}

function pushText(type: 'text-delta' | 'reasoning-delta', text: unknown, out: StreamEvent[]): void {
  if (text === undefined || text === null || text === '') return
  if (typeof text !== 'string') throw new TypeError('The content is not a string')
  out.push({ type, text })
}

/** Decodes an error body and adds advice to terse messages. */
export function describeRefusal(text: string, status: number): Failure {
  const failure = decodeError(text, status)
  const { message } = failure
  if (status === 403 && !message && text.trim() === '') {
    return {
      message:
        'The server rejected the origin of the request (403): add it to OLLAMA_ORIGINS, ' +
        'or use the host name localhost for a server on this machine',
    }
  }
  if (status === 401 && /"signin_url"/.test(text)) {
    return { ...failure, message: `${message}: run \`ollama signin\`, or pass an ollama.com key` }
  }
  if (status === 404 && failure.code === 'model_not_found' && message) {
    return { ...failure, message: `${message}: download it with \`pull()\` or \`ollama pull\`` }
  }
  return failure
}
