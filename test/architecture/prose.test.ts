import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { root } from './project.ts'

/**
 * Turns of phrase that read as if translated, in comments and pages, with how often each may occur in `src` and
 * elsewhere: a few are right where they are. The limits only go down.
 */
const PHRASES: Record<string, { phrase: RegExp; limits: { src: number; elsewhere: number } }> = {
  // “Behind a proxy” is the term.
  behind: { phrase: /\bbehind\b(?![ -](a[ -]proxy|nginx))/gi, limits: { src: 6, elsewhere: 6 } },
  who: { phrase: /\bwho\b/gi, limits: { src: 6, elsewhere: 6 } },
  'is told': { phrase: /\b(is|are) told\b/gi, limits: { src: 4, elsewhere: 2 } },
  'that is no': {
    phrase: /\b(that|which) (is|are) no\b(?! (longer|more))/gi,
    limits: { src: 5, elsewhere: 2 },
  },
  nobody: { phrase: /\bnobody\b/gi, limits: { src: 4, elsewhere: 2 } },
  'a doc comment that starts with a question word': {
    phrase: /\/\*\*[\s*]*(What|Who|How|Whether)\b/g,
    limits: { src: 60, elsewhere: 4 },
  },
}

const texts = [
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
  ...['src', 'test', 'scripts', 'bench', 'examples', 'docs', '.github'].flatMap((folder) =>
    readdirSync(root + folder, { recursive: true, encoding: 'utf8' }).map(
      (name) => `${folder}/${name.replaceAll('\\', '/')}`,
    ),
  ),
]
  .filter((file) => /\.(ts|mjs|mts|js|css|md|yml)$/.test(file))
  // Not ours, built, or this list itself.
  .filter(
    (file) => !/node_modules|\/dist\/|docs\/run-|docs\/site\/|prose\.test|results\.md/.test(file),
  )
  .map((file) => [file, proseOf(file)] as const)

test.each(Object.entries(PHRASES))('“%s” is rare', (_name, { phrase, limits }) => {
  const found = texts.flatMap(([file, text]) =>
    [...text.matchAll(phrase)].map(({ index }) => `${file}: ${lineAt(text, index)}`),
  )
  const inSource = found.filter((place) => place.startsWith('src/'))
  const elsewhere = found.filter((place) => !place.startsWith('src/'))
  expect(inSource.length, inSource.join('\n')).toBeLessThanOrEqual(limits.src)
  expect(elsewhere.length, elsewhere.join('\n')).toBeLessThanOrEqual(limits.elsewhere)
})

/** Returns the comments of a source file, or a page without its code. */
function proseOf(file: string): string {
  const text = readFileSync(root + file, 'utf8')
  if (file.endsWith('.md')) return text.replace(/^```[^]*?^```/gm, '')
  return (text.match(/\/\*[^]*?\*\/|(?<![:\w"'`])\/\/.*/g) ?? []).join('\n')
}

function lineAt(text: string, index: number): string {
  const end = text.indexOf('\n', index)
  return text.slice(text.lastIndexOf('\n', index) + 1, end === -1 ? undefined : end).trim()
}
