import { describe, expect, test, vi } from 'vitest'
import type { StreamEvent } from '../../../../src/event.ts'
import { isChatError } from '../../../../src/errors.ts'
import { readSSE } from '../../../../src/http/sse.ts'
import { Reply } from '../../../../src/stream/reply.ts'
import { TextFilter } from '../../../../src/stream/text-filter.ts'
import type { DecodeOptions } from '../../../../src/wire/openai/decode.ts'
import { ChatCompletionDecoder, decodeEvents } from '../../../../src/wire/openai/decode.ts'
import type { Answer, ReplayOptions } from '../../../providers/replay.ts'
import { jsonAnswer, replayFetch, sseAnswer } from '../../../providers/replay.ts'
import { call as createCall } from '../../helpers.ts'

const INFO = { model: 'm', provider: 'p', attempts: [] }
const DONE = 'data: [DONE]\n\n'

/** An answer of chunks, each the first choice of one. */
function chunks(...choices: object[]): Answer {
  return sseAnswer(choices.map((choice) => ({ id: 'c1', model: 'm1', choices: [choice] })))
}

function text(body: string): Answer {
  return { body }
}

async function decode(answer: Answer, replay: ReplayOptions = {}, options: DecodeOptions = {}) {
  const call = createCall()
  const fetch = replayFetch(answer, replay)
  const response = await fetch('http://x/', { method: 'POST', body: '{}' })
  const reply = new Reply({ response: INFO, createFilter: () => new TextFilter({}) })
  const events: StreamEvent[] = []
  try {
    for await (const batch of decodeEvents(readSSE(response, call), call, options)) {
      events.push(...structuredClone(batch))
      reply.accept(batch)
    }
    reply.end(INFO)
    return { result: reply.result(), events, call }
  } catch (error) {
    // Whatever a server sends, nothing but an error of ours comes out.
    if (!isChatError(error)) throw error
    return { result: reply.result(), events, call, error }
  }
}

const delta = (content: object, finish_reason: string | null = null) => ({
  index: 0,
  delta: content,
  finish_reason,
})
const calls = (...tool_calls: unknown[]) => delta({ tool_calls })
const fn = (name: unknown, args?: unknown) => ({ name, arguments: args })

describe('speech and pictures', () => {
  const url = 'data:image/png;base64,AAAA'
  const picture = { type: 'image_url', image_url: { url } }
  const whole = (message: object) =>
    jsonAnswer({
      choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: 'stop' }],
    })
  const audio = { id: 'audio_1', expires_at: 9, data: 'QUJD', transcript: 'Hello there' }
  test.each<[what: string, answer: Answer, text: string, fields: object]>([
    ['speech in one piece', whole({ content: null, audio }), 'Hello there', { audio }],
    ['speech beside a text', whole({ content: 'Hi', audio }), 'Hi', { audio }],
    [
      'speech in pieces',
      chunks(
        delta({ role: 'assistant', audio: { id: 'audio_1', transcript: 'Hello' } }),
        delta({ content: null, audio: { transcript: ' there' } }),
        delta({ audio: { data: 'QQ==' } }),
        delta({ audio: { data: 'QkM=' } }),
        delta({ audio: { expires_at: 9 } }),
        delta({}, 'stop'),
      ),
      'Hello there',
      { audio },
    ],
    [
      'speech in pieces, the text beside it, and the whole message at the end',
      chunks(delta({ content: 'Hello' }), delta({ audio: { transcript: 'Hello', data: 'QUJD' } }), {
        index: 0,
        message: { content: 'Hello', audio: { transcript: 'Hello', data: 'QUJD' } },
        finish_reason: 'stop',
      }),
      'Hello',
      { audio: { transcript: 'Hello', data: 'QUJD' } },
    ],
    [
      'speech that comes only with the whole message',
      chunks(delta({ content: 'Hello' }), {
        index: 0,
        message: { content: 'Hello', audio },
        finish_reason: 'stop',
      }),
      'Hello',
      { audio },
    ],
    ['a picture', whole({ content: 'Here', images: [picture] }), 'Here', { images: [picture] }],
    [
      'a picture without words',
      whole({ content: null, images: [picture] }),
      '',
      { images: [picture] },
    ],
    [
      'a picture among the parts',
      whole({ content: [{ type: 'text', text: 'Here' }, picture] }),
      'Here',
      { images: [picture] },
    ],
    [
      'pictures in a stream, one repeated',
      chunks(
        delta({ content: 'Here' }),
        delta({ content: '', images: [{ ...picture, index: 0 }] }),
        delta({ images: [picture, { image_url: 'https://x/y.png' }] }, 'stop'),
      ),
      'Here',
      { images: [picture, { type: 'image_url', image_url: { url: 'https://x/y.png' } }] },
    ],
  ])('%s', async (_what, answer, text, fields) => {
    const { result, error } = await decode(answer)
    expect(error).toBeUndefined()
    expect(result.text).toBe(text)
    expect(result.message).toEqual({ role: 'assistant', content: text, ...fields })
  })
})

