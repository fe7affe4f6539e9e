/** Runs of alike events that are read without parsing: they come out as if each were parsed, however they are cut. */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { StreamEvent } from '../../../src/event.ts'
import type { Decoder } from '../../../src/http/body-stream.ts'
import type { Frame } from '../../../src/http/frame.ts'
import { readSSE } from '../../../src/http/sse.ts'
import { ChatCompletionDecoder } from '../../../src/wire/openai/decode.ts'
import { all, call, respond } from '../helpers.ts'

/** Parses each frame. */
class Parsing implements Decoder<Frame, StreamEvent> {
  #decoder = new ChatCompletionDecoder(call())
  push(frame: Frame, out: StreamEvent[]): void {
    if (frame.data === '[DONE]') this.#decoder.push(frame, out)
    else this.#decoder.read(JSON.parse(frame.data), out, frame)
  }
  end(out: StreamEvent[]): void {
    this.#decoder.end(out)
  }
}

const delta = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      content: fc.oneof(
        fc.constant('a'),
        fc.string({ unit: 'binary' }),
        fc.constantFrom('\ud800', '"', '\\', '\n', '"}],"', '好'),
      ),
    }),
  },
  fc.record({ reasoning_content: fc.string() }),
  fc.constant({}),
)
const frame = fc.record({
  delta,
  usage: fc.option(fc.record({ completion_tokens: fc.nat(99) }), { nil: undefined, freq: 6 }),
  head: fc.constantFrom(
    '',
    '',
    '',
    '',
    '',
    'event: message\n',
    ': hi\n',
    ': hi\n\n',
    'id: 7\n',
    'data: [DONE]\n'.slice(0, 0),
  ),
  end: fc.constantFrom('\n\n', '\n\n', '\n\n', '\n\n', '\r\n\r\n', '\n\n\n'),
})
type Piece = typeof frame extends fc.Arbitrary<infer T> ? T : never

const write = ({ delta, usage, head, end }: Piece, index: number, numbered: boolean) =>
  `${numbered ? `id: ${index}\n` : ''}${head}data: ${JSON.stringify({ id: 'x', choices: [{ index: 0, delta }], usage })}${end}`

test('runs of alike events', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(frame, { minLength: 5, maxLength: 40 }),
      fc.boolean(),
      fc.boolean(),
      fc.integer({ min: 1, max: 400 }),
      fc.boolean(),
      async (frames, numbered, bom, size, whole) => {
        const texts = frames.map((one, index) => write(one, index, numbered))
        const body = `${bom ? '\uFEFF' : ''}${texts.join('')}data: [DONE]\n\n`
        const bytes = new TextEncoder().encode(body).length
        const cuts = whole
          ? texts.map(
              (_, n) =>
                new TextEncoder().encode((bom ? '\uFEFF' : '') + texts.slice(0, n + 1).join(''))
                  .length,
            )
          : Array.from({ length: Math.floor(bytes / size) }, (_, n) => (n + 1) * size)
        const got = await all(
          readSSE(respond(body, cuts), call()).decode(new ChatCompletionDecoder(call())),
        )
        const expected = await all(readSSE(respond(body), call()).decode(new Parsing()))
        expect(got.flat()).toEqual(expected.flat())
      },
    ),
    { numRuns: Number(process.env['RUNS'] ?? 200) },
  )
})
