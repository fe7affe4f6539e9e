import { expect, test } from 'vitest'
import { ChunkEncoder } from '../../../../../src/gateway/formats/chat-completions/encode.ts'
import type { StreamEvent } from '../../../../../src/event.ts'
import { checkBody } from '../../../../gateway/schema.ts'
import { finish, text, usage } from '../../../helpers.ts'

const head = { requestId: `req_${'0'.repeat(32)}`, created: 1, model: 'a "?" name', encoding: {} }

function encode(events: StreamEvent[], includeUsage = false): any[] {
  const encoder = new ChunkEncoder({ ...head, encoding: { includeUsage } })
  const body = events.map((event) => encoder.encode(event)).join('')
  checkBody(200, 'text/event-stream', body)
  const frames = body.split('\n\n').slice(0, -2)
  return frames.map((frame) => JSON.parse(frame.slice(6)))
}

const calls = (chunks: any[]) => chunks.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? [])

test('the role comes first, and the usage last where it was asked for', () => {
  const events: StreamEvent[] = [text('Hi'), { type: 'usage', usage }, finish()]
  const chunks = encode(events, true)
  expect(chunks.map(({ choices }) => choices[0]?.delta)).toEqual([
    { role: 'assistant', content: '' },
    { content: 'Hi' },
    {},
    undefined,
  ])
  expect(chunks.map(({ usage }) => usage)).toEqual([
    null,
    null,
    null,
    { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 },
  ])
  expect(encode(events).every((chunk) => !('usage' in chunk))).toBe(true)
  expect(chunks[0].model).toBe('a "?" name')
})

test('an answer without a word is whole too', () => {
  expect(encode([finish('length')]).at(-1).choices[0].finish_reason).toBe('length')
  expect(encode([finish('other')]).at(-1).choices[0].finish_reason).toBe('length')
})

test('the head of a call waits for its whole name, and every call gets an id', () => {
  const chunks = encode([
    { type: 'tool-call-delta', index: 3, name: 'get', argumentsDelta: '' },
    { type: 'tool-call-delta', index: 3, name: 'get_weather', argumentsDelta: '' },
    { type: 'tool-call-delta', index: 3, argumentsDelta: '{"a":1}' },
    {
      type: 'tool-call',
      index: 3,
      toolCall: { id: 'made', name: 'get_weather', arguments: { a: 1 }, argumentsText: '{"a":1}' },
    },
    finish('tool_calls'),
  ])
  const id = expect.stringMatching(/^call_[\da-z]{16}$/)
  expect(calls(chunks)).toEqual([
    { index: 0, id, type: 'function', function: { name: 'get_weather', arguments: '' } },
    { index: 0, function: { arguments: '{"a":1}' } },
  ])
})

test('a call whose name comes after its arguments waits for it', () => {
  const toolCall = { id: 'one', name: 'now', arguments: { a: 1 }, argumentsText: '{"a":1}' }
  const chunks = encode([
    { type: 'tool-call-delta', index: 0, id: 'one', argumentsDelta: '{"a"' },
    { type: 'tool-call-delta', index: 0, name: 'now', argumentsDelta: ':1}' },
    { type: 'tool-call', index: 0, toolCall },
    finish('tool_calls'),
  ])
  expect(calls(chunks)).toEqual([
    { index: 0, id: 'one', type: 'function', function: { name: 'now', arguments: '' } },
    { index: 0, function: { arguments: '{"a":1}' } },
  ])
})

test('a call that comes whole is sent whole, no arguments as an empty object', () => {
  const whole = (id: string, argumentsText: string, index?: number): StreamEvent => ({
    type: 'tool-call',
    ...(index !== undefined && { index }),
    toolCall: { id, name: 'now', arguments: {}, argumentsText },
  })
  const chunks = encode([
    { type: 'tool-call-delta', index: 0, id: 'one', name: 'now', argumentsDelta: ' ' },
    whole('one', ' ', 0),
    whole('two', '{"a":2}'),
    finish('tool_calls'),
  ])
  expect(calls(chunks).map((call) => call.id ?? call.function.arguments)).toEqual([
    'one',
    '{}',
    'two',
    '{"a":2}',
  ])
})

test('what a vendor wants back travels on the last chunk', () => {
  const encoder = new ChunkEncoder(head)
  const last = encoder.encode(finish('stop', { messageFields: { reasoning_details: [1] } }))
  expect(last).toContain('"delta":{"reasoning_details":[1]}')
})

test('pages that were found become annotations', () => {
  const source = { url: 'https://a.example', title: 'A' }
  const chunks = encode([{ type: 'source', source }, { type: 'source', source: {} }, finish()])
  expect(chunks[1].choices[0].delta.annotations).toEqual([
    { type: 'url_citation', url_citation: { ...source, start_index: 0, end_index: 0 } },
  ])
})

test('an answer that restarts is an error, except before its first text', () => {
  const failover = (action: 'next' | 'restart'): StreamEvent => ({
    type: 'failover',
    action,
    provider: 'b',
    model: 'b',
    error: { name: 'x', code: 'server_error', message: 'x', retryable: true },
    attempts: [],
  })
  expect(encode([failover('restart'), failover('next'), text('Hi'), finish()])).toHaveLength(3)
  const encoder = new ChunkEncoder(head)
  encoder.encode(text('Hi'))
  expect(() => encoder.encode(failover('restart'))).toThrow(/retract/)
  expect(() => encoder.encode(finish('error'))).toThrow('The model reported an error')
})
