/**
 * Holds the beginning of tool calls back, for clients that read the id and the name of a call only once.
 */
import type { ToolCallDelta } from '../event.ts'

/** A tool call that is being written. */
export interface GrowingCall {
  id: string
  name: string
  /** Arguments that were held back. */
  held: string
  hasBegun: boolean
}

/** What to send of a call. */
export interface GrowingPiece {
  index: number
  call: GrowingCall
  isFirst: boolean
  delta: string
}

/** The tool calls of a reply, by index. */
export class GrowingCalls {
  #calls = new Map<number, GrowingCall>()
  #needsId: boolean

  /** @param needsId false if a call may begin without its id, for clients that take any */
  constructor({ needsId = true }: { needsId?: boolean } = {}) {
    this.#needsId = needsId
  }

  /**
   * Adds a piece. Returns what to send. A call begins with its first arguments beyond blanks: until then a server may
   * complete its id and its name, and clients take blanks for broken JSON. Calls before it that have none until then have
   * none at all: they are sent first, with `{}`, so that calls keep their order.
   */
  add({ index, id, name, argumentsDelta: delta }: ToolCallDelta): GrowingPiece[] {
    const call = this.#calls.get(index) ?? { id: '', name: '', held: '', hasBegun: false }
    this.#calls.set(index, call)
    if (call.hasBegun) return delta ? [{ index, call, isFirst: false, delta }] : []
    call.id = id ?? call.id
    call.name = name ?? call.name
    call.held += delta
    if (!call.held.trim()) return []
    const begun = [...this.#calls].filter(
      ([at, each]) => at <= index && !each.hasBegun && each.name && (each.id || !this.#needsId),
    )
    return begun.map(([at, each]) => {
      each.hasBegun = true
      return { index: at, call: each, isFirst: true, delta: each.held.trim() ? each.held : '{}' }
    })
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
