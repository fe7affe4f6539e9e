/**
 * Holds the beginning of tool calls back, for clients that read the id and the name of a call only once.
 */
import type { ToolCallDelta } from '../../event.ts'

/** A tool call that is being written. */
export interface GrowingCall {
  id: string
  name: string
  /** Arguments that were held back. */
  held: string
  hasBegun: boolean
}

/** The tool calls of a reply, by index. */
export class GrowingCalls {
  #calls = new Map<number, GrowingCall>()

  /**
   * Adds a piece. Returns its call, and the arguments to send. A call begins with its first arguments: until then a server
   * may complete its id and its name.
   */
  add({ index, id, name, argumentsDelta }: ToolCallDelta): {
    call: GrowingCall
    isFirst: boolean
    delta: string
  } {
    const call = this.#calls.get(index) ?? { id: '', name: '', held: '', hasBegun: false }
    this.#calls.set(index, call)
    if (call.hasBegun) return { call, isFirst: false, delta: argumentsDelta }
    call.id = id ?? call.id
    call.name = name ?? call.name
    call.held += argumentsDelta
    call.hasBegun = call.id !== '' && call.name !== '' && call.held !== ''
    return { call, isFirst: call.hasBegun, delta: call.hasBegun ? call.held : '' }
  }

  /** Ends a call. Returns false if it has not begun. */
  end(index = -1): boolean {
    const hasBegun = this.#calls.get(index)?.hasBegun === true
    this.#calls.delete(index)
    return hasBegun
  }

  /** Ends all calls. Returns the ids of those that had begun. */
  endAll(): string[] {
    const begun = [...this.#calls.values()].filter(({ hasBegun }) => hasBegun)
    this.#calls.clear()
    return begun.map(({ id }) => id)
  }
}