describe('tool calls in every spelling', () => {
  const a1 = { a: 1 }
  const b2 = { b: 2 }
  const table: [who: string, pieces: object[], expected: [string, object][], ids?: string[]][] = [
    [
      'the usual: announced, then its arguments in pieces',
      [
        calls({ index: 0, id: 'x', type: 'function', function: fn('f', '') }),
        calls({ index: 0, function: { arguments: '{"a"' } }),
        calls({ index: 0, function: { arguments: ':1}' } }),
      ],
      [['f', a1]],
      ['x'],
    ],
    [
      'whole calls in one chunk (Ollama, Mistral, GLM, xAI)',
      [
        calls(
          { index: 0, id: 'x', function: fn('f', '{"a":1}') },
          { index: 1, id: 'y', function: fn('g', '{"b":2}') },
        ),
      ],
      [
        ['f', a1],
        ['g', b2],
      ],
      ['x', 'y'],
    ],
    [
      'no index, parallel calls told by their place (Moonshot 2026)',
      [
        calls({ id: 'x', function: fn('f', '') }, { id: 'y', function: fn('g', '') }),
        calls({ function: { arguments: '{"a":' } }, { function: { arguments: '{"b":' } }),
        calls(
          { index: null, function: { arguments: '1}' } },
          { index: null, function: { arguments: '2}' } },
        ),
      ],
      [
        ['f', a1],
        ['g', b2],
      ],
      ['x', 'y'],
    ],
    [
      'index from 1 (proxies before Anthropic)',
      [
        calls({ index: 1, id: 'x', function: fn('f', '{"a"') }),
        calls({ index: 1, function: { arguments: ':1}' } }),
        calls({ index: 2, id: 'y', function: fn('g', '{"b":2}') }),
      ],
      [
        ['f', a1],
        ['g', b2],
      ],
    ],
    [
      'index -1 for each (GLM)',
      [
        calls({ id: 'x', index: -1, function: fn('f', '{"a":1}') }),
        calls({ id: 'y', index: -1, function: fn('g', '{"b":2}') }),
      ],
      [
        ['f', a1],
        ['g', b2],
      ],
      ['x', 'y'],
    ],
    [
      'index 0 for each, a new id (SGLang, Copilot)',
      [
        calls({ index: 0, id: 'x', function: fn('f', '{"a":') }),
        calls({ index: 0, function: { arguments: '1}' } }),
        calls({ index: 0, id: 'y', function: fn('f', '{"b":2}') }),
      ],
      [
        ['f', a1],
        ['f', b2],
      ],
      ['x', 'y'],
    ],
    [
      'continued with an empty id and name (DashScope)',
      [
        calls({ index: 0, id: 'x', function: fn('f', '') }),
        calls({ index: 0, id: '', function: fn(null, '{"a"') }),
        calls({ index: 0, id: null, function: fn('', ':1}') }),
      ],
      [['f', a1]],
      ['x'],
    ],
    [
      'continued under another id each time (Kimi on vLLM)',
      [
        calls({ index: 0, id: 'x', function: fn('f', '') }),
        calls({ index: 0, id: 'x2', function: fn(null, '{"a"') }),
        calls({ index: 0, id: 'x3', function: fn(null, ':1}') }),
      ],
      [['f', a1]],
      ['x'],
    ],
    [
      'no ids at all (Gemini, LM Studio, WebLLM)',
      [
        calls({ index: 0, function: fn('f', '{"a":1}') }),
        calls({ index: 0, function: fn('f', '{"b":2}') }),
      ],
      [
        ['f', a1],
        ['f', b2],
      ],
    ],
    [
      'an id that comes after the name',
      [
        calls({ index: 0, function: fn('f', '') }),
        calls({ index: 0, id: 'late', function: { arguments: '{"a":1}' } }),
      ],
      [['f', a1]],
      ['late'],
    ],
    [
      'numbers as ids',
      [
        calls({ index: 0, id: '365174485', function: fn('f', '{"a":1}') }),
        calls({ index: 1, id: 7, function: fn('g', '{"b":2}') }),
      ],
      [
        ['f', a1],
        ['g', b2],
      ],
      ['365174485', '7'],
    ],
    [
      'ids of Kimi',
      [calls({ index: 0, id: 'functions.read:0', function: fn('read', '{"a":1}') })],
      [['read', a1]],
      ['functions.read:0'],
    ],
    [
      'announced without arguments (vLLM 2025)',
      [
        calls({ index: 0, id: 'x', function: { name: 'f' } }),
        calls({ index: 0, function: { arguments: '{"a":1}' } }),
      ],
      [['f', a1]],
    ],
    [
      'a name in pieces',
      [
        calls({ index: 0, id: 'x', function: fn('get_', '') }),
        calls({ index: 0, function: fn('weather') }),
        calls({ index: 0, function: { arguments: '{"a":1}' } }),
      ],
      [['get_weather', a1]],
    ],
    [
      'a name repeated in each chunk',
      [
        calls({ index: 0, id: 'x', function: fn('f', '') }),
        calls({ index: 0, id: 'x', function: fn('f', '{"a"') }),
        calls({ index: 0, id: 'x', function: fn('f', ':1}') }),
      ],
      [['f', a1]],
    ],
    [
      'arguments that repeat in each chunk what was sent',
      [
        calls({ index: 0, id: 'x', function: fn('f', '') }),
        calls({ index: 0, id: 'x', function: fn('f', '{"') }),
        calls({ index: 0, id: 'x', function: fn('f', '{"a"') }),
        calls({ index: 0, id: 'x', function: fn('f', '{"a":1') }),
        calls({ index: 0, id: 'x', function: fn('f', '{"a":1}') }),
        calls({ index: 0, id: 'x', function: fn('f', '{"a":1}') }),
      ],
      [['f', a1]],
    ],
    [
      'arguments that repeat with a nested object, without names',
      [
        calls({ index: 0, id: 'x', function: fn('f', '{"o":{') }),
        calls({ index: 0, function: { arguments: '{"o":{"b":2}' } }),
        calls({ index: 0, function: { arguments: '{"o":{"b":2},"a":1}' } }),
      ],
      [['f', { o: { b: 2 }, a: 1 }]],
    ],
    [
      'a text within the arguments that begins like them',
      [
        calls({ index: 0, id: 'x', function: fn('f', '{"a":"') }),
        calls({ index: 0, function: { arguments: '{\\"a\\":' } }),
        calls({ index: 0, function: { arguments: '1}"}' } }),
      ],
      [['f', { a: '{"a":1}' }]],
    ],
    [
      'arguments as an object',
      [calls({ index: 0, id: 'x', function: fn('f', { a: 1 }) })],
      [['f', a1]],
    ],
    ['arguments null', [calls({ index: 0, id: 'x', function: fn('f', null) })], [['f', {}]]],
    ['arguments empty', [calls({ index: 0, id: 'x', function: fn('f', '') })], [['f', {}]]],
    [
      'the older function_call',
      [
        delta({ function_call: { name: 'f', arguments: '{"a"' } }),
        delta({ function_call: { arguments: ':1}' } }),
      ],
      [['f', a1]],
    ],
    [
      'a piece without a name is no call',
      [
        calls({ index: 0, id: 'x', function: fn('f', '{"a":1}') }),
        calls({ index: 5, function: { arguments: '{"z":1}' } }),
      ],
      [['f', a1]],
    ],
    [
      'an empty list beside the text',
      [delta({ content: 'a', tool_calls: [] }), delta({ content: 'b', tool_calls: null })],
      [],
    ],
  ]

  for (const mode of ['whole', 'bytes'] as const) {
    test.each(table)(`%s, ${mode}`, async (_who, pieces, expected, ids) => {
      for (const finish of ['tool_calls', 'stop'] as const) {
        const { result, error } = await decode(chunks(...pieces, delta({}, finish)), { mode })
        expect(error).toBeUndefined()
        const found = result.toolCalls.map((call) => [call.name, call.arguments])
        expect(found).toEqual(expected)
        expect(result.toolCalls.every(({ id, invalid }) => id && !invalid)).toBe(true)
        if (ids) expect(result.toolCalls.map(({ id }) => id)).toEqual(ids)
        if (expected.length > 0) expect(result.finishReason).toBe('tool_calls')
      }
    })
  }

  test('a whole answer, its arguments an object and its id missing', async () => {
    const message = { content: null, tool_calls: [{ function: fn('f', { a: 1 }) }] }
    const { result } = await decode(jsonAnswer({ choices: [{ message, finish_reason: 'stop' }] }))
    expect(result).toMatchObject({
      finishReason: 'tool_calls',
      toolCalls: [{ name: 'f', arguments: a1 }],
    })
  })
})

