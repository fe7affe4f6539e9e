/**
 * Decodes DashScope's replies to events. One decoder for both modes: a JSON reply equals one frame.
 * @see https://help.aliyun.com/zh/model-studio/dashscope-api-reference
 */
import type { Call } from '../../call.ts'
import { ServiceError, StreamError } from '../../errors.ts'
import { isJSON } from '../../parse-json.ts'
import type { StreamEvent } from '../../event.ts'
import type { AnswerState, Frame } from '../../http/frame.ts'
import { isEndMark } from '../../http/frame.ts'
import type { Plan, Template } from '../../http/frame-template.ts'
import { build, findText, FrameParser } from '../../http/frame-template.ts'
import type { Decoder } from '../../http/body-stream.ts'
import type { Channel } from './deltas.ts'
import { createChannel, CumulativeDeltaReader } from './deltas.ts'
import type { WireFailure } from './errors.ts'
import { toServiceError } from './errors.ts'
import { nonEmptyString, toIndex } from '../../wire/fields.ts'
import { toFinishReason } from '../../wire/finish-reasons.ts'
import { isPlaceholder, isSameObject, replacesPlaceholder } from '../../wire/tool-arguments.ts'
import { toUsage } from '../../wire/usage.ts'

interface WireToolCall {
  index?: unknown
  id?: string | null
  function?: { name?: string | null; arguments?: unknown } | null
}

interface WireMessage {
  content?: unknown
  reasoning_content?: unknown
  tool_calls?: WireToolCall[] | null
}

interface WireSource {
  index?: number
  title?: string
  url?: string
  site_name?: string
}

interface WireChoice {
  index?: number
  finish_reason?: unknown
  message?: WireMessage | null
  /** Gateways: the error of their upstream. */
  error?: unknown
}

interface WireOutput {
  choices?: WireChoice[] | null
  /** With `result_format: "text"`, to which proxies and old models may fall back. */
  text?: unknown
  finish_reason?: unknown
  model_name?: string
  search_info?: { search_results?: WireSource[] | null } | null
}

interface WireUsage {
  input_tokens?: number
  output_tokens?: number
  total_tokens?: number
  cached_tokens?: number
  prompt_tokens_details?: { cached_tokens?: number } | null
  output_tokens_details?: { reasoning_tokens?: number } | null
}

interface WireReply extends WireFailure {
  output?: WireOutput | null
  usage?: WireUsage | null
}

/** A tool call in progress. */
interface Slot {
  index: number
  /** The index or position under which it started. */
  at: number
  id: string
  name: string
  channel: Channel
  /** All frames' arguments. */
  pieces: string
  /** The last frame's arguments. */
  last: string
  /** `{}` that is not reported yet: the arguments, or a placeholder for those to come. */
  placeholder: string
}

/** Events that differ only in a text and in their usage. */
interface DeltaRun {
  slot: number
  type: 'text-delta' | 'reasoning-delta'
  /** The piece of a tool call that they hold instead of text. */
  call?: WireToolCall & { function: { arguments?: unknown } }
  usage: Plan | undefined
}

/** Returns where the text and the usage of such events vary, if they hold nothing else. */
function findDelta(template: Template): DeltaRun | undefined {
  const { output, code, error } = template.plan.source as WireReply
  const choice = output?.choices?.[0]
  const { content, reasoning_content: reasoning, tool_calls } = choice?.message ?? {}
  const find = (path: string) => findText(template, `output.choices.0.message.${path}`, 'usage')
  const [text, thinking] = [find('content'), find('reasoning_content')]
  const found = text ?? thinking ?? find('tool_calls.0.function.arguments')
  const usage = found?.others[0]
  if (!found || typeof usage === 'number') return undefined
  const { index, finish_reason: reason, error: own } = choice as WireChoice
  const [call, ...calls] = tool_calls ?? []
  const isOther = (content && !text) || (reasoning && !thinking) || (call && (text ?? thinking))
  if (code || error || own || index || isOther || calls.length > 0) return undefined
  if ((reason ?? 'null') !== 'null') return undefined
  return {
    slot: found.slot,
    type: text ? 'text-delta' : 'reasoning-delta',
    ...(call && { call: { ...call, function: { ...call.function } } }),
    usage,
  }
}

/** Decodes one reply from frames to events. Does no I/O. */
export class ReplyDecoder implements Decoder<Frame, StreamEvent> {
  #call: Call
  #parser = new FrameParser(findDelta)
  /** The values of the last event of a run, whose usage is not emitted yet. */
  #values: readonly unknown[] | undefined
  #deltas: CumulativeDeltaReader
  #text = createChannel((text) => ({ type: 'text-delta', text }))
  #reasoning = createChannel((text) => ({ type: 'reasoning-delta', text }))
  #slots: Slot[] = []
  #slotOfIndex = new Map<number, Slot>()
  #sources = new Set<string>()
  #usage: WireUsage | null | undefined
  #state: AnswerState = 'empty'

