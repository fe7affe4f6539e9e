/**
 * A text that grows by pieces.
 */

/** So many pieces are put together at a time. */
const BLOCK = 256

/**
 * Collects pieces in linear time and in little more memory than their text: a string of a few characters takes some
 * 50 bytes beside them, so that a long answer in short pieces would weigh twice its text.
 */
export class TextBuffer {
  #blocks: string[] = []
  #pieces: string[] = []

  get empty(): boolean {
    return this.#pieces.length + this.#blocks.length === 0
  }

  push(piece: string): void {
    this.#pieces.push(piece)
    if (this.#pieces.length >= BLOCK) this.#close()
  }

  /** The whole text so far. */
  join(): string {
    this.#close()
    // Not `join('')`, which would need room for the text twice: this one is copied when someone looks into it.
    let whole = ''
    for (const block of this.#blocks) whole += block
    return whole
  }

  #close(): void {
    if (this.#pieces.length === 0) return
    this.#blocks.push(this.#pieces.join(''))
    this.#pieces = []
  }
}
