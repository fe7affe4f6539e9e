/**
 * Reads runs of events that equal earlier ones except for some values, without parsing their framing.
 */
import type { ByteSlot } from './byte-template.ts'
import { readBytes } from './byte-template.ts'
import type { Frame } from './frame.ts'
import type { Slot, Template } from './frame-template.ts'
import { compare, matches, readSlots } from './frame-template.ts'

/** Fields and comments before an event's only line of data. Nothing, in newline-delimited JSON. */
const HEAD = /^(?:(?:id|event|retry)?:[^\r\n]*\n)*data: ?$|^$/
/** A longer event is decoded faster than its bytes are compared one by one. Bytes, without its texts. */
const LONGEST_BYTES = 184
const NO_BYTES = /* @__PURE__ */ new Uint8Array()
/** Events compared before giving up on a stream whose framing varies. */
const ATTEMPTS = 16

/** Converts events by the values in which they differ. */
export interface ValueDecoder<Out> {
  /** What most events have in common. Those that match it may be passed to `pushValues` instead of parsed. */
  readonly template?: Template | undefined
  /** Converts an event by its values that vary. */
  pushValues?(values: readonly unknown[], out: Out[]): void
}

/** Recognizes the events of one stream by their text. */
export class Skimmer {
  /** What precedes the data of an event. */
  #head: string | undefined
  /** Numbers in which the heads of events differ. */
  #counts: readonly Slot[] = []
  /** The text of a head after the last number. */
  #headEnd = ''
  #attempts = 0
  #template: Template | undefined
  /** The slots of the template, with the text around its data. */
  #slots: readonly ByteSlot[] = []
  #after = ''
  #afterBytes = NO_BYTES
  /** Number of bytes of an event without its texts. */
  #fixed = 0
  #ids: unknown[] = []
  #values: unknown[] = []

  /**
   * Passes the values of the first events to the decoder, as long as they match its template. Returns the number of
   * characters or bytes read.
   * @param input a text, or bytes that are not decoded
   * @param end the text that ends an event
   */
  read<Out>(
    input: string | Uint8Array,
    decoder: ValueDecoder<Out>,
    template: Template,
    end: string,
    out: Out[],
  ): number {
    const { length } = input
    const counts = this.#counts
    const isText = typeof input === 'string'
    if (this.#head === undefined || (!isText && counts.length > 0)) return 0
    if (this.#template !== template) this.#prepare(template, end)
    if (!isText && this.#fixed > LONGEST_BYTES) return 0
    const slots = this.#slots
    const values = this.#values
    let at = 0
    while (at < length) {
      let next: number
      if (isText) {
        const start = counts.length > 0 ? readSlots(counts, input, at, this.#ids) : at
        const stop = start < 0 ? start : readSlots(slots, input, start, values)
        next = stop + this.#after.length
        // Comparing a slice is faster than `startsWith`.
        if (stop < 0 || input.slice(stop, next) !== this.#after) break
      } else {
        next = readBytes(slots, this.#afterBytes, input, at, values)
        if (next < 0) break
      }
      decoder.pushValues?.(values, out)
      at = next
    }
    return at
  }

  #prepare(template: Template, end: string): void {
    this.#template = template
    this.#after = template.after + end
    const encoder = new TextEncoder()
    this.#afterBytes = encoder.encode(this.#after)
    this.#slots = template.slots.map((slot, index) => {
      const before = index === 0 ? this.#headEnd + slot.before : slot.before
      return { ...slot, before, bytes: encoder.encode(before) }
    })
    this.#fixed = this.#slots.reduce(
      (sum, { bytes }) => sum + bytes.length,
      this.#afterBytes.length,
    )
  }

  /**
   * Learns what precedes the data of events that match the template.
   * @param text ends with the event of this frame
   */
  learn(text: string, { data }: Frame, template: Template, end: string): void {
    if (this.#attempts > ATTEMPTS || !matches(template, data, this.#values)) return
    this.#attempts++
    const from = text.lastIndexOf(end, text.length - end.length - 1)
    const event = text.slice(from < 0 ? 0 : from + end.length)
    const head = event.slice(0, -data.length - end.length)
    // In an event stream, an event has a field: only a line of JSON has no head.
    if (event !== head + data + end || !HEAD.test(head) || (head === '') !== (end === '\n')) return
    this.#template = undefined
    if (this.#head === undefined) {
      this.#head = this.#headEnd = head
      return
    }
    const [counts, headEnd] = compare(this.#head, head) ?? []
    if (!counts || headEnd === undefined || counts.some(({ isText }) => isText)) return
    this.#counts = counts
    this.#headEnd = headEnd
  }
}
