/**
 * Encodes events with all types and numbers that OpenAI's own client and Codex read.
 * @see https://platform.openai.com/docs/api-reference/responses-streaming
 */
import type { ErrorBody } from '../../../edge/http-error.ts'
import type { FinishEvent, Source, Usage } from '../../../event.ts'
import { toJSON } from '../../../well-formed.ts'
import type { SentToolCall } from '../block-encoder.ts'
import { BlockEncoder } from '../block-encoder.ts'
import type { CallKind } from './client-tools.ts'
import { prefixOf } from './client-tools.ts'
import { customInput, isCutInput } from './custom-tools.ts'
import type { Item } from './encode.ts'
import {
  callItem,
  endOf,
  itemId,
  kindOf,
  messageItem,
  nameOf,
  reasoningItem,
  responseObject,
  textPart,
  toAnnotation,
} from './encode.ts'

/** Encodes the events of one reply. */
export class ResponseEncoder extends BlockEncoder {
  #number = 0
  /** Closed items by their index. */
  #items: Item[] = []
  /** The open message or reasoning. */
  #index = 0
  #text = ''
  #annotations: unknown[] = []

  #frame(type: string, members: Record<string, unknown>): string {
    const event = { type, sequence_number: this.#number++, ...members }
    return `event: ${type}\ndata: ${toJSON(event)}\n\n`
  }

  protected begin(): string {
    const response = responseObject(this.head, { status: 'in_progress', output: [] })
    return (
      this.#frame('response.created', { response }) +
      this.#frame('response.in_progress', { response })
    )
  }

