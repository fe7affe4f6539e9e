/**
 * Parses the arguments of tool calls while they stream, to show them early.
 */
import type { StreamEvent } from '../event.ts'
import { PartialJSON } from '../json/partial-json.ts'

/** A tool call in progress. The same object grows with every piece. */
export interface PartialToolCall {
  /** The index of the call in this reply, from 0. */
  readonly index: number
  /** Set as soon as it is known. */
  readonly id?: string
  /** The tool's name, set as soon as it is known. */
  readonly name?: string
  /**
   * The arguments so far. Contains only complete keys and values, except that a string may still grow. Not
   * validated: run the tool with the arguments of the `tool-call` event. Anything but a JSON object stays `{}`.
   */
  readonly arguments: Record<string, unknown>
}

/** Events after which a reply begins. */
const STARTS: ReadonlySet<string> = /* @__PURE__ */ new Set(['step', 'finish'])

interface Slot {
  call: { -readonly [Name in keyof PartialToolCall]: PartialToolCall[Name] }
  json: PartialJSON
}

/**
 * Parses the arguments of tool calls from the events of a stream, in linear time.
 * @example
 * const calls = new PartialArguments()
 * for await (const event of stream.events()) {
 *   const call = calls.push(event)
 *   if (call) show(call.name, call.arguments)
 * }
 */
export class PartialArguments {
  #slots = new Map<number, Slot>()

  /** Takes any event. Returns the tool call that it extends, if any. */
  push(event: StreamEvent): PartialToolCall | undefined {
    // The next reply, or a restarted one, counts its calls from 0.
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
