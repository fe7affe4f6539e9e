/**
 * Thinking that a server leaves in the text: `<think>…</think>` at its start, cut at any place.
 */
import { overlap } from './cut-stop.ts'

const OPEN = '<think>'
const CLOSE = '</think>'

/** What a piece turned out to be. */
export interface Split {
  text: string
  reasoning: string
}

/**
 * Parts thinking from text. Only a tag at the very start counts: a model that talks about the tag later on,
 * in code or in words, is left alone. Parser without I/O.
 */
export class ThinkSplitter {
  #state: 'start' | 'opened' | 'thinking' | 'after' | 'text' = 'start'
  #held = ''

  /** Takes a piece; gives what is surely text and what is surely thinking. */
  push(piece: string): Split {
    if (this.#state === 'text') return { text: piece, reasoning: '' }
    return this.#step(this.#held + piece)
  }

  /** The text is over: what was held back is what it looks like. */
  end(): Split {
    const rest = this.#held
    return this.#state === 'thinking'
      ? { text: '', reasoning: rest }
      : { text: rest, reasoning: '' }
  }

  #step(input: string): Split {
    const split = { text: '', reasoning: '' }
    let rest = input
    if (this.#state === 'start') {
      const start = rest.trimStart()
      if (start.length < OPEN.length && OPEN.startsWith(start)) {
        this.#held = rest
        return split
      }
      if (!start.startsWith(OPEN)) return this.#plain(rest)
      this.#state = 'opened'
      rest = start.slice(OPEN.length)
    }
    if (this.#state === 'opened') {
      rest = rest.trimStart()
      if (rest) this.#state = 'thinking'
      this.#held = ''
    }
    if (this.#state === 'thinking') {
      const end = rest.indexOf(CLOSE)
      if (end === -1) {
        const keep = overlap(rest, CLOSE)
        this.#held = rest.slice(rest.length - keep)
        split.reasoning = rest.slice(0, rest.length - keep)
        return split
      }
      split.reasoning = rest.slice(0, end)
      this.#state = 'after'
      rest = rest.slice(end + CLOSE.length)
    }
    // The line breaks behind the tag belong to it, not to the answer.
    split.text = rest.trimStart()
    this.#held = ''
    if (split.text) this.#state = 'text'
    return split
  }

  #plain(text: string): Split {
    this.#state = 'text'
    this.#held = ''
    return { text, reasoning: '' }
  }
}
