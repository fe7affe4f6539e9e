/**
 * A fenced block of code that grows: each new line is read once, what came before never again.
 */

/** The lines that may close a fence, and what may become one. */
const MAY_CLOSE = /^ {0,3}(?:`*|~*)$/

export class OpenFence {
  /** Matches a line that closes the fence. */
  readonly #closing: RegExp
  /** The end of the text that is not shown yet: a line break and a line that may become the closing one. */
  #held: string | undefined = ''

  private constructor(mark: string) {
    this.#closing = new RegExp(`(?:^|\\n) {0,3}${mark}${mark[0]}* *(?:\\n|$)`)
  }

  /** Reads a block of Markdown. Returns `undefined` for another block than a fence, and for one that may be closed. */
  static read(block: string): { fence: OpenFence; code: string } | undefined {
    const [opening, mark] = /^(`{3,}|~{3,})[^`\n]*\n/.exec(block) ?? []
    if (!opening || !mark) return undefined
    const fence = new OpenFence(mark)
    const code = fence.add(block.slice(opening.length))
    return code === undefined ? undefined : { fence, code }
  }

  /** Returns the code that more text adds, or `undefined` where the text may close the fence. */
  add(text: string): string | undefined {
    const line = this.#held === undefined ? `x${text}` : this.#held + text
    if (this.#closing.test(line)) return undefined
    const end = line.lastIndexOf('\n')
    const mayClose = MAY_CLOSE.test(line.slice(end + 1))
    const shown = mayClose ? line.slice(0, Math.max(end, 0)) : line
    const code = this.#held === undefined ? shown.slice(1) : shown
    this.#held = mayClose ? line.slice(shown.length) : undefined
    return code
  }
}
