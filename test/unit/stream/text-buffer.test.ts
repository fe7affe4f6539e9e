import { expect, test } from 'vitest'
import { TextBuffer } from '../../../src/stream/text-buffer.ts'

test('TextGatherer gives the text so far, as often as it is asked', () => {
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
