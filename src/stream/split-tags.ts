/**
 * Separates `<think>…</think>` from the text, wherever the chunks are split.
 *
 * A tag counts at the start of the text, directly after a closed block, and later at the start of a line, but not
 * in a fenced block. Tags that a model only mentions are left alone: inside a line, in code, or followed by a
 * space. The tags of other models, which their servers should have removed, count only at the start of the text.
 */
import type { ReasoningDelta, TextDelta } from '../event.ts'
import { overlap } from './stop-filter.ts'

const OPEN = '<think>'
const CLOSE = '</think>'
/**
 * The other tags are those of MiniMax-M3, Seed-OSS, Magistral and Gemma 4.
 * @see https://github.com/ggml-org/llama.cpp/issues/16158
 * @see https://github.com/anomalyco/opencode/issues/3703
 * @see https://github.com/vllm-project/vllm/issues/46042
 * @see https://github.com/lmstudio-ai/lmstudio-bug-tracker/issues/2013
 */
const OPENERS = [OPEN, '<mm:think>', '<seed:think>', '[THINK]', '<|channel>thought']
/** A longer run of backticks opens no fence: it would have to be held back. */
const LONGEST_FENCE = 32

/** The parts of a piece, in order. */
export type Split = (TextDelta | ReasoningDelta)[]

/** Separates thinking from text in linear time. Does no I/O. */
export class ThinkSplitter {
  /** True while everything so far is assumed to be thinking, since no tag has been seen. */
  assumed: boolean
  /** The tag that ends the thinking. */
  #end = CLOSE
  #state: 'start' | 'opened' | 'thinking' | 'closed' | 'text' = 'start'
  /** Text that may start a tag or a fence. */
  #held = ''
  /** Whitespace before the text. A following tag absorbs it. */
  #blanks = ''
  /** True if the line has only whitespace so far. */
  #isHead = true
  /** The delimiter that opened the current code block. */
  #fence = ''
  /** The last character of the thinking so far. */
  #last = ''

  /** @param isOpen whether the model's chat template has already opened the tag */
  constructor({ isOpen = false }: { isOpen?: boolean | undefined } = {}) {
    this.assumed = isOpen
  }

  /** Takes a piece that is plain text, as nearly all are. Returns false for any other, which must be pushed. */
  passes(piece: string): boolean {
    if (this.#state !== 'text' || this.#held || !piece) return false
    if (this.#isHead && /^[ \t]*(?:[\n`~<]|$)/.test(piece)) return false
    const end = piece.indexOf('\n')
    if (end !== -1 && end < piece.length - 1) return false
    this.#isHead = end !== -1
    return true
  }

  /** Takes a piece and returns the parts that are certainly text or thinking. */
  push(piece: string): Split {
    const out: Split = []
    let rest = this.#held + piece
    this.#held = ''
    while (rest) rest = this.#step(rest, out)
    return out
  }

  /** Ends the text. What was held back is taken literally. */
  end(): Split {
    const out: Split = []
    if (this.#state === 'thinking') add(out, 'reasoning-delta', this.#held)
    else add(out, 'text-delta', this.#blanks + this.#held)
    return out
  }

  /** Ends a cut text. Drops the start of a tag that was held back, with the whitespace before it. */
  cut(): Split {
    const isTag = this.#state === 'thinking' || this.#held.startsWith('<')
    return isTag ? [] : this.end()
  }

  /** Takes what is certain and returns the rest. */
  #step(input: string, out: Split): string {
    if (this.#state === 'text') return this.#readText(input, out)
    if (this.#state === 'thinking') return this.#readThinking(input, out)
    const rest = input.trimStart()
    if (this.#state === 'start') {
      this.#blanks += input.slice(0, input.length - rest.length)
      return rest && this.#readStart(rest)
    }
    // Whitespace after a tag belongs to the tag.
    if (rest) this.#state = this.#state === 'opened' ? 'thinking' : 'start'
    return rest
  }

  #readStart(rest: string): string {
    if (isPart(rest, CLOSE) || OPENERS.some((tag) => isPart(rest, tag))) {
      this.#held = rest
      return ''
    }
    const blanks = this.#blanks
    this.#blanks = ''
    const tag = OPENERS.find((each) => rest.startsWith(each))
    if (tag) return this.#open(rest, tag)
    // Only whitespace came before, so the template opened the tag.
    if (rest.startsWith(CLOSE)) return this.#close(rest.slice(CLOSE.length))
    this.#state = this.assumed ? 'thinking' : 'text'
    return this.assumed ? rest : blanks + rest
  }

  #open(rest: string, tag = OPEN): string {
    this.assumed = false
    this.#state = 'opened'
    this.#end = tag[1] === '|' ? '<channel|>' : `${tag[0]}/${tag.slice(1)}`
    this.#last = ''
    return rest.slice(tag.length)
  }

  #close(rest: string): string {
    this.assumed = false
    this.#state = 'closed'
    this.#isHead = true
    return rest
  }

  #readThinking(input: string, out: Split): string {
    const close = this.#end
    let sure = input.length - overlap(input, close)
    let end = input.indexOf(close)
    for (; end !== -1; end = input.indexOf(close, end + 1)) {
      // Thinking may mention the tag, in backticks.
      const isQuoted = (end > 0 ? input[end - 1] : this.#last) === '`'
      const next = input[end + close.length]
      if (isQuoted && next === '`') continue
      if (!isQuoted || next) {
        add(out, 'reasoning-delta', input.slice(0, end))
        return this.#close(input.slice(end + close.length))
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

  /** Classifies the start of a line; `part` if that is still uncertain. */
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
 * Splits a complete reply whose chat template opened the tag: everything up to the last `</think>` at the start
 * or the end of a line, outside of code, is thinking. Returns `undefined` if there is none.
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

/** Alone at the start of a line, or directly after its last word. In a sentence, spaces surround it. */
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
