import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { StreamEvent } from '../../../../src/event.ts'
import { FAMILIES } from '../../../../src/prompted/parser/markers.ts'
import type { ToolCallParserOptions } from '../../../../src/prompted/parser/tool-call-parser.ts'
import { ToolCallParser } from '../../../../src/prompted/parser/tool-call-parser.ts'
import { Reply } from '../../../../src/stream/reply.ts'
import { cutText } from '../../helpers.ts'
import type { Fixture } from './tool-call-parser.fixtures.ts'
import { HERMES, OTHERS, QWEN, REACT } from './tool-call-parser.fixtures.ts'

const tools = ['get_weather', 'get_time', 'write', 'run'].map((name) => ({ name }))
const book = {
  name: 'book',
  parameters: { type: 'object', properties: { note: { type: 'string' }, n: { type: 'number' } } },
}

function run(pieces: readonly string[], options: Partial<ToolCallParserOptions> = {}) {
  const reader = new ToolCallParser({ tools: [...tools, book], ...options })
  const events: StreamEvent[] = [...pieces.flatMap((piece) => reader.push(piece)), ...reader.end()]
  const reply = new Reply({
    response: { model: 'm', provider: 'p', attempts: [] },
  })
  reply.accept(events)
  reply.end({ model: 'm', provider: 'p', attempts: [] })
  const { text, reasoning, toolCalls, finishReason } = reply.result()
  // Deltas add up to exactly the tool call.
  const calls = toolCalls.map(({ name, argumentsText, arguments: given, invalid }, index) => {
    const deltas = events.filter(
      (event) => event.type === 'tool-call-delta' && event.index === index,
    )
    expect(deltas.map((delta: any) => delta.argumentsDelta).join('')).toBe(argumentsText)
    return { name, argumentsText, given, isInvalid: invalid !== undefined }
  })
  return { text, reasoning, calls, finishReason }
}

function expected({ text = '', reasoning = '', calls = [], invalid = [] }: Fixture) {
  return {
    text,
    reasoning,
    calls: calls.map(([name, given]) => ({ name, given, isInvalid: false })),
    invalid,
    finishReason: calls.length + invalid.length > 0 ? 'tool_calls' : 'stop',
  }
}

function seen({ text, reasoning, calls, finishReason }: ReturnType<typeof run>) {
  return {
    text,
    reasoning,
    calls: calls
      .filter((call) => !call.isInvalid)
      .map(({ name, given, isInvalid }) => ({ name, given, isInvalid })),
    invalid: calls.filter((call) => call.isInvalid).map((call) => call.name),
    finishReason,
  }
}

const FORMATS = { hermes: HERMES, react: REACT, qwen: QWEN, others: OTHERS }

describe.each(Object.entries(FORMATS))('%s', (_format, fixtures) => {
  test.each(fixtures)('$name: whole, and cut at every place', (fixture) => {
    const { input, options } = fixture
    const whole = run([input], options)
    expect(seen(whole)).toEqual(expected(fixture))
    expect(run(cutText(input), options)).toEqual(whole)
    for (let place = 1; place < input.length; place++)
      expect(run(cutText(input, [place]), options)).toEqual(whole)
  })
})

const all = Object.values(FORMATS).flat()

test('two replies in a row, cut anywhere: always the same', () => {
  const property = fc.property(
    fc.constantFrom(...all),
    fc.constantFrom(...all),
    fc.constantFrom('', '\n', ' ', '```\n', '`', '\n\nAction: '),
    fc.array(fc.nat(700), { maxLength: 10 }),
    fc.constantFrom({}, { hasLabels: true }, { limit: 1 }, {
      continuesMarker: true,
    } as const),
    (one, other, between, cuts, options) => {
      const input = one.input + between + other.input
      expect(run(cutText(input, cuts), options)).toEqual(run([input], options))
    },
  )
  fc.assert(property, { numRuns: 1500 })
})

