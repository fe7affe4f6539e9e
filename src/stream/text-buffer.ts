/**
 * Collects a text that arrives in pieces.
 */

/** Number of pieces joined at a time. */
const BLOCK = 256

/** Least size of a part that is counted by itself, in characters. */
const PART = 4096

/**
 * Collects pieces in linear time and compactly: a short string costs some 50 bytes of overhead, so a long reply
 * in short pieces would take several times its size.
 *
 * Keeps the halves of a surrogate pair in one piece: servers and classes may cut between them, and a piece that is
 * encoded by itself would have U+FFFD for each.
 */
export class TextBuffer {
  #text = ''
  /** The same in parts: those that are full, and the last one. */
  #parts: string[] | undefined
  #last = ''
  /** The tokens up to the end of each full part, as far as they were counted. */
  #tokens: number[] | undefined
  /** The pieces since the last flush, and their number. */
  #added = ''
  #count = 0
  /** The first half of a surrogate pair at the end of the last piece. */
  #half = ''

  get empty(): boolean {
    return this.#added.length + this.#text.length + this.#half.length === 0
  }

  /** Adds a piece. Returns what may be shown of it. */
  push(piece: string): string {
    if (!piece) return ''
    const last = piece.charCodeAt(piece.length - 1)
    const isHalf = last >= 0xd800 && last <= 0xdbff
    const text = this.#half + piece
    this.#half = isHalf ? text.slice(-1) : ''
    return this.add(isHalf ? text.slice(0, -1) : text)
  }

  /** True for a piece that may be shown as it is. */
  isWhole(piece: string): boolean {
    const last = piece.charCodeAt(piece.length - 1)
    return piece !== '' && !this.#half && !(last >= 0xd800 && last <= 0xdbff)
  }

  /** Ends the text. Returns a half that was held back. */
  end(): string {
    const half = this.#half
    this.#half = ''
    return this.add(half)
  }

  /** Adds a piece that is shown as it is, as `isWhole` tells. */
  add(text: string): string {
    this.#added += text
    if (++this.#count >= BLOCK) this.#flush()
    return text
  }

  /** Returns the text so far, at a cost that depends only on what was added since the last call. */
  join(): string {
    this.#flush()
    return this.#text + this.#half
  }

  /** Returns the text from an index on. Costs as much as that part, which for a tail is little. */
  from(index: number): string {
    const known = this.#text.length
    const rest = this.#added + this.#half
    if (index >= known) return rest.slice(index - known)
    const isLast = known - index <= this.#last.length
    return (isLast ? this.#last.slice(index - known) : this.#text.slice(index)) + rest
  }

  /** The number of parts that are full. */
  get parts(): number {
    return this.#parts?.length ?? 0
  }

  /** The text after them, as of the last `join()`. Reading the whole text copies it, reading these does not. */
  get rest(): string {
    return this.#last + this.#half
  }

  /** Counts the tokens of the first parts, of each only once. */
  countParts(size: number, count: (text: string) => number): number {
    const parts = this.#parts ?? []
    const tokens = (this.#tokens ??= [0])
    for (let at = tokens.length - 1; at < size; at++) {
      tokens.push((tokens[at] as number) + count(parts[at] as string))
      parts[at] = ''
    }
    return tokens[size] as number
  }

  #flush(): void {
    const added = this.#added
    // Nothing to add. A match also makes the engine join the pieces, which it chains until then. Reading a character does so
    // as well, but V8 leaves that out of compiled code if the result is known.
    if (!/./s.test(added)) return
    // Engines chain the two strings and copy them only when the characters are read.
    this.#text += added
    if (this.#last.length < PART) this.#last += added
    else {
      ;(this.#parts ??= []).push(this.#last)
      this.#last = added
    }
    this.#added = ''
    this.#count = 0
  }
}
