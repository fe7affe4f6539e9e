/**
 * Hides the tool calls that a model ran itself, as a class around `runTools` does: a client would run them again.
 */
import type { ChatResult, FinishEvent, FinishReason, StreamEvent, ToolCallEvent } from '../event.ts'
import type { StreamEncoder } from './format.ts'

/** Encodes a reply in steps: those of its tool calls that have no result at its end are the client's. */
export class OwnToolCallEncoder implements StreamEncoder {
  #encoder: StreamEncoder
  #hasSteps = false
  /** Tool calls of this step that have no result so far. */
  #open: ToolCallEvent[] = []

  constructor(encoder: StreamEncoder) {
    this.#encoder = encoder
  }

  encode(event: StreamEvent): string | Promise<string> {
    if (event.type === 'step') {
      this.#hasSteps = true
      this.#open = []
    }
    return this.#hasSteps ? this.#encodeStep(event) : this.#encoder.encode(event)
  }

  #encodeStep(event: StreamEvent): string | Promise<string> {
    switch (event.type) {
      case 'tool-call-delta':
        return ''
      case 'tool-call':
        this.#open.push({ type: 'tool-call', toolCall: event.toolCall })
        return ''
      case 'tool-result':
        this.#open = this.#open.filter(({ toolCall }) => toolCall.id !== event.toolCallId)
        return ''
      case 'finish':
        return this.#finish(event)
      default:
        return this.#encoder.encode(event)
    }
  }

  #finish(event: FinishEvent): string | Promise<string> {
    const open = this.#open
    const finishReason = toOwnReason(event.finishReason, open)
    const finish = { ...event, finishReason }
    return open.length > 0 ? this.#encodeAll([...open, finish]) : this.#encoder.encode(finish)
  }

  async #encodeAll(events: readonly StreamEvent[]): Promise<string> {
    let frames = ''
    for (const event of events) frames += await this.#encoder.encode(event)
    return frames
  }
}

/** Returns a result without the tool calls that the model ran itself. */
export function withoutOwnCalls(result: ChatResult): ChatResult {
  const { toolCalls, message, finishReason } = result
  const { tool_calls: calls = [], ...rest } = message
  if (calls.length === toolCalls.length) return result
  const open = calls.filter(({ id }) => toolCalls.some((call) => call.id === id))
  return {
    ...result,
    finishReason: toOwnReason(finishReason, open),
    message: { ...rest, ...(open.length > 0 && { tool_calls: open }) },
  }
}

/** Replaces `tool_calls` without a call, for which a client would wait: the run has reached its limit of steps. */
function toOwnReason(reason: FinishReason, open: readonly unknown[]): FinishReason {
  return reason === 'tool_calls' && open.length === 0 ? 'other' : reason
}
