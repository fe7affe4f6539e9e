/**
 * Encodes events as Anthropic's own client reads them.
 * @see https://platform.claude.com/docs/en/build-with-claude/streaming
 */
import type { FinishEvent, Source, Usage } from '../../../event.ts'
import type { SentToolCall } from '../block-encoder.ts'
import { BlockEncoder } from '../block-encoder.ts'
import {
  contextManagement,
  encodeCounts,
  encodeStop,
  encodeUsage,
  messageHead,
  toCitation,
  toolBlock,
  vendorBlock,
} from './encode.ts'
import type { Block } from './encode.ts'
import { frame } from './frame.ts'

/** Encodes the events of one reply. */
export class MessageEncoder extends BlockEncoder {
  /** Index of the open block of text or thinking. */
  #index = 0
  #hasThought = false

  /** The prompt's tokens are an estimate at first: only the end of the reply has the server's count. */
  protected begin(): string {
    const promptTokens = (this.head.encoding.countPrompt as () => number)()
    const usage = encodeUsage({ promptTokens, completionTokens: 1, totalTokens: promptTokens + 1 })
    const stop = { stop_reason: null, stop_sequence: null, stop_details: null }
    const message = { ...messageHead(this.head), content: [], ...stop, usage }
    return frame('message_start', { message: { ...message, ...contextManagement(this.head) } })
  }

  protected openText(index: number): string {
    this.#index = index
    return openBlock(index, { type: 'text', text: '', citations: null })
  }

  protected text(text: string): string {
    return delta(this.#index, { type: 'text_delta', text })
  }

  protected citation(source: Source): string {
    return delta(this.#index, { type: 'citations_delta', citation: toCitation(source) })
  }

  protected closeText(): string {
    return closeBlock(this.#index)
  }

  protected openReasoning(index: number): string {
    this.#index = index
    this.#hasThought = true
    return openBlock(index, { type: 'thinking', thinking: '', signature: '' })
  }

  protected reasoning(thinking: string): string {
    if (this.head.encoding.hidesThinking) return ''
    return delta(this.#index, { type: 'thinking_delta', thinking })
  }

  /** The signature holds the thinking, sealed: nothing that a caller writes in its place reaches a model. */
  protected closeReasoning(signature: string): string {
    return delta(this.#index, { type: 'signature_delta', signature }) + closeBlock(this.#index)
  }

  protected openToolCall(toolCall: SentToolCall, index: number): string {
    return openBlock(index, toolBlock(toolCall, {}))
  }

  protected arguments({ block }: SentToolCall, text: string): string {
    return delta(block, { type: 'input_json_delta', partial_json: text })
  }

  /** Some clients parse the joined pieces, even where there are none. */
  protected closeToolCall(toolCall: SentToolCall): string {
    return (toolCall.text ? '' : this.arguments(toolCall, '{}')) + closeBlock(toolCall.block)
  }

  protected vendorData(data: string, index: number): string {
    const { signature, ...block } = vendorBlock(data, this.#hasThought)
    if (signature === undefined) return openBlock(index, block) + closeBlock(index)
    const signed = delta(index, { type: 'signature_delta', signature })
    return openBlock(index, { ...block, signature: '' }) + signed + closeBlock(index)
  }

  protected end({ finishReason, rawFinishReason }: FinishEvent, usage: Usage): string {
    const stop = encodeStop(finishReason, rawFinishReason, this.head)
    const members = {
      delta: { container: null, ...stop },
      usage: encodeCounts(usage),
      ...contextManagement(this.head),
    }
    return frame('message_delta', members) + frame('message_stop')
  }
}

function openBlock(index: number, block: Block): string {
  return frame('content_block_start', { index, content_block: block })
}

function delta(index: number, members: Record<string, unknown>): string {
  return frame('content_block_delta', { index, delta: members })
}

function closeBlock(index: number): string {
  return frame('content_block_stop', { index })
}
