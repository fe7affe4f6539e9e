import * as fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { isChatError } from '../../../src/errors.ts'
import { FrameParser } from '../../../src/http/frame-template.ts'
import { readFixtures } from '../../providers/replay.ts'

/** One that has read as many frames as it reads before it compares any. */
function createParser(): FrameParser {
  const parser = new FrameParser()
  for (let count = 0; count < 3; count++) parser.parse({ data: '{}' })
  return parser
}

/** Returns the parsed value of each text, and how many were read without a full `JSON.parse`. */
function readAll(texts: readonly string[]): { values: unknown[]; alike: number } {
  const parser = createParser()
  const spy = vi.spyOn(JSON, 'parse')
  let alike = 0
  const values = texts.map((data) => {
    spy.mockClear()
    const value = parser.parse({ data })
    if (!spy.mock.calls.some(([text]) => text === data)) alike++
    return structuredClone(value)
  })
  spy.mockRestore()
  return { values, alike }
}

const chunk = (content: unknown, more: object = {}) =>
  JSON.stringify({ id: 'a', choices: [{ delta: { content }, index: 0 }], ...more })

describe('frames that are alike', () => {
  test('are read without `JSON.parse` from the third on', () => {
    const texts = [' one', ' two', ' three', '', ' four'].map((text) => chunk(text))
    const { values, alike } = readAll(texts)
    expect(values).toEqual(texts.map((text) => JSON.parse(text)))
    expect(alike).toBe(3)
  })

  test('are recognized after any number of equal ones', () => {
    const texts = [...Array.from({ length: 50 }, () => chunk('\n')), chunk('a'), chunk('b')]
    const { values, alike } = readAll(texts)
    expect(values).toEqual(texts.map((text) => JSON.parse(text)))
    expect(alike).toBe(1)
  })

  test('may hold quotes, backslashes, line breaks, any script', () => {
    const odd = ['"', '\\', '\\"', '"\\', '\n', '\u2028', '\ud800', '好', '\u0000', '"}],"id":"b']
    const texts = ['a', 'b', ...odd, 'end'].map((text) => chunk(text))
    const { values, alike } = readAll(texts)
    expect(values).toEqual(texts.map((text) => JSON.parse(text)))
    expect(alike).toBe(texts.length - 2)
  })

  test('may differ in counts, and in one value more than those before them', () => {
    const texts = [1, 2, 30, 4_000_000_000, 0].map((n) => chunk(`t${n}`, { usage: { total: n } }))
    texts.push(chunk('t', { usage: { total: 0 }, id: 'b' }), chunk('t', { usage: { total: 9 } }))
    const { values, alike } = readAll(texts)
    expect(values).toEqual(texts.map((text) => JSON.parse(text)))
    expect(alike).toBe(4)
  })

  test('are found again after one that is not', () => {
    const texts = [chunk('a'), chunk('b'), chunk('c', { usage: {} }), chunk('d'), '{}', chunk('e')]
    const { values, alike } = readAll(texts)
    expect(values).toEqual(texts.map((text) => JSON.parse(text)))
    expect(alike).toBe(2)
  })

  test.each([
    ['a name', ['{"a":1}', '{"b":1}', '{"c":1}']],
    ['a value of another type', ['{"a":"1"}', '{"a":1}', '{"a":null}', '{"a":"2"}', '{"a":[]}']],
    ['a name that is there twice', ['{"a":"1","a":"x"}', '{"a":"2","a":"x"}', '{"a":"3","a":"x"}']],
    ['a number with a fraction', ['{"a":1.5}', '{"a":2.5}', '{"a":1e3}', '{"a":-1}', '{"a":-0}']],
    ['a number that is too long', ['{"a":1}', '{"a":2}', '{"a":12345678901234567890}', '{"a":3}']],
    ['a number in front of a fraction', ['{"a":1.05}', '{"a":2.05}', '{"a":3.05}']],
    ['a number after a minus, or before an exponent', ['{"a":-1}', '{"a":-2}', '{"a":3e2}']],
    ['a prototype', ['{"__proto__":"a"}', '{"__proto__":"b"}', '{"__proto__":"c"}']],
    ['a member of a prototype', [1, 2, 3].map((n) => `{"__proto__":{"a":${n}}}`)],
    ['a name, beside a mark', [1, 2, 3].map((n) => `{"k${n}":1,"v":"mark 0"}`)],
    ['a value that a mark hides', [1, 2, 3].map((n) => `{"a":"${n}","a":"mark 0"}`)],
    ['a count that a mark hides', [1, 2, 3].map((n) => `{"a":${n},"a":900000000000000}`)],
    ['a mark', ['mark 0', 'mark 1', 'mark 0', 'a', 'b'].map((text) => `{"a":"${text}"}`)],
    ['nothing but a text', ['"a"', '"b"', '"c"', '1', '2', '3', 'null']],
    ['blanks', ['{"a": "b"}', '{"a":  "b"}', '{ "a": "b"}']],
  ])('are read as they are where they differ in %s', (_what, texts) => {
    expect(readAll(texts).values.map((value) => JSON.stringify(value))).toEqual(
      texts.map((text) => JSON.stringify(JSON.parse(text))),
    )
  })

  test('may hold what Python writes for numbers without JSON, and control characters', () => {
    const texts = ['a', 'b', 'NaN"', 'c\t\u0001', '-Infinity', 'd'].map(
      (text) => `{"a":"${text}","b":[NaN,-Infinity,Infinity],"c":-Infinity}`,
    )
    texts[2] = texts[2]?.replace('NaN"', 'NaN\\"') ?? ''
    const names = ['a', 'b', 'NaN"', 'c\t\u0001', '-Infinity', 'd']
    expect(readAll(texts).values).toEqual(names.map((a) => ({ a, b: [null, null, null], c: null })))
    for (const data of ['{"a":"NaN', '{"a":Infinity', '{NaN:1}', '{"a":1NaN}'])
      expect(() => new FrameParser().parse({ data }), data).toThrow(expect.toSatisfy(isChatError))
  })

  test.each(['{"a":"\\x"}', '{"a":"x"', '{"a":"x}', '{"a":01}', '{"a":}'])(
    'are refused where they are no JSON: %s',
    (data) => {
      const parser = createParser()
      for (const text of ['{"a":"b"}', '{"a":"c"}']) parser.parse({ data: text })
      expect(() => parser.parse({ data })).toThrow(expect.toSatisfy(isChatError))
      expect(parser.parse({ data: '{"a":"d"}' })).toEqual({ a: 'd' })
    },
  )
})

