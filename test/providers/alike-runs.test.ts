/** Runs of alike events that are read without parsing: they come out as if each were parsed, however they are cut. */
import * as fc from 'fast-check'
import { afterEach, expect, test, vi } from 'vitest'
import type { Call } from '../../src/call.ts'
import type { StreamEvent } from '../../src/event.ts'
import type { BodyStream, Decoder } from '../../src/http/body-stream.ts'
import type { Frame } from '../../src/http/frame.ts'
import { readNDJSON } from '../../src/http/ndjson.ts'
import { Skimmer } from '../../src/http/skim.ts'
import { readSSE } from '../../src/http/sse.ts'
import { decodeEvents as decodeAnthropic } from '../../src/providers/anthropic/decode.ts'
import { ReplyDecoder } from '../../src/providers/dashscope/decode.ts'
import { decodeEvents as decodeGemini } from '../../src/providers/gemini/decode.ts'
import { decodeEvents as decodeOllama } from '../../src/providers/ollama/decode.ts'
import { decodeEvents as decodeOpenAI } from '../../src/wire/openai/decode.ts'
import { bytesOf, call, respond } from '../unit/helpers.ts'

/** Makes each event different at its start, so that `JSON.parse` reads it. */
class Parsing implements Decoder<Frame, Frame> {
  #count = 0
  push(frame: Frame, out: Frame[]): void {
    out.push({ ...frame, data: ' '.repeat(++this.#count % 2) + frame.data })
  }
  end(): void {}
}

interface Wire {
  decode(frames: BodyStream<Frame>, call: Call): BodyStream<StreamEvent>
  /** The first event of a reply, if it is another. */
  first?: unknown
  /** Most events of a reply. `more` is a small number. */
  piece(text: string, n: number, more: number): unknown
  /** Others, `piece`s with other members among them. */
  others: readonly unknown[]
  end: string
}

const openAI = (delta: object, more: object = {}) => ({
  id: 'x',
  choices: [{ index: 0, delta, ...more }],
})
const block = (delta: object, more: object = {}) => ({
  type: 'content_block_delta',
  index: 0,
  delta,
  ...more,
})
const gemini = (part: object, more: object = {}) => ({
  candidates: [{ content: { parts: [part], role: 'model' }, index: 0, ...more }],
  responseId: 'r',
})
const dash = (message: object, more: object = {}) => ({
  output: { choices: [{ message, index: 0, finish_reason: 'null', ...more }] },
  request_id: 'r',
})
const CALL = { index: 0, id: 'c', function: { name: 'f', arguments: '{"a":' } }
/** A piece of the arguments of that call. */
const piece = (text: string) => ({ tool_calls: [{ index: 0, function: { arguments: text } }] })
const ERROR = { error: { code: 500, message: 'down' } }

const WIRES: Record<string, Wire> = {
  openai: {
    decode: (frames, one) => decodeOpenAI(frames, one),
    piece: (content) => openAI({ content }),
    others: [
      openAI({ reasoning_content: 'hm' }),
      openAI({ tool_calls: [CALL] }),
      openAI({ content: 'x', annotations: [{ url_citation: { url: 'u' } }] }),
      { ...openAI({}), usage: { prompt_tokens: 4, completion_tokens: 2 } },
      openAI({ content: 'x' }, { finish_reason: 'length' }),
    ],
    end: 'data: [DONE]\n\n',
  },
  'openai, tool arguments': {
    decode: (frames, one) => decodeOpenAI(frames, one),
    first: openAI({ tool_calls: [CALL] }),
    piece: (text, n, more) => ({
      ...openAI({ content: null, ...piece(text) }),
      obfuscation: 'x'.repeat(more),
      created: n,
    }),
    others: [
      openAI({ content: 'x' }),
      openAI({ tool_calls: [CALL] }),
      openAI({ tool_calls: [{ ...CALL, index: 1, id: 'd' }] }),
      openAI({ tool_calls: [{ index: 1, function: { arguments: '2}' } }] }),
      openAI({ tool_calls: [{ index: 0, function: { name: 'f', arguments: '{}' } }] }),
      openAI({ tool_calls: [{ index: 0, extra_content: { a: 1 }, function: { arguments: '3' } }] }),
      openAI({ content: 'x', ...piece('4') }),
      openAI({ reasoning: 'hm', ...piece('5') }),
      openAI({}, { finish_reason: 'tool_calls' }),
    ],
    end: 'data: [DONE]\n\n',
  },
  anthropic: {
    decode: (frames, one) => decodeAnthropic(frames, one),
    piece: (text) => block({ type: 'text_delta', text }),
    others: [
      block({ type: 'thinking_delta', thinking: 'hm' }),
      block({ type: 'input_json_delta', partial_json: '{' }),
      block({ type: 'text_delta', text: 'x' }, { index: 1 }),
      { type: 'content_block_start', index: 0, content_block: { type: 'tool_use', name: 'f' } },
      { type: 'content_block_start', index: 0, content_block: { type: 'thinking' } },
      { type: 'content_block_stop', index: 0 },
      { type: 'message_stop' },
      { type: 'ping' },
    ],
    end: 'data: {"type":"message_stop"}\n\n',
  },
  'anthropic, tool arguments': {
    decode: (frames, one) => decodeAnthropic(frames, one),
    first: {
      type: 'content_block_start',
      index: 0,
      content_block: { type: 'tool_use', id: 'c', name: 'f' },
    },
    piece: (text) => block({ type: 'input_json_delta', partial_json: text }),
    others: [
      block({ type: 'text_delta', text: 'x' }),
      block({ type: 'input_json_delta', partial_json: '3' }, { index: 1 }),
      { type: 'content_block_stop', index: 0 },
    ],
    end: 'data: {"type":"message_stop"}\n\n',
  },
  gemini: {
    decode: (frames, one) => decodeGemini(frames, one),
    piece: (text, n, more) => ({
      ...gemini({ text }),
      usageMetadata: { promptTokenCount: 4, candidatesTokenCount: n, thoughtsTokenCount: more },
    }),
    others: [
      gemini({ text: 'hm', thought: true }),
      gemini({ text: 'x', thoughtSignature: 's' }),
      gemini({ functionCall: { name: 'f', args: { a: 1 } } }),
      gemini({ text: 'x' }, { finishReason: 'MAX_TOKENS' }),
      { usageMetadata: { promptTokenCount: 5, cachedContentTokenCount: 1 } },
    ],
    end: `data: ${JSON.stringify(gemini({ text: '' }, { finishReason: 'STOP' }))}\n\n`,
  },
  dashscope: {
    decode: (frames, one) => frames.decode(new ReplyDecoder(one, { isCumulative: false })),
    piece: (content, n, more) => ({
      ...dash({ content, role: 'assistant' }),
      usage: { input_tokens: 4, output_tokens: n, prompt_tokens_details: { cached_tokens: more } },
    }),
    others: [
      dash({ content: '', reasoning_content: 'hm' }),
      dash({ content: '', tool_calls: [CALL] }),
      dash({ content: 'x' }, { index: 1 }),
      dash({ content: 'x' }, { finish_reason: 'length' }),
      { output: { text: 'x' } },
    ],
    end: `data: ${JSON.stringify(dash({ content: '' }, { finish_reason: 'stop' }))}\n\n`,
  },
  'dashscope, tool arguments': {
    decode: (frames, one) => frames.decode(new ReplyDecoder(one, { isCumulative: false })),
    first: dash({ content: '', tool_calls: [CALL] }),
    piece: (text, n) => ({
      ...dash({ content: '', role: 'assistant', ...piece(text) }),
      usage: { input_tokens: 4, output_tokens: n },
    }),
    others: [
      dash({ content: 'x' }),
      dash({ content: '', tool_calls: [{ ...CALL, index: 1, id: 'd' }] }),
      dash({
        content: '',
        tool_calls: [{ index: 0, id: '', function: { name: 'f', arguments: '}' } }],
      }),
      dash({ content: 'x', ...piece('4') }),
      dash({ content: '', ...piece('5') }, { finish_reason: 'tool_calls' }),
    ],
    end: `data: ${JSON.stringify(dash({ content: '' }, { finish_reason: 'stop' }))}\n\n`,
  },
  ollama: {
    decode: (frames, one) => decodeOllama(frames, one, () => 7),
    piece: (content, n, more) => ({
      model: 'm',
      created_at: `2025-04-20T00:17:${n}.${more}Z`,
      message: { role: 'assistant', content },
      done: false,
    }),
    others: [
      { message: { content: '', thinking: 'hm' }, done: false },
      { message: { content: 'x', thinking: 'hm' }, done: false },
      { message: { tool_calls: [{ function: { name: 'f', arguments: { a: 1 } } }] } },
      { message: { content: 'x' }, done: true, eval_count: 3 },
    ],
    end: '{"done":true,"done_reason":"stop"}\n',
  },
}

const text = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('a', ' the', 'b') },
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', '\ud800', '"', '\\', '\n', '"}],"', '好', 'long '.repeat(70)),
)
const pieceOrOther = fc.record({
  text,
  more: fc.constantFrom(0, 0, 0, 9, 10),
  /** Which other event comes instead of a piece, if there is one. */
  other: fc.option(fc.nat(9), { nil: undefined, freq: 12 }),
  head: fc.constantFrom(
    ...Array.from({ length: 20 }, () => ''),
    'event: x\n',
    ': hi\n',
    ': hi\n\n',
  ),
  end: fc.constantFrom(...Array.from({ length: 20 }, () => '\n\n'), '\r\n\r\n', '\n\n\n'),
})
/** Enough events for the others to be compared with. */
const START = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((word, more) => ({
  text: word,
  more,
  other: undefined,
  head: '',
  end: '\n\n',
}))

