import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ChatResult, StreamEvent } from '../../../src/event.ts'
import { Reply } from '../../../src/stream/reply.ts'
import type { TextFilterOptions } from '../../../src/stream/text-filter.ts'
import { TextFilter } from '../../../src/stream/text-filter.ts'
import { cutText, finish, text, usage, weather } from '../helpers.ts'

const RESPONSE = { model: 'm', provider: 'p', attempts: [] }

function run(
  chunks: readonly (string | StreamEvent | StreamEvent[])[],
  options: TextFilterOptions = {},
): { events: StreamEvent[]; result: ChatResult; reply: Reply } {
  const reply = new Reply({ response: RESPONSE, createFilter: () => new TextFilter(options) })
  const events: StreamEvent[] = []
  for (const chunk of chunks) {
    events.push(...reply.accept(chunk))
    if (reply.stopped) break
  }
  events.push(...reply.end(RESPONSE))
  return { events, result: reply.result(), reply }
}

const types = (events: readonly StreamEvent[]) => events.map(({ type }) => type)

describe('Reply keeps the protocol', () => {
  test('with usage and finish at the end, once, whenever they came', () => {
    const { events, result } = run([
      { type: 'usage', usage: { ...usage, completionTokens: 1 } },
      text('a'),
      finish('stop'),
      { type: 'usage', usage },
      text('b'),
      finish('other'),
    ])
    expect(types(events)).toEqual(['text-delta', 'text-delta', 'usage', 'finish'])
    expect(result).toMatchObject({
      text: 'ab',
      usage,
      finishReason: 'stop',
      rawFinishReason: 'stop',
    })
    expect(events.at(-1)).toMatchObject({ type: 'finish', response: RESPONSE })
  })

  test('with whole tool calls before the finish', () => {
    const { events, result } = run([...weather, finish('tool_calls')])
    expect(types(events)).toEqual([
      'tool-call-delta',
      'tool-call-delta',
      'tool-call',
      'usage',
      'finish',
    ])
    expect(result.toolCalls).toEqual([
      {
        id: 'call_1',
        name: 'weather',
        arguments: { city: 'Oslo' },
        argumentsText: '{"city":"Oslo"}',
      },
    ])
    expect(result.message).toEqual({
      role: 'assistant',
      content: '',
      tool_calls: [
        {
          id: 'call_1',
          type: 'function',
          function: { name: 'weather', arguments: '{"city":"Oslo"}' },
        },
      ],
    })
  })

  test.each([
    ['stop', 'tool_calls'],
    ['other', 'tool_calls'],
    ['tool_calls', 'tool_calls'],
    ['length', 'length'],
    ['content_filter', 'content_filter'],
    ['error', 'error'],
  ])('calling %s %s where there are whole calls', (raw, expected) => {
    expect(run([...weather, finish(raw)]).result.finishReason).toBe(expected)
  })

  test('and marks the calls of a reply that was cut by its length', () => {
    const { events, result } = run([...weather, finish('length')])
    expect(result.toolCalls[0]?.invalid).toMatch(/length/)
    expect(events.find(({ type }) => type === 'tool-call')).toMatchObject({
      toolCall: { invalid: expect.any(String) },
    })
  })

  test('and leads from a whole call to its pieces, though the server gave it no id', () => {
    const delta = { type: 'tool-call-delta', name: 'f', argumentsDelta: '{}' } as const
    const { events } = run([
      { ...delta, index: 4 },
      { ...delta, index: 2 },
      { type: 'tool-call', toolCall: { id: 'w', name: 'g', arguments: {}, argumentsText: '' } },
    ])
    const told = events.flatMap((event) => (event.type === 'tool-call' ? [event] : []))
    expect(told.map(({ index, toolCall: { name } }) => [index, name])).toEqual([
      [2, 'f'],
      [4, 'f'],
      [undefined, 'g'],
    ])
  })

  test('and marks everything before the end as cut', () => {
    const reply = new Reply({ response: RESPONSE, promptTokens: () => 9 })
    reply.accept('x')
    reply.accept(weather)
    expect(reply.result()).toMatchObject({
      text: 'x',
      finishReason: 'error',
      toolCalls: [{ invalid: expect.stringMatching(/cut off/) }],
      usage: { estimated: true, promptTokens: 9 },
    })
    expect(reply.finished).toBe(false)
  })

  test('and counts at least what had arrived when it was cut', () => {
    const early = { promptTokens: 9, completionTokens: 1, totalTokens: 10, cachedTokens: 2 }
    const words = 'one two three four five '
    const cut = (...chunks: (string | StreamEvent)[]) => {
      const reply = new Reply({
        response: RESPONSE,
        createFilter: () => new TextFilter({ stop: ['<end>'] }),
      })
      for (const chunk of chunks) reply.accept(chunk)
      if (reply.stopped) reply.end(RESPONSE)
      return reply.result().usage
    }
    const told: StreamEvent = { type: 'usage', usage: early }
    const expected = { ...early, completionTokens: 5, totalTokens: 14, estimated: true }
    // Claude counts a token at the start, Gemini none: the rest comes at the end.
    expect(cut(told, words)).toEqual(expected)
    expect(cut(told, words, '<end>')).toEqual(expected)
    expect(cut({ type: 'usage', usage: { ...early, completionTokens: 0 } }, words)).toEqual(
      expected,
    )
    // A count that includes all of it, or thinking that is not shown, is better than an estimate.
    expect(cut(words, told)).toEqual({ ...early, estimated: true })
    const more = { ...early, completionTokens: 90, totalTokens: 99 }
    expect(cut({ type: 'usage', usage: more }, words)).toEqual({ ...more, estimated: true })
  })

  test.each([
    ['half a tag that opens', ['\n<thi'], { text: '', reasoning: '' }],
    ['half a tag that opens later', ['a\n', '<thi'], { text: 'a\n', reasoning: '' }],
    ['half a tag that closes', ['<think>why', '</th'], { text: '', reasoning: 'why' }],
    ['ambiguous whitespace', ['\n'], { text: '\n', reasoning: '' }],
    ['half a row of backticks', ['a\n``'], { text: 'a\n``', reasoning: '' }],
  ])('and tells in a cut reply what is clear: %s', (what, pieces, expected) => {
    const reply = new Reply({ response: RESPONSE, createFilter: () => new TextFilter({}) })
    for (const piece of pieces) reply.accept(piece)
    expect(reply.result(), what).toMatchObject(expected)
  })

  test('and ends empty replies too', () => {
    const { events, result } = run([])
    expect(types(events)).toEqual(['usage', 'finish'])
    expect(result).toMatchObject({
      text: '',
      reasoning: '',
      toolCalls: [],
      finishReason: 'stop',
      message: { role: 'assistant', content: '' },
    })
    expect('sources' in result).toBe(false)
  })
})

