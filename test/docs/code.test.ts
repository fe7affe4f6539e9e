import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { transform } from 'esbuild'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { root } from '../house/project.ts'
import { modulesOf } from './modules.ts'
import type { Block } from './pages.ts'
import { blocksOf, PAGES } from './pages.ts'

const pages = [...PAGES]
  .map(([name, text]) => ({ name, blocks: blocksOf(text) }))
  .filter(({ blocks }) => blocks.length > 0)

/** Inside of the project, so that the package finds itself: the pages get what is built. */
let folder: string
/** What the type checker says. */
let problems: Problem[]

beforeAll(async () => {
  folder = mkdtempSync(`${root}test/docs/run-`)
  const world = readFileSync(`${root}test/docs/world.ts`, 'utf8')
  writeFileSync(`${folder}/world.mjs`, (await transform(world, { loader: 'ts' })).code)
  problems = await check()
}, 60_000)

afterAll(() => rmSync(folder, { recursive: true }))

test.each(pages)('the code of $name is typed as it says', ({ name, blocks }) => {
  const found = problems.filter((one) => one.page === name && !isLoose(one, blocks))
  expect(found.map(({ line, words }) => `line ${line}: ${words}`)).toEqual([])
})

test.each(pages)('the code of $name runs', async ({ name, blocks }) => {
  for (const module of modulesOf(blocks.filter(({ words }) => !words.includes('no-run')))) {
    const { code } = await transform(`import './world.mjs'; ${module.code}`, {
      loader: 'ts',
      target: 'es2022',
      sourcefile: `${root}${name}`,
      sourcemap: 'inline',
    })
    const file = `${fileOf(name, module.line)}.mjs`
    writeFileSync(`${folder}/${file}`, code)
    const printed = (await run(['--enable-source-maps', file])).split('\n')
    expect(printed).toEqual(expect.arrayContaining(promises(module.code)))
  }
})

/** What a page says that it prints: `console.log(…) // → it`. */
function promises(code: string): string[] {
  return [...code.matchAll(/console\.log\(.*\) \/\/ → (.*)$/gm)].map(([, words]) => words as string)
}

interface Problem {
  page: string
  /** From 1. */
  line: number
  code: string
  words: string
}

async function check(): Promise<Problem[]> {
  const files = pages.flatMap(({ name, blocks }) =>
    modulesOf(blocks).map(({ line, code }) => {
      const file = `${fileOf(name, line)}.ts`
      writeFileSync(`${folder}/${file}`, code)
      return { name, file }
    }),
  )
  const compilerOptions = {
    noEmit: true,
    strict: true,
    skipLibCheck: true,
    allowImportingTsExtensions: true,
    module: 'esnext',
    target: 'es2022',
    moduleResolution: 'bundler',
    types: ['node'],
    lib: ['es2023', 'esnext.disposable', 'dom', 'dom.iterable', 'dom.asynciterable'],
  }
  const config = { compilerOptions, files: [...files.map(({ file }) => file), '../world.ts'] }
  writeFileSync(`${folder}/tsconfig.json`, JSON.stringify(config))
  const said = await run(
    [`${root}node_modules/typescript7/bin/tsc`, '-p', '.', '--pretty', 'false'],
    [1, 2],
  )
  return said.split('\n').flatMap((text) => {
    const [, file, line, code = '', words = ''] =
      /^(\S+)\((\d+),\d+\): error (TS\d+): (.*)/.exec(text) ?? []
    const page = files.find((one) => one.file === file)?.name ?? 'the world'
    return file ? [{ page, line: Number(line), code, words }] : []
  })
}

/** What a block of JavaScript may leave open: the types of parameters, and whether there is something. */
function isLoose({ line, code }: Problem, blocks: readonly Block[]): boolean {
  const block = blocks.find((one) => line > one.line && line <= one.line + one.lines.length)
  return block?.language === 'js' && /^TS(7\d{3}|2531|18047)$/.test(code)
}

function fileOf(page: string, line: number): string {
  return `${page.replaceAll('/', '_')}-${line}`
}

/** Runs a program of Node, which may end with these codes too, and gives what it prints. */
async function run(program: string[], codes: readonly unknown[] = []): Promise<string> {
  const options = { cwd: folder, timeout: 30_000 }
  const done = promisify(execFile)(process.execPath, program, options)
  return await done.then(
    ({ stdout }) => stdout,
    (error) => {
      if (codes.includes(error.code)) return error.stdout
      throw new Error(`${error.message}\n${error.stdout}`)
    },
  )
}
