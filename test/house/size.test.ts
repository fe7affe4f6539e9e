import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { bundle, root, weigh } from './project.ts'

/**
 * What a user's bundle may weigh, minified and gzipped, its dependencies included. kB are 1,000 bytes.
 * Down is welcome; up wants a line in the changelog.
 */
const BUDGETS: [what: string, program: string, kB: number][] = [
  ['core', `export * from 'chatwire/core'`, 18.2],
  ['one provider', `export { OpenAiLLM } from 'chatwire/providers/openai'`, 31.5],
  ['everything', `export * from 'chatwire'`, 43.6],
]

test.each(BUDGETS)('%s stays within its budget', async (_what, program, kB) => {
  expect(weigh(await bundle(program))).toBeLessThanOrEqual(kB * 1000)
})

test('the file for CDNs is one file without imports, within the budget of everything', () => {
  const text = readFileSync(`${root}dist/cdn.min.js`, 'utf8')
  expect(text).not.toMatch(/\bfrom\s*["']|\bimport\s*["'(]/)
  expect(weigh(text)).toBeLessThanOrEqual(43_600)
})

test('the README tells the sizes as they are', async () => {
  const readme = readFileSync(`${root}README.md`, 'utf8')
  for (const [what, program] of BUDGETS) {
    const told = new RegExp(`\\| ${what} \\|[^\\n]*?([\\d.]+) kB`).exec(readme)?.[1]
    const size = weigh(await bundle(program)) / 1000
    expect(Number(told), `the size of "${what}" in README.md`).toBeCloseTo(size, 0)
  }
})
