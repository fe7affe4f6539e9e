import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { PartialJSON } from '../../../src/json/partial-json.ts'
import { cutText } from '../helpers.ts'

/** Reads pieces to the end, and looks at the value after each of them. */
function read(pieces: readonly string[], look?: (value: unknown) => void): PartialJSON {
  const json = new PartialJSON()
  for (const piece of pieces) {
    let at = 0
    while (at < piece.length && !json.whole && !json.failure) at = json.push(piece, at)
    look?.(json.value)
  }
  json.end()
  return json
}

function partialsOf(pieces: readonly string[]): unknown[] {
  const partials: unknown[] = []
  read(pieces, (value) => partials.push(structuredClone(value)))
  return partials
}

/** Returns true if `next` extends `value`: nothing shown has vanished or changed. */
function isGrown(value: unknown, next: unknown): boolean {
  if (value === undefined) return true
  if (typeof value === 'string') return typeof next === 'string' && next.startsWith(value)
  if (typeof value !== 'object' || value === null) return Object.is(value, next)
  if (typeof next !== 'object' || next === null || Array.isArray(value) !== Array.isArray(next))
    return false
  const [old, now] = [Object.entries(value), Object.entries(next)]
  // Only what is last of all may grow; what stands before it is whole.
  return old.every(([key, one], place) => {
    const [nextKey, nextOne] = now[place] ?? []
    if (key !== nextKey) return false
    return place < old.length - 1
      ? JSON.stringify(one) === JSON.stringify(nextOne)
      : isGrown(one, nextOne)
  })
}

// Keys that look like numbers stand first in an object, whatever came first.
const plain = fc.jsonValue({ maxDepth: 5 }).filter((value) => !/"\d+":/.test(JSON.stringify(value)))
const places = fc.array(fc.nat(), { maxLength: 30 })
const spacing = fc.constantFrom(undefined, 1, '\t', '\r\n '.slice(1))
/** A text that says every character by an escape sequence. */
const escaped = (text: string) =>
  text.replace(
    /[^\\"[\]{}:,\s\d+\-.a-z]/g,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )

describe('PartialJSON reads what JSON.parse reads', () => {
  test('of any JSON, cut anywhere', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), places, (text, cuts) => {
        const json = read(cutText(text, cuts))
        expect(json.failure).toBeUndefined()
        expect(json.value).toEqual(JSON.parse(text))
        expect(JSON.stringify(json.value)).toBe(JSON.stringify(JSON.parse(text)))
      }),
      { numRuns: 500 },
    )
  })

  test('of any JSON with blanks and escapes, cut at every character', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), spacing, (value, space) => {
        const text = JSON.stringify(value, undefined, space as string)
        for (const one of [text, escaped(text)]) {
          const json = read(cutText(one))
          expect(json.failure).toBeUndefined()
          expect(json.value).toEqual(JSON.parse(one))
        }
      }),
      { numRuns: 200 },
    )
  })

  test.each([
    '-0',
    '1e400',
    '-1.5E-7',
    '"\\ud83d\\ude00"',
    '"\\ud83dx\\ude00"',
    '"\\ud83d"',
    '"😀\\/\\b\\f\\n\\r\\t\\"\\\\"',
    '{"__proto__":{"a":"bc"},"constructor":[null],"":""}',
    '{"a":1,"b":2,"a":[3]}',
    ' [ ] ',
    '{"2":1,"1":2}',
  ])('of %s', (text) => {
    for (const pieces of [[text], cutText(text)]) {
      const json = read(pieces)
      expect(json).toMatchObject({ whole: true, failure: undefined })
      expect(json.value).toEqual(JSON.parse(text))
      expect(JSON.stringify(json.value)).toBe(JSON.stringify(JSON.parse(text)))
      expect(Object.getPrototypeOf(json.value)).toBe(Object.getPrototypeOf(JSON.parse(text)))
    }
  })
})

