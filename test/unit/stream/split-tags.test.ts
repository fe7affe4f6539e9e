import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Split } from '../../../src/stream/split-tags.ts'
import { ThinkSplitter } from '../../../src/stream/split-tags.ts'
import { cutText } from '../helpers.ts'

function run(pieces: readonly string[]): Split {
  const splitter = new ThinkSplitter()
  const all = { text: '', reasoning: '' }
  for (const split of [...pieces.map((piece) => splitter.push(piece)), splitter.end()]) {
    all.text += split.text
    all.reasoning += split.reasoning
  }
  return all
}

describe('ThinkSplitter', () => {
  test.each([
    ['<think>why</think>42', 'why', '42'],
    ['\n <think>\n\nwhy\n</think>\n\n42\n', 'why\n', '42\n'],
    ['<think>\n\n</think>\n\n42', '', '42'],
    ['<think></think>42', '', '42'],
    ['<think>a < b </thin k></think>42', 'a < b </thin k>', '42'],
    ['<think>never closed', 'never closed', ''],
    ['<think>never closed </thi', 'never closed </thi', ''],
    ['<think>  ', '', ''],
    ['<think>a</think>  ', 'a', ''],
    ['<thinking>no', '', '<thinking>no'],
    ['<thi', '', '<thi'],
    ['  plain', '', '  plain'],
    ['   ', '', '   '],
    ['a <think>b</think>', '', 'a <think>b</think>'],
    ['<think>a</think>b<think>c</think>', 'a', 'b<think>c</think>'],
    ['', '', ''],
  ])('parts %j, whole and cut at every place', (input, reasoning, text) => {
    expect(run([input])).toEqual({ text, reasoning })
    expect(run(cutText(input))).toEqual({ text, reasoning })
    for (let place = 0; place <= input.length; place++)
      expect(run(cutText(input, [place]))).toEqual({ text, reasoning })
  })

  test('gives the same however a text is cut', () => {
    const token = fc.constantFrom(
      '<think>',
      '</think>',
      '<',
      '/',
      'think',
      '>',
      ' ',
      '\n',
      'a',
      'é',
    )
    const property = fc.property(
      fc.array(token, { maxLength: 12 }),
      fc.array(fc.nat(60), { maxLength: 6 }),
      (tokens, cuts) => {
        const input = tokens.join('')
        expect(run(cutText(input, cuts))).toEqual(run([input]))
      },
    )
    fc.assert(property, { numRuns: 200 })
  })
})
