/**
 * Keeps the first tool call of a reply, for servers without `parallelToolCalls`.
 */
import type { StreamEvent } from '../../event.ts'

export class SingleCall {
  #index: number | undefined
  #isComplete = false
  #dropped = false

  /** Returns the event, or `undefined` if it belongs to another tool call than the first. */
  pass(event: StreamEvent): StreamEvent | undefined {
    if (event.type === 'tool-call-delta') {
      if (!this.#isComplete) this.#index ??= event.index
      return this.#keepFirst(event, { isFirst: event.index === this.#index })
    }
    if (event.type === 'tool-call') {
      const isFirst = !this.#isComplete && (!this.#index || event.index === this.#index)
      this.#isComplete = true
      return this.#keepFirst(event, { isFirst })
    }
    if (event.type !== 'finish' || !this.#dropped) return event
    // It contains the other tool calls too.
    const { provider_data: _calls, ...messageFields } = event.messageFields ?? {}
    return { ...event, messageFields }
  }

  #keepFirst(event: StreamEvent, { isFirst }: { isFirst: boolean }): StreamEvent | undefined {
    this.#dropped ||= !isFirst
    return isFirst ? event : undefined
  }
}
