/**
 * Encodes events with all types and numbers that OpenAI's own client and Codex read.
 * @see https://platform.openai.com/docs/api-reference/responses-streaming
 */
import type { ErrorBody } from '../../../edge/http-error.ts'
import type { FinishEvent, Source, Usage } from '../../../event.ts'
import { toJSON } from '../../../well-formed.ts'
import type { SentToolCall } from '../block-encoder.ts'
import { BlockEncoder } from '../block-encoder.ts'
import { customInput, isCutInput } from './custom-tools.ts'
import type { Item } from './encode.ts'
import {
  callItem,
  customTools,
  endOf,
  itemId,
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

  #isCustom({ name }: SentToolCall): boolean {
    return customTools(this.head).includes(name)
  }

  #callId(toolCall: SentToolCall): string {
    return itemId(this.head, this.#isCustom(toolCall) ? 'ctc' : 'fc', toolCall.block as number)
  }

  /** The input of a custom tool is inside of JSON until that is whole: its item opens then. */
  protected openToolCall(toolCall: SentToolCall, index: number): string {
    return this.#isCustom(toolCall) ? '' : this.#openCall(toolCall, index)
  }

  #openCall(toolCall: SentToolCall, index: number): string {
    const isCustom = this.#isCustom(toolCall)
    const empty = { ...toolCall, ...nameOf(this.head, toolCall.name), text: '' }
    return this.#openItem(
      index,
      callItem(this.#callId(toolCall), empty, { isCustom, status: 'in_progress' }),
    )
  }

  protected arguments(toolCall: SentToolCall, delta: string): string {
    if (this.#isCustom(toolCall)) return ''
    const place = { item_id: this.#callId(toolCall), output_index: toolCall.block }
    return this.#frame('response.function_call_arguments.delta', { ...place, delta })
  }

  protected closeToolCall(toolCall: SentToolCall): string {
    const isCustom = this.#isCustom(toolCall)
    if (isCustom && isCutInput(toolCall.text)) return ''
    const id = this.#callId(toolCall)
    const place = { item_id: id, output_index: toolCall.block }
    const named = { ...toolCall, ...nameOf(this.head, toolCall.name) }
    const item = callItem(id, named, { isCustom })
    const closed = () => this.#closeItem(toolCall.block as number, item)
    if (!isCustom) {
      const { arguments: args, name } = item
      const members = { ...place, name, arguments: args }
      return this.#frame('response.function_call_arguments.done', members) + closed()
    }
    const input = customInput(toolCall.text)
    const opened = this.#openCall(toolCall, toolCall.block as number)
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
