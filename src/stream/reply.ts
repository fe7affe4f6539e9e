/**
 * Folds events into a `ChatResult`. The only place that enforces the protocol of `event.ts`.
 */
import { StreamError } from '../errors.ts'
import { drainArray } from '../async/take-all.ts'
import type {
  ChatResult,
  FailoverEvent,
  FinishEvent,
  FinishReason,
  ResponseInfo,
  Source,
  StreamEvent,
  Usage,
} from '../event.ts'
import type { ToolCall } from '../message.ts'
import { NO_TOOLS } from './tool-call-assembler.ts'
import { estimateTokens } from '../tokens/estimate.ts'
import { TextBuffer } from './text-buffer.ts'
import { CUT, CUT_BY_STOP, CUT_REASONS } from './result.ts'
import { latest, mergeFinish, settleReason, textOfCalls } from './result.ts'
import { toMessage } from './to-message.ts'
import { settleUsage, toResult } from './to-result.ts'
import type { Split } from './split-tags.ts'
import type { TextFilter } from './text-filter.ts'

/** Options of a reply. */
export interface ReplyOptions {
  /** Origin of the reply, or what returns it as far as it is known; `end` replaces it. */
  response: ResponseInfo | (() => ResponseInfo)
  /** Creates what filters the text of a step. A text without one is all answer. */
  createFilter?: () => TextFilter
  /** Counts the tokens of a text, for a server that sends no usage. @default estimateTokens */
  countTokens?: (text: string) => number
  /** Counts the tokens of the prompt, likewise. */
  promptTokens?: () => number
  /** Maximum size of the reply, in characters. */
  maxSize?: number
}

/** The reply to one request. Takes raw events, returns normalized ones; `result()` is their sum. */
export class Reply {
  /** True once the server has marked the reply as complete. */
  finished = false
  #options: ReplyOptions
  #response: () => ResponseInfo
  #text!: TextBuffer
  #reasoning!: TextBuffer
  #tools!: typeof NO_TOOLS
  /** True if the tool calls of this step were reported. */
  #toldCalls!: boolean
  /** Ids of the tool calls of this step that have a result. */
  #answered: Set<string> | undefined
  #sources: Source[] | undefined
  #usage: Usage | undefined
  #finish: FinishEvent | undefined
  #filter: TextFilter | undefined
  #result: ChatResult | undefined
  #size = 0
  #maxSize: number
  #countedSize = 0 // at the last `usage`
  #promptTokens: number | undefined

  constructor(options: ReplyOptions) {
    this.#options = options
    const { response, maxSize = Infinity } = options
    this.#maxSize = maxSize
    this.#response = typeof response === 'function' ? response : () => response
    this.#begin()
  }

