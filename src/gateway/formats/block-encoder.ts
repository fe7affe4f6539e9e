/**
 * Puts the events of a reply in the order of formats that stream one block after the other (Anthropic's blocks, items of
 * the Responses API): each is opened, continued and closed. A format writes the frames.
 */
import { createId } from '../../create-id.ts'
import { StreamError } from '../../errors.ts'
import type {
  FailoverEvent,
  FinishEvent,
  Source,
  StreamEvent,
  ToolCallDelta,
  Usage,
} from '../../event.ts'
import { isJSON } from '../../parse-json.ts'
import type { ToolCall } from '../../message.ts'
import { GrowingCalls } from '../../stream/growing-calls.ts'
import type { ReplyHead, Seal, StreamEncoder } from '../format.ts'
import { checkFailover } from './check-failover.ts'

/** A tool call whose block was opened. */
export interface SentToolCall {
  id: string
  name: string
  /** Arguments so far. */
  text: string
  /** Index of its block. */
  block: number
  isClosed: boolean
}

export abstract class BlockEncoder implements StreamEncoder {
  protected readonly head: ReplyHead
  protected readonly seal: Seal
  #isBegun = false
  #blocks = 0
  #open: 'text' | 'reasoning' | undefined
  #reasoning = ''
  #growing = new GrowingCalls({ needsId: false })
  #toolCalls = new Map<number, SentToolCall>()
  /** Pages found while no text was open. */
  #sources: Source[] = []
  #usage: Usage | undefined

  constructor(head: ReplyHead, seal: Seal) {
    this.head = head
    this.seal = seal
  }

  protected abstract begin(): string
  protected abstract openText(index: number): string
  protected abstract text(text: string): string
  protected abstract citation(source: Source): string
  /** @param finish the end of the reply, if it ends with this text */
  protected abstract closeText(finish?: FinishEvent): string
  protected abstract openReasoning(index: number): string
  protected abstract reasoning(text: string): string
  /** @param sealed the reasoning as an opaque text */
  protected abstract closeReasoning(sealed: string): string
  protected abstract openToolCall(toolCall: SentToolCall, index: number): string
  protected abstract arguments(toolCall: SentToolCall, text: string): string
  protected abstract closeToolCall(toolCall: SentToolCall): string
  /** Writes what a vendor demands back, sealed. */
  protected abstract vendorData(sealed: string, index: number): string
  protected abstract end(finish: FinishEvent, usage: Usage): string

  encode(event: StreamEvent): string | Promise<string> {
    // Reasoning is sealed at its end, which takes a promise.
    if (this.#open === 'reasoning' && ENDS_REASONING[event.type])
      return this.#endReasoning().then((frames) => frames + this.#encode(event))
    return this.#encode(event)
  }

  #encode(event: StreamEvent): string {
    switch (event.type) {
      case 'text-delta':
        return this.#textDelta(event.text)
      case 'reasoning-delta':
        return this.#reasoningDelta(event.text)
      case 'tool-call-delta':
        return this.#toolCallDelta(event)
      case 'tool-call':
        return this.#completeToolCall(event.toolCall, event.index)
      case 'source':
        return this.#source(event.source)
      case 'usage':
        this.#usage = event.usage
        return ''
      case 'failover':
        return this.#failover(event.action)
      case 'finish':
        return this.#finish(event)
      case 'step':
        return this.#closeText()
      case 'retry':
      case 'tool-result':
        return ''
      default:
        event satisfies never
        return ''
    }
  }

  #begin(): string {
    if (this.#isBegun) return ''
    this.#isBegun = true
    return this.begin()
  }

