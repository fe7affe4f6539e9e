import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { marked } from 'marked'
import { expect, test } from 'vitest'
import { root } from '../architecture/project.ts'
import { sectionsOf } from '../architecture/sections.ts'
import { PAGES } from './pages.ts'

const pages = [...PAGES].map(([name, text]) => ({ name, text }))

test.each(pages)('every link of $name leads to a place that is there', ({ name, text }) => {
  expect(linksOf(text).filter((link) => !isThere(link, name))).toEqual([])
})

const others = readdirSync(`${root}.github`, { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.(md|yml)$/.test(file))
  .map((file) => `.github/${file}`)
  .concat('package.json')
  .map((name) => ({ name, text: readFileSync(root + name, 'utf8') }))

test.each([...pages, ...others])(
  '$name names no package registry, and no path of a machine',
  ({ text }) => {
    expect(text).not.toMatch(/registry\.npm|\/root\/|\/work\/|\/tmp\//)
  },
)

test('the configuration of nginx in the guide is the tested one', () => {
  const guide = readFileSync(`${root}docs/guides/behind-a-proxy.md`, 'utf8')
  const config = readFileSync(`${root}test/networks/configs/nginx-streaming.conf`, 'utf8')
  const linesOf = (text: string) => text.split('\n').map((line) => line.trim())
  const shown = /```nginx\n(.*?)\n```/s.exec(guide)?.[1] ?? ''
  const tested = linesOf(config.replaceAll('@UPSTREAM@', '3000'))
  expect(linesOf(shown)).toEqual(
    tested.slice(tested.indexOf('location / {')).slice(0, linesOf(shown).length),
  )
  expect(linesOf(shown).at(-1)).toBe('}')
})

function linksOf(text: string): string[] {
  const links: string[] = []
  void marked.walkTokens(marked.lexer(text), (token) => {
    if (token.type === 'link' || token.type === 'image') links.push(token.href)
  })
  return links
}

/** Addresses elsewhere are judged by their look only: nothing is asked over the network. */
function isThere(link: string, page: string): boolean {
  if (/^[a-z]+:/i.test(link)) return link.startsWith('https://') && URL.canParse(link)
  const [file = '', anchor] = link.split('#')
  const target = file ? path.join(path.dirname(page), decodeURI(file)) : page
  if (file.startsWith('/') || target.startsWith('..') || !existsSync(root + target)) return false
  if (anchor === undefined) return true
  const sections = sectionsOf(readFileSync(root + target, 'utf8'))
  return sections.some((section) => section.anchor === decodeURI(anchor))
}