  #begin(): void {
    this.#text = new TextBuffer()
    this.#reasoning = new TextBuffer()
    this.#tools = NO_TOOLS
    this.#toldCalls = false
    this.#answered = this.#sources = undefined
    this.#filter = this.#options.createFilter?.()
  }

  /** True after a stop sequence ended the text: nothing more needs to be read. */
  get stopped(): boolean {
    return this.#filter?.stopped === true
  }

  /** The origin of the reply, if the model delegates to others. */
  get answeredBy(): ResponseInfo | undefined {
    return this.#finish?.response
  }

  /** Accepts a chunk from the model's class and returns the events to emit now. */
  accept(chunk: string | StreamEvent | readonly StreamEvent[]): StreamEvent[] {
    const out = SCRATCH
    if (out.length > 0) out.length = 0 // left by a chunk that was refused
    if (typeof chunk === 'string') this.#acceptText(chunk, out)
    else if (Array.isArray(chunk)) for (const event of chunk) this.#acceptEvent(event, out)
    else this.#acceptEvent(chunk as StreamEvent, out)
    return drainArray(out) ?? []
  }

  /** Accepts the first deltas of a chunk that are emitted as they are. Returns their number. Removes usage after them. */
  acceptPlain(chunk: StreamEvent[]): number {
    if (this.#filter?.stops) return 0
    let count = 0
    while (count < chunk.length && this.#passes(chunk[count] as StreamEvent)) count++
    if (count === chunk.length - 1 && chunk[count]?.type === 'usage')
      this.#acceptEvent(chunk.pop() as StreamEvent, SCRATCH)
    return count
  }

  /** Accepts a delta that is emitted as it is. Returns false for anything else, which changes nothing. */
  #passes(event: StreamEvent): boolean {
    if (event.type === 'tool-call-delta')
      return this.#tools.passes(event) && this.#grow(event.argumentsDelta)
    if (event.type !== 'text-delta' && event.type !== 'reasoning-delta') return false
    const isText = event.type === 'text-delta'
    const { text } = event
    const buffer = isText ? this.#text : this.#reasoning
    if (typeof text !== 'string' || !buffer.isWhole(text)) return false
    const filter = this.#filter
    if (filter && !(isText ? filter.passes(text) : filter.hasReasoning)) return false
    buffer.add(text)
    return this.#grow(text)
  }

  #acceptEvent(event: StreamEvent, out: StreamEvent[]): void {
    // Whatever follows a stop sequence is dropped, even if it came in the same piece.
    if (this.stopped && AFTER_STOP.test(event.type)) return
    switch (event.type) {
      case 'text-delta':
        return this.#acceptText(event.text, out)
      case 'reasoning-delta':
        return this.#acceptReasoning(event.text, out)
      case 'tool-call-delta':
        this.#grow(event.argumentsDelta)
        out.push((this.#tools = this.#tools.own()).add(event))
        return
      case 'tool-call':
        return (this.#tools = this.#tools.own()).addWhole(event.toolCall)
      case 'source':
        ;(this.#sources ??= []).push(event.source)
        return void out.push(event)
      case 'retry':
        return void out.push(event)
      case 'failover':
        return this.#acceptFailover(event, out)
      case 'step':
        this.#release(out)
        this.#tellCalls(this.#tools.calls(), out)
        this.#begin()
        out.push(event)
        return
      case 'tool-result':
        this.#tellCalls(this.#tools.calls(), out)
        this.#answered = (this.#answered ?? new Set()).add(event.toolCallId)
        out.push(event)
        return
      case 'usage':
        this.#countedSize = this.#size
        this.#usage = this.#usage ? latest(this.#usage, event.usage) : event.usage
        return
      case 'finish':
        this.finished = true
        this.#finish = mergeFinish(this.#finish, event)
        return
      default:
        event satisfies never
    }
  }

  #acceptFailover(event: FailoverEvent, out: StreamEvent[]): void {
    const { action, provider, model, attempts } = event
    this.#response = () => ({ provider, model, attempts })
    if (action === 'restart') this.#begin()
    out.push(event)
  }

  #acceptText(text: string, out: StreamEvent[]): void {
    if (!text) return
    this.#grow(text)
    const filter = this.#filter
    if (filter?.passes(text) === false) this.#emit(filter.push(text), out)
    else this.#emitText(filter ? filter.answer(text) : text, out)
  }

  /** Accepts thinking from a separate field. Some vendors repeat it in the text, inside tags. */
  #acceptReasoning(text: string, out: StreamEvent[]): void {
    this.#grow(text)
    const filter = this.#filter
    if (filter && !filter.hasReasoning) this.#emit(filter.startReasoning(this.#reasoning), out)
    this.#emitReasoning(text, out)
  }

  #emit(split: Split, out: StreamEvent[]): void {
    for (const { type, text } of split) {
      if (type === 'text-delta') this.#emitText(text, out)
      else this.#emitReasoning(text, out)
    }
  }

  #emitText(text: string, out: StreamEvent[]): void {
    const shown = this.#text.push(text)
    if (shown) out.push({ type: 'text-delta', text: shown })
  }

  #emitReasoning(text: string, out: StreamEvent[]): void {
    const shown = this.#reasoning.push(text)
    if (shown) out.push({ type: 'reasoning-delta', text: shown })
  }

  #grow({ length }: string): true {
    const maxSize = this.#maxSize
    if ((this.#size += length) <= maxSize) return true
    throw new StreamError(
      'response_too_large',
      `The reply is longer than ${maxSize} characters (raise \`maxResponseSize\`)`,
    )
  }

  /** Ends a complete reply and returns its last events. */
  end(response: ResponseInfo): StreamEvent[] {
    this.#response = () => response
    const out: StreamEvent[] = []
    this.#release(out)
    const result = this.#build(this.stopped ? 'stop' : (this.#finish?.finishReason ?? 'stop'))
    this.#tellCalls(result.toolCalls, out)
    out.push({ type: 'usage', usage: result.usage })
    const { finishReason, rawFinishReason } = result
    out.push({ ...this.#finish, type: 'finish', finishReason, rawFinishReason, response })
    this.#result = result
    // Lets go of the pieces, of which the result has a copy once it is read.
    this.#text = this.#reasoning = new TextBuffer()
    return out
  }

  /** Emits text that was held back as a possible tag or stop sequence. */
  #release(out: StreamEvent[]): void {
    const filter = this.#filter
    if (filter && !filter.stopped) this.#endThinking(filter, out)
    const tail = this.#text.push(filter && !filter.stopped ? filter.endStop() : '')
    const text = tail + this.#text.end()
    const reasoning = this.#reasoning.end()
    if (text) out.push({ type: 'text-delta', text })
    if (reasoning) out.push({ type: 'reasoning-delta', text: reasoning })
  }

  #tellCalls(toolCalls: readonly ToolCall[], out: StreamEvent[]): void {
    if (this.#toldCalls) return
    this.#toldCalls = true
    for (const toolCall of toolCalls) {
      const index = this.#tools.indexOf(toolCall)
      out.push({ type: 'tool-call', ...(index !== undefined && { index }), toolCall })
    }
  }

  #endThinking(filter: TextFilter, out: StreamEvent[]): void {
    this.#emit(filter.end(), out)
    if (!filter.assumesThinking || this.#finish?.finishReason === 'length') return
    // No tag in a complete reply: the server withholds the thinking, and this was the answer.
    const text = this.#reasoning.join()
    this.#reasoning = new TextBuffer()
    this.#emitText(filter.answer(text), out)
  }

  /**
   * Returns the complete result after `end()`. Before that, returns what has arrived, with tool calls marked
   * invalid.
   */
  result(): ChatResult {
    return this.#result ?? this.#partial()
  }

  #build(reason: FinishReason): ChatResult {
    const { text, reasoning, count } = this.#said()
    const isCut = this.stopped && !this.#tools.complete
    const toolCalls = this.#tools.calls(isCut ? CUT_BY_STOP : CUT_REASONS[reason])
    return toResult({
      text,
      reasoning,
      toolCalls: toolCalls.filter(({ id }) => !this.#answered?.has(id)),
      message: toMessage({ text, reasoning, toolCalls, fields: this.#finish?.messageFields }),
      finishReason: isCut ? reason : settleReason(reason, { text, toolCalls }),
      usage: this.#settler(this.stopped)(text + reasoning, () =>
        count(textOfCalls(this.#tools.calls())),
      ),
      ...this.#details(),
    })
  }

  /** Cheap until its properties are read, since a page may read it for every token. */
  #partial(): ChatResult {
    const { text, reasoning, count } = this.#said(CUT)
    // Lazy properties must not see what arrives later.
    const snapshot = this.#tools.snapshot()
    const answered = new Set(this.#answered)
    const fields = this.#finish?.messageFields
    const settle = this.#settler(true)
    let calls: ToolCall[] | undefined
    const toolCalls = () => (calls ??= snapshot(CUT))
    return toResult(
      { text, reasoning, finishReason: 'error', ...this.#details() },
      {
        toolCalls: () => toolCalls().filter(({ id }) => !answered.has(id)),
        message: () => toMessage({ text, reasoning, toolCalls: toolCalls(), fields }),
        usage: () => settle(text || reasoning, () => count(textOfCalls(toolCalls()))),
      },
    )
  }

  #details(): Omit<
    ChatResult,
    'text' | 'reasoning' | 'toolCalls' | 'message' | 'finishReason' | 'usage'
  > {
    const { id, model, provider, requestId, attempts } = this.#response()
    return {
      rawFinishReason: this.#finish?.rawFinishReason ?? null,
      ...(this.#sources && { sources: [...this.#sources] }),
      ...(id !== undefined && { id }),
      model,
      provider,
      ...(requestId !== undefined && { requestId }),
      attempts,
    }
  }

  /**
   * @param cut if given, includes text held back as a possible stop sequence
   * @returns the texts, and what counts their tokens with those of `more`, however much has arrived since
   */
  #said(cut?: string): { text: string; reasoning: string; count: (more: string) => number } {
    const { countTokens = estimateTokens } = this.#options
    const [text, reasoning] = [this.#text, this.#reasoning]
    const held = { text: '', reasoning: '', ...(cut !== undefined && this.#filter?.cut()) }
    const said = { text: text.join() + held.text, reasoning: reasoning.join() + held.reasoning }
    const split = said.reasoning ? undefined : this.#filter?.splitLone(said.text)
    if (split) {
      const count = (more: string) => countTokens(split.text + split.reasoning + more)
      return { ...split, count }
    }
    const [size, reasoningSize] = [text.parts, reasoning.parts]
    const rest = text.rest + held.text + reasoning.rest + held.reasoning
    const count = (more: string) =>
      text.countParts(size, countTokens) +
      reasoning.countParts(reasoningSize, countTokens) +
      countTokens(rest + more)
    return { ...said, count }
  }

  /** Returns a function that does not see what arrives later. */
  #settler(cut: boolean): (text: string, count: () => number) => Usage {
    const usage = { ...this.#usage, ...(cut && { estimated: true as const }) }
    const isStale = cut && this.#size !== this.#countedSize
    const prompt = () => (this.#promptTokens ??= this.#options.promptTokens?.() ?? 0)
    return (text, count) => settleUsage(usage, { text, prompt, count }, isStale)
  }
}

/** The events of the chunk being accepted. One list for all replies, since accepting takes no turn. */
const SCRATCH: StreamEvent[] = []

/** Events that are dropped after a local stop sequence. */
const AFTER_STOP = /-delta$|^tool-call$/
