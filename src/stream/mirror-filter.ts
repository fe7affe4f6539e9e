/**
 * Removes thinking that a server sends twice: in a separate field, and inside tags in the text.
 */
import type { TextBuffer } from './text-buffer.ts'

/** Drops from the tags what the field has already sent. Does no I/O. */
export class MirrorFilter {
  /** The text of the field, in which the rest of the tags follows once that differs. */
  #field: TextBuffer
  /** The index up to which the field was read. */
  #at: number
  /** What was read of it and the tags have not repeated yet. */
  #expected = ''
  #differs = false

  /** @param field gets the text that the field is going to send */
  constructor(field: TextBuffer) {
    this.#field = field
    this.#at = field.join().length
  }

  /** Takes a piece from inside the tags and returns its new part. Surrounding whitespace is ignored. */
  filter(piece: string): string {
    if (this.#differs) return piece
    const text = piece.trimStart()
    if (text === '') return ''
    const expected = this.#expect(text.length)
    const length = Math.min(text.length, expected.length)
    const isCopy = length > 0 && text.startsWith(expected.slice(0, length))
    this.#expected = expected.slice(length)
    const added = isCopy ? text.slice(length).trim() : piece
    this.#differs = added !== ''
    return added
  }

  /** Returns what the tags should repeat next. Reads on in the field only if that is shorter than `length`. */
  #expect(length: number): string {
    const expected = this.#expected.trimStart()
    if (expected.length >= length) return expected
    const more = this.#field.from(this.#at)
    this.#at += more.length
    return (expected + more).trimStart()
  }
}
