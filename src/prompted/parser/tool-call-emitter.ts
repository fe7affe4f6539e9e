/**
 * Emits tool calls found in a text as the deltas that a model with native tools sends.
 */
import type { StreamEvent, ToolCallDelta } from '../../event.ts'
import { createId } from '../../create-id.ts'

/** Numbers tool calls and assigns ids. */
export class ToolCallEmitter {
  /** Number of tool calls found in the text. */
  count = 0
  /** Events that were not taken yet. */
  events: StreamEvent[] = []
  #limit: number
  /** Maps the next index, and those of the server's native tool calls. */
  #next = 0
  #places = new Map<number, number>()
  #isDropping = false

  /** @param limit maximum number of tool calls */
  constructor(limit: number) {
    this.#limit = limit
  }

  text(text: string): void {
    if (text) this.events.push({ type: 'text-delta', text })
  }

  reasoning(text: string): void {
    if (text) this.events.push({ type: 'reasoning-delta', text })
  }

  begin(name: string): void {
    this.#isDropping = this.count >= this.#limit
    if (this.#isDropping) return
    this.count++
    const index = this.#next++
    this.events.push({ type: 'tool-call-delta', index, id: createId(), name, argumentsDelta: '' })
  }

  /** Extends the arguments of the last tool call. */
  more(text: string): void {
    if (!text || this.#isDropping) return
    const last = this.events.at(-1)
    if (last?.type === 'tool-call-delta') last.argumentsDelta += text
    else this.events.push({ type: 'tool-call-delta', index: this.#next - 1, argumentsDelta: text })
  }

  /** Makes the arguments of the last tool call invalid, so that it is never run. */
  spoil(): void {
    this.more('{')
  }

  /** Passes on a native tool call delta, renumbered. */
  pass(delta: ToolCallDelta): void {
    const index = this.#places.get(delta.index) ?? this.#next++
    this.#places.set(delta.index, index)
    this.events.push({ ...delta, index })
  }

  take(): StreamEvent[] {
    const { events } = this
    this.events = []
    return events
  }
}
