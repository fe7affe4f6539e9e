/**
 * Assembles tool calls from their deltas.
 */
import { createId } from '../create-id.ts'
import type { ToolCallDelta } from '../event.ts'
import type { ToolCall } from '../message.ts'
import { TextBuffer } from './text-buffer.ts'

interface Draft {
  id: string
  /** True if a partial result needed an id before the server sent one. */
  isProvisional?: boolean
  name: string
  text: TextBuffer
}

/** Assembles tool calls by index. Providers ensure that an index identifies one tool call. */
export class ToolAssembler {
  #drafts = new Map<number, Draft>()
  #whole = new Map<number, ToolCall>()
  /** Tool calls that arrived complete, without deltas, and have no index. */
  #extra: ToolCall[] = []
  /** Maps each id to the index of its call; -1 for a call that arrived complete. */
  #owners = new Map<string, number>()

  /** Returns an assembler of one's own, for a reply that has got a tool call. */
  own(): ToolAssembler {
    return this === NO_TOOLS ? new ToolAssembler() : this
  }

  /** True if no tool call can be missing its end: each arrived complete, or its arguments are a JSON object. */
  get complete(): boolean {
    for (const { text } of this.#drafts.values()) {
      const json = text.join().trim()
      if (json === '' || toToolCall('', '', json).invalid !== undefined) return false
    }
    return true
  }

  /** Adds a piece and returns it as reported: ids are made unique, whatever the server sends. */
  add(delta: ToolCallDelta): ToolCallDelta {
    let draft = this.#drafts.get(delta.index)
    if (!draft) {
      draft = { id: '', name: '', text: new TextBuffer() }
      this.#drafts.set(delta.index, draft)
    }
    if (delta.name) draft.name = delta.name
    const argumentsDelta = draft.text.push(delta.argumentsDelta)
    const shown = argumentsDelta === delta.argumentsDelta ? delta : { ...delta, argumentsDelta }
    if (!delta.id) return shown
    const owner = this.#owners.get(delta.id)
    if (owner === undefined) this.#owners.set(delta.id, delta.index)
    if (owner === undefined || owner === delta.index) {
      draft.id = delta.id
      draft.isProvisional = false
      return shown
    }
    draft.id ||= createId()
    return { ...shown, id: draft.id }
  }

  /** Adds a piece that is reported as it is, as nearly all are. Returns false for any other, which must be added. */
  passes({ index, id, name, argumentsDelta: piece }: ToolCallDelta): boolean {
    const text = this.#drafts.get(index)?.text
    if (id || name || typeof piece !== 'string' || !text?.isWhole(piece)) return false
    text.add(piece)
    return true
  }

  /** Adds a complete tool call, replacing deltas with the same id, or else the same name. */
  addWhole(call: ToolCall): void {
    const index = this.#draftOf(call)
    if (index !== undefined) {
      this.#drafts.delete(index)
      this.#whole.set(index, call)
      if (!this.#owners.has(call.id)) this.#owners.set(call.id, index)
      return
    }
    const isTaken = this.#owners.has(call.id)
    if (!isTaken) this.#owners.set(call.id, -1)
    this.#extra.push(isTaken ? { ...call, id: createId() } : call)
  }

  #draftOf({ id, name }: ToolCall): number | undefined {
    const index = this.#owners.get(id)
    if (index !== undefined && this.#drafts.get(index)?.id === id) return index
    for (const [at, draft] of this.#drafts)
      if ((!draft.id || draft.isProvisional) && draft.name === name) return at
    return undefined
  }

  /** Returns the index of a tool call's deltas, or `undefined` if it arrived complete. */
  indexOf({ id }: ToolCall): number | undefined {
    const index = this.#owners.get(id) ?? -1
    return index === -1 ? undefined : index
  }

  /**
   * Returns the tool calls in the order of their indexes. Deltas without a name are dropped.
   * @param cut why the tool calls of a cut reply must not run
   */
  calls(cut?: string): ToolCall[] {
    return this.snapshot()(cut)
  }

  /** Returns a function that creates the tool calls as of now, which defers parsing until they are needed. */
  snapshot(): (cut?: string) => ToolCall[] {
    const entries: [index: number, make: () => ToolCall][] = []
    for (const [index, call] of this.#whole) entries.push([index, () => call])
    for (const [index, draft] of this.#drafts) {
      if (!draft.id) {
        draft.id = createId()
        draft.isProvisional = true
        this.#owners.set(draft.id, index)
      }
      const { id, name } = draft
      const text = draft.text.join()
      if (name) entries.push([index, () => toToolCall(id, name, text)])
    }
    entries.sort(([a], [b]) => a - b)
    const extra = [...this.#extra]
    return (cut) => {
      const calls = [...entries.map(([, make]) => make()), ...extra]
      return cut ? calls.map((call) => ({ ...call, invalid: cut })) : calls
    }
  }
}

/** That of replies without tool calls, as most are: its maps would take 0.6 kB of each. Must not be added to. */
export const NO_TOOLS: ToolAssembler = /* @__PURE__ */ new ToolAssembler()

/** Parses the arguments of a tool call. An empty text means no arguments; a missing id is generated. */
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
      call.invalid = 'The arguments are not a JSON object'
    }
  } catch (error) {
    call.invalid = `The arguments are not valid JSON: ${(error as Error).message}`
  }
  return call
}
