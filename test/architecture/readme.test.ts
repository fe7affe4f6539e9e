import { readFileSync } from 'node:fs'
import { LLM_REGISTRY } from 'chatwire'
import { expect, test } from 'vitest'
import { fill, readRegions, READMES } from '../../scripts/readme.mjs'
import { WORDS } from '../../scripts/readme-words.mjs'
import { readServers } from '../../scripts/servers.mjs'
import { root } from './project.ts'
import type { Section } from './sections.ts'
import { codeIn, linksIn, numbersIn, sectionsOf, tablesIn } from './sections.ts'

const read = (file: string) => readFileSync(`${root}${file}`, 'utf8')
const languages = Object.keys(READMES) as ('en' | 'zh')[]

const servers = await readServers()

test.each(languages)('what is measured, run and declared stands in the README (%s)', (to) => {
  // The sizes have a tolerance of their own: size.test.ts.
  const { sizes: _sizes, ...regions } = readRegions(to, { servers, sizes: [] })
  const page = read(READMES[to])
  expect(page === fill(page, regions), 'it is stale: npm run readme').toBe(true)
})

test('the README lists every server, and none that is not there', () => {
  const [table] = tablesIn(sectionNamed('Servers').text)
  const told = (table as string[][])
    .slice(1)
    .flatMap(([names = '']) => [...names.matchAll(/`([\w-]+)`/g)].map(([, name]) => name))
  expect(told.sort()).toEqual(LLM_REGISTRY.names())
})

test('the table of servers says what the servers declare', () => {
  const can = (name: string) => servers.find(({ names }) => names.includes(name))
  expect(servers.every(({ stream }) => stream === 'yes')).toBe(true)
  expect(can('perplexity')).toMatchObject({ tools: 'no', schema: 'yes', cors: 'unknown' })
  expect(can('zhipu')).toMatchObject({ schema: 'json', raw: 'no', isOptional: false })
  expect(can('ollama')).toMatchObject({ images: 'yes', audio: 'no', files: 'no', raw: 'yes' })
  expect(can('gemini')).toMatchObject({ images: 'yes', audio: 'yes', video: 'yes', files: 'yes' })
  expect(can('vllm-server')).toMatchObject({ variable: 'VLLM_API_KEY', isOptional: true })
  expect(can('browser')).toMatchObject({ variable: '', tools: 'no', thinking: 'no', cors: 'page' })
})

test.each([
  ['README.md', 'Failures'],
  ['docs/guides/failures.md', 'Codes'],
])('%s lists every code of an error', (page, title) => {
  const union = read('src/error-code.ts').split('/** Every code')[0] as string
  const [table] = tablesIn(sectionNamed(title, page).text)
  const told = (table as string[][]).flat().join(' ')
  const codes = [...union.matchAll(/'(\w+)'/g)].map(([, code]) => `\`${code}\``)
  expect(codes.length).toBeGreaterThan(20)
  expect(codes.filter((code) => !told.includes(code))).toEqual([])
})

test('what the README says of others is what was measured', () => {
  const [table] = tablesIn(sectionNamed('Beside others').text)
  const column = (index: number) =>
    (table as string[][])
      .slice(2)
      .flatMap((row) => (/^[\d.]/.test(row[index]) ? [[Number(row[index]), row[0]] as const] : []))
      .sort(([a], [b]) => a - b)
      .map(([, name]) => name)
  // "the smallest and the first to start": else the sentence below the table is to be changed.
  expect([column(3)[0], column(4)[0]]).toEqual(['xsai', 'xsai'])
})

test('both READMEs have the same sections with the same code, links and numbers', () => {
  const [english, chinese] = languages.map((to) => sectionsOf(read(READMES[to])))
  const outline = (sections: Section[]) =>
    sections.map(({ level, text }) => ({
      level,
      code: codeIn(text),
      links: linksIn(text),
      numbers: numbersIn(text),
    }))
  expect(outline(chinese)).toEqual(outline(english))
})

test('both READMEs have the same tables', () => {
  const [english, chinese] = languages.map((to) => tablesIn(read(READMES[to])))
  const words = { ...WORDS.zh.imports, ...WORDS.zh.peers }
  const firstColumn = (table: string[][], own: Record<string, string>) =>
    // What a picture shows is said in each language.
    table.slice(1).map(([first]) => own[first] ?? first.replace(/!\[[^\]]*\]/, '!'))
  expect(chinese.map((table) => firstColumn(table, {}))).toEqual(
    english.map((table) => firstColumn(table, words)),
  )
  const shape = (table: string[][]) => table.map((row) => row.length)
  expect(chinese.map(shape)).toEqual(english.map(shape))
})

test('each README names the other one first', () => {
  expect(read('README.md').split('\n')[2]).toContain('](README.zh-CN.md)')
  expect(read('README.zh-CN.md').split('\n')[2]).toContain('](README.md)')
})

test('the READMEs ask for this version', () => {
  const { version } = JSON.parse(read('package.json'))
  for (const to of languages) {
    const asked = [...read(READMES[to]).matchAll(/chatwire@(\d+\.\d+)/g)].map(([, one]) => one)
    expect(new Set(asked), READMES[to]).toEqual(new Set([version.replace(/\.\d+$/, '')]))
  }
})

test('fill() keeps a number in its line, sets a table apart, and knows every place', () => {
  const page = 'of <!-- n -->1<!-- /n --> and\n\n<!-- t -->\n<!-- /t -->\n'
  const filled = fill(page, { n: '22', t: '| a |\n| - |' })
  expect(filled).toBe(
    'of <!-- n -->22<!-- /n --> and\n\n<!-- t -->\n\n| a |\n| - |\n\n<!-- /t -->\n',
  )
  expect(fill(filled, { n: '22', t: '| a |\n| - |' })).toBe(filled)
  expect(() => fill(page, { other: '1' })).toThrow('There is no place for other')
})

function sectionNamed(title: string, page = 'README.md'): Section {
  const section = sectionsOf(read(page)).find((one) => one.title === title)
  if (!section) throw new Error(`${page} has no section "${title}"`)
  return section
}
