/**
 * Removes thinking that a server sends twice: in a separate field, and inside tags in the text.
 */

/** Drops from the tags what the field has already sent. Does no I/O. */
export class MirrorFilter {
  /** Text of the field that the tags have not repeated yet. */
  #expected = ''
  #differs = false

  /** Adds a piece of the field. */
  expect(text: string): void {
    if (!this.#differs) this.#expected += text
  }

  /** Takes a piece from inside the tags and returns its new part. Surrounding whitespace is ignored. */
  filter(piece: string): string {
    if (this.#differs) return piece
    const text = piece.trimStart()
    if (text === '') return ''
    const expected = this.#expected.trimStart()
    const length = Math.min(text.length, expected.length)
    const isCopy = length > 0 && text.startsWith(expected.slice(0, length))
    this.#expected = expected.slice(length)
    const rest = isCopy ? text.slice(length).trim() : piece
    if (rest === '') return ''
    this.#differs = true
    this.#expected = ''
    return rest
  }
}
