import { runInNewContext } from 'node:vm'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Frame } from '../../../src/http/frame.ts'
import { parseFrame } from '../../../src/http/frame.ts'
import { readNDJSON } from '../../../src/http/ndjson.ts'
import { encodeSSE, readSSE } from '../../../src/http/sse.ts'
import { all, bytesOf, call, cut, failure, respond, source, tick } from '../helpers.ts'

/** The frames of a body, whichever pieces it came in; members that are `undefined` left out. */
async function frames(
  body: string | Uint8Array,
  cuts?: readonly number[],
  members = {},
): Promise<Frame[]> {
  const found = (await all(readSSE(respond(body, cuts), call(members)))).flat()
  return JSON.parse(JSON.stringify(found))
}

const everyPlace = (text: string) => Array.from({ length: bytesOf(text).length }, (_, at) => at)

const BODIES: readonly (readonly [what: string, body: string, frames: readonly Frame[]])[] = [
  ['one frame', 'data: {"a":1}\n\n', [{ data: '{"a":1}' }]],
  ['no space after the colon', 'data:{"a":1}\n\n', [{ data: '{"a":1}' }]],
  [
    'CRLF',
    'event: x\r\ndata: 1\r\n\r\ndata: 2\r\n\r\n',
    [{ event: 'x', data: '1' }, { data: '2' }],
  ],
  ['CR', 'data: {"a":1}\r\rdata: {"b":2}\r\r', [{ data: '{"a":1}' }, { data: '{"b":2}' }]],
  ['a byte order mark', '\uFEFFdata: 1\n\n', [{ data: '1' }]],
  ['blank lines first', '\n\n\ndata: 1\n\n', [{ data: '1' }]],
  ['several data lines', 'data: a\ndata: b\n\n', [{ data: 'a\nb' }]],
  [
    'comments',
    ': ping\n\n: pong\n\ndata: 1\n\ndata: 2\n\n',
    [{ data: '1', comment: 'pong' }, { data: '2' }],
  ],
  [
    'a comment as long as a status',
    'id:1\nevent:result\n:HTTP_STATUS/200\ndata:{}\n\n',
    [{ event: 'result', data: '{}', id: '1', comment: 'HTTP_STATUS/200' }],
  ],
  ['four-byte characters', 'data: "😀漢字é"\n\n', [{ data: '"😀漢字é"' }]],
  [
    'an unterminated last frame',
    'data: 1\n\ndata: 2',
    [{ data: '1' }, { data: '2', kind: 'unterminated' }],
  ],
  [
    'a last frame with one line end',
    'data: 1\n\ndata: 2\n',
    [{ data: '1' }, { data: '2', kind: 'unterminated' }],
  ],
  [
    'a bare error after frames',
    'data: {"a":1}\n\n{"error":{"message":"no"}}',
    [{ data: '{"a":1}' }, { data: '{"error":{"message":"no"}}', kind: 'outOfBand' }],
  ],
  [
    'a bare error of many lines',
    'data: 1\n\n{\n  "error": "no"\n}\n',
    [{ data: '1' }, { data: '{\n  "error": "no"\n}', kind: 'outOfBand' }],
  ],
  [
    'a bare error after CRLF frames',
    'data: 1\r\n\r\n{"error":"no"}\r\n',
    [{ data: '1' }, { data: '{"error":"no"}', kind: 'outOfBand' }],
  ],
  ['unknown text after frames', 'data: 1\n\nbye\n\n', [{ data: '1' }]],
  ['JSON', '{"a":1}', [{ data: '{"a":1}', kind: 'notAStream' }]],
  ['JSON with space around', '\n {"a":\n1} \n', [{ data: '{"a":\n1}', kind: 'notAStream' }]],
  ['JSON that starts like nothing', '[]', [{ data: '[]', kind: 'notAStream' }]],
  [
    'a page',
    '<!doctype html><p>no</p>',
    [{ data: '<!doctype html><p>no</p>', kind: 'notAStream' }],
  ],
  [
    'words that begin like a field',
    'database down',
    [{ data: 'database down', kind: 'notAStream' }],
  ],
  ['nothing', '', []],
  ['nothing but space', ' \n\n ', []],
]

