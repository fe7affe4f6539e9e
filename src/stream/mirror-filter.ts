/**
 * Removes thinking that a server sends twice: in a separate field, and inside tags in the text.
 */
import type { TextBuffer } from './text-buffer.ts'

/** Drops from the tags what the field has already sent. Does no I/O. */
export class MirrorFilter {
  /** The text of the field, in which the rest of the tags follows once that differs. */
  #field: TextBuffer
  /** The index from which the tags have not repeated the field yet. */
  #at: number
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
    const rest = this.#field.join().slice(this.#at)
    const expected = rest.trimStart()
    const length = Math.min(text.length, expected.length)
    const isCopy = length > 0 && text.startsWith(expected.slice(0, length))
    this.#at += rest.length - expected.length + length
    const added = isCopy ? text.slice(length).trim() : piece
    this.#differs = added !== ''
    return added
  }
}
