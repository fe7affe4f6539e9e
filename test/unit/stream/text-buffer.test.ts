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
