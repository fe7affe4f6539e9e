/**
 * Finds the JSON object in a model's answer, with whatever surrounds it: a byte order mark, prose, a code fence.
 */
import { LenientJSON } from './lenient-json.ts'
import { PartialJSON } from './partial-json.ts'

/** Enough for any answer: prose may hold a bracket in each line. */
const MAX_CANDIDATES = 1000

/** One object or list in the text, read as leniently as tool calls are. */
class Candidate {
  readonly json: PartialJSON = new PartialJSON()
  readonly isList: boolean
  /** True if other text stands in the same line. */
  isInline: boolean
  /** Number of characters. */
  size = 0
  grown = false
  /** True if it failed at a bracket, which may begin another one. */
  #endsAtBracket = false
  #lenient: LenientJSON

  constructor({ isList, isInline }: { isList: boolean; isInline: boolean }) {
    this.isList = isList
    this.isInline = isInline
    this.#lenient = new LenientJSON((text) => {
      if (!this.json.failure) {
        this.json.push(text)
        this.grown ||= this.json.grown
      }
      if (!this.json.failure) return
      this.#lenient.done = true
      this.#endsAtBracket = text === '{' || text === '['
    })
  }

  get isOver(): boolean {
    return this.#lenient.done
  }

  /** An empty object or list may be a template in prose. */
  get isFilled(): boolean {
    return Object.keys((this.json.value as object | undefined) ?? {}).length > 0
  }

  /** True for a list that may be a citation, such as `[1]`. */
  get isCitation(): boolean {
    const value = this.json.value as unknown[]
    return this.isList && value.length < 4 && value.every((item) => typeof item === 'number')
  }

  /** Takes a piece; returns what follows the value. */
  push(piece: string): string {
    this.grown = false
    const left = this.#lenient.push(piece).length + Number(this.#endsAtBracket)
    this.size += piece.length - left
    return piece.slice(piece.length - left)
  }

  end(): void {
    this.#lenient.end()
    this.json.end()
  }
}

/**
 * Finds JSON objects in a text, piece by piece, in linear time. Brackets in prose (`{name}`, `[1]`) are skipped where
 * there is anything better. Does no I/O.
 */
export class JSONFinder {
  #starts: RegExp
  #canBeList: boolean
  #open: Candidate | undefined
  #found: Candidate[] = []
  /** The one whose growth is shown, which is never replaced. */
  #shown: Candidate | undefined
  /** The best candidate so far that is not valid JSON. */
  #broken: PartialJSON | undefined
  #isInline = false
  #hasText = false

  /** @param starts the possible first characters: `{`, or `{[` if a list is accepted too */
  constructor(starts: '{' | '{[') {
    this.#canBeList = starts === '{['
    this.#starts = this.#canBeList ? /[{[]/ : /\{/
  }

  /** The value so far, which grows in place, or `undefined` while nothing is in it. */
  get value(): object | undefined {
    return this.#shown?.json.value as object | undefined
  }

  /** Takes a piece. Returns true if the shown value has grown. */
  push(piece: string): boolean {
    let grown = false
    for (let rest = piece; rest;) {
      const open = this.#open
      if (!open) {
        rest = this.#skip(rest)
        continue
      }
      rest = open.push(rest)
      if (!this.#shown && open.isFilled && (!this.#hasText || !open.isCitation)) this.#shown = open
      if (open === this.#shown) grown ||= open.grown
      if (open.isOver) this.#settle(open)
    }
    return grown
  }

  /** Ends the text. Returns its values, the likeliest first, or why there are none. */
  end(): { values: object[] } | { problem: string } {
    const open = this.#open
    if (open) {
      open.end()
      this.#settle(open)
    }
    if (this.#found.length > 0) return { values: this.#rank() }
    if (!this.#broken) return { problem: 'The answer contains no JSON object' }
    const { position, reason } = this.#broken.failure ?? { position: 0, reason: 'unexpected end' }
    return { problem: `Invalid JSON at character ${position}: ${reason}` }
  }

  /** Skips prose up to the next bracket. Marks of Markdown before a value are no prose. */
  #skip(text: string): string {
    const start = text.search(this.#starts)
    const prose = start === -1 ? text : text.slice(0, start)
    const lines = prose.replace(/`{3}\w*/g, '').split('\n')
    const last = this.#found.at(-1)
    if (last && !this.#isInline && isProse(lines[0])) last.isInline = true
    if (lines.length > 1) this.#isInline = false
    this.#isInline ||= isProse(lines.at(-1))
    this.#hasText ||= lines.some(isProse)
    if (start === -1) return ''
    this.#open = new Candidate({ isList: text[start] === '[', isInline: this.#isInline })
    return text.slice(start)
  }

  #settle(candidate: Candidate): void {
    this.#open = undefined
    this.#hasText = true
    const { json } = candidate
    if (json.whole) {
      if (this.#found.length < MAX_CANDIDATES) this.#found.push(candidate)
    } else if (!this.#broken || candidate.isFilled) this.#broken ??= json
  }

  #rank(): object[] {
    const rankOf = ({ isFilled, isList, isInline }: Candidate) =>
      !isFilled ? 2 : isList && isInline ? 1 : 0
    const ranked = [...this.#found].sort(
      (one, other) =>
        rankOf(one) - rankOf(other) || (rankOf(one) === 1 ? other.size - one.size : 0),
    )
    return ranked.map(({ json }) => json.value as object)
  }
}

/** True for text beyond white space and the marks around a value. */
function isProse(line: string | undefined): boolean {
  return line !== undefined && /[^\s\ufeff`*#>.,;]/.test(line)
}
