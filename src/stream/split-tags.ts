/**
 * Thinking that a server leaves in the text: `<think>…</think>`, cut at any place.
 *
 * A tag counts at the start of the text, right behind a closed block, and later at the start of a line, but not in a
 * fenced block. A model that talks about the tag is left alone: in a line, in code, or with a blank behind it.
 */
import type { ReasoningDelta, TextDelta } from '../event.ts'
import { overlap } from './stop-filter.ts'

const OPEN = '<think>'
const CLOSE = '</think>'
/** A longer row of backticks opens no fence: it would have to be held back. */
const LONGEST_FENCE = 32

/** What a piece turned out to be, in its order. */
export type Split = (TextDelta | ReasoningDelta)[]

/** Parts thinking from text in linear time. Parser without I/O. */
export class ThinkSplitter {
  /** True while all there is was taken for thinking on trust: no tag has been seen. */
  assumed: boolean
  #state: 'start' | 'opened' | 'thinking' | 'closed' | 'text' = 'start'
  /** What may be the start of a tag or of a fence. */
  #held = ''
  /** Blanks before the text: they go with a tag that follows them. */
  #blanks = ''
  /** True if the line has only blanks so far. */
  #isHead = true
  /** The marks that opened the code block the text is in. */
  #fence = ''
  /** The last character of the thinking so far. */
  #last = ''

  /** @param opened whether the model's chat template has opened the tag already */
  constructor(opened: 'opened' | undefined = undefined) {
    this.assumed = opened !== undefined
  }

  /** True for a piece that is text as it stands, and that need not be pushed: nearly every one. */
  passes(piece: string): boolean {
    return this.#state === 'text' && !this.#isHead && !piece.includes('\n')
  }

  /** Takes a piece; gives what is surely text and what is surely thinking. */
  push(piece: string): Split {
    const out: Split = []
    let rest = this.#held + piece
    this.#held = ''
    while (rest) rest = this.#step(rest, out)
    return out
  }

  /** The text is over: what was held back is what it looks like. */
  end(): Split {
    const out: Split = []
    if (this.#state === 'thinking') add(out, 'reasoning-delta', this.#held)
    else add(out, 'text-delta', this.#blanks + this.#held)
    return out
  }

  /**
   * The text is cut here: what was held back as the start of a tag is neither text nor thinking, and the blanks before
   * it go with it.
   */
  cut(): Split {
    const isTag = this.#state === 'thinking' || this.#held.startsWith('<')
    return isTag ? [] : this.end()
  }

  /** Takes what is clear by now; gives the rest. */
  #step(input: string, out: Split): string {
    if (this.#state === 'text') return this.#readText(input, out)
    if (this.#state === 'thinking') return this.#readThinking(input, out)
    const rest = input.trimStart()
    if (this.#state === 'start') {
      this.#blanks += input.slice(0, input.length - rest.length)
      return rest && this.#readStart(rest)
    }
    // The blanks behind a tag belong to it, not to what follows.
    if (rest) this.#state = this.#state === 'opened' ? 'thinking' : 'start'
    return rest
  }

  #readStart(rest: string): string {
    if (isPart(rest, OPEN) || isPart(rest, CLOSE)) {
      this.#held = rest
      return ''
    }
    const blanks = this.#blanks
    this.#blanks = ''
    if (rest.startsWith(OPEN)) return this.#open(rest)
    // Nothing has been shown, so that nothing but blanks was thought: the template opened the tag.
    if (rest.startsWith(CLOSE)) return this.#close(rest, 0)
    this.#state = this.assumed ? 'thinking' : 'text'
    return this.assumed ? rest : blanks + rest
  }

  #open(rest: string): string {
    this.assumed = false
    this.#state = 'opened'
    this.#last = ''
    return rest.slice(OPEN.length)
  }

  #close(rest: string, at: number): string {
    this.assumed = false
    this.#state = 'closed'
    this.#isHead = true
    return rest.slice(at + CLOSE.length)
  }

  #readThinking(input: string, out: Split): string {
    let sure = input.length - overlap(input, CLOSE)
    let end = input.indexOf(CLOSE)
    for (; end !== -1; end = input.indexOf(CLOSE, end + 1)) {
      // Thinking may speak of the tag, in backticks.
      const isQuoted = (end > 0 ? input[end - 1] : this.#last) === '`'
      const next = input[end + CLOSE.length]
      if (isQuoted && next === '`') continue
      if (!isQuoted || next) {
        add(out, 'reasoning-delta', input.slice(0, end))
        return this.#close(input, end)
      }
      sure = end
    }
    this.#held = input.slice(sure)
    if (sure > 0) this.#last = input[sure - 1] as string
    add(out, 'reasoning-delta', input.slice(0, sure))
    return ''
  }

  #readText(input: string, out: Split): string {
    let at = 0
    while (at < input.length) {
      if (this.#isHead) {
        const start = skipBlanks(input, at)
        const found = this.#readHead(input.slice(start, start + LONGEST_FENCE))
        if (found !== 'line') add(out, 'text-delta', input.slice(0, start))
        if (found === 'tag') return this.#open(input.slice(start))
        if (found === 'part') {
          this.#held = input.slice(start)
          return ''
        }
        this.#isHead = start === input.length
      }
      const end = input.indexOf('\n', at)
      if (end !== -1) this.#isHead = true
      at = end === -1 ? input.length : end + 1
    }
    add(out, 'text-delta', input)
    return ''
  }

  /** What a line begins with; `part` where that is not clear yet. */
  #readHead(line: string): 'tag' | 'part' | 'line' {
    const fence = /^(?:`+|~+)/.exec(line)?.[0]
    if (fence) {
      if (fence.length === line.length && line.length < LONGEST_FENCE) return 'part'
      if (fence.length < 3) return 'line'
      if (!this.#fence) this.#fence = fence
      else if (fence.startsWith(this.#fence)) this.#fence = ''
      return 'line'
    }
    if (this.#fence) return 'line'
    if (line && (isPart(line, OPEN) || line === OPEN)) return 'part'
    return line.startsWith(OPEN) && !/[ \t]/.test(line[OPEN.length] as string) ? 'tag' : 'line'
  }
}

/**
 * The text of a whole reply without the thinking that its chat template opened: that up to the last `</think>` at
 * the start or the end of a line, outside of code. `undefined` where there is none.
 * @see https://github.com/deepseek-ai/DeepSeek-R1/issues/352
 */
export function splitLone(text: string): { reasoning: string; text: string } | undefined {
  if (!text.includes(CLOSE)) return undefined
  let last = -1
  let fence = ''
  for (const { 0: line, 1: row, index } of text.matchAll(/^[ \t]*(`{3,}|~{3,})?.*$/gm)) {
    if (row && !fence) fence = row
    else if (row?.startsWith(fence)) fence = ''
    else if (!fence) last = LONE.test(line) ? index + line.lastIndexOf(CLOSE) : last
  }
  if (last === -1) return undefined
  return { reasoning: text.slice(0, last), text: text.slice(last + CLOSE.length).trimStart() }
}

/** Alone at the start of a line, or right behind the last word of one: in a sentence there are blanks around it. */
const LONE = /^\s*<\/think>(?![ \t]+\S)|[^\s`]<\/think>\s*$/

function add(out: Split, type: Split[number]['type'], text: string): void {
  if (text) out.push({ type, text })
}

function isPart(text: string, tag: string): boolean {
  return text.length < tag.length && tag.startsWith(text)
}

function skipBlanks(text: string, from: number): number {
  let at = from
  while (text[at] === ' ' || text[at] === '\t') at++
  return at
}
