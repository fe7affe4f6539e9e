import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { measureSizes } from '../../scripts/sizes.mjs'
import { root, weigh } from './project.ts'

const sizes = await measureSizes()

test.each(sizes)('$what stays within its budget', ({ kB, budget }) => {
  expect(kB).toBeLessThanOrEqual(budget)
})

test('the CDN file has no imports and fits its budget', () => {
  const text = readFileSync(`${root}dist/cdn.min.js`, 'utf8')
  expect(text).not.toMatch(/\bfrom\s*["']|\bimport\s*["'(]/)
  expect(weigh(text)).toBeLessThanOrEqual(140_000)
})

// Within half a kB: zlib versions differ a little.
test.each(['README.md', 'README.zh-CN.md'])('%s gives the current sizes', (file) => {
  const readme = readFileSync(`${root}${file}`, 'utf8')
  const table = /<!-- sizes -->([^]*?)<!-- \/sizes -->/.exec(readme)?.[1] ?? ''
  const listed = [...table.matchAll(/([\d.]+) kB(?: \| ([\d.]+) kB)?/g)]
  expect(listed).toHaveLength(sizes.length)
  for (const [index, { what, kB, onDemand }] of sizes.entries()) {
    const [, atFirst, later = 0] = listed[index] ?? []
    expect(Number(atFirst), `the size of "${what}": run npm run readme`).toBeCloseTo(kB, 0)
    expect(Number(later), `on demand, of "${what}": run npm run readme`).toBeCloseTo(onDemand, 0)
  }
})
