/**
 * The code of a page as modules. Each block sees the names of those before it and may give them a new meaning: it
 * stands in a scope inside of theirs. Every line keeps its place, so that a message about line 30 is about line 30
 * of the page.
 */
import ts from 'typescript'
import type { Block } from './pages.ts'

/** A module out of a page. */
export interface Module {
  /** The line of the page on which its first block begins, from 0. */
  line: number
  blocks: Block[]
  code: string
}

/** The module of all blocks that are not `alone`, and one for each that is. */
export function modulesOf(blocks: readonly Block[]): Module[] {
  const together = blocks.filter(({ words }) => !words.includes('alone'))
  const groups = blocks.filter(({ words }) => words.includes('alone')).map((block) => [block])
  return [together, ...groups]
    .filter((group) => group.length > 0)
    .map((group) => ({ line: (group[0] as Block).line, blocks: group, code: toCode(group) }))
}

function toCode(blocks: readonly Block[]): string {
  const imports = new Set<string>()
  const lines: string[] = []
  for (const block of blocks) {
    while (lines.length < block.line - 1) lines.push('')
    lines.push('{', ...hoist(block, imports).split('\n'))
  }
  lines.push(`${'}'.repeat(blocks.length)}`, 'export {}')
  // Before everything else, and on one line: the first line of a page is its title.
  lines[0] = [...imports].join('; ') + ';' + (lines[0] ?? '')
  return lines.join('\n')
}

/** The code without its imports, which go to the others, and without its exports, which a scope cannot have. */
function hoist({ lines, words }: Block, imports: Set<string>): string {
  let code = lines.join('\n')
  const file = ts.createSourceFile(
    words.includes('tsx') ? 'block.tsx' : 'block.ts',
    code,
    ts.ScriptTarget.Latest,
    true,
  )
  const blank = (from: number, to: number, put = '') => {
    const kept = code.slice(from, to).replace(/[^\n]/g, ' ')
    code = code.slice(0, from) + put + kept.slice(put.length) + code.slice(to)
  }
  for (const statement of file.statements) {
    const start = statement.getStart()
    if (ts.isImportDeclaration(statement)) {
      for (const one of importsOf(statement)) imports.add(one)
      blank(start, statement.end)
    } else if (ts.isExportAssignment(statement)) {
      // Later blocks see the default export as `exported`.
      blank(start, statement.expression.getStart(), 'let exported =')
    } else if (code.startsWith('export ', start)) blank(start, start + 'export '.length)
  }
  return code
}

/** One import for each name, so that a page may say the same in each of its blocks. */
function importsOf({ importClause, moduleSpecifier }: ts.ImportDeclaration): string[] {
  const from = ` from '${toPackage((moduleSpecifier as ts.StringLiteral).text)}'`
  if (!importClause) return [`import${from.replace(' from', '')}`]
  const { name, namedBindings, phaseModifier } = importClause
  const type = phaseModifier === ts.SyntaxKind.TypeKeyword ? 'type ' : ''
  const all = name ? [`import ${name.text}${from}`] : []
  if (!namedBindings) return all
  if (ts.isNamespaceImport(namedBindings))
    return [...all, `import ${namedBindings.getText()}${from}`]
  return [
    ...all,
    ...namedBindings.elements.map((one) => `import { ${type}${one.getText()} }${from}`),
  ]
}

/** The package by its name, wherever a page takes it from. */
function toPackage(specifier: string): string {
  return specifier
    .replace(/^https:\/\/cdn\.jsdelivr\.net\/npm\/chatwire@[\d.]+\/dist\/cdn\.min\.js$/, 'chatwire')
    .replace(/^npm:((@[^/]+\/)?[^/@]+)@[\d.]+/, '$1')
}
