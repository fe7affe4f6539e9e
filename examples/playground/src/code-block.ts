/**
 * A block of code with its language, its colors and a button to copy it. It grows in place; the colors follow.
 */
import { copyButton } from './copy-button.ts'
import { h } from './dom.ts'
import { trackDrawing } from './drawing.ts'
import type { ColoredChunk } from './highlighter.ts'
import { Highlighter, LINES_PER_CHUNK } from './highlighter.ts'
import type { Words } from './words.ts'

/** Time between two colorings of code that grows, in milliseconds. Each one colors all of it: long code waits longer. */
const PAUSE = { least: 100, most: 500, ratio: 3 }
/** Longest slice of painting, in milliseconds. */
const SLICE = 3

export interface CodeState {
  text: string
  /** As the model names it. */
  language: string
  state: 'growing' | 'done'
}

/** Some lines: where they begin in the text, how many of them are over, and what shows them. */
interface Chunk {
  element: HTMLElement
  start: number
  lines: number
}

export class CodeBlock {
  readonly element: HTMLElement
  #head = h('span')
  #code = h('code', { className: 'hljs' })
  #text = ''
  #language = ''
  #chunks: Chunk[] = []
  #highlighter = new Highlighter()
  #coloring: Promise<void> | undefined

  constructor(words: Words) {
    const copy = copyButton(words, { label: words.copyCode, text: () => this.#text })
    const head = h('div', { className: 'code-head' }, this.#head, copy)
    const attributes = { dir: 'ltr' }
    this.element = h(
      'div',
      { className: 'code', attributes },
      head,
      h('pre', { tabIndex: 0 }, this.#code),
    )
    this.#code.dir = 'ltr'
  }

  /** Shows what the code has become. What is already shown stays as it is. */
  update({ text, language, state }: CodeState): void {
    if (language !== this.#language || !text.startsWith(this.#text)) this.#reset(language)
    this.append(text.slice(this.#text.length))
    if (state === 'done' && this.#coloring) trackDrawing(this.#coloring)
  }

  /** Shows more code. */
  append(text: string): void {
    if (text === '') return
    this.#write(text)
    if (this.#language) this.#coloring ??= this.#color()
  }

  #reset(language: string): void {
    this.#language = language
    this.#head.textContent = language
    this.#text = ''
    this.#chunks = []
    this.#code.replaceChildren()
    this.#highlighter = new Highlighter()
  }

  #write(text: string): void {
    for (let at = 0; at < text.length;) {
      const last = this.#chunks.at(-1)
      const chunk = last && last.lines < LINES_PER_CHUNK ? last : this.#addChunk(at)
      let end = at
      while (end < text.length && chunk.lines < LINES_PER_CHUNK) {
        const line = text.indexOf('\n', end)
        if (line >= 0) chunk.lines++
        end = line < 0 ? text.length : line + 1
      }
      addText(chunk.element, text.slice(at, end))
      at = end
    }
    this.#text += text
  }

  #addChunk(offset: number): Chunk {
    const chunk = { element: h('span'), start: this.#text.length + offset, lines: 0 }
    this.#chunks.push(chunk)
    this.#code.append(chunk.element)
    return chunk
  }

  async #color(): Promise<void> {
    for (;;) {
      const [text, highlighter] = [this.#text, this.#highlighter]
      const began = performance.now()
      const colored = await highlighter.color(text, this.#language)
      const tookMs = performance.now() - began
      if (highlighter === this.#highlighter) await this.#paint(colored, text.length)
      if (text === this.#text && highlighter === this.#highlighter) break
      const pause = Math.min(Math.max(PAUSE.least, tookMs * PAUSE.ratio), PAUSE.most)
      await new Promise((resolve) => setTimeout(resolve, pause))
    }
    this.#coloring = undefined
  }

  /** Takes over the colors of a text of that length, in idle slices where they are many. */
  async #paint(colored: readonly ColoredChunk[], length: number): Promise<void> {
    const highlighter = this.#highlighter
    let since = performance.now()
    for (const { index, html } of colored) {
      if (performance.now() - since > SLICE) {
        await idle()
        since = performance.now()
        if (highlighter !== this.#highlighter) return
      }
      const chunk = this.#chunks[index]
      if (!chunk) return
      const end = this.#chunks[index + 1]?.start ?? this.#text.length
      // The library's own output: spans around escaped text.
      chunk.element.innerHTML = html
      if (end > length) addText(chunk.element, this.#text.slice(Math.max(length, chunk.start), end))
    }
  }
}

/** Adds to the last text of an element, if it ends in one: many small nodes take time to lay out. */
function addText(element: HTMLElement, text: string): void {
  if (element.lastChild instanceof Text) element.lastChild.appendData(text)
  else element.append(text)
}

function idle(): Promise<unknown> {
  return new Promise((resolve) => {
    // Safari has none.
    if ('requestIdleCallback' in globalThis) requestIdleCallback(resolve, { timeout: 200 })
    else setTimeout(resolve, 16)
  })
}
