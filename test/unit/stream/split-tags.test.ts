import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Split } from '../../../src/stream/split-tags.ts'
import { splitLone, ThinkSplitter } from '../../../src/stream/split-tags.ts'
import { cutText } from '../helpers.ts'

interface Parts {
  text: string
  reasoning: string
}

/** The parts in their order, neighbours of one kind joined. */
function parse(pieces: readonly string[], isOpen = false): Split {
  const splitter = new ThinkSplitter({ isOpen })
  const all: Split = []
  for (const part of [...pieces.flatMap((piece) => splitter.push(piece)), ...splitter.end()]) {
    const last = all.at(-1)
    if (last?.type === part.type) last.text += part.text
    else all.push({ ...part })
  }
  return all
}

function run(pieces: readonly string[], isOpen = false): Parts {
  const all = { text: '', reasoning: '' }
  for (const part of parse(pieces, isOpen)) {
    all[part.type === 'text-delta' ? 'text' : 'reasoning'] += part.text
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
    // Several blocks: back to back, and later at the start of a line.
    ['<think>a</think>\n<think>b</think>c', 'ab', 'c'],
    ['<think>a</think></think>b', 'a', 'b'],
    ['Let me see.\n\n<think>\nhm\n</think>\nIt is 42.', 'hm\n', 'Let me see.\n\nIt is 42.'],
    ['a\n  <think>b</think>\n<think>c</think>d\n', 'bc', 'a\n  d\n'],
    ['a\n<think>never closed </thi', 'never closed </thi', 'a\n'],
    ['a\n<thi', '', 'a\n<thi'],
    ['a\n<think>', '', 'a\n<think>'],
    // A template that opened the tag, and a model that had nothing to think.
    ['</think>\n\n42', '', '42'],
    ['\n\n</think>\n42', '', '42'],
    // Once text was shown, it stays.
    ['weigh it\n</think>\n\n42', '', 'weigh it\n</think>\n\n42'],
    // The tag in code and in words.
    ['`<think>` opens it', '', '`<think>` opens it'],
    [
      'Use\n<think> to open and </think> to close',
      '',
      'Use\n<think> to open and </think> to close',
    ],
    ['The <think> tag\nand </think>', '', 'The <think> tag\nand </think>'],
    ['```xml\n<think>a</think>\n```\n', '', '```xml\n<think>a</think>\n```\n'],
    ['a\n````\n```\n<think>a\n````\n<think>b</think>c', 'b', 'a\n````\n```\n<think>a\n````\nc'],
    ['a\n~~~\n```\n<think>a\n~~~\n<think>b</think>c', 'b', 'a\n~~~\n```\n<think>a\n~~~\nc'],
    ['a\n``<think>b', '', 'a\n``<think>b'],
    ['<think>the `</think>` tag</think>c', 'the `</think>` tag', 'c'],
    ['<think>a `</think>c', 'a `', 'c'],
    ['<think>a `</think>', 'a `</think>', ''],
    // The tags of other models, at the start only.
    ['[THINK]why[/THINK]42', 'why', '42'],
    ['[THINKING] no', '', '[THINKING] no'],
    ['["a"]', '', '["a"]'],
    ['[THINK]the </think> tag[/THINK]42', 'the </think> tag', '42'],
    ['<|channel>thought\nwhy\n<channel|>42', 'why\n', '42'],
    ['<|channel>thought\n<channel|>42', '', '42'],
    ['<seed:think>\nwhy\n</seed:think>\n42', 'why\n', '42'],
    ['<mm:think>why</mm:think>42', 'why', '42'],
    ['a\n[THINK]b[/THINK]', '', 'a\n[THINK]b[/THINK]'],
    ['', '', ''],
  ])('parts %j, whole and cut at every place', (input, reasoning, text) => {
    expect(run([input])).toEqual({ text, reasoning })
    expect(run(cutText(input))).toEqual({ text, reasoning })
    for (let place = 0; place <= input.length; place++)
      expect(run(cutText(input, [place]))).toEqual({ text, reasoning })
  })

  test.each([
    ['weigh it\n</think>\n\n42', 'weigh it\n', '42', false],
    ['<think>weigh it</think>42', 'weigh it', '42', false],
    ['</think>42', '', '42', false],
    ['\nnever closed', 'never closed', '', true],
    ['weigh\n</think>\n\n42\n<think>more</think>', 'weigh\nmore', '42\n', false],
  ])('an opened tag: parts %j, cut at every place', (input, reasoning, text, assumed) => {
    for (let place = 0; place <= input.length; place++)
      expect(run(cutText(input, [place]), true)).toEqual({ text, reasoning })
    const splitter = new ThinkSplitter({ isOpen: true })
    splitter.push(input)
    expect(splitter.assumed).toBe(assumed)
  })

  test('gives the same however a text is cut, and loses nothing but tags and blanks', () => {
    const tokens = [
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
      '`',
      '```',
      '~~~',
    ]
    const property = fc.property(
      fc.array(fc.constantFrom(...tokens), { maxLength: 14 }),
      fc.array(fc.nat(80), { maxLength: 6 }),
      fc.boolean(),
      (tokens, cuts, isOpen) => {
        const input = tokens.join('')
        expect(parse(cutText(input, cuts), isOpen)).toEqual(parse([input], isOpen))
        // What is left out of the input is tags and the blanks around them.
        const between = '(?:</?think>|\\s)*'
        const whole = new ThinkSplitter({ isOpen })
        const texts = [...whole.push(input), ...whole.end()].map(({ text }) =>
          text.replaceAll(/[^\w\s]/g, '\\$&'),
        )
        expect(input).toMatch(new RegExp(`^${between}${texts.join(between)}${between}$`))
      },
    )
    fc.assert(property, { numRuns: 1000 })
  })

  test('holds little back, so that a long text costs no more than its length', () => {
    for (const piece of ['<', '`', '~', '\n', '\n`', '<thin', '`</think', ' \n<th']) {
      for (const start of ['a', '<think>a']) {
        const splitter = new ThinkSplitter()
        let held = 1
        for (const { text } of splitter.push(start)) held -= text.length
        for (let count = 0; count < 2000; count++) {
          held += piece.length
          for (const { text } of splitter.push(piece)) held -= text.length
          expect(held).toBeLessThan(50)
        }
      }
    }
  })
})

describe('splitLone()', () => {
  test.each([
    ['weigh it\n</think>\n\n42', { reasoning: 'weigh it\n', text: '42' }],
    ['so it is 42.</think>\n\n42', { reasoning: 'so it is 42.', text: '42' }],
    ['weigh it\n</think>42', { reasoning: 'weigh it\n', text: '42' }],
    ['a\r\n</think>\r\nb', { reasoning: 'a\r\n', text: 'b' }],
    ['a\n</think>\nb\n</think>\nc', { reasoning: 'a\n</think>\nb\n', text: 'c' }],
    ['```\ndraft\n```\nfine.</think>\nc', { reasoning: '```\ndraft\n```\nfine.', text: 'c' }],
    ['only thoughts</think>', { reasoning: 'only thoughts', text: '' }],
    ['no tag', undefined],
    ['wrap it in <think> and </think>\n', undefined],
    ['</think> closes it, and `</think>`\n', undefined],
    ['```\na\n</think>\n```\nb', undefined],
    ['a</think> b', undefined],
  ])('parts %j', (input, parts) => {
    expect(splitLone(input)).toEqual(parts)
  })
})
