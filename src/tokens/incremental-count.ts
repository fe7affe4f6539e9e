/**
 * Counts the tokens of a growing text without counting its start again.
 */

/** Number of characters that are counted once. Splitting a word costs at most one token per block. */
const BLOCK = 2048

/** Counts a text that only grows, in time that depends on what was added. */
export class IncrementalCount {
  #count: (text: string) => number
  #tokens = 0
  #length = 0

  constructor(count: (text: string) => number) {
    this.#count = count
  }

  /** @param text starts with the text of the last call, or is an earlier state of it */
  of(text: string): number {
    if (text.length < this.#length) return this.#count(text) // an earlier partial result, read late
    while (text.length - this.#length >= BLOCK) {
      this.#tokens += this.#count(text.slice(this.#length, this.#length + BLOCK))
      this.#length += BLOCK
    }
    return this.#tokens + this.#count(text.slice(this.#length))
  }
}

/** Counts the parts of a growing reply. */
export function createCounter(
  countTokens: (text: string) => number,
): (text: string, reasoning: string, calls: string) => number {
  const ofText = new IncrementalCount(countTokens)
  const ofReasoning = new IncrementalCount(countTokens)
  return (text: string, reasoning: string, calls: string) =>
    ofText.of(text) + ofReasoning.of(reasoning) + (calls ? countTokens(calls) : 0)
}
