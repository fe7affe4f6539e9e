/**
 * A reply as it grows: the one place that keeps the protocol of `event.ts` and folds events into a `ChatResult`.
 */
import { drainArray } from '../async/take-all.ts'
import type {
  ChatResult,
  FailoverEvent,
  FinishEvent,
  FinishReason,
  ResponseInfo,
  Source,
  StreamEvent,
  TextDelta,
  Usage,
} from '../event.ts'
import type { ToolCall } from '../message.ts'
import { ToolAssembler } from './tool-call-assembler.ts'
import { StopCutter } from './stop-filter.ts'
import { estimateTokens } from '../tokens/estimate.ts'
import { MirrorFilter } from './mirror-filter.ts'
import { TextBuffer } from './text-buffer.ts'
import { mergeFinish, toEstimate, toMessage, toResult } from './result.ts'
import type { Split } from './split-tags.ts'
import { splitLone, ThinkSplitter } from './split-tags.ts'

/** What a reply is told at its start. */
export interface ReplyOptions {
  /** Who is asked; replaced by what `end` is told. */
  response: ResponseInfo
  /** Words at which the text ends. */
  stop?: readonly string[]
  /** True if `<think>` in the text is thinking. @default true */
  splitThink?: boolean
  /**
   * Whether the model's chat template opens the tag, so that only `</think>` is in the text: then the text is
   * thinking up to that. A reply that ends without it was no thinking: its text comes at the end.
   */
  opensThink?: boolean
  /**
   * Whether the reply is shown only when it is whole. A `</think>` without its opening tag then makes everything
   * before it thinking; in a stream that has been shown as text, and stays.
   */
  isBuffered?: boolean
  /** Tokens of a text, for a server that sends no usage. @default estimateTokens */
  countTokens?: (text: string) => number
  /** Tokens of the prompt, likewise. */
  promptTokens?: () => number
}

/** Why the tool calls of a reply that was cut off by its connection are marked. */
const CUT = 'The reply was cut off'
/** Why the tool calls of a reply that was cut by its length are marked. */
const CUT_BY_LENGTH = 'The reply was cut at its length limit'

/** The reply to one request. Events in, straightened events out; `result()` is what they make. */
export class Reply {
  /** True once the server said that the reply is complete. */
  finished = false
  #options: ReplyOptions
  #response: ResponseInfo
  #text = new TextBuffer()
  #reasoning = new TextBuffer()
  #tools = new ToolAssembler()
  /** True if the calls of this step were told of. */
  #toldCalls = false
  /** Calls of this step that a tool has answered. */
  #answered = new Set<string>()
  #sources: Source[] = []
  #usage: Usage | undefined
  #finish: FinishEvent | undefined
  #stop: StopCutter | undefined
  #think: ThinkSplitter | undefined
  /** Once thinking came in a field of its own: tags in the text may repeat it. */
  #mirror: MirrorFilter | undefined
  #result: ChatResult | undefined
  /** What the reader may see of the chunk that is being accepted. */
  #out: StreamEvent[] = []

  constructor(options: ReplyOptions) {
    this.#options = options
    this.#response = options.response
    this.#begin()
  }

