/** Frames that are alike, in what a decoder keeps: it comes out as if each were read by itself. */
import { afterEach, expect, test, vi } from 'vitest'
import type { StreamEvent } from '../../src/event.ts'
import { parseFrame } from '../../src/http/frame.ts'
import { FrameParser } from '../../src/http/frame-template.ts'
import { readNDJSON } from '../../src/http/ndjson.ts'
import type { BodyStream } from '../../src/http/body-stream.ts'
import { readSSE } from '../../src/http/sse.ts'
import { decodeEvents as decodeAnthropic } from '../../src/providers/anthropic/decode.ts'
import { ReplyDecoder } from '../../src/providers/dashscope/decode.ts'
import { decodeEvents as decodeGemini } from '../../src/providers/gemini/decode.ts'
import { decodeEvents as decodeOllama } from '../../src/providers/ollama/decode.ts'
import { decodeEvents as decodeOpenAi } from '../../src/wire/openai/decode.ts'
import { call, respond } from '../unit/helpers.ts'

const WIRES: Record<string, (body: string) => BodyStream<StreamEvent>> = {
  openai: (body) => decodeOpenAi(readSSE(respond(body), call()), call(), { keepDetails: true }),
  anthropic: (body) => decodeAnthropic(readSSE(respond(body), call()), call()),
  gemini: (body) => decodeGemini(readSSE(respond(body), call()), call()),
  ollama: (body) => decodeOllama(readNDJSON(respond(body), call()), call(), () => 7),
  dashscope: (body) =>
    readSSE(respond(body), call()).decode(new ReplyDecoder(call(), { isCumulative: false })),
}

/** The events as they were told; they must be the same in the end. */
async function read(wire: string, frames: readonly unknown[]): Promise<string[]> {
  const texts = frames.map((one) => (typeof one === 'string' ? one : JSON.stringify(one)))
  const body = texts.map((text) => (wire === 'ollama' ? `${text}\n` : `data: ${text}\n\n`)).join('')
  const events: StreamEvent[] = []
  const told: string[] = []
  const show = (event: StreamEvent) => JSON.stringify(event).replace(/"call_\w+"/g, '"call"')
  for await (const some of WIRES[wire]!(body)) {
    events.push(...some)
    told.push(...some.map(show))
  }
  expect(events.map(show)).toEqual(told)
  return told
}

afterEach(() => void vi.restoreAllMocks())

const seven = <T>(make: (n: number) => T) => Array.from({ length: 7 }, (_, n) => make(n + 1))
const candidate = (part: object) => ({ candidates: [{ content: { parts: [part] }, index: 0 }] })
const GEMINI_END = { candidates: [{ content: { parts: [] }, finishReason: 'STOP' }] }
const ANTHROPIC_END = [
  { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 13 } },
  { type: 'message_stop' },
]
const PINGS = [{ type: 'ping' }, { type: 'ping' }, { type: 'ping' }]
const dash = (n: number) => ({
  output: { choices: [{ message: { content: `t${n}` }, finish_reason: 'null' }] },
  usage: { total_tokens: n + 5, output_tokens: n, input_tokens: 5 },
  request_id: 'r',
})
const DASH_END = { output: { choices: [{ message: { content: '' }, finish_reason: 'stop' }] } }
const thought = (type: string, tokens: number) => ({
  type,
  usage: { output_tokens_details: { thinking_tokens: tokens } },
})

test.each<[what: string, wire: string, frames: readonly unknown[]]>([
  [
    'reasoning details',
    'openai',
    [
      ...seven((n) => ({
        choices: [
          { delta: { reasoning_details: [{ type: 'r', index: 0, text: `t${n}`, more: { n } }] } },
        ],
      })),
      { choices: [{ delta: {}, finish_reason: 'stop' }] },
    ],
  ],
  [
    'citations',
    'anthropic',
    [
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      ...seven((n) => ({
        type: 'content_block_delta',
        index: 0,
        delta: { type: 'citations_delta', citation: { url: `u${n}`, more: { n } } },
      })),
      ...ANTHROPIC_END,
    ],
  ],
  [
    'blocks',
    'anthropic',
    [
      ...seven((n) => ({
        type: 'content_block_start',
        index: n,
        content_block: { type: 'web_search_tool_result', content: [{ url: `u${n}` }] },
      })),
      ...ANTHROPIC_END,
    ],
  ],
  [
    'usage that only some frames tell',
    'anthropic',
    [...PINGS, ...seven((n) => thought(n % 2 ? 'message_delta' : 'ping', n)), ...ANTHROPIC_END],
  ],
  [
    'a block that goes on after its end',
    'anthropic',
    [
      { type: 'content_block_start', index: 0, content_block: { type: 'redacted_thinking' } },
      ANTHROPIC_END[0],
      {
        type: 'content_block_delta',
        index: 0,
        delta: { type: 'signature_delta', signature: 's' },
      },
      ANTHROPIC_END[1],
    ],
  ],
  [
    'parts that hold objects',
    'gemini',
    [...seven((n) => candidate({ text: `t${n}`, partMetadata: { n: `m${n}` } })), GEMINI_END],
  ],
  [
    'arguments',
    'gemini',
    [
      ...seven((n) => candidate({ functionCall: { name: 'pay', args: { price: n + 0.05 } } })),
      GEMINI_END,
    ],
  ],
  [
    'arguments that go on',
    'gemini',
    [
      ...seven((n) =>
        candidate({
          functionCall: {
            name: 'pay',
            args: {},
            willContinue: true,
            partialArgs: [{ jsonPath: '$.to', stringValue: `t${n}` }],
          },
        }),
      ),
      GEMINI_END,
    ],
  ],
  [
    'arguments',
    'ollama',
    [
      ...seven((n) => ({
        message: { tool_calls: [{ function: { name: 'pay', arguments: { price: n + 0.05 } } }] },
        done: false,
      })),
      { done: true, done_reason: 'stop' },
    ],
  ],
  [
    'usage before an unfinished frame',
    'dashscope',
    [
      ...seven(dash),
      JSON.stringify(dash(94)).replace('"request_id":"r"', '"usage":null'),
      DASH_END,
    ],
  ],
])('%s of %s', async (_what, wire, frames) => {
  const alike = await read(wire, frames)
  vi.spyOn(FrameParser.prototype, 'parse').mockImplementation(parseFrame)
  expect(alike).toEqual(await read(wire, frames))
})
