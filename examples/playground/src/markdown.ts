/**
 * Markdown as it grows: blocks that are finished are rendered once, only the last one again with every piece.
 */
import DOMPurify from 'dompurify'
import type { Token } from 'marked'
import { Marked } from 'marked'
import { CodeBlock } from './code-block.ts'
import { escapeHTML, mathExtension } from './math.ts'
import { OpenFence } from './open-fence.ts'
import { typeset } from './typeset.ts'
import type { Words } from './words.ts'

/** Whether a text may still grow. */
export type MarkdownState = 'growing' | 'done'

interface AppendOptions {
  state: MarkdownState
  isOpen?: boolean
}

/** Tags that Markdown has no signs for; any other tag is shown as text. */
const PLAIN_TAGS = /&lt;(\/?(?:sub|sup)|br *\/?)&gt;/gi

function createParser(state: MarkdownState): Marked {
  return new Marked(mathExtension(state), {
    gfm: true,
    breaks: true,
    renderer: {
      // Text, not HTML: nothing that a model says is lost.
      html({ text }) {
        return escapeHTML(text).replace(PLAIN_TAGS, '<$1>')
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
}

const PARSERS = { growing: createParser('growing'), done: createParser('done') }

const ALLOWED = {
  ALLOWED_TAGS:
    'p br hr h1 h2 h3 h4 h5 h6 blockquote ul ol li pre code strong em del sub sup a table thead tbody tr th td'.split(
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
  #openCode: CodeBlock | undefined
  /** Set while what is open is a block of code alone that has not been closed. */
  #fence: OpenFence | undefined
  #state: MarkdownState = 'growing'
  /** The level of the last heading that is finished; those of the page come before. */
  #level = 2

  constructor(words: Words, element: HTMLElement) {
    this.element = element
    this.#words = words
  }

  /** Shows what the text has grown to. */
  update(text: string, state: MarkdownState): void {
    if (text.length === this.#length && state === this.#state) return
    this.#state = state
    const isCutInBreak = state === 'growing' && text.endsWith('\r')
    const end = isCutInBreak ? text.length - 1 : text.length
    const added = text.slice(this.#length, end).replaceAll('\r\n', '\n')
    this.#length = end
    this.#open += added
    if (state === 'growing') {
      const code = this.#fence?.add(added)
      if (code !== undefined) return this.#openCode?.append(code)
    }
    this.#fence = undefined
    const blocks = PARSERS[state].lexer(this.#open)
    const last = blocks.findLastIndex(({ type }) => type !== 'space')
    const finished = blocks.slice(0, Math.max(last, 0))
    for (const node of this.#openNodes) node.remove()
    this.#openNodes = []
    for (const group of groupBlocks(finished)) this.#append(group, { state: 'done' })
    this.#open = this.#open.slice(finished.reduce((sum, { raw }) => sum + raw.length, 0))
    const rest = blocks.slice(finished.length)
    if (rest.length > 0) this.#append(rest, { state, isOpen: true })
  }

  /** Adds a block of code, or other blocks. Open ones may go on: an answer that was cut is done, and is continued. */
  #append(blocks: readonly Token[], { state, isOpen = false }: AppendOptions): void {
    const [first] = blocks
    if (first?.type === 'code') {
      const code = (this.#openCode ??= new CodeBlock(this.#words))
      const language = /^\S*/.exec(first.lang ?? '')?.[0] ?? ''
      const open = isOpen && state === 'growing' ? OpenFence.read(first.raw) : undefined
      this.#fence = open?.fence
      code.update({ text: open?.code ?? first.text, language, state })
      if (!code.element.isConnected) this.element.append(code.element)
      if (!isOpen) this.#openCode = undefined
      return
    }
    this.#openCode?.element.remove()
    this.#openCode = undefined
    const nodes = this.#render(blocks.map(({ raw }) => raw).join(''), { state, isOpen })
    if (isOpen) this.#openNodes = [...nodes.childNodes]
    this.element.append(nodes)
  }

  #render(source: string, { state, isOpen }: AppendOptions): DocumentFragment {
    const html = PARSERS[state].parse(source, { async: false })
    const fragment = DOMPurify.sanitize(html, { ...ALLOWED, RETURN_DOM_FRAGMENT: true })
    for (const pre of fragment.querySelectorAll('pre')) {
      const code = pre.firstElementChild
      const language = /language-(\S+)/.exec(code?.className ?? '')?.[1] ?? ''
      const text = code?.textContent?.replace(/\n$/, '') ?? ''
      const block = new CodeBlock(this.#words)
      // What grows within a list is drawn anew with every piece: colors wait for its end.
      block.update({ text, language: state === 'done' ? language : '', state })
      pre.replaceWith(block.element)
    }
    typeset(fragment)
    const level = orderHeadings(fragment, this.#level)
    if (!isOpen) this.#level = level
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

/** Blocks of code alone, those between them together. */
function groupBlocks(blocks: readonly Token[]): Token[][] {
  const groups: Token[][] = []
  for (const block of blocks) {
    const before = groups.at(-1)
    if (block.type !== 'code' && before && before[0]?.type !== 'code') before.push(block)
    else groups.push([block])
  }
  return groups
}
