/**
 * Collects a text that arrives in pieces.
 */

/** Number of pieces joined at a time. */
const BLOCK = 256

/**
 * Collects pieces in linear time and in little more memory than their text: a string of a few characters takes some
 * 50 bytes besides them, so a long reply in short pieces would weigh twice its text.
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
      // Engines chain the two texts and copy them only when someone reads the characters.
      this.#text += this.#pieces.length === 1 ? this.#pieces[0] : this.#pieces.join('')
      this.#pieces.length = 0
    }
    return this.#text
  }
}
