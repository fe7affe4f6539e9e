import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { measureSize, measureSizes, split } from '../../scripts/sizes.mjs'
import { bundle, root, weigh } from './project.ts'

const sizes = await measureSizes()

test.each(sizes)('$what stays within its budget', ({ kB, budget }) => {
  expect(kB).toBeLessThanOrEqual(budget)
})

test('a page that reads the events of a server loads nothing that checks the options of models', async () => {
  const program = `export { createConversation } from 'chatwire/conversation'`
  expect((await measureSize(program)).first).toBeLessThanOrEqual(5900)
})

test('the CDN file has no imports and fits its budget', () => {
  const text = readFileSync(`${root}dist/cdn.min.js`, 'utf8')
  expect(text).not.toMatch(/\bfrom\s*["']|\bimport\s*["'(]/)
  expect(weigh(text)).toBeLessThanOrEqual(150_100)
})

const entries = Object.keys(JSON.parse(readFileSync(`${root}package.json`, 'utf8')).exports)
const names = entries.filter((entry) => !entry.endsWith('.json')).map((entry) => entry.slice(2))
const everyEntry = names
  .map((name, index) => `export * as entry${index} from 'chatwire${name && `/${name}`}'`)
  .join('\n')

// It creates a `Request`, which Fastly Compute forbids while an app starts (@fastly/js-compute 3.46, ky 2.0).
test('no entry loads ky before the first request', async () => {
  const { initial, onDemand } = await split(everyEntry)
  const modulesOf = (files: typeof initial) => files.flatMap(({ modules }) => Object.keys(modules))
  const ofKy = (modules: string[]) => modules.filter((name) => name.includes('/node_modules/ky/'))
  expect(ofKy(modulesOf(initial))).toEqual([])
  expect(ofKy(modulesOf(onDemand))).not.toEqual([])
})

// One other character, such as an emoji in a pattern, and V8 decodes the whole bundle and keeps it as UTF-16.
test('bundles are ASCII, so that engines read them fast', async () => {
  const text = (await bundle(everyEntry)).replace(/\/\*![^]*?\*\//g, '')
  expect(text.match(/.{0,40}[^\0-\x7f]/g)).toBeNull()
})

// Within half a kB: zlib versions differ a little.
test.each(['README.md', 'README.zh-CN.md'])('%s gives the current sizes', (file) => {
  const readme = readFileSync(`${root}${file}`, 'utf8')
  const table = /<!-- sizes -->([^]*?)<!-- \/sizes -->/.exec(readme)?.[1] ?? ''
  const listed = [...table.matchAll(/([\d.]+) kB \| (?:([\d.]+) kB|–) \| ([\d.]+) kB/g)]
  expect(listed).toHaveLength(sizes.length)
  for (const [index, { what, kB, onDemand, oneFile }] of sizes.entries()) {
    const [, atFirst, later = 0, whole] = listed[index] ?? []
    expect(Number(atFirst), `the size of "${what}": run npm run readme`).toBeCloseTo(kB, 0)
    expect(Number(later), `on demand, of "${what}": run npm run readme`).toBeCloseTo(onDemand, 0)
    expect(Number(whole), `"${what}" in one file: run npm run readme`).toBeCloseTo(oneFile, 0)
  }
})