describe('Reply splits and cuts', () => {
  const INPUT = '<think>\nweigh it\n</think>\n\nThe answer<|im_end|> and more'

  test('thinking and stop sequences the same, however the text is cut', () => {
    const whole = run([INPUT], { stop: ['<|im_end|>'] })
    expect(whole.result).toMatchObject({
      text: 'The answer',
      reasoning: 'weigh it\n',
      finishReason: 'stop',
    })
    expect(whole.result.message).toMatchObject({
      content: 'The answer',
      reasoning_content: 'weigh it\n',
    })
    const property = fc.property(fc.array(fc.nat(70), { maxLength: 9 }), (cuts) => {
      const { events, result } = run(cutText(INPUT, cuts), { stop: ['<|im_end|>'] })
      expect({ ...result }).toEqual({ ...whole.result })
      const shown = events
        .flatMap((event) => (event.type === 'text-delta' ? event.text : []))
        .join('')
      expect(shown).toBe('The answer')
    })
    fc.assert(property, { numRuns: 150 })
  })

  test('usage that was cut by a stop sequence is an estimate', () => {
    expect(run([{ type: 'usage', usage }, 'ab<end>c'], { stop: ['<end>'] }).result.usage).toEqual({
      ...usage,
      estimated: true,
    })
  })

  test('half a stop sequence at the end is text', () => {
    expect(run(['a <|im', '_e'], { stop: ['<|im_end|>'] }).result.text).toBe('a <|im_e')
  })

  test('half a think tag at the end is text, and not a stop sequence', () => {
    expect(run(['<thi'], { stop: ['<|im_end|>'] }).result.text).toBe('<thi')
    expect(run([' \n'], { stop: ['\n'] }).result.text).toBe(' ')
  })

  test('tags at the start of the text after a reasoning field: thinking, unless they repeat it', () => {
    const reasoning = { type: 'reasoning-delta', text: 'Greet them.' } as const
    for (const [text, expected] of [
      ['<think>Greet them.</think>Hi', 'Greet them.'],
      ['<think>\nGreet them.\n</think>\n\nHi', 'Greet them.'],
      ['<think>Be kind.</think>Hi', 'Greet them.Be kind.'],
    ] as const) {
      expect(run([reasoning, text]).result).toMatchObject({ reasoning: expected, text: 'Hi' })
      expect(run([reasoning, ...text]).result).toMatchObject({ reasoning: expected, text: 'Hi' })
    }
    const mirrored = ['Greet ', 'them.'].flatMap((text, index) => [
      { type: 'reasoning-delta', text } as const,
      index === 0 ? `<think>${text}` : text,
    ])
    expect(run([...mirrored, '</think>Hi']).result).toMatchObject({
      reasoning: 'Greet them.',
      text: 'Hi',
    })
    expect(run([reasoning, 'a <think>b</think>']).result.text).toBe('a <think>b</think>')
  })

  test('what was held before the vendor parts thinking is not lost', () => {
    const { result } = run(['<thi', { type: 'reasoning-delta', text: 'r' }, 'a'])
    expect(result).toMatchObject({ reasoning: 'r', text: '<thia' })
    const { events } = run(['\n', { type: 'reasoning-delta', text: 'r' }, 'a'])
    expect(types(events)).toEqual(['reasoning-delta', 'text-delta', 'usage', 'finish'])
  })

  test('a lone closing tag makes thinking of what is before it, where nothing was shown', () => {
    const lone = 'weigh it\n</think>\n\nThe answer'
    const whole = run([lone], { isBuffered: true }).result
    expect(whole).toMatchObject({ reasoning: 'weigh it\n', text: 'The answer' })
    expect(whole.message).toMatchObject({ content: 'The answer', reasoning_content: 'weigh it\n' })
    expect(run([lone]).result).toMatchObject({ reasoning: '', text: lone })
    expect(run([lone], { isBuffered: true, splitThink: false }).result.text).toBe(lone)
  })

  test('a template that opened the tag: thinking from the start, in a stream too', () => {
    const { events, result } = run(['weigh', ' it\n</th', 'ink>\n\nThe answer'], {
      opensThink: true,
    })
    expect(result).toMatchObject({ reasoning: 'weigh it\n', text: 'The answer' })
    expect(types(events).slice(0, 2)).toEqual(['reasoning-delta', 'reasoning-delta'])
  })

  test('an answer without any tag is an answer, though it comes late; cut by its length it is thinking', () => {
    const { events, result } = run(['The an', 'swer<|im_end|>'], {
      opensThink: true,
      stop: ['<|im_end|>'],
    })
    expect(result).toMatchObject({ reasoning: '', text: 'The answer' })
    expect(events).toContainEqual({ type: 'text-delta', text: 'The answer' })
    const cut = run(['weigh', finish('length')], { opensThink: true }).result
    expect(cut).toMatchObject({ reasoning: 'weigh', text: '' })
    const parted = run([{ type: 'reasoning-delta', text: 'r' }, 'a'], { opensThink: true }).result
    expect(parted).toMatchObject({ reasoning: 'r', text: 'a' })
  })

  test('no tags where they are disabled', () => {
    expect(run(['<think>a</think>b'], { splitThink: false }).result.text).toBe('<think>a</think>b')
  })
})

test('a result is a text as a string, plain data as a clone, and keeps sources and fields of the vendor', () => {
  const source = { url: 'https://a.example', title: 'A' }
  const { events, result } = run([
    'Hi',
    { type: 'source', source },
    finish('stop', { messageFields: { signature: 's' } }),
    finish('other', { messageFields: { more: 1 } }),
  ])
  expect(String(result)).toBe('Hi')
  expect(`${result as unknown as string}`).toBe('Hi')
  expect(result.sources).toEqual([source])
  expect(result.message).toEqual({ role: 'assistant', content: 'Hi', signature: 's', more: 1 })
  expect(structuredClone(events)).toEqual(events)
  expect(JSON.parse(JSON.stringify(events))).toEqual(events)
  expect(JSON.parse(JSON.stringify(result))).toEqual({ ...result })
})
