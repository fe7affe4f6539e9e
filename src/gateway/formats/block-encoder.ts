/**
 * Puts the events of a reply in the order of formats that stream one block after the other (Anthropic's blocks, items of
 * the Responses API): each is opened, continued and closed. A format writes the frames.
 */
import { createId } from '../../create-id.ts'
import { StreamError } from '../../errors.ts'
import type { FinishEvent, Source, StreamEvent, ToolCallDelta, Usage } from '../../event.ts'
import { isJSON } from '../../is-json.ts'
import type { ToolCall } from '../../message.ts'
import type { ReplyHead, Seal, StreamEncoder } from '../format.ts'

/** A tool call, as far as it was sent. */
export interface SentToolCall {
  id: string
  name: string
  /** Arguments so far. */
  text: string
  /** Index of its block, once opened. */
  block: number | undefined
  isClosed: boolean
}

export abstract class BlockEncoder implements StreamEncoder {
  protected readonly head: ReplyHead
  protected readonly seal: Seal
  #isBegun = false
  #blocks = 0
  #open: 'text' | 'reasoning' | undefined
  #reasoning = ''
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

  #toolCallDelta({ index, id, name, argumentsDelta }: ToolCallDelta): string {
    const toolCall = this.#toolCalls.get(index) ?? this.#addToolCall(index)
    if (toolCall.block === undefined) {
      // Vendors may complete the id or the name later; clients read either only once.
      toolCall.id = id ?? toolCall.id
      toolCall.name = name ?? toolCall.name
    }
    return argumentsDelta ? this.#arguments(toolCall, argumentsDelta) : ''
  }

  #addToolCall(index: number): SentToolCall {
    const toolCall = { id: '', name: '', text: '', block: undefined, isClosed: false }
    this.#toolCalls.set(index, toolCall)
    return toolCall
  }

  #arguments(toolCall: SentToolCall, text: string): string {
    if (toolCall.block !== undefined) {
      toolCall.text += text
      return this.arguments(toolCall, text)
    }
    if (!toolCall.name) {
      toolCall.text += text
      return ''
    }
    const early = toolCall.text + text
    let frames = this.#begin() + this.#closeText() + this.#closeToolCalls('whole')
    toolCall.id ||= createId()
    toolCall.text = early
    toolCall.block = this.#blocks++
    frames += this.openToolCall(toolCall, toolCall.block)
    return early === '' ? frames : frames + this.arguments(toolCall, early)
  }

  /** Handles the event that ends every tool call; its pieces, if any, were sent. */
  #completeToolCall({ id, name, argumentsText }: ToolCall, index = -1 - this.#blocks): string {
    const toolCall = this.#toolCalls.get(index) ?? this.#addToolCall(index)
    let frames = ''
    if (toolCall.block === undefined) {
      Object.assign(toolCall, { id, name, text: '' })
      frames = this.#arguments(toolCall, argumentsText)
    }
    return frames + this.#closeToolCall(toolCall)
  }

  /**
   * Closes open tool calls: all, or those whose arguments are whole. Blocks overlap only where a server mixes the pieces
   * of several calls.
   */
  #closeToolCalls(which: 'all' | 'whole'): string {
    let frames = ''
    for (const toolCall of this.#toolCalls.values()) {
      const isOpen = toolCall.block !== undefined && !toolCall.isClosed
      if (isOpen && (which === 'all' || isJSON(toolCall.text)))
        frames += this.#closeToolCall(toolCall)
    }
    return frames
  }

  #closeToolCall(toolCall: SentToolCall): string {
    if (toolCall.isClosed || toolCall.block === undefined) return ''
    toolCall.isClosed = true
    return this.closeToolCall(toolCall)
  }

  #source(source: Source): string {
    if (!source.url) return ''
    if (this.#open === 'text') return this.citation(source)
    this.#sources.push(source)
    return ''
  }

  // These formats cannot retract what was sent.
  #failover(action: 'next' | 'restart' | 'continue'): string {
    if (action === 'restart' && this.#isBegun) {
      throw new StreamError(
        'connection_lost',
        'The reply restarted, and this format cannot retract what was sent',
      )
    }
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
