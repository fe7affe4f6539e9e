import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readNDJSON } from '../../../src/http/ndjson.ts'
import type { Frame } from '../../../src/http/frame.ts'
import { all, bytesOf, call, failure, respond, source } from '../helpers.ts'

const frames = async (body: string, cuts?: readonly number[], members = {}): Promise<Frame[]> =>
  (await all(readNDJSON(respond(body, cuts), call(members)))).flat()
const everyPlace = (text: string) => Array.from({ length: bytesOf(text).length }, (_, at) => at)

const BODIES: readonly (readonly [what: string, body: string, frames: readonly Frame[]])[] = [
  ['lines', '{"a":1}\n{"b":2}\n', [{ data: '{"a":1}' }, { data: '{"b":2}' }]],
  [
    'an unterminated last line',
    '{"a":1}\n{"b":2}',
    [{ data: '{"a":1}' }, { data: '{"b":2}', kind: 'unterminated' }],
  ],
  [
    'CRLF and blank lines',
    '\r\n{"a":1}\r\n\r\n{"b":2}\r\n',
    [{ data: '{"a":1}' }, { data: '{"b":2}' }],
  ],
  ['a byte order mark', '\uFEFF{"a":1}\n', [{ data: '{"a":1}' }]],
  ["a proxy's prefix and end mark", 'data: {"a":1}\n\ndata: [DONE]\n\n', [{ data: '{"a":1}' }]],
  ['four-byte characters', '{"a":"😀漢"}\n', [{ data: '{"a":"😀漢"}' }]],
  ['nothing', '', []],
  [
    'the other fields of an event stream',
    ': hello\n\nevent: message\nid: 1\nretry: 10\ndata: {"a":1}\n\n',
    [{ data: '{"a":1}' }],
  ],
  [
    'JSON over several lines, first and later',
    '{\n  "a": {\n    "b": 1\n  }\n}\n{"c":1}\n{\r\n  "d": 1\r\n}\r\n{"e":1}\n',
    [
      { data: '{\n  "a": {\n    "b": 1\n  }\n}' },
      { data: '{"c":1}' },
      { data: '{\n  "d": 1\r\n}' },
      { data: '{"e":1}' },
    ],
  ],
  [
    'JSON over several lines, cut',
    '{\n  "a": {\n',
    [{ data: '{\n  "a": {', kind: 'unterminated' }],
  ],
  [
    'JSON over several lines in another style',
    '{"error": {\n  "b": 1 }}\n',
    [{ data: '{"error": {\n  "b": 1 }}', kind: 'notAStream' }],
  ],
  [
    'a page',
    '<html>\n{"a":1}\n\n</html>\n',
    [{ data: '<html>\n{"a":1}\n\n</html>', kind: 'notAStream' }],
  ],
  ["a proxy's first field, cut inside its name", 'dat', [{ data: 'dat', kind: 'unterminated' }]],
  ['words', 'no healthy upstream', [{ data: 'no healthy upstream', kind: 'notAStream' }]],
  [
    'text after lines',
    '{"a":1}\nupstream error\nreset\n',
    [{ data: '{"a":1}' }, { data: 'upstream error\nreset', kind: 'outOfBand' }],
  ],
  ['what is called data and is none', 'data: oops\ndata: {\n', [{ data: 'oops' }, { data: '{' }]],
]

describe('readNDJSON()', () => {
  test.each(BODIES)('reads %s, whole and cut at every byte', async (_what, body, expected) => {
    expect(await frames(body)).toEqual(expected)
    expect(await frames(body, everyPlace(body))).toEqual(expected)
  })

  test('reads any lines cut anywhere', async () => {
    const property = fc.asyncProperty(
      fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 6 }),
      fc.array(fc.nat(300), { maxLength: 8 }),
      async (values, cuts) => {
        const lines = values.map((value) => JSON.stringify({ value }))
        expect(await frames(lines.map((line) => `${line}\n`).join(''), cuts)).toEqual(
          lines.map((data) => ({ data })),
        )
      },
    )
    await fc.assert(property, { numRuns: 150 })
  })

  test('refuses a line over the limit, in however many pieces', async () => {
    const body = `{"a":"${'x'.repeat(300)}`
    for (const cuts of [[], everyPlace(body)]) {
      const error = await failure(() => frames(body, cuts, { maxFrameLength: 100 }))
      expect(error).toMatchObject({ code: 'frame_too_large', retryable: false })
    }
    expect(await frames('{"a":1}\n'.repeat(50), [], { maxFrameLength: 100 })).toHaveLength(50)
  })

  test('refuses a text over the limit that is none of the format, blank lines included', async () => {
    for (const [line, times] of [
      ['<p>words</p>\n', 20],
      ['\n', 200],
    ] as const) {
      const body = `<html>\n${line.repeat(times)}`
      const error = await failure(() => frames(body, [], { maxFrameLength: 100 }))
      expect(error).toMatchObject({ code: 'frame_too_large' })
    }
  })

  test('gives the lines before one that is too large, and does not wait for more', async () => {
    for (const end of ['', '\n']) {
      const body = `{"a":1}\n{"a":"${'x'.repeat(300)}"}${end}`
      const pieces = source([bytesOf(body)], 'stall')
      const got: Frame[] = []
      const error = await failure(async () => {
        const read = readNDJSON(new Response(pieces.stream), call({ maxFrameLength: 100 }))
        for await (const batch of read) got.push(...batch)
      })
      expect(error.code).toBe('frame_too_large')
      expect(got).toEqual([{ data: '{"a":1}' }])
    }
  })
})