test('a name with every piece, and no id, is one call, and its arguments are not parsed with each', async () => {
  const piece = (text: string) => ({ choices: [calls({ function: fn('f', text) })] })
  const texts = ['{"a":"', ...Array.from({ length: 500 }, (_, n) => `w${n} `), '"}']
  const spy = vi.spyOn(JSON, 'parse')
  const { result } = await decode(
    sseAnswer([...texts.map(piece), { choices: [delta({}, 'tool_calls')] }]),
  )
  const parsed = spy.mock.calls.filter(([text]) => text.startsWith('{"a":"w'))
  spy.mockRestore()
  expect(result.toolCalls.map(({ argumentsText }) => argumentsText)).toEqual([texts.join('')])
  expect(parsed.length).toBeLessThan(5)
})

describe('the end', () => {
  const hi = delta({ content: 'Hi' })
  const body = (...frames: unknown[]) => sseAnswer(frames).body as string
  const chunk = (choice: object) => ({ choices: [choice] })

  test.each([
    ['a finish reason, no [DONE]', chunks(hi, delta({}, 'stop')), 'stop'],
    ['[DONE] and no finish reason', text(body(chunk(hi)) + DONE), null],
    ['[DONE] twice', text(body(chunk(hi), chunk(delta({}, 'stop'))) + DONE + DONE), 'stop'],
    ['[DONE] without a blank line', text(body(chunk(hi)) + 'data:[DONE]'), null],
    ['data after [DONE]', text(body(chunk(hi)) + DONE + body(chunk(delta({}, 'stop')))), 'stop'],
    ['half a frame after [DONE]', text(body(chunk(hi)) + DONE + 'data: {"cho'), null],
    ['two finishing chunks', chunks(hi, delta({}, 'stop'), delta({ content: '' }, 'stop')), 'stop'],
    [
      'an empty reason before',
      chunks({ index: 0, delta: { content: 'Hi' }, finish_reason: '' }, delta({}, 'stop')),
      'stop',
    ],
  ])('%s', async (_name, answer, raw) => {
    for (const mode of ['whole', 'bytes'] as const) {
      const { result, error } = await decode(answer, { mode })
      expect(error).toBeUndefined()
      expect(result).toMatchObject({ text: 'Hi', finishReason: 'stop', rawFinishReason: raw })
    }
  })

  test('text after the finish is text', async () => {
    const { result } = await decode(
      chunks(delta({ content: 'a' }, 'stop'), delta({ content: 'b' })),
    )
    expect(result).toMatchObject({ text: 'ab', finishReason: 'stop' })
  })

  test('[DONE] completes the reply at once, not when the server hangs up', async () => {
    const { events } = await decode(text(body(chunk(hi)) + DONE))
    expect(events.filter(({ type }) => type === 'finish')).toHaveLength(1)
  })

  test.each([
    ['stop', 'stop'],
    ['end', 'stop'],
    ['eos', 'stop'],
    ['length', 'length'],
    ['model_length', 'length'],
    ['repetition', 'length'],
    ['model_context_window_exceeded', 'length'],
    ['content_filter', 'content_filter'],
    ['sensitive', 'content_filter'],
    // A text is a whole answer, though its server promises calls that it does not send.
    ['tool_calls', 'stop'],
    ['function_call', 'stop'],
    ['constructor', 'other'],
    ['__proto__', 'other'],
    ['toString', 'other'],
  ])('the reason %s is %s', async (raw, reason) => {
    const { result } = await decode(chunks(hi, delta({}, raw)))
    expect(result).toMatchObject({ finishReason: reason, rawFinishReason: raw })
  })

  test.each([
    'error',
    'network_error',
    'insufficient_system_resource',
    'abort',
    'cancelled',
    'load',
    'unload',
  ])('the reason %s is a failure', async (raw) => {
    const { error, result } = await decode(chunks(hi, delta({}, raw)))
    expect(error).toMatchObject({ code: 'server_error', retryable: true, vendorCode: raw })
    expect(result.text).toBe('Hi')
  })

  test.each([
    ['no end', chunks(hi), 'stream_truncated', true],
    ['half a frame', text(body(chunk(hi)) + 'data: {"choices":[{"del'), 'stream_truncated', true],
    ['only chunks without choices', text(body({ choices: [] })), 'stream_truncated', true],
    ['an empty body', text(''), 'unexpected_response', true],
    ['a page', text('<!doctype html><p>Log in</p>'), 'unexpected_response', false],
    ['a megabyte of open tags', text('<'.repeat(1_000_000)), 'unexpected_response', false],
    ['a foreign stream', sseAnswer([{ candidates: [] }]), 'unexpected_response', false],
    [
      'a foreign stream with an end mark',
      text(body({ candidates: [] }) + DONE),
      'unexpected_response',
      false,
    ],
    ['a foreign body', jsonAnswer({ candidates: [] }), 'unexpected_response', false],
    ['a body without choices', jsonAnswer({ id: 'x', choices: [] }), 'unexpected_response', false],
    ['half a body', text('{"choices":[{"message":{"cont'), 'stream_truncated', true],
  ])('%s is an error', async (_name, answer, code, retryable) => {
    expect((await decode(answer)).error).toMatchObject({ code, retryable })
  })
})

