import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { TextBuffer } from '../../../src/stream/text-buffer.ts'

test('gives the text so far, as often as it is asked', () => {
  const text = new TextBuffer()
  expect(text.join()).toBe('')
  let whole = ''
  for (let piece = 0; piece < 10_000; piece++) {
    text.push(`${piece} `)
    whole += `${piece} `
    if (piece % 3333 === 0) expect(text.join()).toBe(whole)
  }
  expect(text.join()).toBe(whole)
  expect(text.join()).toBe(whole)
})

test('gives the text from any index on', () => {
  const text = new TextBuffer()
  let whole = ''
  for (let piece = 0; piece < 3000; piece++) {
    text.push(`${piece} `)
    whole += `${piece} `
    for (const index of [0, piece, whole.length - 5000, whole.length - 3, whole.length])
      if (index >= 0 && piece % 97 === 0) expect(text.from(index)).toBe(whole.slice(index))
  }
})

test('counts the full parts of a text once each, whatever the sizes of the pieces', () => {
  const buffer = new TextBuffer()
  const counted: string[] = []
  const count = (part: string) => (counted.push(part), part.length)
  const before: [length: number, size: number, rest: string][] = []
  let text = ''
  for (const size of [1, 7, 2047, 1, 4095, 1, 4096, 9000, 3, 30_000, 0, 5]) {
    const piece = String(size % 10).repeat(size)
    text += piece
    buffer.push(piece)
    expect(buffer.join()).toBe(text)
    before.push([text.length, buffer.parts, buffer.rest])
    expect(buffer.countParts(buffer.parts, count) + buffer.rest.length).toBe(text.length)
  }
  expect(counted.join('') + buffer.rest).toBe(text)
  expect(counted.every((part) => part.length >= 4096)).toBe(true)
  for (const [length, size, rest] of before)
    expect(buffer.countParts(size, () => NaN) + rest.length).toBe(length)
})

test('counts pairs whose halves arrive apart', () => {
  const buffer = new TextBuffer()
  for (const unit of '😀'.repeat(6000).split('')) buffer.push(unit)
  buffer.join()
  const parts: string[] = []
  buffer.countParts(buffer.parts, (part) => parts.push(part))
  expect(parts.join('') + buffer.rest).toBe('😀'.repeat(6000))
  expect(parts.some((part) => /\p{Surrogate}/u.test(part))).toBe(false)
})

test('keeps no piece by itself, in compiled code as well', () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const text = new TextBuffer()
  const source = 'All work and no play makes Jack a dull boy.'
  collect()
  const before = process.memoryUsage().heapUsed
  for (let piece = 0; piece < 500_000; piece++) text.add(source.slice(piece % 38, (piece % 38) + 5))
  collect()
  // 5 bytes a piece; each piece by itself takes 50 more.
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(500_000 * 20)
  expect(text.join()).toHaveLength(500_000 * 5)
})
