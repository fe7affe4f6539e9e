import { expect, test } from 'vitest'
import { codeOf, sources } from './project.ts'

/** Words that must not stand in `src`, and why. */
const FORBIDDEN: [word: RegExp, why: string][] = [
  [/\bfrom 'node:|\brequire\(|\bimport\('node:/, 'Node is not everywhere'],
  [/(?<![.\w?])process\b(?!\?: )|(?<![.\w])Buffer\b|\bsetImmediate\b/, 'Node is not everywhere'],
  [/\bconsole\./, 'a library does not write into its user’s console'],
  [/\bAbortSignal\.any\b/, 'Safari 16 and edge-runtime lack it'],
  [
    /\bPromise\.withResolvers\b|\bArray\.fromAsync\b|\bReadableStream\.from\b/,
    'Safari 16 lacks it',
  ],
  [/\.tee\(\)|\bresponse\.clone\(\)/, 'a branch that nobody reads fills the memory'],
  [/for await \([^)]*\bof (response\.)?(body|stream)\)/, 'Safari cannot iterate a ReadableStream'],
  [/\.innerHTML\b|\beval\(|\bnew Function\(/, 'workerd and strict pages refuse it'],
]

const files = sources()

test.each(FORBIDDEN)('no source says %s', (word, why) => {
  const found = [...files].filter(([, text]) => word.test(codeOf(text))).map(([file]) => file)
  expect(found, why).toEqual([])
})

test('no file is longer than 300 lines', () => {
  const long = [...files].filter(([, text]) => text.split('\n').length > 301).map(([file]) => file)
  expect(long).toEqual([])
})

test('every file begins by saying what it is for', () => {
  expect([...files].filter(([, text]) => !text.startsWith('/**\n')).map(([file]) => file)).toEqual(
    [],
  )
})

test('no source leaves a task behind', () => {
  expect(
    [...files].filter(([, text]) => /\b(TODO|FIXME|XXX)\b/.test(text)).map(([file]) => file),
  ).toEqual([])
})
