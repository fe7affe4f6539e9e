/**
 * The text of an answer. The code that reads Markdown loads after the first view of an empty page.
 */
import { h } from './dom.ts'
import type { MarkdownState, MarkdownView } from './markdown.ts'
import type { Words } from './words.ts'

let View: typeof MarkdownView | undefined

/** Loads the code that reads Markdown. Without a connection texts stay as they were written. */
export async function loadMarkdown(): Promise<void> {
  View ??= await import('./markdown.ts').then(
    ({ MarkdownView }) => MarkdownView,
    () => undefined,
  )
}

/** The text of one part of an answer. */
export class TextView {
  readonly element = h('div', { className: 'prose' })
  #words: Words
  #text = ''
  #state: MarkdownState = 'growing'
  #view: MarkdownView | undefined
  #isLoading = false

  constructor(words: Words) {
    this.#words = words
  }

  /** Shows what the text has grown to. */
  update(text: string, state: MarkdownState): void {
    this.#text = text
    this.#state = state
    if (View) {
      this.#show(View)
      return
    }
    this.element.textContent = text
    if (this.#isLoading) return
    this.#isLoading = true
    void loadMarkdown().then(() => {
      if (View) this.#show(View)
    })
  }

  #show(Loaded: typeof MarkdownView): void {
    if (!this.#view) this.element.replaceChildren()
    this.#view ??= new Loaded(this.#words, this.element)
    this.#view.update(this.#text, this.#state)
  }
}
