/**
 * Math in Markdown: `$…$`, `$$…$$`, `\(…\)` and `\[…\]`. What is no math, or cannot be typeset, stays as it was written.
 */
import type { MarkedExtension, TokenizerAndRendererExtension, Tokens } from 'marked'

/** Opening and closing delimiters of formulas that may have lines of their own. */
const FENCED = /^(?:\$\$([^]+?)\$\$|\\\[([^]+?)\\\]|\\\(([^]+?)\\\))/
const BLOCK = /^ {0,3}(?:\$\$([^]+?)\$\$|\\\[([^]+?)\\\])[ \t]*(?:\n+|$)/
/** The rest of a text whose formula has not been closed yet. */
const OPEN_BLOCK = /^ {0,3}(?:\$\$|\\\[)(?![^]*(?:\$\$|\\\])).*[^]*$/
const OPEN = /^(?:\$\$|\\\(|\\\[)[^]*$/
/** As Pandoc and GitHub have it: no blank inside the dollars, nothing of a word outside. */
const DOLLARS = /^\$(?![\s$])((?:\\.|[^\\$`\n])*?(?:\\.|[^\\$`\s]))\$(?![\w$])/
/** `5 dollars or 6`: a number and words are a price. */
const PRICE =
  /^\d[\d.,]*(?:[-–/]\d[\d.,]*)?(?:[kKmMbB]\b|[,;:.]?\s+(?:[A-Za-z]{2,}|[^\p{ASCII}]))(?!.*[\\^_={}])/u
/** A formula under way has something of TeX in it. */
const OPEN_DOLLAR = /^\$(?![\s\d$])[^$`\n]*[\\^_{][^$`\n]*$/

interface MathToken extends Tokens.Generic {
  tex: string
  isDisplay: boolean
}

/** Makes formulas `<code class="math">` around their own source; `typeset` shows them as such. */
export function mathExtension(state: 'growing' | 'done'): MarkedExtension {
  const renderer = (token: Tokens.Generic): string => {
    const { raw, tex, isDisplay } = token as MathToken
    const source = escapeHTML(raw.trim())
    if (!tex) return source
    return `<code class="math ${isDisplay ? 'math-display' : 'math-inline'}">${source}</code>`
  }
  const block: TokenizerAndRendererExtension = {
    name: 'mathBlock',
    level: 'block',
    start: (source) => /(?:^|\n) {0,3}(?:\$\$|\\\[)/.exec(source)?.index,
    tokenizer(source) {
      const match = BLOCK.exec(source)
      if (match) return tokenOf('mathBlock', match, { isDisplay: true })
      const open = state === 'growing' && OPEN_BLOCK.exec(source)
      return open ? { type: 'mathBlock', raw: open[0], tex: '', isDisplay: true } : undefined
    },
    renderer: (token) => `<p>${renderer(token)}</p>\n`,
  }
  const inline: TokenizerAndRendererExtension = {
    name: 'mathInline',
    level: 'inline',
    start: (source) => /\$|\\[([]/.exec(source)?.index,
    tokenizer(source, before) {
      const fenced = FENCED.exec(source)
      if (fenced) return tokenOf('mathInline', fenced, { isDisplay: !fenced[0].startsWith('\\(') })
      // Markdown would take `\(` for an escaped parenthesis, and its backslash away.
      if (/^\\[()[\]]/.test(source) || OPEN.test(source)) {
        const raw = state === 'growing' ? source : source.slice(0, 2)
        return { type: 'mathInline', raw, tex: '', isDisplay: false }
      }
      const isInWord = /[\w$\\]$/.test(before.at(-1)?.raw ?? '')
      const dollars = isInWord ? null : DOLLARS.exec(source)
      if (dollars && !PRICE.test(dollars[1] ?? ''))
        return tokenOf('mathInline', dollars, { isDisplay: false })
      if (state === 'growing' && !isInWord && OPEN_DOLLAR.test(source))
        return { type: 'mathInline', raw: source, tex: '', isDisplay: false }
      return undefined
    },
    renderer,
  }
  return { extensions: [block, inline] }
}

function tokenOf(
  type: string,
  [raw, ...bodies]: RegExpExecArray,
  { isDisplay }: { isDisplay: boolean },
): MathToken {
  return { type, raw, tex: bodies.find((body) => body !== undefined)?.trim() ?? '', isDisplay }
}

export function escapeHTML(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
  return text.replace(/[&<>"]/g, (character) => entities[character] ?? character)
}
