import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { measureSizes } from '../../scripts/sizes.mjs'
import { root, weigh } from './project.ts'

const sizes = await measureSizes()

test.each(sizes)('$what stays within its budget', ({ kB, budget }) => {
  expect(kB).toBeLessThanOrEqual(budget)
})

test('the file for CDNs is one file without imports, within the budget of everything and the optional peer', () => {
  const text = readFileSync(`${root}dist/cdn.min.js`, 'utf8')
  expect(text).not.toMatch(/\bfrom\s*["']|\bimport\s*["'(]/)
  expect(weigh(text)).toBeLessThanOrEqual(87_500)
})

// Within half a kB: an other zlib packs a little differently.
test.each(['README.md', 'README.zh-CN.md'])('%s tells the sizes as they are', (file) => {
  const readme = readFileSync(`${root}${file}`, 'utf8')
  const table = /<!-- sizes -->([^]*?)<!-- \/sizes -->/.exec(readme)?.[1] ?? ''
  const told = [...table.matchAll(/([\d.]+) kB/g)].map(([, kB]) => Number(kB))
  expect(told).toHaveLength(sizes.length)
  for (const [index, { what, kB }] of sizes.entries())
    expect(told[index], `the size of "${what}": npm run readme`).toBeCloseTo(kB, 0)
})
