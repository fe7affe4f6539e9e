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

  /**
   * @param text starts with the text of the last call, or is an earlier state of it
   * @param tail its last characters: reading them does not copy the text
   */
  of(text: string, tail: string = text): number {
    if (text.length < this.#length) return this.#count(text) // an earlier partial result, read late
    const start = text.length - tail.length
    const slice = (from: number, to?: number) =>
      from < start ? text.slice(from, to) : tail.slice(from - start, to && to - start)
    while (text.length - this.#length >= BLOCK) {
      this.#tokens += this.#count(slice(this.#length, this.#length + BLOCK))
      this.#length += BLOCK
    }
    return this.#tokens + this.#count(slice(this.#length))
  }
}

/** The texts of a growing reply and, where known, their last characters. */
export interface GrowingTexts {
  text: string
  reasoning: string
  textTail?: string
  reasoningTail?: string
}

/** Counts the parts of a growing reply. */
export function createCounter(
  countTokens: (text: string) => number,
): (texts: GrowingTexts, calls: string) => number {
  const ofText = new IncrementalCount(countTokens)
  const ofReasoning = new IncrementalCount(countTokens)
  return ({ text, reasoning, textTail, reasoningTail }: GrowingTexts, calls: string) =>
    ofText.of(text, textTail) +
    ofReasoning.of(reasoning, reasoningTail) +
    (calls ? countTokens(calls) : 0)
}