describe('readSSE()', () => {
  test.each(BODIES)('reads %s, whole and cut at every byte', async (_what, body, expected) => {
    expect(await frames(body)).toEqual(expected)
    expect(await frames(body, everyPlace(body))).toEqual(expected)
  })

  test.each(BODIES)('reads %s, cut at any one place', async (_what, body, expected) => {
    for (const place of everyPlace(body))
      expect([place, await frames(body, [place])]).toEqual([place, expected])
  })

  test('reads any mixture cut anywhere as it reads it whole', async () => {
    const line = fc.constantFrom(
      'data: {"a":"é😀"}',
      'data: x',
      'event: e',
      ': c',
      'id: 7',
      '',
      '',
      '{"error":1}',
      'junk',
    )
    const property = fc.asyncProperty(
      fc.array(line, { maxLength: 9 }),
      fc.constantFrom('\n', '\r\n'),
      fc.array(fc.nat(400), { maxLength: 8 }),
      async (lines, lineEnd, cuts) => {
        const body = `data: first${lineEnd}${lineEnd}${lines.join(lineEnd)}`
        expect(await frames(body, cuts)).toEqual(await frames(body))
      },
    )
    await fc.assert(property, { numRuns: 150 })
  })

  test.each([
    ['a line without an end', `data: ${'x'.repeat(500)}`],
    ['many lines without a blank one', 'data: xxxxxxxxx\n'.repeat(50)],
    ['a body that is not a stream', `{"a":"${'x'.repeat(500)}"}`],
    ['a comment without an end', `: ${'x'.repeat(500)}`],
  ])('refuses %s over the limit', async (_what, body) => {
    for (const cuts of [[], everyPlace(body)]) {
      const error = await failure(() => frames(body, cuts, { maxFrameLength: 100 }))
      expect(error).toMatchObject({
        name: 'StreamError',
        code: 'frame_too_large',
        retryable: false,
      })
      expect(error.message).toContain('maxFrameLength')
    }
  })

  test('never counts frames together', async () => {
    expect(
      await frames('data: xxxxxxxxx\n\n'.repeat(50), [], { maxFrameLength: 100 }),
    ).toHaveLength(50)
  })

  test('delivers what was whole before the frame that is too large', async () => {
    const got: Frame[] = []
    const error = await failure(async () => {
      const body = respond(`data: 1\n\ndata: ${'x'.repeat(500)}`)
      for await (const batch of readSSE(body, call({ maxFrameLength: 100 }))) got.push(...batch)
    })
    expect(error.code).toBe('frame_too_large')
    expect(got.map(({ data }) => data)).toEqual(['1'])
  })

  test.each([
    ['a frame that came whole', `data: 1\n\ndata: ${'x'.repeat(500)}\n\n`],
    ['a line without an end', `data: 1\n\ndata: ${'x'.repeat(500)}`],
  ])('does not wait for more after %s and too large', async (_what, body) => {
    for (const cuts of [[bytesOf(body).length], [9], everyPlace(body)]) {
      const pieces = source(cut(bytesOf(body), cuts), 'stall')
      const got: Frame[] = []
      const error = await failure(async () => {
        const read = readSSE(new Response(pieces.stream), call({ maxFrameLength: 100 }))
        for await (const batch of read) got.push(...batch)
      })
      expect(error.code).toBe('frame_too_large')
      expect(got.map(({ data }) => data)).toEqual(['1'])
      expect(pieces.cancelled).toBeDefined()
    }
  })

  test('ends at an endless line that is not a field', async () => {
    const more = Array.from({ length: 50 }, () => bytesOf('x'.repeat(10)))
    const pieces = source([bytesOf('data: 1\n\n{"text":"'), ...more], 'stall')
    const error = await failure(() =>
      all(readSSE(new Response(pieces.stream), call({ maxFrameLength: 100 }))),
    )
    expect(error.code).toBe('frame_too_large')
    expect(pieces.pulls).toBeLessThan(20)
  })
})

test.each([
  [{ data: '{"a":' }, 'bad_frame'],
  [{ data: 'ok', kind: undefined }, 'bad_frame'],
  [{ data: '{"a":', kind: 'unterminated' }, 'stream_truncated'],
  [{ data: '{"a":', kind: 'outOfBand' }, 'stream_truncated'],
  [{ data: '{"a":', kind: 'notAStream' }, 'stream_truncated'],
  [
    { data: '<html><title>502</title> Bad <b>gateway</b></html>', kind: 'notAStream' },
    'unexpected_response',
  ],
] as const)('parseFrame(%j) throws %s', async (frame, code) => {
  const error = await failure(() => parseFrame(frame as Frame))
  expect(error.code).toBe(code)
  if (code === 'unexpected_response') expect(error.message).toContain('502 Bad gateway')
  else expect(error.frame).toBe(frame.data)
})

test.each([readSSE, readNDJSON])('%o takes failed requests of other realms', async (read) => {
  const unhandled: unknown[] = []
  const listen = (reason: unknown) => unhandled.push(reason)
  process.on('unhandledRejection', listen)
  read(runInNewContext('Promise.reject(new Error("no"))'), call()) // and is not read
  await tick(5)
  process.off('unhandledRejection', listen)
  expect(unhandled).toEqual([])
})

test('streams that are read in turns do not mix', async () => {
  const bodies = ['a', 'b', 'c'].map(
    (name) => `id: ${name}\ndata: ${name}1\n\ndata: ${name}2\n\n: x\n\ndata: ${name}3\n\n`,
  )
  for (const at of everyPlace(bodies[0] as string)) {
    const streams = bodies.map((body, index) => readSSE(respond(body, [at, at + index]), call()))
    const found: Frame[][] = streams.map(() => [])
    for (let step = 0; step < 5; step++) {
      for (const [index, stream] of streams.entries())
        found[index]?.push(...((await stream.next()).value ?? []))
    }
    const data = found.map((list) => list.map((frame) => frame.data))
    expect(data, String(at)).toEqual(
      ['a', 'b', 'c'].map((name) => [1, 2, 3].map((number) => `${name}${number}`)),
    )
  }
})

test('a byte order mark counts only at the start of a stream', async () => {
  const body = 'data: 1\n\n\uFEFFdata: 2\n\ndata: 3\n\n'
  for (const at of everyPlace(body))
    expect(await frames(body, [at]), String(at)).toEqual([{ data: '1' }, { data: '3' }])
})

test('encodeSSE() writes what readSSE() reads', async () => {
  const property = fc.asyncProperty(
    fc.string(),
    fc.constantFrom(undefined, 'error'),
    async (text, event) => {
      const data = JSON.stringify(text)
      expect(await frames(encodeSSE(data, event))).toEqual([{ data, ...(event && { event }) }])
    },
  )
  await fc.assert(property, { numRuns: 100 })
  expect(await frames(encodeSSE('a\nb'))).toEqual([{ data: 'a\nb' }])
})