  #textDelta(text: string): string {
    let frames = this.#begin() + this.#closeToolCalls('whole')
    if (this.#open !== 'text') {
      this.#open = 'text'
      frames += this.openText(this.#blocks++)
    }
    for (const source of this.#sources.splice(0)) frames += this.citation(source)
    return frames + this.text(text)
  }

  #reasoningDelta(text: string): string {
    let frames = this.#begin()
    if (this.#open !== 'reasoning') {
      frames += this.#closeToolCalls('whole') + this.#closeText()
      this.#open = 'reasoning'
      frames += this.openReasoning(this.#blocks++)
    }
    this.#reasoning += text
    return frames + this.reasoning(text)
  }

  async #endReasoning(): Promise<string> {
    const reasoning = this.#reasoning
    this.#reasoning = ''
    this.#open = undefined
    return this.closeReasoning(await this.seal({ reasoning_content: reasoning }))
  }

  #closeText(finish?: FinishEvent): string {
    if (this.#open !== 'text') return ''
    this.#open = undefined
    return this.closeText(finish)
  }

  #toolCallDelta(event: ToolCallDelta): string {
    let frames = ''
    for (const { index, call, isFirst, delta } of this.#growing.add(event))
      frames += isFirst ? this.#openToolCall(index, call, delta) : this.#addArguments(index, delta)
    return frames
  }

  #addArguments(index: number, delta: string): string {
    const toolCall = this.#toolCalls.get(index) as SentToolCall
    toolCall.text += delta
    return this.arguments(toolCall, delta)
  }

  #openToolCall(index: number, { id, name }: Pick<ToolCall, 'id' | 'name'>, text: string): string {
    let frames = this.#begin() + this.#closeText() + this.#closeToolCalls('whole')
    const block = this.#blocks++
    const toolCall = { id: id || createId(), name, text, block, isClosed: false }
    this.#toolCalls.set(index, toolCall)
    frames += this.openToolCall(toolCall, block)
    return text === '' ? frames : frames + this.arguments(toolCall, text)
  }

  /** Handles the event that ends every tool call; its pieces, if any, were sent. */
  #completeToolCall(toolCall: ToolCall, index = -1 - this.#blocks): string {
    const frames = this.#growing.end(index)
      ? ''
      : this.#openToolCall(index, toolCall, toolCall.argumentsText)
    return frames + this.#closeToolCall(this.#toolCalls.get(index))
  }

  /**
   * Closes open tool calls: all, or those whose arguments are whole. Blocks overlap only where a server mixes the pieces
   * of several calls.
   */
  #closeToolCalls(which: 'all' | 'whole'): string {
    let frames = ''
    for (const toolCall of this.#toolCalls.values()) {
      if (toolCall.isClosed) continue
      if (which === 'all' || isJSON(toolCall.text)) frames += this.#closeToolCall(toolCall)
    }
    return frames
  }

  #closeToolCall(toolCall: SentToolCall | undefined): string {
    if (!toolCall || toolCall.isClosed) return ''
    toolCall.isClosed = true
    return this.closeToolCall(toolCall)
  }

  #source(source: Source): string {
    if (!source.url) return ''
    if (this.#open === 'text') return this.citation(source)
    this.#sources.push(source)
    return ''
  }

  #failover(action: FailoverEvent['action']): string {
    checkFailover(action, this.#isBegun)
    if (action === 'restart') this.#growing.endAll()
    return ''
  }

  #finish(event: FinishEvent): string {
    if (event.finishReason === 'error')
      throw new StreamError('stream_truncated', 'The model reported an error')
    let frames = this.#begin() + this.#closeText(event) + this.#closeToolCalls('all')
    const { provider_data: sealed } = event.messageFields ?? {}
    // Vendors demand their data back only while tools run; clients that want the text look at the last block.
    if (event.finishReason === 'tool_calls' && typeof sealed === 'string')
      frames += this.vendorData(sealed, this.#blocks++)
    const usage = this.#usage ?? { promptTokens: 0, completionTokens: 0, totalTokens: 0 }
    return frames + this.end(event, usage)
  }
}

const ENDS_REASONING: Partial<Record<StreamEvent['type'], true>> = {
  'text-delta': true,
  'tool-call-delta': true,
  'tool-call': true,
  step: true,
  finish: true,
}
