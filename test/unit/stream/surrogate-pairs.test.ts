import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { StreamEvent } from '../../../src/event.ts'
import { createGateway } from '../../../src/gateway.ts'
import { TextBuffer } from '../../../src/stream/text-buffer.ts'
import { ChatStream } from '../../../src/stream/chat-stream.ts'
import { all, cutText, model, saying } from '../helpers.ts'

const LONE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/
const TEXT = '你好 😀! 👨‍👩‍👧 𠀀 x'
const half = (text: string) => ({ type: 'reasoning-delta', text })

test('TextBuffer keeps pairs whole, at any cut, and loses nothing', () => {
  const property = fc.property(
    fc.string({ unit: fc.constantFrom('a', '😀', '𠀀', '漢') }),
    fc.array(fc.nat({ max: 60 })),
    (text, at) => {
      const pairs = new TextBuffer()
      const shown = cutText(text, at).map((piece) => pairs.push(piece))
      for (const piece of shown) expect(piece).not.toMatch(LONE)
      expect(pairs.join()).toBe(text)
      expect(shown.join('') + pairs.end()).toBe(text)
      expect(pairs.join()).toBe(text)
    },
  )
  fc.assert(property)
})

describe('a model that cuts between the halves of a pair', () => {
  const units = cutText(TEXT)
  const typewriter = model(async function* () {
    for (const unit of units) yield half(unit)
    yield* units
  })
  const ask = (stop?: string) =>
    typewriter.chat({ prompt: 'x', stream: true, ...(stop && { stop }) })

  test('yields no half, in text or thinking', async () => {
    for (const stop of [undefined, '😎', 'zz']) {
      const events = await all(ask(stop).events())
      const texts = events.filter((event) => 'text' in event) as { text: string }[]
      for (const { text } of texts) expect(text).not.toMatch(LONE)
      expect(texts.map(({ text }) => text).join('')).toBe(TEXT + TEXT)
    }
  })

  test('is read whole from every kind of response', async () => {
    expect(await ask().toResponse({ format: 'text' }).text()).toBe(TEXT)
    const stream = ask().toReadableStream().pipeThrough(new TextEncoderStream())
    expect(await new Response(stream).text()).toBe(TEXT)
    const sent = await ask().toResponse().text()
    expect(sent).not.toMatch(/\\ud[89a-f]/)
    const there = ChatStream.from(new Response(sent))
    expect(await there.result()).toMatchObject({ text: TEXT, reasoning: TEXT })
  })

  test('reaches a client of the gateway whole, arguments too', async () => {
    const calling = model(async function* () {
      for (const [index, unit] of cutText('{"text":"😀"}').entries())
        yield {
          type: 'tool-call-delta',
          index: 0,
          argumentsDelta: unit,
          ...(index === 0 && { id: 'c', name: 'f' }),
        }
    })
    for (const llm of [typewriter, calling]) {
      const gateway = createGateway({ models: { m: llm }, authorize: 'public' })
      const messages = [{ role: 'user', content: 'x' }]
      const headers = { 'content-type': 'application/json' }
      const body = JSON.stringify({ model: 'm', messages, stream: true })
      const answer = await gateway(
        new Request('https://a.b/v1/chat/completions', { method: 'POST', headers, body }),
      )
      const text = await answer.text()
      expect(text).not.toMatch(/\\ud[89a-f]/)
      expect(text).not.toContain('\ufffd')
      expect(text).toContain('😀')
    }
  })
})

test('a half without its other is kept, and sent as U+FFFD', async () => {
  const llm = saying([half('a\ud83d'), 'b\ud83d', 'c\ude00', 'd\ud83d'])
  const stream = llm.chat({ prompt: 'x', stream: true })
  const events: StreamEvent[] = await all(stream.events())
  const shown = events.flatMap((event) => (event.type === 'text-delta' ? event.text : []))
  expect(shown.join('')).toBe('b\ud83dc\ude00d\ud83d')
  expect(await stream.result()).toMatchObject({
    text: 'b\ud83dc\ude00d\ud83d',
    reasoning: 'a\ud83d',
  })
  const again = llm.chat({ prompt: 'x', stream: true }).toResponse({ format: 'text' })
  expect(await again.text()).toBe('b\ufffdc\ufffdd\ufffd')
})

test('a half is part of what had arrived where the stream breaks', async () => {
  const stream = model(async function* () {
    yield 'a\ud83d'
    throw new Error('broken')
  }).chat({ prompt: 'x', stream: true })
  await expect(stream.result()).rejects.toThrow()
  expect(stream.partial.text).toBe('a\ud83d')
})
