import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { root } from '../architecture/project.ts'
import { sectionsOf } from '../architecture/sections.ts'
import { TRANSLATED } from '../../docs/plugins/guides.mjs'

/** The fenced blocks of a page, and those in comments that only the tests see. */
const CODE = /^(```+)\w+[^]*?^\1$|^<!-- ts$[^]*?^-->$/gm

const guides = TRANSLATED.map((name) => {
  const file = `${root}docs/guides/zh/${name}.md`
  const english = readFileSync(`${root}docs/guides/${name}.md`, 'utf8')
  return { name, file, english, chinese: readFileSync(file, 'utf8') }
})

test.each(guides)('$name has the code of the English guide: `WRITE_CODE=1` copies it', (guide) => {
  const code = guide.english.match(CODE) ?? []
  const copied = guide.chinese.match(CODE) ?? []
  expect(copied.length).toBe(code.length)
  if (process.env.WRITE_CODE) {
    const rest = code.values()
    writeFileSync(
      guide.file,
      guide.chinese.replace(CODE, () => rest.next().value as string),
    )
  } else expect(copied).toEqual(code)
})

test.each(guides)('$name has the headings of the English guide', ({ english, chinese }) => {
  const levels = (page: string) => sectionsOf(page).map(({ level }) => level)
  expect(levels(chinese)).toEqual(levels(english))
})

test.each(guides)('$name is Chinese, and names each name that the English guide does', (guide) => {
  const { english, chinese } = guide
  // Names of options and functions stand in code.
  const names = (page: string) =>
    new Set(
      page
        .replace(CODE, '')
        .replace(/<!-- ([\w-]+) -->[^]*?<!-- \/\1 -->/g, '')
        .match(/`[^`\n]+`/g),
    )
  const missing = [...names(english)].filter((name) => !names(chinese).has(name))
  expect(missing).toEqual([])
  for (const { title, text } of sectionsOf(chinese)) {
    const words = text.replace(CODE, '').replace(/`[^`\n]*`|\]\([^)]*\)|<!--[^]*?-->/g, '')
    const prose = words.split('\n').filter((line) => /[a-z]/i.test(line) && !line.startsWith('|'))
    const foreign = prose.filter(
      (line) => !/\p{Script=Han}/u.test(line) && !/^\*\*\w+\*\*$/.test(line),
    )
    expect(foreign, title).toEqual([])
  }
})

test.each(guides)(
  '$name and the English guide lead to each other',
  ({ name, english, chinese }) => {
    expect(english.split('\n')[2]).toBe(`English · [简体中文](zh/${name}.md)`)
    expect(chinese.split('\n')[2]).toBe(`[English](../${name}.md) · 简体中文`)
    // From a Chinese guide to a Chinese one, where there is one.
    const links = [...chinese.matchAll(/\]\(\.\.\/([\w-]+)\.md[)#]/g)].map(([, to]) => to as string)
    const passed = links.slice(1).filter((to) => existsSync(`${root}docs/guides/zh/${to}.md`))
    expect(passed.filter((to) => to !== name)).toEqual([])
  },
)