describe('the content', () => {
  test.each([
    ['reasoning_content', { reasoning_content: 'think', content: null }],
    ['reasoning', { reasoning: 'think', content: '' }],
    ['reasoning_text', { reasoning_text: 'think' }],
    ['two names with equal text (chutes)', { reasoning_content: 'think', reasoning: 'think' }],
    ['blocks', { reasoning_content: [{ type: 'thinking', content: 'thi' }, { text: 'nk' }] }],
    ['a block', { reasoning_content: { type: 'thinking', thinking: [{ text: 'think' }] } }],
    ['an empty first name', { reasoning_content: '', reasoning: 'think' }],
    [
      'parts (Mistral)',
      { content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'think' }] }] },
    ],
  ])('thinking as %s', async (_name, message) => {
    const { result } = await decode(chunks(delta(message), delta({ content: 'Hi' }, 'stop')), {
      mode: 'bytes',
    })
    expect(result).toMatchObject({ reasoning: 'think', text: 'Hi' })
  })

  test('thinking in tags, cut anywhere', async () => {
    const pieces = [...'<think>think</think>\n\nHi'].map((content) => delta({ content }))
    const { result } = await decode(chunks(...pieces, delta({}, 'stop')))
    expect(result).toMatchObject({ reasoning: 'think', text: 'Hi' })
  })

  test('parts of a whole answer', async () => {
    const content = [
      { type: 'thinking', thinking: [{ type: 'text', text: 't' }] },
      { type: 'text', text: 'Hi' },
    ]
    const { result } = await decode(
      jsonAnswer({ choices: [{ message: { content }, finish_reason: 'stop' }] }),
    )
    expect(result).toMatchObject({ reasoning: 't', text: 'Hi' })
  })

  test.each([
    ['message instead of delta', { message: { content: 'Hi' }, finish_reason: 'stop' }],
    ['text', { text: 'Hi', finish_reason: 'stop' }],
    ['delta null', { delta: null, text: 'Hi', finish_reason: 'stop' }],
    ['no index', { delta: { content: 'Hi' }, finish_reason: 'stop' }],
    [
      'the role in every chunk',
      { delta: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' },
    ],
  ])('%s', async (_name, choice) => {
    expect((await decode(chunks(choice))).result.text).toBe('Hi')
  })

  test('a whole answer of nothing is an empty answer', async () => {
    const { result, error } = await decode(
      jsonAnswer({ choices: [{ message: { content: null, reasoning_content: 't' } }] }),
    )
    expect(error).toBeUndefined()
    expect(result).toMatchObject({ text: '', reasoning: 't', finishReason: 'stop' })
  })

  test('of several answers the first one is read', async () => {
    const frame = {
      choices: [
        { index: 1, delta: { content: 'B' }, finish_reason: null },
        { index: 0, delta: { content: 'A' } },
      ],
    }
    const { result } = await decode(
      sseAnswer([
        frame,
        { choices: [{ index: 1, delta: {}, finish_reason: 'length' }] },
        { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
      ]),
    )
    expect(result).toMatchObject({ text: 'A', finishReason: 'stop' })
  })

  test('the answer that comes first is read, alike or not', () => {
    const decoder = new ChatCompletionDecoder(createCall())
    const out: StreamEvent[] = []
    const push = (index: number, content: string) => {
      const value = { choices: [{ index, delta: { content } }] }
      decoder.push({ data: JSON.stringify(value) }, out)
    }
    push(1, 'A')
    for (const content of 'bcdefg') push(0, content)
    expect(decoder.template?.slots).toHaveLength(1)
    decoder.pushValues(['h'], out)
    push(1, 'Z')
    expect(out.map((event) => 'text' in event && event.text)).toEqual(['A', 'Z'])
  })

  test('id and model come from the first chunk that has them', async () => {
    const empty = { choices: [], created: 0, id: '', model: '', object: '' }
    const { call } = await decode(
      sseAnswer([
        empty,
        { id: 'c1', model: 'm1', choices: [delta({}, 'stop')] },
        { id: 'c2', model: 'm2', choices: [] },
      ]),
    )
    expect(call).toMatchObject({ responseId: 'c1', responseModel: 'm1' })
  })

  test('a new try forgets the id of the one before', async () => {
    const call = Object.assign(createCall(), { responseId: 'old', responseModel: 'old' })
    const frames = readSSE(new Response(chunks(delta({}, 'stop')).body as string), call)
    for await (const _batch of decodeEvents(frames, call));
    expect(call).toMatchObject({ responseId: 'c1', responseModel: 'm1' })
  })

  test('event names, ids, comments, no space after the colon, line ends of all kinds, a BOM', async () => {
    const a = JSON.stringify({ choices: [delta({ content: '你' })], obfuscation: 'xx' })
    const b = JSON.stringify({ choices: [delta({ content: '🚀' }, 'stop')] })
    const body = `\uFEFF: OPENROUTER PROCESSING\r\n\r\nid: 1\r\nevent: message\r\ndata:${a}\r\n\r\n:\n\ndata: ${b}\r\rdata: [DONE]`
    for (const mode of ['whole', 'bytes'] as const)
      expect((await decode(text(body), { mode })).result.text).toBe('你🚀')
  })

  test('sources: each page once', async () => {
    const lists = { citations: ['https://a/'], search_results: [{ url: 'https://a/', title: 'A' }] }
    const note = { url_citation: { url: 'https://b/', title: 'B' } }
    const { result } = await decode(
      sseAnswer([
        { ...lists, choices: [delta({ annotations: [note] })] },
        { ...lists, choices: [delta({}, 'stop')] },
      ]),
    )
    expect(result.sources).toEqual([
      { url: 'https://a/', title: 'A' },
      { url: 'https://b/', title: 'B' },
    ])
  })

  test('details of the thinking: texts grow, encrypted ones stay apart', async () => {
    const details = (...list: object[]) => delta({ reasoning_details: list })
    const answer = chunks(
      details({ type: 'reasoning.text', text: 'a', index: 0, signature: null }),
      details({ type: 'reasoning.text', text: 'b', index: 0, signature: 's' }),
      details(
        { type: 'reasoning.encrypted', data: 'X', id: 'r1', index: 1 },
        { type: 'reasoning.encrypted', data: 'Y', id: 'r2', index: 1 },
      ),
      delta({}, 'stop'),
    )
    const { result } = await decode(answer, {}, { keepDetails: true })
    expect(result.message).toMatchObject({
      reasoning_details: [
        { type: 'reasoning.text', text: 'ab', signature: 's' },
        { data: 'X', id: 'r1' },
        { data: 'Y', id: 'r2' },
      ],
    })
    expect(result.finishReason).toBe('stop')
    expect((await decode(answer)).result.message).not.toHaveProperty('reasoning_details')
  })
})

