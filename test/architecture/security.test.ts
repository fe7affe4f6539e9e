/**
 * Each claim of SECURITY.md names the test that keeps it.
 */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const root = new URL('../../', import.meta.url)
const page = readFileSync(new URL('SECURITY.md', root), 'utf8')
const rows = [...page.matchAll(/^\| (.+?) +\| \[[^\]]+\]\(([^)]+)\): (`+)(.+?) ?\3 +\|$/gm)]
const claims = rows.map(([, claim, file, , title]) => [claim!, file!, title!] as const)

test('every row of the table has a test', () => {
  const [, section = ''] = page.split('## What chatwire protects')
  const [table = ''] = section.split('\n## ')
  const lines = table.split('\n').filter((line) => line.startsWith('|'))
  expect(claims.length).toBeGreaterThan(30)
  expect(claims).toHaveLength(lines.length - 2)
})

test.each(claims)('%s: %s has the test %j', (_claim, file, title) => {
  const source = readFileSync(new URL(file, root), 'utf8')
  const quoted = ["'", '"', '`'].map((mark) => mark + title + mark)
  expect(quoted.some((text) => source.includes(text))).toBe(true)
})