  #openItem(index: number, item: Item): string {
    return this.#frame('response.output_item.added', { output_index: index, item })
  }

  #closeItem(index: number, item: Item): string {
    this.#items[index] = item
    return this.#frame('response.output_item.done', { output_index: index, item })
  }

  #open(index: number): void {
    this.#index = index
    this.#text = ''
    this.#annotations = []
  }

  /** Index of a part within the open item. */
  #place(prefix: string, part: Record<string, number>): Record<string, unknown> {
    return { item_id: itemId(this.head, prefix, this.#index), output_index: this.#index, ...part }
  }

  protected openText(index: number): string {
    this.#open(index)
    const item = messageItem(itemId(this.head, 'msg', index), [], 'in_progress')
    const part = textPart('', [])
    const place = this.#place('msg', CONTENT)
    return (
      this.#openItem(index, item) + this.#frame('response.content_part.added', { ...place, part })
    )
  }

  protected text(delta: string): string {
    this.#text += delta
    const place = this.#place('msg', CONTENT)
    return this.#frame('response.output_text.delta', { ...place, delta, logprobs: [] })
  }

  protected citation(source: Source): string {
    const annotation = toAnnotation(source)
    const annotation_index = this.#annotations.push(annotation) - 1
    const members = { ...this.#place('msg', CONTENT), annotation_index, annotation }
    return this.#frame('response.output_text.annotation.added', members)
  }

  protected closeText(finish?: FinishEvent): string {
    const place = this.#place('msg', CONTENT)
    const text = this.#text
    const part = textPart(text, this.#annotations)
    const { status } = endOf(finish?.finishReason ?? 'stop')
    const item = messageItem(itemId(this.head, 'msg', this.#index), [part], status)
    return (
      this.#frame('response.output_text.done', { ...place, text, logprobs: [] }) +
      this.#frame('response.content_part.done', { ...place, part }) +
      this.#closeItem(this.#index, item)
    )
  }

  protected openReasoning(index: number): string {
    this.#open(index)
    const item = reasoningItem(itemId(this.head, 'rs', index), '', null)
    const members = { ...this.#place('rs', SUMMARY), part: { type: 'summary_text', text: '' } }
    return (
      this.#openItem(index, item) + this.#frame('response.reasoning_summary_part.added', members)
    )
  }

  protected reasoning(delta: string): string {
    this.#text += delta
    const place = this.#place('rs', SUMMARY)
    return this.#frame('response.reasoning_summary_text.delta', { ...place, delta })
  }

  protected closeReasoning(sealed: string): string {
    const place = this.#place('rs', SUMMARY)
    const text = this.#text
    const part = { type: 'summary_text', text }
    return (
      this.#frame('response.reasoning_summary_text.done', { ...place, text }) +
      this.#frame('response.reasoning_summary_part.done', { ...place, part }) +
      this.#closeItem(this.#index, reasoningItem(String(place.item_id), text, sealed))
    )
  }

  #kind({ name }: SentToolCall): CallKind {
    return kindOf(this.head, name)
  }

  #callId(toolCall: SentToolCall): string {
    return itemId(this.head, prefixOf(this.#kind(toolCall)), toolCall.block)
  }

  /** What tools other than functions take is inside of JSON until that is whole: their items open then. */
  protected openToolCall(toolCall: SentToolCall, index: number): string {
    if (this.#kind(toolCall) !== 'function') return ''
    return this.#openCall({ ...toolCall, text: '' }, index)
  }

  #openCall(toolCall: SentToolCall, index: number): string {
    const call = { ...toolCall, ...nameOf(this.head, toolCall.name) }
    const how = { kind: this.#kind(toolCall), status: 'in_progress' }
    return this.#openItem(index, callItem(this.#callId(toolCall), call, how))
  }

  protected arguments(toolCall: SentToolCall, delta: string): string {
    if (this.#kind(toolCall) !== 'function') return ''
    const place = { item_id: this.#callId(toolCall), output_index: toolCall.block }
    return this.#frame('response.function_call_arguments.delta', { ...place, delta })
  }

  protected closeToolCall(toolCall: SentToolCall): string {
    const kind = this.#kind(toolCall)
    if (kind === 'custom' && isCutInput(toolCall.text)) return ''
    const id = this.#callId(toolCall)
    const index = toolCall.block
    const place = { item_id: id, output_index: index }
    const named = { ...toolCall, ...nameOf(this.head, toolCall.name) }
    const item = callItem(id, named, { kind })
    const closed = () => this.#closeItem(index, item)
    if (kind === 'function') {
      const { arguments: args, name } = item
      const members = { ...place, name, arguments: args }
      return this.#frame('response.function_call_arguments.done', members) + closed()
    }
    if (kind !== 'custom') return this.#openCall(toolCall, index) + closed()
    const input = customInput(toolCall.text)
    const opened = this.#openCall({ ...toolCall, text: '' }, index)
    const delta =
      input && this.#frame('response.custom_tool_call_input.delta', { ...place, delta: input })
    return (
      opened +
      delta +
      this.#frame('response.custom_tool_call_input.done', { ...place, input }) +
      closed()
    )
  }

  protected vendorData(sealed: string, index: number): string {
    const item = reasoningItem(itemId(this.head, 'rs', index), '', sealed)
    return this.#openItem(index, item) + this.#closeItem(index, item)
  }

  protected end({ finishReason }: FinishEvent, usage: Usage): string {
    // A reply without a word has an empty message, as at OpenAI.
    const empty = this.#items.length === 0 ? this.openText(0) + this.closeText() : ''
    const end = endOf(finishReason)
    const output = this.#items.filter(Boolean)
    const response = responseObject(this.head, { ...end, output, usage })
    return empty + this.#frame(`response.${end.status}`, { response })
  }

  encodeFailure(error: ErrorBody): string {
    const { code = null, message, param = null } = error
    const output = this.#items.filter(Boolean)
    const response = responseObject(this.head, { status: 'failed', output, error })
    return (
      this.#frame('error', { code, message, param }) + this.#frame('response.failed', { response })
    )
  }
}

/** Messages have one part, and so have summaries. */
const CONTENT = { content_index: 0 }
const SUMMARY = { summary_index: 0 }