describe('errors inside an answer of status 200', () => {
  const good = `data: ${JSON.stringify({ choices: [delta({ content: 'half' })] })}\n\n`
  const frame = (value: unknown) => `data: ${JSON.stringify(value)}\n\n`
  const server = { code: 'server_error', retryable: true }

  test.each<[string, string, object]>([
    ['OpenAI', frame({ error: { message: 'boom', type: 'server_error', code: null } }), server],
    [
      'vLLM',
      frame({ error: { message: 'boom', type: 'InternalServerError', code: 500 } }),
      { ...server, status: 500 },
    ],
    [
      'OpenRouter',
      frame({
        id: 'gen',
        error: { code: 502, message: 'boom' },
        choices: [delta({ content: '' }, 'error')],
      }),
      { ...server, status: 502, vendorCode: '502' },
    ],
    [
      'OpenRouter 2025',
      frame({
        error: { code: 429, message: 'boom' },
        choices: [delta({ content: '' })],
        usage: {},
      }) + DONE,
      { code: 'rate_limit', retryable: true },
    ],
    [
      'Groq',
      `event: error\n${frame({ error: { message: 'boom', type: 'invalid_request_error', code: 'tool_use_failed', status_code: 400 } })}`,
      { code: 'bad_request', retryable: false, vendorCode: 'tool_use_failed' },
    ],
    ['an event of that name with plain words', 'event: error\ndata: boom\n\n', server],
    ['a line without data: (Ollama)', '{"error":"boom"}\n', server],
    [
      'a line without data: (Gemini)',
      '[{"error":{"code":503,"message":"boom","status":"UNAVAILABLE"}}]\n',
      { code: 'overloaded', retryable: true },
    ],
    [
      'old vLLM',
      frame({ object: 'error', message: 'boom', type: 'BadRequestError', code: 400 }),
      { code: 'bad_request', retryable: false },
    ],
    ['a flat one', frame({ code: 50505, message: 'boom' }), server],
    ['a flat one with msg', frame({ code: 500, msg: 'boom', success: false }), server],
    [
      'a prompt too long',
      frame({ error: { message: 'boom', code: 'context_length_exceeded' } }),
      { code: 'context_length', retryable: false },
    ],
    [
      'a name that every object has',
      frame({ error: { message: 'boom', code: 'constructor', type: '__proto__' } }),
      server,
    ],
  ])('%s', async (_who, bad, expected) => {
    for (const mode of ['whole', 'bytes'] as const) {
      const { error, result } = await decode(text(good + bad), { mode })
      expect(error).toMatchObject({ name: 'ServiceError', ...expected })
      expect(error?.message).toContain('boom')
      expect(result.text).toBe('half')
    }
  })

  test('a stray error after a complete reply does not affect its text', async () => {
    const { result } = await decode(
      text(`${good}${frame({ choices: [delta({}, 'stop')] })}{"error":"late"}\n`),
    )
    expect(result.text).toBe('half')
  })

  test.each<[string, unknown, object]>([
    [
      'LM Studio, wrong path',
      { error: 'Unexpected endpoint or method. (POST /chat/completions)' },
      { code: 'bad_request', retryable: false },
    ],
    [
      'OpenRouter, not streamed',
      { error: { code: 402, message: 'Insufficient credits' } },
      { code: 'insufficient_quota', status: 402 },
    ],
    [
      'a list',
      [{ error: { code: 400, message: 'API key not valid. Please pass a valid API key.' } }],
      { code: 'authentication', retryable: false },
    ],
    ['a number', 42, { code: 'unexpected_response' }],
    ['null', null, { code: 'unexpected_response' }],
    ['a string', 'Api key is invalid', { code: 'unexpected_response' }],
  ])('as a whole body: %s', async (_who, body, expected) => {
    expect((await decode(jsonAnswer(body))).error).toMatchObject(expected)
  })
})

