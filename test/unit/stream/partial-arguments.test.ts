import { expect, test } from 'vitest'
import type { StreamEvent, ToolCallDelta } from '../../../src/event.ts'
import { PartialArguments } from '../../../src/stream/partial-arguments.ts'
import { cutText, finish, text } from '../helpers.ts'

const delta = (index: number, argumentsDelta: string, more = {}): ToolCallDelta => ({
  type: 'tool-call-delta',
  index,
  argumentsDelta,
  ...more,
})

test('PartialArguments lets the arguments grow in place, piece by piece', () => {
  const calls = new PartialArguments()
  const first = calls.push(delta(0, '', { id: 'a', name: 'weather' }))
  expect(first).toEqual({ index: 0, id: 'a', name: 'weather', arguments: {} })
  const grown = cutText('{"city":"Oslo","days":[1,2]}').map((piece) => {
    const call = calls.push(delta(0, piece))
    expect(call).toBe(first)
    return JSON.stringify(call?.arguments)
  })
  expect([...new Set(grown)]).toEqual([
    '{}',
    '{"city":""}',
    '{"city":"O"}',
    '{"city":"Os"}',
    '{"city":"Osl"}',
    '{"city":"Oslo"}',
    '{"city":"Oslo","days":[]}',
    '{"city":"Oslo","days":[1]}',
    '{"city":"Oslo","days":[1,2]}',
  ])
})

test('PartialArguments keeps parallel calls apart, and those of the next reply', () => {
  const calls = new PartialArguments()
  const one = calls.push(delta(0, '{"a":1', { id: 'a', name: 'f' }))
  const two = calls.push(delta(1, '{"b":2', { id: 'b', name: 'g' }))
  calls.push(delta(0, '}'))
  calls.push(delta(1, '}'))
  expect([one?.arguments, two?.arguments]).toEqual([{ a: 1 }, { b: 2 }])
  const again = calls.push(delta(0, '{"c":3}', { id: 'c', name: 'f' }))
  expect(again).toEqual({ index: 0, id: 'c', name: 'f', arguments: { c: 3 } })
  expect(one?.arguments).toEqual({ a: 1 })
})

test('PartialArguments begins anew where the reply does', () => {
  const restart = { type: 'failover', action: 'restart' } as StreamEvent
  for (const event of [finish('tool_calls'), restart, { type: 'step', step: 2 } as never]) {
    const calls = new PartialArguments()
    calls.push(delta(0, '{"a":', { name: 'f' }))
    expect(calls.push(event)).toBeUndefined()
    expect(calls.push(delta(0, '{"b":2}', { name: 'f' }))?.arguments).toEqual({ b: 2 })
  }
})

test('PartialArguments passes over other events, and shows nothing that is not an object', () => {
  const calls = new PartialArguments()
  expect(calls.push(text('{"a":1}'))).toBeUndefined()
  for (const broken of ['"twice"', '[1]', 'null', 'nonsense']) {
    const call = calls.push(delta(0, broken, { id: broken, name: 'f' }))
    expect(call?.arguments).toEqual({})
  }
  const cut = calls.push(delta(1, '{"a":1,oops', { id: 'x', name: 'f' }))
  expect(cut?.arguments).toEqual({ a: 1 })
  expect(calls.push(delta(1, '"b":2}'))?.arguments).toEqual({ a: 1 })
})
