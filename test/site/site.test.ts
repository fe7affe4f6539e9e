import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { beforeAll, expect, inject, test } from 'vitest'
import { PAGES } from '../docs/pages.ts'
import { root } from '../architecture/project.ts'

const ENTRIES = Object.keys(JSON.parse(readFileSync(`${root}package.json`, 'utf8')).exports)
  .filter((entry) => entry !== './package.json')
  .map((entry) => `chatwire${entry.slice(1)}`)

const site = inject('site')
/** Every page of the site by its path, with its text. */
let pages: Map<string, string>
/** The same of everything that is not a page, such as the icons. */
let others: Map<string, string>

beforeAll(() => {
  const files = readdirSync(site, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile())
    .map((file) => path.join(file.parentPath, file.name))
    .map((file) => [path.relative(site, file), readFileSync(file, 'utf8')] as const)
  pages = new Map(files.filter(([name]) => name.endsWith('.html')))
  others = new Map(files.filter(([name]) => !name.endsWith('.html')))
})

test('the site is built without a warning', () => {
  expect(inject('printed')).toContain('html generated')
  expect(inject('printed')).not.toMatch(/warning|error/i)
})

test('every guide has its page', () => {
  for (const [name, text] of PAGES) {
    if (!name.startsWith('docs/guides/')) continue
    const title = /^# (.*)/.exec(text)?.[1] ?? ''
    expect([...pages.keys()], name).toContain(`documents/${title.replaceAll(' ', '_')}.html`)
  }
})

test.each(ENTRIES)('%s is documented with its exports, and nothing else', async (entry) => {
  const id = entry.replaceAll('/', '_')
  const list = pages.get(`modules/${id}.html`)
  const names = Object.keys(await import(/* @vite-ignore */ entry))
  for (const name of names) expect(list, name).toContain(`id="${name.toLowerCase()}"`)
  const told = [...pages.keys()].flatMap((page) => {
    const [, where, name = ''] = /^(?:functions|variables)\/(.*)\.(\w+)\.html$/.exec(page) ?? []
    return where === id ? [name] : []
  })
  expect(names).toEqual(expect.arrayContaining(told))
})

test('every link leads to a place that is there, below whatever path the site is served', () => {
  const broken = [...pages].flatMap(([name, text]) =>
    linksOf(text)
      .filter((link) => !isThere(link, name))
      .map((link) => `${name}: ${link}`),
  )
  expect(broken).toEqual([])
})

test('the site fetches nothing from elsewhere', () => {
  for (const [name, text] of pages) {
    expect(text, name).not.toMatch(/<(script|img|iframe|source)[^>]* src="(https?:)?\/\//)
    expect(text, name).not.toMatch(/<link[^>]* href="(https?:)?\/\//)
  }
})

function linksOf(html: string): string[] {
  return [...html.matchAll(/ (?:href|src)="([^"]*)"/g)].map(([, link]) =>
    (link as string).replaceAll('&amp;', '&'),
  )
}

function isThere(link: string, page: string): boolean {
  if (/^[a-z]+:/i.test(link)) return link.startsWith('https://') && URL.canParse(link)
  if (link.startsWith('/')) return false
  const [file = '', anchor = ''] = link.split('#')
  const target = file ? path.posix.join(path.posix.dirname(page), decodeURI(file)) : page
  const text = pages.get(target) ?? others.get(target)
  return text !== undefined && (!anchor || text.includes(` id="${decodeURI(anchor)}"`))
}
