import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { overlap, StopFilter } from '../../../src/stream/stop-filter.ts'
import { cutText } from '../helpers.ts'

function run(
  words: readonly string[],
  pieces: readonly string[],
): { text: string; found: string | undefined } {
  const cutter = new StopFilter(words)
  let text = ''
  for (const piece of pieces) text += cutter.push(piece)
  if (cutter.found === undefined) text += cutter.end()
  return { text, found: cutter.found }
}

describe('StopFilter', () => {
  test.each([
    [['<|im_end|>'], 'Hi<|im_end|>more', 'Hi', '<|im_end|>'],
    [['<|im_end|>'], 'Hi <|im_start|>', 'Hi <|im_start|>', undefined],
    [['Observation:'], 'Observation:', '', 'Observation:'],
    [['aab'], 'aaab', 'a', 'aab'],
    [['abcd', 'bc'], 'abcd', 'a', 'bc'], // `bc` is whole first
    [['bc', 'abc'], 'abc', '', 'abc'], // both are whole at once: the one that began first
    [['a', 'ab'], 'xab', 'x', 'a'],
    [['。'], '好。不', '好', '。'],
    [['😀'], 'a😀b', 'a', '😀'],
    [['\n\n'], 'a\nb\n\nc', 'a\nb', '\n\n'],
    [['x'], '', '', undefined],
  ])('of %j ends %j at %j, whole and cut at every place', (words, input, text, found) => {
    expect(run(words, [input])).toEqual({ text, found })
    expect(run(words, cutText(input))).toEqual({ text, found })
  })

  test('gives the same for any words, text and cuts, and never shows a word', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 24 })
    const words = fc.array(
      fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 4 }),
      { minLength: 1, maxLength: 4 },
    )
    const property = fc.property(
      words,
      letters,
      fc.array(fc.nat(24), { maxLength: 6 }),
      (words, text, cuts) => {
        const whole = run(words, [text])
        expect(run(words, cutText(text, cuts))).toEqual(whole)
        expect(run(words, cutText(text))).toEqual(whole)
        expect(text.startsWith(whole.text)).toBe(true)
        for (const word of words) expect(whole.text).not.toContain(word)
        if (whole.found === undefined) expect(whole.text).toBe(text)
        else expect(text.startsWith(whole.text + whole.found)).toBe(true)
      },
    )
    fc.assert(property, { numRuns: 200 })
  })

  test('holds back no more than it must', () => {
    const cutter = new StopFilter(['<|end|>'])
    expect(cutter.push('a < b')).toBe('a < b')
    expect(cutter.push('c<|')).toBe('c')
    expect(cutter.push('x')).toBe('<|x')
  })
})

test.each([
  ['abc', 'cd', 1],
  ['abc', 'abcd', 3],
  ['abc', 'abc', 0],
  ['abab', 'ababc', 4],
  ['x', 'y', 0],
  ['', 'y', 0],
])('overlap(%j, %j) is %i', (text, word, length) => expect(overlap(text, word)).toBe(length))
