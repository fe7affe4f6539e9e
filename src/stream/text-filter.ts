/**
 * Separates a model's text from what is not part of the answer: thinking in tags, and what follows a stop sequence.
 */
import type { Split } from './split-tags.ts'
import { splitLone, ThinkSplitter } from './split-tags.ts'
import { MirrorFilter } from './mirror-filter.ts'
import { StopFilter } from './stop-filter.ts'
import type { TextBuffer } from './text-buffer.ts'

/** Options of a filter. */
export interface TextFilterOptions {
  /** Stop sequences. */
  stop?: readonly string[] | undefined
  /** True if `<think>` in the text is thinking. @default true */
  splitThink?: boolean
  /**
   * `true` if the model's chat template opens the tag, so that the text contains only `</think>` and everything
   * before it is thinking. If the tag never comes, the text was the answer and is sent at the end.
   */
  opensThink?: boolean
  /**
   * `true` if the reply is shown only when complete. A `</think>` without an opening tag then turns everything
   * before it into thinking. A stream has already shown that as text.
   */
  isBuffered?: boolean
}

/** Filters the text of one step of a reply. Does no I/O. */
export class TextFilter {
  #stop: StopFilter | undefined
  #think: ThinkSplitter | undefined
  /** Set once thinking arrives in a separate field: tags in the text may repeat it. */
  #mirror: MirrorFilter | undefined
  #isBuffered: boolean

  constructor({ stop, splitThink = true, opensThink, isBuffered = false }: TextFilterOptions) {
    this.#stop = stop?.length ? new StopFilter(stop) : undefined
    this.#think = splitThink ? new ThinkSplitter({ isOpen: opensThink }) : undefined
    this.#isBuffered = isBuffered
  }

  /** True if the text may end at a stop sequence, so that no piece is certain by itself. */
  get stops(): boolean {
    return this.#stop !== undefined
  }

  /** True after a stop sequence ended the text. */
  get stopped(): boolean {
    return this.#stop?.found !== undefined
  }

  /** True while everything so far is assumed to be thinking, since no tag has been seen. */
  get assumesThinking(): boolean {
    return this.#think?.assumed === true
  }

  /** True once `startReasoning` was called. */
  get hasReasoning(): boolean {
    return this.#mirror !== undefined
  }

  /** Takes a piece without a tag, which is an answer. Returns false for any other, which must be pushed. */
  passes(piece: string): boolean {
    return this.#think?.passes(piece) !== false
  }

  /** Takes a piece that may have tags, and returns the parts that are certain. */
  push(piece: string): Split {
    return this.#filter(this.#think?.push(piece) ?? [])
  }

  /** Takes a piece of the answer, and returns the text that is certain. */
  answer(text: string): string {
    return this.#stop ? this.#stop.push(text) : text
  }

  /**
   * Notes that thinking arrives in a separate field, and returns the text that was held back before it.
   * @param field gets the text that the field is going to send
   */
  startReasoning(field: TextBuffer): Split {
    const held = this.#think?.end() ?? []
    // Whitespace before thinking is not text.
    const out = held.some((part) => part.text.trim()) ? this.#filter(held) : []
    if (this.#think) this.#think = new ThinkSplitter()
    this.#mirror = new MirrorFilter(field)
    return out
  }

  /** Ends the text and returns what was held back as a possible tag. */
  end(): Split {
    return this.#filter(this.#think?.end() ?? [])
  }

  /** Returns the text that was held back as a possible stop sequence. */
  endStop(): string {
    return this.#stop?.end() ?? ''
  }

  /** Returns what is held back when the reply is cut. */
  cut(): { text: string; reasoning: string } {
    let text = this.endStop()
    let reasoning = ''
    for (const part of this.#think?.cut() ?? []) {
      if (part.type === 'text-delta') text += part.text
      else reasoning += part.text
    }
    return { text, reasoning }
  }

  /** Splits a complete text at a `</think>` that nothing opened, if it is shown only when complete. */
  splitLone(text: string): { reasoning: string; text: string } | undefined {
    return this.#isBuffered && this.#think ? splitLone(text) : undefined
  }

  #filter(split: Split): Split {
    if (!this.#stop && !this.#mirror) return split
    return split.flatMap(({ type, text }) => {
      const isAnswer = type === 'text-delta'
      const shown = isAnswer ? this.answer(text) : (this.#mirror?.filter(text) ?? text)
      return shown ? [{ type, text: shown }] : []
    })
  }
}
