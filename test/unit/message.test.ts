import { expect, test } from 'vitest'
import { isFunctionTool, textOf, toParts } from '../../src/message.ts'

const parts = [
  { type: 'text' as const, text: 'a' },
  { type: 'image_url' as const, image_url: { url: 'https://a.example/1.png' } },
  { type: 'text' as const, text: 'b' },
]

test.each([
  ['hello', 'hello'],
  ['', ''],
  [null, ''],
  [undefined, ''],
  [[], ''],
  [parts, 'ab'],
])('textOf(%j) is %j', (content, text) => {
  expect(textOf(content)).toBe(text)
})

test('toParts() gives parts for everything', () => {
  expect(toParts('hello')).toEqual([{ type: 'text', text: 'hello' }])
  expect(toParts(parts)).toBe(parts)
  expect(toParts(null)).toEqual([])
})

test("isFunctionTool() distinguishes the caller's tools from the vendor's", () => {
  expect(isFunctionTool({ type: 'function', function: { name: 'f' } })).toBe(true)
  expect(isFunctionTool({ type: 'web_search' })).toBe(false)
  expect(isFunctionTool(undefined as never)).toBe(false)
})
