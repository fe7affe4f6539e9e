/**
 * Ends a text at a stop word, also where the server ignores `stop` and where the word is cut over pieces.
 */

/** A text that ends before the first of its stop words. Parser without I/O: text in, text that may be shown out. */
export class StopCutter {
  /** The stop word at which the text ended. */
  found: string | undefined
  #words: readonly string[]
  /** What may be the start of a stop word. Never longer than the longest word less one. */
  #held = ''

  constructor(words: readonly string[]) {
    this.#words = words
  }

  /** Takes a piece; gives what is surely no stop word. */
  push(piece: string): string {
    if (this.found !== undefined) return ''
    const text = this.#held + piece
    const cut = this.#firstWord(text)
    if (cut !== -1) {
      this.#held = ''
      return text.slice(0, cut)
    }
    const keep = this.#possibleStart(text)
    this.#held = text.slice(text.length - keep)
    return text.slice(0, text.length - keep)
  }

  /** The text is over: half a stop word is ordinary text. */
  end(): string {
    return this.#held
  }

  // The word that is whole first, as a server would see it: so the pieces make no difference.
  #firstWord(text: string): number {
    let first = -1
    let end = Infinity
    for (const word of this.#words) {
      const at = text.indexOf(word)
      if (at === -1 || at + word.length > end) continue
      if (at + word.length === end && at > first) continue
      first = at
      end = at + word.length
      this.found = word
    }
    return first
  }

  #possibleStart(text: string): number {
    let longest = 0
    for (const word of this.#words) longest = Math.max(longest, overlap(text, word))
    return longest
  }
}

/** The length of the longest end of `text` that is a start of `word`, but not the whole of it. */
export function overlap(text: string, word: string): number {
  const first = word[0] as string
  let at = text.indexOf(first, Math.max(0, text.length - word.length + 1))
  while (at !== -1) {
    if (word.startsWith(text.slice(at))) return text.length - at
    at = text.indexOf(first, at + 1)
  }
  return 0
}
