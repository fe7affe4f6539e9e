import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { StreamEvent } from '../../../../src/event.ts'
import { ChatCompletionDecoder } from '../../../../src/wire/openai/decode.ts'
import { call } from '../../helpers.ts'

const text = fc.constantFrom(
  'a',
  ' b',
  '',
  '"',
  '\\',
  '\n',
  'ü',
  '<think>',
  '[DONE]',
  'long enough text',
)
const delta = fc.oneof(
  { weight: 12, arbitrary: text.map((content) => ({ content })) },
  text.map((content) => ({ content, role: 'assistant' })),
  text.map((content) => ({ content, reasoning_content: null })),
  text.map((reasoning_content) => ({ content: null, reasoning_content })),
  text.map((content) => ({ content, reasoning_content: 'same' })),
  text.map((content) => ({
    content,
    reasoning_details: [{ type: 'reasoning.text', text: 'same' }],
  })),
  text.map((content) => ({
    content,
    annotations: [{ type: 'url_citation', url_citation: { url: 'https://a.b' } }],
  })),
  text.map((part) => ({
    tool_calls: [{ index: 0, id: 'c', function: { name: 'f', arguments: part } }],
  })),
  text.map((refusal) => ({ refusal })),
)
const chunk = fc.oneof(
  { weight: 12, arbitrary: delta.map((delta) => ({ id: 'x', choices: [{ index: 0, delta }] })) },
  delta.map((delta) => ({
    id: 'x',
    choices: [{ index: 0, delta }],
    usage: { prompt_tokens: 1, completion_tokens: 1 },
  })),
  delta.map((delta) => ({
    id: 'x',
    choices: [
      { index: 1, delta },
      { index: 0, delta },
    ],
  })),
  delta.map((delta) => ({ id: 'x', choices: [{ index: 0, delta, finish_reason: 'stop' }] })),
)

test('chunks that are alike become the events that they become one by one', () => {
  fc.assert(
    fc.property(
      fc.array(chunk, { minLength: 4, maxLength: 24 }),
      fc.boolean(),
      (chunks, keepDetails) => {
        const fast = new ChatCompletionDecoder(call(), { keepDetails })
        const plain = new ChatCompletionDecoder(call(), { keepDetails })
        for (const one of chunks) {
          const [got, expected]: [StreamEvent[], StreamEvent[]] = [[], []]
          const data = JSON.stringify(one)
          fast.push({ data }, got)
          plain.read(JSON.parse(data), expected, { data })
          expect(got).toEqual(expected)
        }
        const [got, expected]: [StreamEvent[], StreamEvent[]] = [[], []]
        const ends = [fast, plain].map((decoder, index) => {
          try {
            decoder.end(index === 0 ? got : expected)
            return undefined
          } catch (error) {
            return String(error)
          }
        })
        expect(ends[0]).toBe(ends[1])
        expect(got).toEqual(expected)
      },
    ),
    { numRuns: 500 },
  )
})
