/**
 * Extracts the JSON object that a model writes, from any text around it: a byte order mark, prose, a code fence.
 */
import { PartialJSON } from './partial-json.ts'

/**
 * Finds the first JSON object in a streamed text, in linear time. Skips text that starts like one but has no
 * content (`{name}` in prose). Ignores what follows the object. Does no I/O.
 */
export class JSONFinder {
  #starts: string
  #json: PartialJSON | undefined
  /** True if the value has content. Such a value is never retracted. */
  #isFilled = false

  /** @param starts characters that may start the value: `{`, or `{[` if a list is allowed too */
  constructor(starts: '{' | '{[') {
    this.#starts = starts
  }

  /** The value so far, which grows in place, or `undefined` while it has no content. */
  get value(): object | undefined {
    return this.#isFilled ? (this.#json?.value as object) : undefined
  }

  /** Takes a piece of text. Returns true if the value has grown. */
  push(piece: string): boolean {
    let at = 0
    let grown = false
    while (at < piece.length) {
      const json = this.#json
      if (json && !json.whole && !json.failure) {
        at = json.push(piece, at)
        grown ||= json.grown
        this.#isFilled ||= Object.keys(json.value as object).length > 0
      } else {
        if (this.#isFilled) break
        while (at < piece.length && !this.#starts.includes(piece[at] as string)) at++
        if (at < piece.length) this.#json = new PartialJSON()
      }
    }
    return grown && this.#isFilled
  }

  /** Ends the text. Returns the value, or the reason for its absence. */
  end(): { value: object } | { problem: string } {
    const json = this.#json
    if (!json) return { problem: 'The answer contains no JSON object' }
    json.end()
    const { failure, value } = json
    if (!failure) return { value: value as object }
    return { problem: `Invalid JSON at character ${failure.position}: ${failure.reason}` }
  }
}