  /** @param options.isCumulative whether frames repeat the whole text so far, as requested */
  constructor(call: Call, { isCumulative }: { isCumulative: boolean }) {
    this.#call = call
    this.#deltas = new CumulativeDeltaReader(isCumulative)
  }

  push(frame: Frame, out: StreamEvent[]): void {
    this.#readUsage() // before the parser learns another run
    if (isEndMark(frame)) return // DashScope sends none, but gateways do
    const reply = this.#parse(frame)
    this.#usage = reply.usage ?? this.#usage
    if (reply.output) this.#readOutput(reply.output, frame, out)
  }

  get template(): Template | undefined {
    return this.#parser.run && this.#deltas.areDeltas ? this.#parser.template : undefined
  }

  pushValues(values: readonly unknown[], out: StreamEvent[]): void {
    const { slot, type, call, usage } = this.#parser.run as DeltaRun
    if (usage) this.#values = values.slice()
    const text = values[slot] as string
    if (call) {
      call.function.arguments = text
      this.#readToolCall(call, 0, out)
    } else if (text) out.push({ type, text })
  }

  #readUsage(): void {
    const { usage } = this.#parser.run ?? {}
    if (usage && this.#values) this.#usage = build(usage, this.#values)
    this.#values = undefined
  }

  /** Emits the usage once for all frames that arrived together, since each repeats it. */
  flush(out: StreamEvent[]): void {
    this.#readUsage()
    if (this.#usage) pushUsage(this.#usage, out)
    this.#usage = undefined
  }

  /** Emits what was held back, then throws if the reply ended early. */
  end(out: StreamEvent[]): void {
    this.#complete(out)
    if (this.#state !== 'finished') throw this.#unfinished()
  }

  /** Emits what was held back. */
  #complete(out: StreamEvent[]): void {
    for (const slot of this.#slots) {
      this.#deltas.read(slot.channel, slot.placeholder, out)
      slot.placeholder = ''
    }
    this.#deltas.end(out)
  }

  #unfinished(): Error {
    if (this.#state === 'running') {
      return new StreamError(
        'stream_truncated',
        'The reply was cut off: it ended without a finish reason',
      )
    }
    const empty = this.#state === 'empty'
    const what = empty ? 'an empty body' : "a format other than DashScope's: check `baseURL`"
    return new ServiceError('unexpected_response', `The server responded with ${what}`, {
      retryable: empty,
    })
  }

  #parse(frame: Frame): WireReply {
    const value = this.#parser.parse(frame)
    const reply: WireReply = typeof value === 'object' && value !== null ? value : {}
    if (typeof reply.request_id === 'string' && reply.request_id !== '') {
      this.#call.requestId = this.#call.responseId = reply.request_id
    }
    const { event, comment } = frame
    const status = comment === undefined || comment === 'HTTP_STATUS/200' ? 0 : statusOf(comment)
    if (event === 'error' || status >= 400 || reply.error || (reply.code && !reply.output)) {
      throw toServiceError(reply, status >= 400 ? status : undefined, this.#call)
    }
    if (this.#state === 'empty') this.#state = 'foreign'
    return reply
  }

  #readOutput(output: WireOutput, frame: Frame, events: StreamEvent[]): void {
    if (this.#state === 'foreign') this.#state = 'running'
    const choice = output.choices?.[0]
    // With `n` above 1 (through `extraBody`) each frame reports one choice: the first is the reply.
    if (choice && (choice.index ?? 0) > 0) return
    if (choice?.error) throw toServiceError({ error: choice.error }, undefined, this.#call)
    const model = nonEmptyString(output.model_name)
    if (model) this.#call.responseModel = model
    if (output.search_info?.search_results)
      this.#readSources(output.search_info.search_results, events)
    if (choice) {
      if (choice.message) this.#readMessage(choice.message, events)
    } else if (typeof output.text === 'string') this.#deltas.read(this.#text, output.text, events)
    const reason = choice ? choice.finish_reason : output.finish_reason
    // Incomplete frames have the string "null", null, or no reason. A JSON reply is complete regardless.
    const said = typeof reason === 'string' && reason !== 'null' && reason !== ''
    if (!said && (frame.kind !== 'notAStream' || (!choice && output.text === undefined))) {
      this.#deltas.endFrame(events)
      return
    }
    this.#complete(events)
    const finishReason = said ? toFinishReason(reason) : 'other'
    this.#state = 'finished'
    events.push({ type: 'finish', finishReason, rawFinishReason: said ? reason : null })
  }

  #readMessage(message: WireMessage, events: StreamEvent[]): void {
    const { content, reasoning_content: reasoning, tool_calls: toolCalls } = message
    if (typeof reasoning === 'string') this.#deltas.read(this.#reasoning, reasoning, events)
    const text = typeof content === 'string' ? content : textOfParts(content)
    if (text) this.#deltas.read(this.#text, text, events)
    else if (text === '') this.#deltas.readEmpty(this.#text, events)
    if (toolCalls) {
      for (let at = 0; at < toolCalls.length; at++) {
        this.#readToolCall(toolCalls[at] as WireToolCall, at, events)
      }
    }
  }

  #readToolCall(entry: WireToolCall, position: number, events: StreamEvent[]): void {
    const at = toIndex(entry.index) ?? position
    const id = nonEmptyString(entry.id) ?? ''
    const name = nonEmptyString(entry.function?.name) ?? ''
    const given = entry.function?.arguments ?? ''
    const text = typeof given === 'string' ? given : JSON.stringify(given)
    let slot = this.#findSlot(id, at)
    if (!slot || startsAnother(slot, { id, name, at, text })) slot = this.#openSlot(at)
    this.#slotOfIndex.set(at, slot)
    if ((id && !slot.id) || (name && !slot.name)) {
      slot.id ||= id
      slot.name ||= name
      events.push({
        type: 'tool-call-delta',
        index: slot.index,
        ...(slot.id && { id: slot.id }),
        ...(slot.name && { name: slot.name }),
        argumentsDelta: '',
      })
    }
    this.#readArguments(slot, text, events)
  }

