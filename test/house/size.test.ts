import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { bundle, root, weigh } from './project.ts'

/**
 * What a user's bundle may weigh, minified and gzipped, its dependencies included. kB are 1,000 bytes.
 * Down is welcome; up wants a line in the changelog.
 */
const BUDGETS: [what: string, program: string, kB: number][] = [
  ['core', `export * from 'chatwire/core'`, 20.8],
  ['one provider', `export { OpenAiLLM } from 'chatwire/providers/openai'`, 34.2],
  ['one provider, with tools', `export { OpenAiLLM, runTools, tool } from 'chatwire'`, 40.4],
  ['every server by its name', `export { getChatModel } from 'chatwire'`, 63.8],
  ['everything', `export * from 'chatwire'`, 82],
]

test.each(BUDGETS)('%s stays within its budget', async (_what, program, kB) => {
  expect(weigh(await bundle(program))).toBeLessThanOrEqual(kB * 1000)
})

test('the file for CDNs is one file without imports, within the budget of everything and the optional peer', () => {
  const text = readFileSync(`${root}dist/cdn.min.js`, 'utf8')
  expect(text).not.toMatch(/\bfrom\s*["']|\bimport\s*["'(]/)
  expect(weigh(text)).toBeLessThanOrEqual(86_000)
})

test('the README tells the sizes as they are', async () => {
  const readme = readFileSync(`${root}README.md`, 'utf8')
  for (const [what, program] of BUDGETS) {
    const told = new RegExp(`\\| ${what} \\|[^\\n]*?([\\d.]+) kB`).exec(readme)?.[1]
    const size = weigh(await bundle(program)) / 1000
    expect(Number(told), `the size of "${what}" in README.md`).toBeCloseTo(size, 0)
  }
})