afterEach(() => void vi.restoreAllMocks())

type Outcome = [events: StreamEvent[], usage: unknown, head: unknown, error: unknown]

/** The events without usage, which is cumulative, and how the reply ended. */
async function outcome(stream: BodyStream<StreamEvent>, one: Call): Promise<Outcome> {
  const told: StreamEvent[] = []
  let error: unknown
  try {
    for await (const some of stream) told.push(...some)
  } catch (thrown) {
    const { code, message } = thrown as { code: string; message: string }
    error = { code, message }
  }
  const hidden = (event: StreamEvent) =>
    JSON.parse(JSON.stringify(event).replace(/"call_\w+"/g, '"call"')) as StreamEvent
  const { responseId, responseModel, requestId } = one
  return [
    told.filter(({ type }) => type !== 'usage').map(hidden),
    told.findLast(({ type }) => type === 'usage'),
    { responseId, responseModel, requestId },
    error,
  ]
}

test.each(Object.entries(WIRES))('runs of alike events of %s', async (name, wire) => {
  const isNDJSON = name === 'ollama'
  const read = isNDJSON ? readNDJSON : readSSE
  const skim = vi.spyOn(Skimmer.prototype, 'read')
  await fc.assert(
    fc.asyncProperty(
      fc.array(pieceOrOther, { maxLength: 40 }),
      fc.constantFrom('', '', '\uFEFF'),
      fc.boolean(),
      fc.option(fc.integer({ min: 1, max: 400 }), { freq: 1 }),
      fc.constantFrom(undefined, undefined, 300),
      async (pieces, bom, isNumbered, size, maxFrameLength) => {
        const texts = [...START, ...pieces].map((piece, n) => {
          const other = piece.other === 9 ? ERROR : wire.others[piece.other ?? -1]
          const data = JSON.stringify(other ?? wire.piece(piece.text, n, piece.more))
          const head = `${isNumbered ? `id:${n}\n` : ''}${piece.head}data: `
          return isNDJSON ? data + piece.end.slice(0, 1 + (n % 2)) : head + data + piece.end
        })
        if (wire.first) texts.unshift(`data: ${JSON.stringify(wire.first)}\n\n`)
        const body = `${bom}${texts.join('')}${wire.end}`
        const length = bytesOf(body).length
        let at = bytesOf(bom).length
        const cuts = size
          ? Array.from({ length: Math.floor(length / size) }, (_, n) => (n + 1) * size)
          : texts.map((one) => (at += bytesOf(one).length))
        // Without timeouts, which a busy machine could reach.
        const members = {
          timeout: false,
          idleTimeout: false,
          ...(maxFrameLength && { maxFrameLength }),
        } as const
        const [ours, theirs] = [call(members), call(members)]
        const got = await outcome(wire.decode(read(respond(body, cuts), ours), ours), ours)
        const frames = read(respond(body, cuts), theirs).decode(new Parsing())
        expect(got).toEqual(await outcome(wire.decode(frames, theirs), theirs))
      },
    ),
    { numRuns: Number(process.env['RUNS'] ?? 60) },
  )
  const countOf = (kind: 'string' | 'object') =>
    skim.mock.calls.filter(
      ([input], index) => typeof input === kind && (skim.mock.results[index]?.value as number) > 0,
    ).length
  const [texts, bytes] = [countOf('string'), countOf('object')]
  expect(texts).toBeGreaterThan(0)
  expect(texts + bytes).toBeGreaterThan(20)
  // Events with numbers are not read as bytes.
  if (['openai', 'anthropic', 'ollama'].includes(name)) expect(bytes).toBeGreaterThan(0)
})
