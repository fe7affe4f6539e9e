/**
 * Whole tool calls out of their pieces.
 */
import { createId } from '../create-id.ts'
import type { ToolCallDelta } from '../event.ts'
import type { ToolCall } from '../message.ts'
import { TextBuffer } from './text-buffer.ts'

interface Draft {
  id: string
  name: string
  text: TextBuffer
}

/** Puts tool calls together by their index. The providers see to it that an index means one call. */
export class ToolAssembler {
  #drafts = new Map<number, Draft>()
  #whole = new Map<number, ToolCall>()
  /** Calls that came whole and without pieces: they have no index that others could bear. */
  #extra: ToolCall[] = []
  /** Index of the call that bears an id; -1 for one that came whole. */
  #owners = new Map<string, number>()

  get size(): number {
    return this.#drafts.size + this.#whole.size + this.#extra.length
  }

  /** Adds a piece. Returns it as it is reported: no two calls share an id, whatever the server says. */
  add(delta: ToolCallDelta): ToolCallDelta {
    let draft = this.#drafts.get(delta.index)
    if (!draft) {
      draft = { id: '', name: '', text: new TextBuffer() }
      this.#drafts.set(delta.index, draft)
    }
    if (delta.name) draft.name = delta.name
    if (delta.argumentsDelta) draft.text.push(delta.argumentsDelta)
    if (!delta.id) return delta
    const owner = this.#owners.get(delta.id)
    if (owner === undefined) this.#owners.set(delta.id, delta.index)
    if (owner === undefined || owner === delta.index) {
      draft.id = delta.id
      return delta
    }
    draft.id ||= createId()
    return { ...delta, id: draft.id }
  }

  /** Takes a call that its provider gave whole; it replaces the pieces that bear its id. */
  addWhole(call: ToolCall): void {
    for (const [index, draft] of this.#drafts) {
      if (draft.id ? draft.id !== call.id : draft.name !== call.name) continue
      this.#drafts.delete(index)
      this.#whole.set(index, call)
      return
    }
    const isTaken = this.#owners.has(call.id)
    if (!isTaken) this.#owners.set(call.id, -1)
    this.#extra.push(isTaken ? { ...call, id: createId() } : call)
  }

  /** The index that the pieces of a call bear; `undefined` for one that came whole. */
  indexOf({ id }: ToolCall): number | undefined {
    const all = [...this.#drafts, ...this.#whole]
    return all.find(([, call]) => call.id === id)?.[0]
  }

  /**
   * The calls in the order of their indexes. Pieces without a name are no call.
   * @param cut why the calls of this reply must not be run, if it was cut
   */
  calls(cut?: string): ToolCall[] {
    const calls: ToolCall[] = []
    const indexes = new Set([...this.#drafts.keys(), ...this.#whole.keys()])
    for (const index of [...indexes].sort((a, b) => a - b)) {
      const whole = this.#whole.get(index)
      const draft = this.#drafts.get(index)
      if (draft && !draft.id) draft.id = createId()
      const call = whole ?? (draft?.name && toToolCall(draft.id, draft.name, draft.text.join()))
      if (call) calls.push(call)
    }
    calls.push(...this.#extra)
    return cut ? calls.map((call) => ({ ...call, invalid: cut })) : calls
  }
}

/** A call with its arguments parsed. An empty text means no arguments; a call without an id gets one. */
export function toToolCall(id: string, name: string, argumentsText: string): ToolCall {
  const call: ToolCall = { id: id || createId(), name, arguments: {}, argumentsText }
  if (argumentsText.trim() === '') return call
  try {
    let value: unknown = JSON.parse(argumentsText)
    // Some servers encode the text twice.
    if (typeof value === 'string') value = value.trim() === '' ? {} : JSON.parse(value)
    if (value === null) return call
    if (typeof value === 'object' && !Array.isArray(value)) {
      call.arguments = value as Record<string, unknown>
    } else {
      call.invalid = 'The arguments are no JSON object'
    }
  } catch (error) {
    call.invalid = `The arguments are no JSON: ${(error as Error).message}`
  }
  return call
}