describe('PartialJSON shows only what is sure', () => {
  test('partials of any JSON only grow, and end as the whole', () => {
    fc.assert(
      fc.property(plain, places, (value, cuts) => {
        const text = JSON.stringify(value)
        const partials = [...partialsOf(cutText(text, cuts)), JSON.parse(text)]
        for (const [place, partial] of partials.slice(1).entries())
          expect(isGrown(partials[place], partial)).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  test('`grown` is true exactly when the value has changed', () => {
    fc.assert(
      fc.property(plain, places, (value, cuts) => {
        const json = new PartialJSON()
        let before: string | undefined
        for (const piece of cutText(JSON.stringify(value), cuts)) {
          json.push(piece)
          const now = JSON.stringify(json.value)
          expect(json.grown).toBe(now !== before)
          before = now
        }
      }),
    )
  })

  test.each([
    ['{"na', {}],
    ['{"name"', {}],
    ['{"name":', {}],
    ['{"name":"', { name: '' }],
    ['{"name":"An', { name: 'An' }],
    ['{"a":tru', {}],
    ['{"a":true', { a: true }],
    ['{"a":12', {}],
    ['{"a":12,', { a: 12 }],
    ['{"a":[1,2', { a: [1] }],
    ['{"a":[[', { a: [[]] }],
    ['["x\\', ['x']],
    ['["x\\u00e', ['x']],
    ['["x\\u00e9', ['xé']],
    ['["\\ud83d', ['']],
    ['["\\ud83d\\ude0', ['']],
    ['["\\ud83d\\ude00', ['😀']],
    ['["\ud83d', ['']],
    ['nul', undefined],
    ['-', undefined],
    ['', undefined],
  ])('of %s: %j', (text, value) => {
    for (const pieces of [[text], cutText(text)]) expect(partialsOf(pieces).at(-1)).toEqual(value)
  })

  test('the root and everything in it grow in place', () => {
    const json = new PartialJSON()
    json.push('{"list":[{"a":1')
    const { value } = json as { value: any }
    const { list } = value
    json.push('},2]')
    json.push('}')
    expect(json.value).toBe(value)
    expect(value.list).toBe(list)
    expect(list).toEqual([{ a: 1 }, 2])
  })
})

describe('PartialJSON reports what is wrong and where', () => {
  test.each([
    ['{a', 1, 'expected a key'],
    ['{"a" 1', 5, 'expected a colon'],
    ['{"a":}', 5, 'expected a value'],
    ['{"a":1,}', 7, 'expected a key'],
    ['[1,]', 3, 'expected a value'],
    ['[1 2', 3, 'expected a comma or an end'],
    ['[1}', 2, 'expected a comma or an end'],
    ['[01]', 3, 'no number'],
    ['[1.]', 3, 'no number'],
    ['[tru]', 4, 'expected a value'],
    ['[truex', 5, 'expected a comma or an end'],
    ['["\\x', 3, 'an unknown escape sequence'],
    ['["\\u00g', 6, 'an unknown escape sequence'],
    ['["a\nb', 3, 'a control character in a string'],
    ['["a', 3, 'unexpected end'],
    ['', 0, 'unexpected end'],
    ['-', 1, 'no number'],
    ["['a']", 1, 'expected a value'],
    ['['.repeat(257), 256, 'nested too deeply'],
  ])('%s at %i: %s', (text, position, reason) => {
    for (const pieces of [[text], cutText(text)]) {
      expect(read(pieces)).toMatchObject({ whole: false, failure: { position, reason } })
    }
  })

  test('what JSON.parse refuses is never whole', () => {
    const mutated = fc
      .tuple(
        fc.json({ maxDepth: 4 }),
        fc.nat(),
        fc.constantFrom(',', '}', ']', '"', '\\', '-', 'x', ''),
      )
      .map(([text, place, inserted]) => {
        const at = place % (text.length + 1)
        return text.slice(0, at) + inserted + text.slice(at + 1)
      })
    fc.assert(
      fc.property(mutated, places, (text, cuts) => {
        let parsed: unknown
        try {
          parsed = JSON.parse(text)
        } catch {
          const pieces = cutText(text, cuts)
          const json = new PartialJSON()
          let read = 0
          for (const piece of pieces) {
            const at = json.push(piece)
            read += at
            if (at < piece.length) break
          }
          json.end()
          // It may begin with a whole value: what follows that is the caller's to judge.
          if (!json.failure) expect(JSON.parse(text.slice(0, read))).toEqual(json.value)
          return
        }
        expect(read(cutText(text, cuts)).value).toEqual(parsed)
      }),
      { numRuns: 1000 },
    )
  })

  test('what ends or fails within a piece leaves the rest of it to the caller', () => {
    expect(new PartialJSON().push('{"a":1} and more')).toBe(7)
    expect(new PartialJSON().push('x{"a"oops', 1)).toBe(5)
    const json = new PartialJSON()
    json.push('x{"a"oops', 1)
    expect(json.failure?.position).toBe(4)
    expect(json.push('more')).toBe(0)
    expect(new PartialJSON().push('12 ')).toBe(2)
  })
})
