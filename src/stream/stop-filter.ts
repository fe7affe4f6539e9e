/**
 * Ends a text at a stop sequence, even if the server ignores `stop` or the sequence is split across pieces.
 */

/** A node of the Aho–Corasick automaton: one prefix of a stop sequence. */
interface Prefix {
  length: number
  next: Map<number, Prefix>
  /** The longest proper suffix that is a prefix too. */
  fallback: Prefix | undefined
  /** The longest stop sequence that ends here. */
  word: string | undefined
}

/**
 * Ends a text before its first stop sequence. Linear in the length of the text, since all sequences are matched
 * at once. Does no I/O.
 */
export class StopFilter {
  /** The stop sequence that ended the text. */
  found: string | undefined
  #root: Prefix
  #first: RegExp
  /** The longest suffix of the text so far that may become a stop sequence. */
  #prefix: Prefix
  #held = ''

  constructor(words: readonly string[]) {
    this.#root = this.#prefix = createAutomaton(words)
    this.#first = firstCharacters(words)
  }

  /** Takes a piece and returns the text that is certainly not part of a stop sequence. */
  push(piece: string): string {
    if (this.found !== undefined) return ''
    const text = this.#held + piece
    let prefix = this.#prefix
    for (let at = this.#held.length; at < text.length; at++) {
      if (prefix === this.#root) {
        at = this.#nextStart(text, at)
        if (at === text.length) break
      }
      prefix = step(prefix, text.charCodeAt(at)) ?? this.#root
      // The first sequence to complete wins, as on a server, wherever the chunks are split.
      if (prefix.word !== undefined) {
        this.found = prefix.word
        this.#held = ''
        return text.slice(0, at + 1 - prefix.word.length)
      }
    }
    this.#prefix = prefix
    const end = text.length - prefix.length
    this.#held = text.slice(end)
    return text.slice(0, end)
  }

  /** Returns what was held back: at the end of the text, half a stop sequence is text. */
  end(): string {
    return this.#held
  }

  #nextStart(text: string, from: number): number {
    this.#first.lastIndex = from
    return this.#first.exec(text)?.index ?? text.length
  }
}

function step(from: Prefix, code: number): Prefix | undefined {
  for (let prefix: Prefix | undefined = from; prefix; prefix = prefix.fallback) {
    const next = prefix.next.get(code)
    if (next) return next
  }
  return undefined
}

function createAutomaton(words: readonly string[]): Prefix {
  const root = createPrefix(0)
  for (const word of words) {
    let prefix = root
    for (let at = 0; at < word.length; at++) {
      const code = word.charCodeAt(at)
      let next = prefix.next.get(code)
      if (!next) prefix.next.set(code, (next = createPrefix(at + 1)))
      prefix = next
    }
    prefix.word = word
  }
  // Breadth first, so that every fallback is complete before it is used.
  const queue = [root]
  for (const prefix of queue) {
    for (const [code, next] of prefix.next) {
      next.fallback = (prefix.fallback && step(prefix.fallback, code)) ?? root
      next.word ??= next.fallback.word
      queue.push(next)
    }
  }
  return root
}

function createPrefix(length: number): Prefix {
  return { length, next: new Map(), fallback: undefined, word: undefined }
}

/** Matches the first character of any sequence, so that most text is skipped at native speed. */
function firstCharacters(words: readonly string[]): RegExp {
  const codes = new Set(words.map((word) => word.charCodeAt(0).toString(16).padStart(4, '0')))
  return new RegExp(`[${[...codes].map((code) => `\\u${code}`).join('')}]`, 'g')
}

/** Returns the length of the longest suffix of `text` that is a proper prefix of `word`. For short words. */
export function overlap(text: string, word: string): number {
  const first = word[0] as string
  let at = text.indexOf(first, Math.max(0, text.length - word.length + 1))
  while (at !== -1) {
    if (word.startsWith(text.slice(at))) return text.length - at
    at = text.indexOf(first, at + 1)
  }
  return 0
}
