/**
 * Tool calls found in a text, as the deltas that a model with tools of its own would send.
 */
import type { StreamEvent, ToolCallDelta } from '../../event.ts'
import { createId } from '../../create-id.ts'

/** Numbers calls and gives each an id. */
export class ToolCallEmitter {
  /** How many calls were found in the text. */
  count = 0
  /** Events that were not taken yet. */
  events: StreamEvent[] = []
  #limit: number
  /** The next index, and those of the server's own calls. */
  #next = 0
  #places = new Map<number, number>()
  #isDropping = false

  /** @param limit how many calls are let through */
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

  /** More of the arguments of the call that was begun last. */
  more(text: string): void {
    if (!text || this.#isDropping) return
    const last = this.events.at(-1)
    if (last?.type === 'tool-call-delta') last.argumentsDelta += text
    else this.events.push({ type: 'tool-call-delta', index: this.#next - 1, argumentsDelta: text })
  }

  /** A delta that the server itself made, among those made here. */
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
