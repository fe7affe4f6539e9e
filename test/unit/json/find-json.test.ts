import { expect, test } from 'vitest'
import { JSONFinder } from '../../../src/json/find-json.ts'
import { cutText } from '../helpers.ts'

function find(pieces: readonly string[], starts: '{' | '{[' = '{') {
  const finder = new JSONFinder(starts)
  const roots = new Set<unknown>()
  for (const piece of pieces) {
    finder.push(piece)
    if (finder.value) roots.add(finder.value)
  }
  // What was shown is never taken back.
  expect(roots.size).toBeLessThanOrEqual(1)
  const found = finder.end()
  return 'values' in found ? { value: found.values[0] } : found
}

const whole = { city: 'Oslo', tags: ['{', '}'] }
const json = JSON.stringify(whole, undefined, 2)

test.each([
  ['alone', json],
  ['after a byte order mark', `\ufeff${json}`],
  ['in a code fence', `\`\`\`json\n${json}\n\`\`\`\n`],
  ['in a nameless fence', `\`\`\`\n${json}\`\`\``],
  ['in prose', `Sure! Here it is:\n\n${json}\n\nAnything else?`],
  ['after empty braces', `For {name} and {} and {{ I say: ${json}`],
  ['after lists', `See [1] and [the docs]: ${json} [2]`],
  ['before another object', `${json}\n{"city":"Rome"}`],
  ['before a lone brace', `${json} }`],
])('JSONFinder finds an object %s, cut anywhere', (_where, text) => {
  expect(find([text])).toEqual({ value: whole })
  expect(find(cutText(text))).toEqual({ value: whole })
  for (let place = 0; place < text.length; place++)
    expect(find(cutText(text, [place]))).toEqual({ value: whole })
})

test('JSONFinder finds a list only where one is wanted', () => {
  expect(find(cutText('They are [1, {"a": 2}].'), '{[')).toEqual({ value: [1, { a: 2 }] })
  expect(find(cutText('They are [1, {"a": 2}].'))).toEqual({ value: { a: 2 } })
  expect(find(cutText('They are [so to speak] {"a": 2}.'), '{[')).toEqual({ value: { a: 2 } })
})

test.each([
  ['', 'The answer contains no JSON object'],
  ['I cannot do that.', 'The answer contains no JSON object'],
  ['{"a": 1, "b": [2', 'Invalid JSON at character 16: unexpected end'],
  ['Well: {"a": 1, oops} {"a" 1}', 'Invalid JSON at character 15: expected a colon'],
])('JSONFinder tells what is wrong with %j', (text, problem) => {
  expect(find([text])).toEqual({ problem })
  expect(find(cutText(text))).toEqual({ problem })
})

test('JSONFinder takes an empty object where there is nothing else', () => {
  expect(find(['Nothing: {}.'])).toEqual({ value: {} })
})

test('JSONFinder says that the value has grown only when it has', () => {
  const finder = new JSONFinder('{')
  const grown = ['I say ', '{', ' "a', '": ', '"', '', 'x', '"', ', "b": 1', '}', ' {"c":1}']
  expect(grown.map((piece) => finder.push(piece))).toEqual([
    false,
    false,
    false,
    false,
    true,
    false,
    true,
    false,
    false,
    true,
    false,
  ])
})

test('JSONFinder reads false starts without end in linear time', () => {
  const finder = new JSONFinder('{[')
  for (let round = 0; round < 20_000; round++) finder.push('{{x} [y ')
  finder.push('{"a":1}')
  expect(finder.end()).toEqual({ values: [{ a: 1 }] })
})

test.each<[string, object]>([
  ["{'a': 'it is', \"b\": 'x \"y\"'}", { a: 'it is', b: 'x "y"' }],
  ['{"a": True, "b": False, "c": None}', { a: true, b: false, c: null }],
  ['{"a": 1, "b": [1, 2, ], }', { a: 1, b: [1, 2] }],
  ['{"a": "one\ntwo\tthree"}', { a: 'one\ntwo\tthree' }],
  ['{a: 1, b_c: "x"}', { a: 1, b_c: 'x' }],
  ['For {name} and {x: x > 0} and {it\'s}: {"a": 1}', { a: 1 }],
  ['Well: {"a": 1, oops} or rather {"a": 2}', { a: 2 }],
  ['[x{"a": 1}', { a: 1 }],
])('JSONFinder reads %s as models write it, cut anywhere', (text, value) => {
  for (const starts of ['{', '{['] as const) {
    expect(find([text], starts)).toEqual({ value })
    expect(last(cutText(text), starts)).toEqual(value)
  }
})

test.each<[string, unknown]>([
  ['As source [1] says, the primes are:\n[2, 3, 5, 7]', [2, 3, 5, 7]],
  ['As source [1] says: [2, 3, 5, 7]', [2, 3, 5, 7]],
  ['[1] says it, and so do [2, 3].\n\n```json\n{"value": [5]}\n```', { value: [5] }],
  ['See [1]:\n\n[2, 3]\n\n[4]: https://example.com', [2, 3]],
  ['According to [3], {"value": ["a"]}', { value: ['a'] }],
  ['Only [1].', [1]],
  ['[1]', [1]],
])('JSONFinder takes no citation for the answer: %j', (text, value) => {
  expect(last([text], '{[')).toEqual(value)
  expect(last(cutText(text), '{[')).toEqual(value)
})

function last(pieces: readonly string[], starts: '{' | '{['): unknown {
  const finder = new JSONFinder(starts)
  for (const piece of pieces) finder.push(piece)
  const found = finder.end()
  return 'values' in found ? found.values[0] : found
}
