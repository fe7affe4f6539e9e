import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { transform } from 'esbuild'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { root } from '../architecture/project.ts'
import type { Problem } from './check.ts'
import { check, fileOf } from './check.ts'
import { modulesOf } from './modules.ts'
import { blocksOf, PAGES } from './pages.ts'
import { run } from './run.ts'

// The code of the guides in Chinese is that of the English ones: `chinese.test.ts` compares them.
const pages = [...PAGES]
  .filter(([name]) => !name.startsWith('docs/guides/zh/'))
  .map(([name, text]) => ({ name, blocks: blocksOf(text) }))
  .filter(({ blocks }) => blocks.length > 0)

let folder: string
let problems: Problem[]

beforeAll(async () => {
  folder = mkdtempSync(`${root}test/docs/run-`)
  const world = readFileSync(`${root}test/docs/world.ts`, 'utf8')
  writeFileSync(`${folder}/world.mjs`, (await transform(world, { loader: 'ts' })).code)
  problems = await check(folder, pages)
}, 180_000)

afterAll(() => rmSync(folder, { recursive: true }))

test.each(pages)('the code of $name is typed as it says', ({ name }) => {
  expect(problems.filter(({ page }) => page === name)).toEqual([])
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
    const printed = await run(['--enable-source-maps', file], { folder })
    expect(printed.split('\n')).toEqual(expect.arrayContaining(promises(module.code)))
  }
})

/** Returns the output that a page promises: `console.log(…) // → it`. */
function promises(code: string): string[] {
  return [...code.matchAll(/console\.log\(.*\) \/\/ → (.*)$/gm)].map(([, words]) => words as string)
}
