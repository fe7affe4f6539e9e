import { readdirSync, readFileSync } from 'node:fs'
import { LLM_REGISTRY } from 'chatwire'
import { expect, test } from 'vitest'
import { fillTables, READMES } from '../../scripts/readme.mjs'
import { formatServerNames } from '../../scripts/server-names.mjs'
import { readServers } from '../../scripts/servers.mjs'
import { root } from './project.ts'
import type { Section } from './sections.ts'
import { codeIn, linksIn, numbersIn, sectionsOf, tablesIn } from './sections.ts'

const read = (file: string) => readFileSync(`${root}${file}`, 'utf8')
const readJSON = (file: string) => JSON.parse(read(file))
const readmes = Object.entries(READMES)

const servers = await readServers()

// The sizes have a tolerance of their own: size.test.ts.
test.each(readmes)('the tables of %s are up to date', (file, translations) => {
  const page = read(file)
  expect(page === fillTables(page, translations, { servers }), 'run `npm run readme`').toBe(true)
})

test('the type of server names is up to date', () => {
  expect(read('src/server-name.ts'), 'run `npm run readme`').toBe(
    formatServerNames(LLM_REGISTRY.names()),
  )
})

test('the README lists every server, and no other', () => {
  const [table] = tablesIn(sectionNamed('Servers').text)
  const listed = (table as string[][])
    .slice(1)
    .flatMap(([names = '']) => [...names.matchAll(/`([\w-]+)`/g)].map(([, name]) => name))
  // `xai_responses` is another API of a server in the table: the text lists the servers that have it.
  const [apis, names] = [true, false].map((isApi) =>
    LLM_REGISTRY.names().filter((name) => name.endsWith('_responses') === isApi),
  ) as [string[], string[]]
  expect(listed.sort()).toEqual(names)
  const { text } = sectionNamed('Servers')
  for (const name of apis) expect(text).toContain(`\`${name.replace(/_responses$/, '')}\``)
  expect(text).toContain("api: 'responses'")
})

test('the table of servers shows what the servers declare', () => {
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
  ['README.md', 'Errors'],
  ['docs/guides/failures.md', 'Codes'],
])('%s lists every error code', (page, title) => {
  const union = read('src/error-code.ts').split('/** Every code')[0] as string
  const [table] = tablesIn(sectionNamed(title, page).text)
  const listed = (table as string[][]).flat().join(' ')
  const codes = [...union.matchAll(/'(\w+)'/g)].map(([, code]) => `\`${code}\``)
  expect(codes.length).toBeGreaterThan(20)
  expect(codes.filter((code) => !listed.includes(code))).toEqual([])
})

test('the README credits the smallest SDK that starts first, as measured', () => {
  const results = readJSON('bench/results/results.json')
  const best = (bars: { name: string; value: number }[]) =>
    bars.toSorted((a, b) => a.value - b.value)[0]?.name
  expect(best(results.sizes.bars)).toBe('xsai')
  expect(best(results.startup.bars)).toBe('xsai')
  expect(sectionNamed('Compared with others').text).toContain(
    'xsai is the smallest and starts first',
  )
})

test('the counts of tests in CONTRIBUTING.md are reached', () => {
  const { cells, faults, servers: columns } = readJSON('test/faults/results.json')
  const [{ cases }] = readJSON('test/runtimes/results.json')
  const fixtures = readdirSync(`${root}test/providers/fixtures`, { recursive: true })
  const recordings = fixtures.filter((file) => String(file).endsWith('.expected.json')).length
  const page = read('CONTRIBUTING.md')
  const claimed = (what: string) =>
    Number(new RegExp(`([\\d,]+) ${what}`).exec(page)?.[1]?.replace(',', ''))
  expect(recordings).toBeGreaterThanOrEqual(claimed('recorded answers'))
  expect(faults).toBeGreaterThanOrEqual(claimed('faults'))
  expect(columns).toBeGreaterThanOrEqual(claimed('servers'))
  expect(cells).toBeGreaterThanOrEqual(claimed('combinations'))
  expect(cases).toBeGreaterThanOrEqual(claimed('cases'))
})

test('both READMEs have the same sections with the same code, links, numbers and tables', () => {
  const [english, chinese] = readmes.map(([file]) => sectionsOf(read(file)))
  const outline = (sections: Section[]) =>
    sections.map(({ level, text }) => ({
      level,
      code: codeIn(text),
      links: linksIn(text),
      numbers: numbersIn(text),
      tables: tablesIn(text).map((table) => table.map((row) => row.length)),
    }))
  expect(outline(chinese as Section[])).toEqual(outline(english as Section[]))
})

test('each README links to the other one first', () => {
  expect(read('README.md').split('\n')[2]).toContain('](README.zh-CN.md)')
  expect(read('README.zh-CN.md').split('\n')[2]).toContain('](README.md)')
})

test.each(readmes)('%s installs this version', (file) => {
  const { version } = readJSON('package.json')
  const installed = [...read(file).matchAll(/chatwire@(\d+\.\d+)/g)].map(([, one]) => one)
  expect(new Set(installed)).toEqual(new Set([version.replace(/\.\d+$/, '')]))
})

function sectionNamed(title: string, page = 'README.md'): Section {
  const section = sectionsOf(read(page)).find((one) => one.title === title)
  if (!section) throw new Error(`${page} has no section "${title}"`)
  return section
}
