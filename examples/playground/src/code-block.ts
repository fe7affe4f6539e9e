/**
 * A block of code with its language, its colors and a button to copy it. It grows in place; the colors follow.
 */
import { copyButton } from './copy-button.ts'
import { h } from './dom.ts'
import { trackDrawing } from './drawing.ts'
import { highlight, splitLines } from './highlighter.ts'
import type { Words } from './words.ts'

/** Least time between two colorings of code that grows, in milliseconds. */
const PAUSE = 100
/** Longest slice of painting, in milliseconds. */
const SLICE = 3

export interface CodeState {
  text: string
  /** As the model names it. */
  language: string
  state: 'growing' | 'done'
}

/** Some lines: their text, their HTML once there is one, and what shows them. */
interface Chunk {
  element: HTMLElement
  text: string
  html?: string
}

export class CodeBlock {
  readonly element: HTMLElement
  #language = h('span')
  #code = h('code', { className: 'hljs' })
  #given: CodeState = { text: '', language: '', state: 'growing' }
  #chunks: Chunk[] = []
  #coloring: Promise<void> | undefined

  constructor(words: Words) {
    const copy = copyButton(words, { label: words.copyCode, text: () => this.#given.text })
    const head = h('div', { className: 'code-head' }, this.#language, copy)
    const attributes = { dir: 'ltr' }
    this.element = h(
      'div',
      { className: 'code', attributes },
      head,
      h('pre', { tabIndex: 0 }, this.#code),
    )
    this.#code.dir = 'ltr'
  }

  /** Shows what the code has grown to. */
  update(given: CodeState): void {
    if (given.text !== this.#given.text || given.language !== this.#given.language) {
      this.#given = given
      this.#language.textContent = given.language
      this.#write(splitLines(given.text))
      if (given.language) this.#coloring ??= this.#color()
    }
    if (given.state === 'done' && this.#coloring) trackDrawing(this.#coloring)
  }

  /** Adds to the text that is shown. What is already colored stays colored. */
  #write(texts: readonly string[]): void {
    for (const [index, text] of texts.entries()) {
      const chunk = this.#chunks[index]
      if (!chunk) {
        const element = h('span', {}, text)
        this.#chunks.push({ element, text })
        this.#code.append(element)
      } else if (text !== chunk.text) {
        if (text.startsWith(chunk.text)) chunk.element.append(text.slice(chunk.text.length))
        else chunk.element.textContent = text
        delete chunk.html
        chunk.text = text
      }
    }
    for (const { element } of this.#chunks.splice(texts.length)) element.remove()
  }

  async #color(): Promise<void> {
    for (let isCurrent = false; !isCurrent;) {
      const given = this.#given
      const htmls = await highlight(given.text, given.language)
      await this.#paint(splitLines(given.text), htmls ?? [])
      isCurrent = given === this.#given
      if (!isCurrent) await new Promise((resolve) => setTimeout(resolve, PAUSE))
    }
    this.#coloring = undefined
  }

  /** Takes over the colors, in idle slices where they are many. */
  async #paint(texts: readonly string[], htmls: readonly string[]): Promise<void> {
    let since = performance.now()
    for (const [index, html] of htmls.entries()) {
      if (performance.now() - since > SLICE) {
        await idle()
        since = performance.now()
      }
      const chunk = this.#chunks[index]
      const text = texts[index] ?? ''
      if (!chunk || chunk.html === html || !chunk.text.startsWith(text)) continue
      // The library's own output: spans around escaped text.
      chunk.element.innerHTML = html
      const rest = chunk.text.slice(text.length)
      if (rest) chunk.element.append(rest)
      else chunk.html = html
    }
  }
}

function idle(): Promise<unknown> {
  return new Promise((resolve) => {
    // Safari has none.
    if ('requestIdleCallback' in globalThis) requestIdleCallback(resolve, { timeout: 200 })
    else setTimeout(resolve, 16)
  })
}
