/**
 * Markdown as it grows: blocks that are finished are rendered once, only the last one again with every piece.
 */
import DOMPurify from 'dompurify'
import { Marked } from 'marked'
import { codeBlock } from './code-block.ts'
import type { Words } from './words.ts'

const marked = new Marked({
  gfm: true,
  breaks: true,
  renderer: {
    // Text, not HTML: nothing that a model says is lost.
    html({ text }) {
      return escapeHTML(text)
    },
    checkbox({ checked }) {
      return checked ? '☑ ' : '☐ '
    },
    // A picture of another host would tell that host what is read here, and when.
    image({ href, text }) {
      return `<a href="${escapeHTML(href)}">${escapeHTML(text || href)}</a>`
    },
  },
})

const ALLOWED = {
  ALLOWED_TAGS:
    'p br hr h1 h2 h3 h4 h5 h6 blockquote ul ol li pre code strong em del a table thead tbody tr th td'.split(
      ' ',
    ),
  ALLOWED_ATTR: ['href', 'title', 'class', 'start', 'align'],
}

/** The text of one part of an answer. */
export class MarkdownView {
  readonly element: HTMLElement
  #words: Words
  /** Length of the text received so far. */
  #length = 0
  /** The part that the next chunk may still change. */
  #open = ''
  #openNodes: ChildNode[] = []
  /** The level of the last heading that is finished; those of the page come before. */
  #level = 2

  constructor(words: Words) {
    this.element = document.createElement('div')
    this.element.className = 'prose'
    this.#words = words
  }

  /** Shows what the text has grown to. */
  update(text: string, state: 'growing' | 'done'): void {
    if (text.length === this.#length && state === 'growing') return
    this.#open = (this.#open + text.slice(this.#length)).replaceAll('\r\n', '\n')
    this.#length = text.length
    const blocks = marked.lexer(this.#open)
    const last = blocks.findLastIndex(({ type }) => type !== 'space')
    const finished = this.#open.slice(
      0,
      blocks.slice(0, Math.max(last, 0)).reduce((sum, { raw }) => sum + raw.length, 0),
    )
    for (const node of this.#openNodes) node.remove()
    if (finished) this.element.append(this.#render(finished, 'done'))
    this.#open = this.#open.slice(finished.length)
    const rest = this.#render(this.#open, state)
    this.#openNodes = [...rest.childNodes]
    this.element.append(rest)
  }

  #render(source: string, state: 'growing' | 'done'): DocumentFragment {
    const html = marked.parse(source, { async: false })
    const fragment = DOMPurify.sanitize(html, { ...ALLOWED, RETURN_DOM_FRAGMENT: true })
    for (const pre of fragment.querySelectorAll('pre')) {
      const code = pre.firstElementChild
      const language = /language-(\S+)/.exec(code?.className ?? '')?.[1] ?? ''
      const text = code?.textContent?.replace(/\n$/, '') ?? ''
      pre.replaceWith(codeBlock(text, { language, state, words: this.#words }))
    }
    const level = orderHeadings(fragment, this.#level)
    if (source !== this.#open) this.#level = level
    for (const table of fragment.querySelectorAll('table')) wrapTable(table)
    // Each block is written in the direction of its own first letter; code never is.
    for (const block of fragment.children) block.setAttribute('dir', 'auto')
    for (const code of fragment.querySelectorAll('.code, code')) code.setAttribute('dir', 'ltr')
    for (const link of fragment.querySelectorAll('a')) {
      link.target = '_blank'
      link.rel = 'noopener noreferrer'
    }
    return fragment
  }
}

/**
 * Headings below those of the page, no level left out, as readers by ear expect it. They look as they were meant.
 * Gives the level of the last one.
 */
function orderHeadings(fragment: DocumentFragment, before: number): number {
  let last = before
  for (const heading of fragment.querySelectorAll('h1, h2, h3, h4, h5, h6')) {
    const depth = Number(heading.tagName[1])
    last = Math.min(depth + 2, last + 1, 6)
    const ordered = document.createElement(`h${last}`)
    ordered.className = `depth-${Math.min(depth, 4)}`
    ordered.append(...heading.childNodes)
    heading.replaceWith(ordered)
  }
  return last
}

/** A table that is wider than the page scrolls by itself. */
function wrapTable(table: HTMLTableElement): void {
  const frame = document.createElement('div')
  frame.className = 'table-frame'
  frame.tabIndex = 0
  table.replaceWith(frame)
  frame.append(table)
}

function escapeHTML(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
  return text.replace(/[&<>"]/g, (character) => entities[character] ?? character)
}
