/** The Markdown pages of the project, and the code in them. */
import { readdirSync, readFileSync } from 'node:fs'
import { root } from '../architecture/project.ts'

/** Every page by its path below the root. */
export const PAGES: Map<string, string> = new Map(
  [
    ...listPages('.'),
    ...listPages('docs'),
    ...listPages('docs/guides'),
    ...listPages('docs/guides/zh'),
  ]
    .concat('examples/README.md', 'bench/results/results.md')
    .map((name) => [name, readFileSync(`${root}${name}`, 'utf8')]),
)

/** A block of code, or the module script of a block of HTML. */
export interface Block {
  /** The line of the page on which the code begins, from 0. */
  line: number
  lines: string[]
  language: 'ts' | 'js'
  /**
   * Words after the language. `no-run`: it is compiled only, since it needs a page or a server. `alone`: it is a
   * module of its own. `tsx`: it contains JSX.
   */
  words: string[]
}

/**
 * The code of a page in its order. Beside fenced blocks it may stand in a comment that begins with `<!-- ts`: that is
 * run and not shown, to give the blocks what they need and to check what they say.
 */
export function blocksOf(page: string): Block[] {
  const lines = page.split('\n')
  const blocks: Block[] = []
  for (let at = 0; at < lines.length; at++) {
    const opening = /^(\s*)(?:(```+)(\w+)(.*)|<!-- (ts)(.*))$/.exec(lines[at] as string)
    if (!opening) continue
    const [, indent = '', fence, fenced, behind, hidden, behindHidden] = opening
    const closing = fence ?? '-->'
    const line = at + 1
    while (++at < lines.length && lines[at]?.trim() !== closing);
    if (at === lines.length) throw new Error(`A block that begins in line ${line} has no end`)
    const code = lines.slice(line, at).map((text) => text.slice(indent.length))
    const words = (behind ?? behindHidden ?? '').trim().split(/\s+/).filter(Boolean)
    blocks.push(...toBlocks({ line, lines: code, words }, fenced ?? hidden ?? ''))
  }
  return blocks
}

/** The examples in the comments of a source file. One that is only a member of something stands in an object. */
export function examplesOf(source: string): Block[] {
  const lines = source.split('\n')
  return lines.flatMap((text, at) => {
    const [, first] = /^ *\* @example ?(.*)$/.exec(text) ?? []
    if (first === undefined) return []
    const line = first ? at : at + 1
    const end = lines.findIndex((one, index) => index > at && /^ *\*(\/| @)/.test(one))
    const code = lines.slice(line, end).map((one) => one.replace(/^ *\* ?(@example )?/, ''))
    const isMember = /^\w+: /.test(code[0] ?? '')
    const whole = isMember ? `({ ${code.join('\n')} })`.split('\n') : code
    return [{ line, lines: whole, language: 'js', words: ['alone'] }]
  })
}

function toBlocks(block: Omit<Block, 'language'>, language: string): Block[] {
  if (language === 'html') return scriptsOf(block)
  if (['ts', 'typescript'].includes(language)) return [{ ...block, language: 'ts' }]
  // A component is compiled only.
  if (language === 'tsx')
    return [{ ...block, language: 'ts', words: [...block.words, 'tsx', 'no-run', 'alone'] }]
  if (['js', 'mjs', 'javascript'].includes(language)) return [{ ...block, language: 'js' }]
  return []
}

function scriptsOf({ line, lines }: Omit<Block, 'language'>): Block[] {
  const first = lines.findIndex((text) => text.includes('<script type="module">')) + 1
  if (first === 0) return []
  const last = lines.findIndex((text, at) => at >= first && text.includes('</script>'))
  const script = { line: line + first, lines: lines.slice(first, last) }
  return [{ ...script, language: 'js', words: ['no-run', 'alone'] }]
}

function listPages(folder: string): string[] {
  const names = readdirSync(`${root}${folder}`).filter((name) => name.endsWith('.md'))
  return names.sort().map((name) => (folder === '.' ? name : `${folder}/${name}`))
}