test('what was handed out stays as it was', () => {
  const parser = createParser()
  const texts = ['a', 'b', 'c', 'd'].map((text, n) => chunk(text, { usage: { total: n } }))
  const values = texts.map((data) => parser.parse({ data }))
  expect(values).toEqual(texts.map((text) => JSON.parse(text)))
})

test('any frames give what JSON.parse gives', () => {
  const texts = fc.jsonValue({ maxDepth: 3 }).chain((shape) => {
    const alike = fc.infiniteStream(fc.oneof(fc.string({ unit: 'binary' }), fc.nat(), fc.double()))
    return fc.array(
      alike.map((values) => JSON.stringify(shape, (_name, value) => vary(value, values))),
      { minLength: 3, maxLength: 12 },
    )
  })
  fc.assert(
    fc.property(texts, (some) => {
      expect(readAll(some).values.map((value) => JSON.stringify(value))).toEqual(
        some.map((text) => JSON.stringify(JSON.parse(text))),
      )
    }),
    { numRuns: 2000 },
  )
})

/** Another value in the place of a string or a number, now and then. */
function vary(value: unknown, values: Iterator<unknown>): unknown {
  if (typeof value !== 'string' && typeof value !== 'number') return value
  const other = values.next().value
  return typeof other === typeof value ? other : value
}

test('nine of ten frames of the long recorded streams are alike', () => {
  const streams = ['openai', 'dashscope', 'zhipu'].flatMap(readFixtures)
  let [count, found] = [0, 0]
  for (const { body } of streams) {
    const texts = [...new TextDecoder().decode(body).matchAll(/^data: ?(\{.*\})$/gm)]
    if (texts.length < 50) continue
    const all = texts.map(([, data]) => data as string)
    const { values, alike } = readAll(all)
    expect(values).toEqual(all.map((data) => JSON.parse(data)))
    count += all.length
    found += alike
  }
  expect(count).toBeGreaterThan(500)
  expect(found / count).toBeGreaterThan(0.9)
})
