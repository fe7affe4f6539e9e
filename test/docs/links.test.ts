import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { Token } from 'marked'
import { marked } from 'marked'
import { expect, test } from 'vitest'
import { root } from '../house/project.ts'
import { PAGES } from './pages.ts'

const pages = [...PAGES].map(([name, text]) => ({ name, text }))

test.each(pages)('every link of $name leads to a place that is there', ({ name, text }) => {
  expect(linksOf(text).filter((link) => !isThere(link, name))).toEqual([])
})

const manifest = { name: 'package.json', text: readFileSync(`${root}package.json`, 'utf8') }

test.each([...pages, manifest])(
  '$name names no package registry, and no path of a machine',
  ({ text }) => {
    expect(text).not.toMatch(/registry\.npm|\/root\/|\/work\/|\/tmp\//)
  },
)

function linksOf(text: string): string[] {
  return tokensOf(text).flatMap((token) =>
    token.type === 'link' || token.type === 'image' ? [token.href] : [],
  )
}

/** Addresses elsewhere are judged by their look only: nothing is asked over the network. */
function isThere(link: string, page: string): boolean {
  if (/^[a-z]+:/i.test(link)) return link.startsWith('https://') && URL.canParse(link)
  const [file = '', anchor] = link.split('#')
  const target = file ? path.join(path.dirname(page), decodeURI(file)) : page
  if (file.startsWith('/') || target.startsWith('..') || !existsSync(root + target)) return false
  return anchor === undefined || anchorsOf(readFileSync(root + target, 'utf8')).includes(anchor)
}

/** What GitHub makes of headings. */
function anchorsOf(text: string): string[] {
  const anchors: string[] = []
  for (const token of tokensOf(text)) {
    if (token.type !== 'heading') continue
    const words = token.text.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, '')
    const anchor = words.trim().replace(/\s/g, '-')
    const before = anchors.filter((one) => one.replace(/-\d+$/, '') === anchor).length
    anchors.push(before ? `${anchor}-${before}` : anchor)
  }
  return anchors
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = []
  void marked.walkTokens(marked.lexer(text), (token) => void tokens.push(token))
  return tokens
}