test('any heap of marks, cut anywhere: always the same', () => {
  const marks = FAMILIES.flatMap((family) => Object.keys(family))
  const words = [
    'Action: ',
    'Action Input: ',
    'Answer:',
    'Thought:',
    'Observation:',
    '{"name": "get_time"}',
  ]
  const others = [
    '{',
    '}',
    '"',
    ':',
    '`',
    '```',
    '~~~',
    '\n',
    ' ',
    'get_time',
    'a',
    '**',
    '[',
    ']',
    '<',
    '✿',
  ]
  const property = fc.property(
    fc.array(fc.constantFrom(...marks, ...words, ...words, ...others, ...others), {
      maxLength: 16,
    }),
    fc.array(fc.nat(200), { maxLength: 10 }),
    fc.boolean(),
    (tokens, cuts, hasLabels) => {
      const input = tokens.join('')
      expect(run(cutText(input, cuts), { hasLabels })).toEqual(run([input], { hasLabels }))
    },
  )
  fc.assert(property, { numRuns: 3000 })
})

test('a text without marks stays as it is', () => {
  const property = fc.property(
    fc.array(fc.string({ unit: 'grapheme' })),
    fc.array(fc.nat(200), { maxLength: 6 }),
    (texts, cuts) => {
      const input = texts.join('\n').replaceAll(/[<✿[]|^\s*\{/g, '')
      expect(run(cutText(input, cuts)).text).toBe(input)
    },
  )
  fc.assert(property, { numRuns: 300 })
})

test('arguments come as they are written', () => {
  const reader = new ToolCallParser({ tools })
  const deltas = cutText(
    '<tool_call>{"name": "get_weather", "arguments": {"city": "Oslo"}}</tool_call>',
  )
    .flatMap((piece) => reader.push(piece))
    .map((event: any) => event.argumentsDelta)
  expect(deltas.length).toBeGreaterThan(10)
  expect(deltas.join('')).toBe('{"city": "Oslo"}')
})

test('calls of the server and calls in the text have numbers of their own', () => {
  const reader = new ToolCallParser({ tools })
  const events = [
    ...reader.pass({
      type: 'tool-call-delta',
      index: 0,
      id: 'a',
      name: 'get_time',
      argumentsDelta: '',
    }),
    ...reader.push('<tool_call>{"name": "get_time", "arguments": {}}</tool_call>'),
    ...reader.pass({
      type: 'tool-call-delta',
      index: 1,
      id: 'b',
      name: 'get_time',
      argumentsDelta: '',
    }),
    ...reader.pass({ type: 'tool-call-delta', index: 0, argumentsDelta: '{}' }),
  ]
  expect(events.map((event: any) => [event.index, event.argumentsDelta])).toEqual([
    [0, ''],
    [1, '{}'],
    [2, ''],
    [0, '{}'],
  ])
})

test('marks and blanks in a call cost no more than their length', () => {
  const marks = '-'.repeat(200_000)
  expect(run([`<tool_call>${marks}`]).text).toBe(`<tool_call>${marks}`)
  const row = '<tool_call> '.repeat(20_000)
  expect(run([row]).text).toBe(row)
  expect(run([`[run(${' '.repeat(500_000)}x`]).calls).toMatchObject([
    { name: 'run', isInvalid: true },
  ])
})

test('a long name is read in linear time', () => {
  // Read again from each of its characters, it would take minutes.
  const { text, calls } = run([`[TOOL_CALLS]${'json'.repeat(150_000)}`])
  expect(calls).toEqual([])
  expect(text.length).toBeGreaterThan(600_000)
})

test('no word is held back that another model would have to begin a call with', () => {
  const texts = (model: string) => new ToolCallParser({ tools, model }).push('We go for a music of')
  expect(texts('qwen-max')).toEqual([{ type: 'text-delta', text: 'We go for a music of' }])
  expect(texts('phi-4-mini')).toEqual([{ type: 'text-delta', text: 'We go for a music o' }])
})

test('little is held back, so that a long text costs no more than its length', () => {
  for (const piece of [
    '`',
    '~',
    '<',
    '✿',
    '"',
    '{',
    '[',
    'Action: a\n',
    '**',
    '<tool_cal',
    'a\n',
  ]) {
    for (const hasLabels of [false, true]) {
      const reader = new ToolCallParser({ tools, hasLabels })
      let open = reader.push('a').length - 1
      for (let count = 0; count < 2000; count++) {
        open += piece.length
        for (const event of reader.push(piece))
          if (event.type === 'text-delta') open -= event.text.length
        expect(open).toBeLessThan(300)
      }
    }
  }
})
