import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { root } from './project.ts'

/**
 * Turns of phrase that read as if translated, in comments and pages, with how often each may occur: a few are right
 * where they are. The limits only go down.
 */
const PHRASES: Record<string, [phrase: RegExp, limit: number]> = {
  behind: [/\bbehind\b/gi, 68],
  who: [/\bwho\b/gi, 47],
  'is told': [/\b(is|are) told\b/gi, 51],
  'that is no': [/\b(that|which) (is|are) no\b(?! (longer|more))/gi, 13],
  nobody: [/\bnobody\b/gi, 38],
  'a doc comment that starts with a question word': [/\/\*\*[\s*]*(What|Who|How|Whether)\b/g, 334],
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
  .filter((file) => !/node_modules|\/dist\/|docs\/site\/|prose\.test|results\.md/.test(file))
  .map((file) => [file, proseOf(file)] as const)

test.each(Object.entries(PHRASES))('“%s” is rare', (_name, [phrase, limit]) => {
  const found = texts.flatMap(([file, text]) =>
    [...text.matchAll(phrase)].map(({ index }) => `${file}: ${lineAt(text, index)}`),
  )
  expect(found.length, found.join('\n')).toBeLessThanOrEqual(limit)
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