  #readArguments(slot: Slot, text: string, events: StreamEvent[]): void {
    // Hosted models may repeat the complete arguments at the end.
    if (isSameObject(text, slot.pieces)) return
    if (text) slot.last = text
    if (slot.pieces === '' && isPlaceholder(text)) {
      slot.placeholder = text
      return
    }
    if (slot.placeholder && text.trim()) {
      if (!replacesPlaceholder(text)) this.#deltas.read(slot.channel, slot.placeholder, events)
      slot.placeholder = ''
    }
    slot.pieces += text
    this.#deltas.read(slot.channel, text, events)
  }

  /** Returns the tool call of a piece: by id, then by index. */
  #findSlot(id: string, at: number): Slot | undefined {
    const known = this.#slotOfIndex.get(at)
    if (id === '' || known?.id === id) return known
    return this.#slots.find((other) => other.id === id) ?? known
  }

  #openSlot(at: number): Slot {
    const index = this.#slots.length
    const channel = createChannel((text) => ({
      type: 'tool-call-delta',
      index,
      argumentsDelta: text,
    }))
    const slot: Slot = {
      index,
      at,
      id: '',
      name: '',
      channel,
      pieces: '',
      last: '',
      placeholder: '',
    }
    this.#slots.push(slot)
    return slot
  }

  // The first frame has them; later ones repeat the list, empty or complete.
  #readSources(results: readonly WireSource[], events: StreamEvent[]): void {
    for (const result of results) {
      const { index } = result
      const [url, title, siteName] = [result.url, result.title, result.site_name].map(
        nonEmptyString,
      )
      const key = `${index} ${url}`
      if (!(url ?? title) || this.#sources.has(key)) continue
      this.#sources.add(key)
      events.push({
        type: 'source',
        source: {
          ...(url && { url }),
          ...(title && { title }),
          ...(index !== undefined && { label: String(index) }),
          ...(siteName && { siteName }),
        },
      })
    }
  }
}

/**
 * True if a piece begins another tool call. Some hosted models give every call index 0. A continuation has no name,
 * and an empty or fresh id.
 */
function startsAnother(
  slot: Slot,
  { id, name, at, text }: { id: string; name: string; at: number; text: string },
): boolean {
  if (!name) return false
  if (id && slot.id && id !== slot.id) return true
  const { last, pieces } = slot
  if (!slot.name || !last.trimEnd().endsWith('}') || (!isJSON(last) && !isJSON(pieces)))
    return false
  return name !== slot.name || (at !== slot.at && text !== '' && text !== last && text !== pieces)
}

/** Returns the text of `[{ "text": … }, { "image": … }]`; `[]` is empty text, anything else none. */
function textOfParts(content: unknown): string | undefined {
  if (!Array.isArray(content)) return undefined
  let text = ''
  for (const part of content) if (typeof part?.text === 'string') text += part.text
  return text
}

/** Returns the status in a comment: `:HTTP_STATUS/400`. */
function statusOf(comment: string): number {
  return Number(/^\s*HTTP_STATUS\/(\d{3})/.exec(comment)?.[1] ?? 0)
}

// The first frame of a search has `usage: {}`. Older multimodal models send no total.
function pushUsage(wire: WireUsage, events: StreamEvent[]): void {
  const usage = toUsage({
    prompt: wire.input_tokens,
    completion: wire.output_tokens,
    total: wire.total_tokens,
    cached: wire.prompt_tokens_details?.cached_tokens ?? wire.cached_tokens,
    reasoning: wire.output_tokens_details?.reasoning_tokens,
  })
  if (usage) events.push({ type: 'usage', usage })
}
