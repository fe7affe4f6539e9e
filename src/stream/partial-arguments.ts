/**
 * The arguments of tool calls while they are being written, for who shows them early.
 */
import type { StreamEvent } from '../event.ts'
import { PartialJSON } from '../json/partial-json.ts'

/** A tool call that is being written. It is live: the same object grows with every piece. */
export interface PartialToolCall {
  /** Which call of this reply it is, from 0. */
  readonly index: number
  /** As soon as it is known. */
  readonly id?: string
  /** The tool, as soon as it is known. */
  readonly name?: string
  /**
   * The arguments so far: only what is sure, but a text may still be short. Not validated, and not to be run: the
   * event `tool-call` has the whole ones. What is no JSON object stays `{}`.
   */
  readonly arguments: Record<string, unknown>
}

/** Events behind which a reply begins. */
const STARTS: ReadonlySet<string> = /* @__PURE__ */ new Set(['step', 'finish'])

interface Slot {
  call: { -readonly [Name in keyof PartialToolCall]: PartialToolCall[Name] }
  json: PartialJSON
}

/**
 * Reads the arguments of tool calls out of the events of a stream, in time that is linear in their length.
 * @example
 * const calls = new PartialArguments()
 * for await (const event of stream.events()) {
 *   const call = calls.push(event)
 *   if (call) show(call.name, call.arguments)
 * }
 */
export class PartialArguments {
  #slots = new Map<number, Slot>()

  /** Takes any event; gives the call that it belongs to, if it is a piece of one. */
  push(event: StreamEvent): PartialToolCall | undefined {
    // The next reply, or the same one again, counts its calls from the start.
    if (STARTS.has(event.type) || (event.type === 'failover' && event.action === 'restart'))
      this.#slots.clear()
    if (event.type !== 'tool-call-delta') return undefined
    const { index, id, name, argumentsDelta } = event
    let slot = this.#slots.get(index)
    if (!slot || (id && slot.call.id && id !== slot.call.id)) {
      slot = { call: { index, arguments: {} }, json: new PartialJSON() }
      this.#slots.set(index, slot)
    }
    const { call, json } = slot
    if (id) call.id = id
    if (name) call.name = name
    json.push(argumentsDelta)
    const { value } = json
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      call.arguments = value as Record<string, unknown>
    return call
  }
}
