import { expect, test } from 'vitest'
import { mergeDeep } from '../../src/merge-deep.ts'

test.each<[object, object | undefined, object]>([
  [{ a: 1 }, undefined, { a: 1 }],
  [{ a: { b: 1, c: 2 } }, { a: { c: 3, d: 4 } }, { a: { b: 1, c: 3, d: 4 } }],
  [{ a: { b: { c: 1 } } }, { a: { b: { d: 2 } } }, { a: { b: { c: 1, d: 2 } } }],
  [{ a: [1, 2] }, { a: [3] }, { a: [3] }],
  [{ a: { b: 1 } }, { a: null }, { a: null }],
  [{ a: { b: 1 } }, { a: [1] }, { a: [1] }],
  [{ a: undefined }, { a: { b: 1 } }, { a: { b: 1 } }],
  [{ f: { type: 'x', of: 1 } }, { f: { type: 'y' } }, { f: { type: 'y' } }],
  [{ f: { type: 'x', of: 1 } }, { f: { type: 'x', at: 2 } }, { f: { type: 'x', of: 1, at: 2 } }],
  [{ f: { mode: 'ANY', names: [] } }, { f: { mode: 'AUTO' } }, { f: { mode: 'AUTO' } }],
])('%j with %j', (own, extra, merged) => {
  const before = JSON.stringify([own, extra])
  expect(mergeDeep(own as never, extra as never)).toEqual(merged)
  expect(JSON.stringify([own, extra])).toBe(before)
})

test('a member named `__proto__` stays a member', () => {
  const merged = mergeDeep({ a: {} }, JSON.parse('{"__proto__":{"x":1},"a":{"__proto__":{"y":1}}}'))
  expect(JSON.stringify(merged)).toBe('{"a":{"__proto__":{"y":1}},"__proto__":{"x":1}}')
  expect(({} as { x?: unknown }).x).toBeUndefined()
})
