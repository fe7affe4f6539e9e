/** The code of pages, as the type checker sees it. */
import { writeFileSync } from 'node:fs'
import { root } from '../architecture/project.ts'
import { modulesOf } from './modules.ts'
import type { Block } from './pages.ts'
import { run } from './run.ts'

/** A file with code in it. */
export interface Page {
  name: string
  blocks: Block[]
}

/**
 * Returns what the type checker finds wrong, by page and line. Pages import the built package, as the folder is inside of the
 * project. The prelude stands before each module, on its first line.
 */
export async function check(folder: string, pages: Page[], prelude = ''): Promise<Problem[]> {
  const files = pages.flatMap(({ name, blocks }) =>
    modulesOf(blocks).map(({ line, code }) => {
      const isTSX = blocks.some(({ words }) => words.includes('tsx'))
      const file = `${fileOf(name, line)}.${isTSX ? 'tsx' : 'ts'}`
      writeFileSync(`${folder}/${file}`, prelude + code)
      return { name, blocks, file }
    }),
  )
  const config = {
    compilerOptions: OPTIONS,
    files: [...files.map(({ file }) => file), '../world.ts', '../ambient.d.ts'],
  }
  writeFileSync(`${folder}/tsconfig.json`, JSON.stringify(config))
  const tsc = `${root}node_modules/typescript7/bin/tsc`
  const said = await run([tsc, '-p', '.', '--pretty', 'false'], { folder, codes: [1, 2] })
  return said.split('\n').flatMap((text) => {
    const [, file, at, code = '', words = ''] =
      /^(\S+)\((\d+),\d+\): error (TS\d+): (.*)/.exec(text) ?? []
    if (!file) return []
    const { name = 'the world', blocks = [] } = files.find((one) => one.file === file) ?? {}
    const line = Number(at)
    return isLoose(line, code, blocks) ? [] : [{ page: name, words: `line ${line}: ${words}` }]
  })
}

/** A type error on a page. */
export interface Problem {
  page: string
  words: string
}

/** The name of the file for the module that begins in this line of a page. */
export function fileOf(page: string, line: number): string {
  return `${page.replaceAll('/', '_')}-${line}`
}

const OPTIONS = {
  noEmit: true,
  strict: true,
  skipLibCheck: true,
  allowImportingTsExtensions: true,
  module: 'esnext',
  target: 'es2022',
  moduleResolution: 'bundler',
  jsx: 'react-jsx',
  types: ['node'],
  lib: ['es2023', 'esnext.disposable', 'dom', 'dom.iterable', 'dom.asynciterable'],
}

/** Accepts errors about missing parameter types and possible nulls in JavaScript blocks. */
function isLoose(line: number, code: string, blocks: readonly Block[]): boolean {
  const block = blocks.find((one) => line > one.line && line <= one.line + one.lines.length)
  return block?.language === 'js' && /^TS(7\d{3}|2531|18047)$/.test(code)
}
