import { expect, test } from 'vitest'
import { TextBuffer } from '../../../src/stream/text-buffer.ts'
import { IncrementalCount } from '../../../src/tokens/incremental-count.ts'

test('a tail counts as the whole text does, whatever the sizes of the pieces', () => {
  const buffer = new TextBuffer()
  const count = (text: string) => text.length
  const byTail = new IncrementalCount(count)
  const byText = new IncrementalCount(count)
  let text = ''
  for (const size of [1, 7, 2047, 1, 4095, 1, 4096, 9000, 3, 30_000, 0, 5]) {
    const piece = String(size % 10).repeat(size)
    text += piece
    buffer.push(piece)
    expect(buffer.join()).toBe(text)
    expect(text.endsWith(buffer.tail)).toBe(true)
    expect(buffer.tail.length).toBeGreaterThanOrEqual(Math.min(text.length, 4096))
    expect(byTail.of(text, buffer.tail)).toBe(text.length)
    expect(byText.of(text)).toBe(text.length)
  }
})

test('a tail holds pairs whose halves arrive apart', () => {
  const buffer = new TextBuffer()
  for (const half of '😀'.repeat(6000)) for (const unit of half.split('')) buffer.push(unit)
  buffer.join()
  expect('😀'.repeat(6000).endsWith(buffer.tail)).toBe(true)
})
