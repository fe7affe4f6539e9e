/**
 * Collects a text that arrives in pieces.
 */

/** Number of pieces joined at a time. */
const BLOCK = 256

/**
 * Collects pieces in linear time and compactly: a short string costs some 50 bytes of overhead, so a long reply
 * in short pieces would take several times its size.
 */
export class TextBuffer {
  #text = ''
  #pieces: string[] = []

  get empty(): boolean {
    return this.#pieces.length + this.#text.length === 0
  }

  push(piece: string): void {
    this.#pieces.push(piece)
    if (this.#pieces.length >= BLOCK) this.join()
  }

  /** Returns the text so far, at a cost that depends only on what was added since the last call. */
  join(): string {
    if (this.#pieces.length > 0) {
      // Engines chain the two strings and copy them only when the characters are read.
      this.#text += this.#pieces.length === 1 ? this.#pieces[0] : this.#pieces.join('')
      this.#pieces.length = 0
    }
    return this.#text
  }
}