describe('usage', () => {
  const usage = (prompt_tokens: number, completion_tokens: number, more: object = {}) => ({
    prompt_tokens,
    completion_tokens,
    total_tokens: prompt_tokens + completion_tokens,
    ...more,
  })
  const end = { choices: [delta({}, 'stop')] }

  test.each<[string, object[]]>([
    ['in a chunk of its own at the end', [end, { choices: [], usage: usage(3, 4) }]],
    [
      'at the start and at the end',
      [{ choices: [], usage: usage(3, 0) }, end, { choices: [], usage: usage(3, 4) }],
    ],
    ['on the finishing chunk', [{ ...end, usage: usage(3, 4) }]],
    ['inside the choice (Moonshot)', [{ choices: [{ ...delta({}, 'stop'), usage: usage(3, 4) }] }]],
    [
      'inside the choice and after it',
      [
        { choices: [{ ...delta({}, 'stop'), usage: usage(3, 4) }] },
        { choices: [], usage: usage(3, 4) },
      ],
    ],
    [
      'on every chunk, growing',
      [
        { choices: [], usage: usage(3, 1) },
        { choices: [delta({ content: 'a' })], usage: usage(3, 3) },
        { ...end, usage: usage(3, 4) },
      ],
    ],
    [
      'null on the others',
      [
        { choices: [], usage: null },
        end,
        { choices: [], usage: usage(3, 4) },
        { choices: [], usage: null },
      ],
    ],
    [
      'zeroed in between (Ollama)',
      [{ choices: [], usage: usage(0, 0) }, end, { choices: [], usage: usage(3, 4) }],
    ],
  ])('%s', async (_name, frames) => {
    const { result } = await decode(sseAnswer(frames))
    expect(result.usage).toEqual({ promptTokens: 3, completionTokens: 4, totalTokens: 7 })
  })

  test('beside an error that ends the stream (Groq)', async () => {
    const frames = [{ choices: [delta({ content: 'Half' })] }, { x_groq: { error: 'no capacity' } }]
    expect((await decode(sseAnswer(frames), {}, { usageField: 'x_groq' })).error).toMatchObject({
      code: 'server_error',
      message: 'no capacity',
    })
  })

  test('hidden in a member of its own (Groq)', async () => {
    const frames = [{ ...end, x_groq: { id: 'req', usage: usage(3, 4) } }]
    expect(
      (await decode(sseAnswer(frames), {}, { usageField: 'x_groq' })).result.usage.totalTokens,
    ).toBe(7)
  })

  test.each<[string, object, object]>([
    [
      'OpenAI',
      usage(10, 20, {
        prompt_tokens_details: { cached_tokens: 4 },
        completion_tokens_details: { reasoning_tokens: 7 },
      }),
      { completionTokens: 20, reasoningTokens: 7, cachedTokens: 4 },
    ],
    [
      'DeepSeek',
      usage(10, 20, { prompt_cache_hit_tokens: 4, prompt_cache_miss_tokens: 6 }),
      { cachedTokens: 4 },
    ],
    ['Moonshot', usage(10, 20, { cached_tokens: 4 }), { cachedTokens: 4 }],
    [
      'SGLang',
      usage(10, 20, { reasoning_tokens: 7 }),
      { completionTokens: 20, reasoningTokens: 7 },
    ],
    [
      'xAI',
      {
        prompt_tokens: 10,
        completion_tokens: 20,
        total_tokens: 37,
        completion_tokens_details: { reasoning_tokens: 7 },
      },
      { completionTokens: 27, totalTokens: 37, reasoningTokens: 7 },
    ],
    ['no total', { prompt_tokens: 10, completion_tokens: 20 }, { totalTokens: 30 }],
    [
      'OpenRouter (a prompt without its cached tokens)',
      usage(10, 20, { prompt_tokens_details: { cached_tokens: 40 } }),
      { promptTokens: 50, totalTokens: 70, cachedTokens: 40 },
    ],
    [
      'Baseten (one token of thinking more than the completion)',
      {
        ...usage(10, 20, { completion_tokens_details: { reasoning_tokens: 21 } }),
        total_tokens: 31,
      },
      { completionTokens: 21, totalTokens: 31, reasoningTokens: 21 },
    ],
    [
      'Perplexity (thinking beside the completion and the total)',
      usage(10, 20, { reasoning_tokens: 100 }),
      { completionTokens: 120, totalTokens: 130, reasoningTokens: 100 },
    ],
    ['a total of zero', { ...usage(10, 20), total_tokens: 0 }, { totalTokens: 30 }],
    [
      'nonsense beside sense',
      usage(10, 20, {
        prompt_tokens_details: 'x',
        completion_tokens_details: { reasoning_tokens: '7' },
      }),
      { promptTokens: 10, completionTokens: 20 },
    ],
  ])('as %s counts', async (_who, wire, expected) => {
    const { result } = await decode(sseAnswer([{ ...end, usage: wire }]))
    expect(result.usage).toMatchObject(expected)
    expect(result.usage.estimated).toBeUndefined()
  })

  test.each([[{}], ['x'], [true], [[1]], [{ prompt_tokens: 'x', completion_tokens: null }]])(
    '%j counts nothing: it is estimated',
    async (wire) => {
      expect((await decode(sseAnswer([{ ...end, usage: wire }]))).result.usage.estimated).toBe(true)
    },
  )
})

