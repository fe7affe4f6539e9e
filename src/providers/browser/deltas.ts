/**
 * Converts the browser's stream to deltas. Since Chrome 129 its chunks are deltas; before, each was the whole
 * text so far.
 */

/** Detects which of the two a stream contains. Does no I/O. */
export class PromptDeltaReader {
  #kind: 'unknown' | 'deltas' | 'wholes' = 'unknown'
  /** Length of the text returned so far. */
  #length = 0
  #first = ''
  /** A second chunk that begins with the first is ambiguous until the third arrives. */
  #held = ''
  #isNew: boolean

  /** @param isNew whether the session has properties that browsers with cumulative chunks lacked */
  constructor(isNew: boolean) {
    this.#isNew = isNew
  }

  /** Takes a chunk and returns the text that it adds. */
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

  /** Ends the stream and returns what was held back. */
  end(): string {
    const held = this.#held
    // A repeated word with more text after it is no coincidence; a repeated letter may be.
    const isCumulative = !this.#isNew && this.#first.length > 2
    return isCumulative && held ? this.#goOn(held) : held
  }

  #goOn(whole: string): string {
    const more = whole.slice(this.#length)
    this.#length = Math.max(this.#length, whole.length)
    return more
  }
}