  #begin(): void {
    const { stop, splitThink, opensThink } = this.#options
    this.#text = new TextBuffer()
    this.#reasoning = new TextBuffer()
    this.#tools = new ToolAssembler()
    this.#toldCalls = false
    this.#answered = new Set()
    this.#sources = []
    this.#mirror = undefined
    this.#stop = stop && stop.length > 0 ? new StopCutter(stop) : undefined
    this.#think =
      splitThink === false ? undefined : new ThinkSplitter(opensThink ? 'opened' : undefined)
  }

  /** True when a stop word ended the text here: nothing further needs to be read. */
  get stopped(): boolean {
    return this.#stop?.found !== undefined
  }

  /** Who answered, where the model asks others. */
  get answeredBy(): ResponseInfo | undefined {
    return this.#finish?.response
  }

  /** Takes what the model's class yielded; gives what its reader may see now. */
  accept(chunk: string | StreamEvent | readonly StreamEvent[]): StreamEvent[] {
    const out = this.#out
    if (typeof chunk === 'string') this.#acceptText(chunk, out)
    else if (Array.isArray(chunk)) for (const event of chunk) this.#acceptEvent(event, out)
    else this.#acceptEvent(chunk as StreamEvent, out)
    return drainArray(out) ?? []
  }

  #acceptEvent(event: StreamEvent, out: StreamEvent[]): void {
    switch (event.type) {
      case 'text-delta':
        return this.#acceptText(event.text, out, event)
      case 'reasoning-delta':
        return this.#acceptReasoning(event.text, out)
      case 'tool-call-delta':
        out.push(this.#tools.add(event))
        return
      case 'tool-call':
        this.#tools.addWhole(event.toolCall)
        return
      case 'source':
        this.#sources.push(event.source)
        out.push(event)
        return
      case 'retry':
        out.push(event)
        return
      case 'failover':
        this.#acceptFailover(event)
        out.push(event)
        return
      case 'step':
        this.#release(out)
        this.#tellCalls(this.#tools.calls(), out)
        this.#begin()
        out.push(event)
        return
      case 'tool-result':
        this.#tellCalls(this.#tools.calls(), out)
        this.#answered.add(event.toolCallId)
        out.push(event)
        return
      case 'usage':
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

  #acceptFailover({ action, provider, model, attempts }: FailoverEvent): void {
    this.#response = { provider, model, attempts }
    if (action === 'restart') this.#begin()
  }

  #acceptText(text: string, out: StreamEvent[], event?: TextDelta): void {
    if (!text) return
    if (!this.#think || this.#think.passes(text)) return this.#pushText(text, out, event)
    this.#pushSplit(this.#think.push(text), out)
  }

  /** The vendor separates thinking from text itself; some repeat it in the text, inside of tags. */
  #acceptReasoning(text: string, out: StreamEvent[]): void {
    if (this.#mirror === undefined) {
      const held = this.#think?.end()
      // Blanks before thinking are not text.
      if (held?.some((part) => part.text.trim())) this.#pushSplit(held, out)
      if (this.#think) this.#think = new ThinkSplitter()
      this.#mirror = new MirrorFilter()
    }
    if (this.#think) this.#mirror.expect(text)
    this.#pushReasoning(text, out)
  }

  #pushSplit(split: Split, out: StreamEvent[]): void {
    for (const { type, text } of split) {
      if (type === 'text-delta') this.#pushText(text, out)
      else this.#pushReasoning(this.#mirror?.filter(text) ?? text, out)
    }
  }

  #pushText(text: string, out: StreamEvent[], event?: TextDelta): void {
    const shown = this.#stop ? this.#stop.push(text) : text
    if (!shown) return
    this.#text.push(shown)
    out.push(event && shown === text ? event : { type: 'text-delta', text: shown })
  }

  #pushReasoning(text: string, out: StreamEvent[]): void {
    if (!text) return
    this.#reasoning.push(text)
    out.push({ type: 'reasoning-delta', text })
  }

  /** The reply is over and whole; gives its last events. */
  end(response: ResponseInfo): StreamEvent[] {
    this.#response = response
    const out: StreamEvent[] = []
    this.#release(out)
    const result = this.#build(this.stopped ? 'stop' : (this.#finish?.finishReason ?? 'stop'))
    this.#tellCalls(result.toolCalls, out)
    out.push({ type: 'usage', usage: result.usage })
    const { finishReason, rawFinishReason } = result
    const messageFields = this.#finish?.messageFields
    out.push({
      type: 'finish',
      finishReason,
      rawFinishReason,
      ...(messageFields && { messageFields }),
      response,
    })
    this.#result = result
    return out
  }

  /** Shows what was held back, since it may have been the start of a tag or a stop word. */
  #release(out: StreamEvent[]): void {
    if (this.stopped) return
    this.#endThinking(out)
    const tail = this.#stop?.end()
    if (!tail) return
    this.#text.push(tail)
    out.push({ type: 'text-delta', text: tail })
  }

  #tellCalls(toolCalls: readonly ToolCall[], out: StreamEvent[]): void {
    if (this.#toldCalls) return
    this.#toldCalls = true
    for (const toolCall of toolCalls) {
      const index = this.#tools.indexOf(toolCall)
      out.push({ type: 'tool-call', ...(index !== undefined && { index }), toolCall })
    }
  }

  #endThinking(out: StreamEvent[]): void {
    const think = this.#think
    if (!think) return
    this.#pushSplit(think.end(), out)
    if (!think.assumed || this.#finish?.finishReason === 'length') return
    // No tag, and yet whole: the server keeps the thinking to itself, and this was the answer.
    const text = this.#reasoning.join()
    this.#reasoning = new TextBuffer()
    this.#pushText(text, out)
  }

  /** The whole answer once `end` was called; before that what has arrived, its tool calls marked. */
  result(): ChatResult {
    return this.#result ?? this.#build('error', CUT)
  }

  #build(reason: FinishReason, cut?: string): ChatResult {
    const { text, reasoning } = this.#texts(cut)
    const why = cut ?? (reason === 'length' ? CUT_BY_LENGTH : undefined)
    const toolCalls = this.#tools.calls(why)
    const { id, model, provider, requestId, attempts } = this.#response
    return toResult({
      text,
      reasoning,
      toolCalls: toolCalls.filter(({ id }) => !this.#answered.has(id)),
      message: toMessage({ text, reasoning, toolCalls, fields: this.#finish?.messageFields }),
      finishReason: settleReason(reason, { text, toolCalls }),
      rawFinishReason: this.#finish?.rawFinishReason ?? null,
      usage: this.#countUsage(text, reasoning, cut !== undefined || this.stopped),
      ...(this.#sources.length > 0 && { sources: [...this.#sources] }),
      ...(id !== undefined && { id }),
      model,
      provider,
      ...(requestId !== undefined && { requestId }),
      attempts,
    })
  }

  /** @param cut where it is there: with what may be the start of a stop word, and was not shown yet */
  #texts(cut: string | undefined): { text: string; reasoning: string } {
    let text = this.#text.join()
    let reasoning = this.#reasoning.join()
    if (cut !== undefined) {
      text += this.#stop?.end() ?? ''
      for (const held of this.#think?.cut() ?? []) {
        if (held.type === 'text-delta') text += held.text
        else reasoning += held.text
      }
    }
    const lone = this.#options.isBuffered && this.#think && !reasoning ? splitLone(text) : undefined
    return lone ?? { text, reasoning }
  }

  #countUsage(text: string, reasoning: string, cut: boolean): Usage {
    if (this.#usage) return cut ? { ...this.#usage, estimated: true } : this.#usage
    const { countTokens = estimateTokens, promptTokens } = this.#options
    const calls = this.#tools.calls().map((call) => call.name + call.argumentsText)
    return toEstimate(promptTokens?.() ?? 0, countTokens(text + reasoning + calls.join('')))
  }
}

/** Counts that are sent more than once are cumulative; servers end with zeros or leave members out. */
function latest(before: Usage, usage: Usage): Usage {
  const merged: Usage = { ...before, ...usage }
  for (const name of ['promptTokens', 'completionTokens', 'totalTokens'] as const)
    merged[name] = usage[name] > 0 ? usage[name] : before[name]
  if (merged.totalTokens < merged.promptTokens + merged.completionTokens)
    merged.totalTokens = merged.promptTokens + merged.completionTokens
  return merged
}

/** `tool_calls` exactly for a reply with calls, whatever word the server used. */
function settleReason(
  reason: FinishReason,
  { text, toolCalls }: { text: string; toolCalls: readonly ToolCall[] },
): FinishReason {
  if (toolCalls.length > 0) return reason === 'stop' || reason === 'other' ? 'tool_calls' : reason
  if (reason !== 'tool_calls') return reason
  return text ? 'stop' : 'other'
}
