import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ToolCallDelta } from '../../../src/event.ts'
import { ToolAssembler, toToolCall } from '../../../src/stream/tool-call-assembler.ts'
import { cutText } from '../helpers.ts'

const delta = (index: number, argumentsDelta: string, more = {}): ToolCallDelta => ({
  type: 'tool-call-delta',
  index,
  argumentsDelta,
  ...more,
})
const whole = (id: string, name: string, argumentsText = '{}') =>
  toToolCall(id, name, argumentsText)

describe('toToolCall()', () => {
  test.each([
    ['{"a":1}', { a: 1 }],
    ['', {}],
    [' \n', {}],
    ['null', {}],
    ['"{\\"a\\":1}"', { a: 1 }],
    ['""', {}],
    [' {"a":{"b":[1]}} ', { a: { b: [1] } }],
  ])('reads %j', (text, members) => {
    const call = toToolCall('c', 'f', text)
    expect(call).toEqual({ id: 'c', name: 'f', arguments: members, argumentsText: text })
  })

  test.each(['{"a":', '[1]', '5', 'true', '"words"', '"[1]"', '{a:1}', '{"a":1}{"b":2}'])(
    'marks %j as invalid',
    (text) => {
      const call = toToolCall('c', 'f', text)
      expect(call).toMatchObject({
        arguments: {},
        argumentsText: text,
        invalid: expect.stringMatching(/JSON/),
      })
    },
  )

  test('gives an id that every server takes to a call without one', () => {
    const ids = new Set(Array.from({ length: 500 }, () => toToolCall('', 'f', '').id))
    expect(ids.size).toBe(500)
    for (const id of ids) expect(id).toMatch(/^[a-zA-Z0-9_]{9,40}$/)
  })
})

describe('ToolAssembler', () => {
  test('puts calls together however their pieces are cut and mixed', () => {
    const property = fc.property(
      fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { minLength: 1, maxLength: 3 }),
      fc.array(fc.nat(80), { maxLength: 5 }),
      (objects, cuts) => {
        const tools = new ToolAssembler()
        const texts = objects.map((object) => JSON.stringify(object))
        const queues = texts.map((text, index) => [
          delta(index, '', { id: `c${index}`, name: `f${index}` }),
          ...cutText(text, cuts).map((piece) => delta(index, piece)),
        ])
        while (queues.some((queue) => queue.length > 0))
          for (const queue of queues)
            if (queue.length > 0) tools.add(queue.shift() as ToolCallDelta)
        expect(tools.calls()).toEqual(
          texts.map((text, index) => toToolCall(`c${index}`, `f${index}`, text)),
        )
      },
    )
    fc.assert(property, { numRuns: 100 })
  })

  test('orders by index, and leaves out pieces without a name', () => {
    const tools = new ToolAssembler()
    tools.add(delta(2, '{}', { id: 'c', name: 'third' }))
    tools.add(delta(0, '{}', { id: 'a', name: 'first' }))
    tools.add(delta(1, '{}'))
    expect(tools.calls().map(({ name }) => name)).toEqual(['first', 'third'])
  })

  test('takes id and name that come late, and keeps an id that it made', () => {
    const tools = new ToolAssembler()
    tools.add(delta(0, '{"a":'))
    tools.add(delta(0, '1}', { name: 'f' }))
    const [first] = tools.calls()
    expect(first).toMatchObject({ name: 'f', arguments: { a: 1 } })
    expect(tools.calls()[0]?.id).toBe(first?.id)
  })

  test('replaces pieces by the whole call that bears their id', () => {
    const tools = new ToolAssembler()
    tools.add(delta(0, '{"a"', { id: 'a', name: 'f' }))
    tools.add(delta(1, '{"b"', { id: 'b', name: 'g' }))
    tools.addWhole(whole('a', 'f', '{"a":1}'))
    tools.addWhole(whole('b', 'g', '{"b":2}'))
    tools.add(delta(0, ':1}'))
    expect(tools.calls()).toEqual([whole('a', 'f', '{"a":1}'), whole('b', 'g', '{"b":2}')])
  })

  test('never doubles a call whose pieces bore no id', () => {
    const tools = new ToolAssembler()
    tools.add(delta(0, '{}', { name: 'f' }))
    tools.addWhole(whole('made', 'f'))
    expect(tools.calls()).toEqual([whole('made', 'f')])
  })

  test('never loses or doubles a whole call beside pieces of another', () => {
    const tools = new ToolAssembler()
    tools.addWhole(whole('w', 'f'))
    tools.add(delta(0, '{}', { id: 'd', name: 'g' }))
    tools.addWhole(whole('x', 'h'))
    expect(
      tools
        .calls()
        .map(({ id }) => id)
        .sort(),
    ).toEqual(['d', 'w', 'x'])
  })

  test('marks every call of a reply that was cut, and only then', () => {
    const tools = new ToolAssembler()
    tools.add(delta(0, '{}', { id: 'a', name: 'f' }))
    tools.addWhole(whole('b', 'g'))
    expect(tools.calls('cut').map(({ invalid }) => invalid)).toEqual(['cut', 'cut'])
    expect(tools.calls().map(({ invalid }) => invalid)).toEqual([undefined, undefined])
  })
})

test('a partial result that needed an id does not double the tool call', () => {
  const tools = new ToolAssembler()
  tools.add(delta(0, '{"a":1}', { name: 'f' }))
  expect(tools.calls()).toHaveLength(1)
  tools.addWhole(whole('call_1', 'f', '{"a":1}'))
  expect(tools.calls()).toMatchObject([{ id: 'call_1', name: 'f' }])
})
