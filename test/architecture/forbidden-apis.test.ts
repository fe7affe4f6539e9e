import { expect, test } from 'vitest'
import { codeOf, sources } from './project.ts'

/** APIs that `src` must not use, and why. */
const FORBIDDEN: [word: RegExp, why: string][] = [
  [/\bfrom 'node:|\brequire\(|\bimport\('node:/, 'not every runtime is Node'],
  [/(?<![.\w?])process\b(?!\?: )|(?<![.\w])Buffer\b|\bsetImmediate\b/, 'not every runtime is Node'],
  [/\bconsole\./, 'a library does not write to its user’s console'],
  [/\bAbortSignal\.any\b/, 'Safari 16 and edge-runtime lack it'],
  [
    /\bPromise\.withResolvers\b|\bArray\.fromAsync\b|\bReadableStream\.from\b/,
    'Safari 16 lacks it',
  ],
  [/\.tee\(\)|\bresponse\.clone\(\)/, 'an unread branch fills the memory'],
  [/for await \([^)]*\bof (response\.)?(body|stream)\)/, 'Safari cannot iterate a ReadableStream'],
  [/(?<!\\)\\p\{/i, 'V8 looks up the classes of a literal at every start: see lazy-pattern.ts'],
  [/\.innerHTML\b|\beval\(|\bnew Function\(/, 'workerd and strict pages refuse it'],
]

const files = sources()

test.each(FORBIDDEN)('no source uses %s', (word, why) => {
  const found = [...files].filter(([, text]) => word.test(codeOf(text))).map(([file]) => file)
  expect(found, why).toEqual([])
})
