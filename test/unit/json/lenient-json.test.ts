import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LenientJSON } from '../../../src/json/lenient-json.ts'
import { cutText } from '../helpers.ts'

function run(pieces: readonly string[]): { out: string; rest: string; done: boolean } {
  let out = ''
  let rest = ''
  const json = new LenientJSON((text) => {
    out += text
  })
  for (const piece of pieces) rest += json.done ? piece : json.push(piece)
  json.end()
  return { out, rest, done: json.done }
}

describe('LenientJson', () => {
  test.each([
    [`{'a': 'it\\'s "so"'}`, { a: `it's "so"` }],
    [`{'a': True, 'b': False, 'c': None, "d": NaN}`, { a: true, b: false, c: null, d: null }],
    [`{"a": "line\nbreak\tand tab"}`, { a: 'line\nbreak\tand tab' }],
    [`{a: 1, b_c: [1, 2,], }`, { a: 1, b_c: [1, 2] }],
    [`{"a": +1, "b": .5, "c": 0xff, "d": -2.5e3}`, { a: 1, b: 0.5, c: 255, d: -2500 }],
    [`{"re": "\\d+\\.\\w"}`, { re: '\\d+\\.\\w' }],
    [`{"a"：1，"b"：2}`, { a: 1, b: 2 }],
    [`{“a”: “b”}`, { a: 'b' }],
    [`[{"a": 1},]`, [{ a: 1 }]],
    [`{"a": "\\u00e9\\n\\"\\\\"}`, { a: 'é\n"\\' }],
  ])('%s is read, cut at every place', (input, value) => {
    const { out, rest, done } = run([`${input} and more`])
    expect(JSON.parse(out)).toEqual(value)
    expect({ rest, done }).toEqual({ rest: ' and more', done: true })
    for (let place = 0; place <= input.length; place++)
      expect(run(cutText(`${input} and more`, [place]))).toEqual({ out, rest, done })
  })

  test.each(['{"a": 1', '{"a": "b', '{"a": tru', '{"a": b}', '{"a" 1}', '{"a": 1]'])(
    '%s stays broken',
    (input) => {
      expect(() => JSON.parse(run([input]).out)).toThrow(SyntaxError)
    },
  )

  test('strict JSON stays as it is, to the blank, however it is cut', () => {
    const property = fc.property(
      fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.array(fc.jsonValue())),
      fc.constantFrom(undefined, 2, '\t'),
      fc.array(fc.nat(500), { maxLength: 8 }),
      (value, indent, cuts) => {
        const input = JSON.stringify(value, undefined, indent)
        expect(run(cutText(input, cuts))).toEqual({ out: input, rest: '', done: true })
      },
    )
    fc.assert(property, { numRuns: 500 })
  })

  test('whatever comes, the cuts make no difference', () => {
    const token = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      "'",
      '\\',
      ' ',
      '\n',
      'a',
      '1',
      'None',
    )
    const property = fc.property(
      fc.array(token, { maxLength: 20 }),
      fc.array(fc.nat(40), { maxLength: 8 }),
      (tokens, cuts) => {
        const input = `{${tokens.join('')}`
        expect(run(cutText(input, cuts))).toEqual(run([input]))
      },
    )
    fc.assert(property, { numRuns: 1000 })
  })

  test('reports the position of a piece', () => {
    const seen: [text: string, depth: number, key: string | undefined][] = []
    const json: LenientJSON = new LenientJSON((text) => {
      if (text.trim()) seen.push([text, json.depth, json.keys[0]])
    })
    json.push('{"a": {"b": 1}, "c": 2}')
    expect(seen.filter(([text]) => /[b12}]/.test(text))).toEqual([
      ['b', 2, 'a'],
      ['1', 2, 'a'],
      ['}', 2, 'a'],
      ['2', 1, 'c'],
      ['}', 1, 'c'],
    ])
  })
})