describe('hostile JSON gives a typed error or a plain answer, never another exception', () => {
  const evil: unknown[] = [
    0,
    1,
    '',
    'x',
    true,
    false,
    null,
    [],
    [null],
    [1],
    {},
    { toString: 1, valueOf: 1 },
    { length: 3 },
    [[]],
  ]
  const places: [string, (value: unknown) => unknown][] = [
    ['frame', (value) => value],
    ['choices', (choices) => ({ choices })],
    ['choice', (choice) => ({ choices: [choice] })],
    ['index', (index) => ({ choices: [{ index, delta: { content: 'a' } }] })],
    ['delta', (value) => ({ choices: [{ delta: value }] })],
    ['message', (message) => ({ choices: [{ message }] })],
    ['text', (value) => ({ choices: [{ text: value }] })],
    ['finish_reason', (finish_reason) => ({ choices: [{ delta: {}, finish_reason }] })],
    ['usage', (usage) => ({ choices: [{ usage }], usage })],
    ['head', (value) => ({ id: value, model: value, object: value, choices: [] })],
    ['error', (error) => ({ error })],
    [
      'error members',
      (value) => ({
        error: { message: value, code: value, type: value, metadata: value, loc: value },
      }),
    ],
    ['raw', (raw) => ({ error: { message: 'm', metadata: { raw } } })],
    ['detail', (detail) => ({ code: 1, message: detail, detail })],
    [
      'lists',
      (value) => ({ citations: value, search_results: value, web_search: value, choices: [] }),
    ],
    ['x_groq', (x_groq) => ({ x_groq, choices: [] })],
    ...[
      'content',
      'refusal',
      'reasoning',
      'reasoning_content',
      'tool_calls',
      'function_call',
      'annotations',
      'reasoning_details',
    ].map((name): [string, (value: unknown) => unknown] => [
      name,
      (value) => ({ choices: [{ delta: { [name]: value } }] }),
    ]),
    [
      'parts',
      (value) => ({
        choices: [{ delta: { content: [value, { type: 'thinking', thinking: value }] } }],
      }),
    ],
    ['tool call', (value) => ({ choices: [{ delta: { tool_calls: [value] } }] })],
    [
      'tool call members',
      (value) => ({
        choices: [
          {
            delta: {
              tool_calls: [
                { index: value, id: value, function: { name: value, arguments: value } },
              ],
            },
          },
        ],
      }),
    ],
    [
      '__proto__',
      (value) =>
        JSON.parse(
          `{"__proto__":${JSON.stringify(value)},"choices":[{"__proto__":{"x":1},"delta":{"__proto__":[],"content":"a"}}]}`,
        ),
    ],
  ]

  test.each(places)('at %s', async (_place, build) => {
    for (const value of evil) {
      for (const answer of [sseAnswer([build(value)]), jsonAnswer(build(value))]) {
        const { result } = await decode(answer, {}, { keepDetails: true, usageField: 'x_groq' })
        expect(typeof result.text).toBe('string')
        expect(typeof result.finishReason).toBe('string')
      }
    }
    expect(({} as Record<string, unknown>)['x']).toBeUndefined()
  })

  test('content that is neither text nor parts is not lost in silence', async () => {
    for (const content of [5, true, { text: 'a' }])
      expect((await decode(chunks(delta({ content })))).error).toMatchObject({ code: 'bad_frame' })
  })
})
