/**
 * The object that a model writes, with whatever it writes around it: a byte order mark, prose, a code fence.
 */
import { PartialJSON } from './partial-json.ts'

/**
 * Finds the first JSON object in a text, piece by piece, in linear time. What begins like one and holds nothing
 * (`{name}` in prose) is passed over; what follows it is not read. Parser without I/O.
 */
export class JSONFinder {
  #starts: string
  #json: PartialJSON | undefined
  /** Whether anything is in the value. What holds something is never taken back. */
  #isFilled = false

  /** @param starts how it may begin: `{`, or `{[` where a list will do as well */
  constructor(starts: '{' | '{[') {
    this.#starts = starts
  }

  /** The value so far, which grows in place; `undefined` as long as nothing is in it. */
  get value(): object | undefined {
    return this.#isFilled ? (this.#json?.value as object) : undefined
  }

  /** Takes a piece; tells whether the value has grown. */
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

  /** The text is over: its value, or why there is none. */
  end(): { value: object } | { problem: string } {
    const json = this.#json
    if (!json) return { problem: 'There is no JSON object in the answer' }
    json.end()
    const { failure, value } = json
    if (!failure) return { value: value as object }
    return { problem: `The JSON is broken at its character ${failure.position}: ${failure.reason}` }
  }
}
