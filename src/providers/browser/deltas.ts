/**
 * The browser's stream as deltas. Since Chrome 129 it is that; before, each piece was the whole text so far.
 */

/** Tells which of the two a stream is. Parser without I/O. */
export class PromptDeltaReader {
  #kind: 'unknown' | 'deltas' | 'wholes' = 'unknown'
  /** Length of the text that was given out. */
  #length = 0
  #first = ''
  /** A second piece that begins with the first: it may be either, until the third tells. */
  #held = ''
  #isNew: boolean

  /** @param isNew whether the session has members that no browser had in the days of whole texts */
  constructor(isNew: boolean) {
    this.#isNew = isNew
  }

  /** Takes a piece; gives what it adds to the text. */
  push(piece: string): string {
    if (this.#kind === 'deltas') return piece
    if (this.#kind === 'wholes') return this.#goOn(piece)
    if (!this.#first) {
      this.#first = piece
      this.#length = piece.length
      return piece
    }
    const before = this.#held || this.#first
    const grows = piece.length > before.length && piece.startsWith(before)
    if (grows && !this.#held) {
      this.#held = piece
      return ''
    }
    this.#kind = grows ? 'wholes' : 'deltas'
    const held = this.#held
    this.#held = ''
    return grows ? this.#goOn(piece) : held + piece
  }

  /** The stream is over: what was held back. */
  end(): string {
    const held = this.#held
    // A word that is said again with more behind it is no accident; a letter may be.
    const isWhole = !this.#isNew && this.#first.length > 2
    return isWhole && held ? this.#goOn(held) : held
  }

  #goOn(whole: string): string {
    const more = whole.slice(this.#length)
    this.#length = Math.max(this.#length, whole.length)
    return more
  }
}
