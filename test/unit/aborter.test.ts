import { expect, test } from 'vitest'
import { Aborter } from '../../src/aborter.ts'
import { abortOf } from '../../src/call.ts'
import { createCall } from '../../src/chat/create-call.ts'

test('Aborter calls each listener once, in order, the signal last, and none that was removed meanwhile', () => {
  const aborter = new Aborter()
  const calls: string[] = []
  const second = () => calls.push('second')
  aborter.addEventListener('abort', () => {
    calls.push('first')
    aborter.removeEventListener('abort', second)
    aborter.addEventListener('abort', () => calls.push('late'))
  })
  aborter.addEventListener('abort', second)
  aborter.signal.addEventListener('abort', () => calls.push('signal'))
  aborter.addEventListener('abort', () => calls.push('last'))
  aborter.abort('why')
  aborter.abort('again')
  expect(calls).toEqual(['first', 'last', 'signal'])
  expect(aborter).toMatchObject({ aborted: true, reason: 'why' })
  expect(aborter.signal).toMatchObject({ aborted: true, reason: 'why' })
})

test('Aborter creates one signal, also after it has aborted', () => {
  const early = new Aborter()
  const { signal } = early
  const late = new Aborter()
  for (const one of [early, late]) one.abort('why')
  expect(early.signal).toBe(signal)
  expect(late.signal).toBe(late.signal)
  for (const one of [signal, late.signal])
    expect(one).toMatchObject({ aborted: true, reason: 'why' })
})

test('a call shows a class the signal of its aborter, and keeps it in copies', () => {
  const aborter = new Aborter()
  const call = createCall(
    {
      config: { model: 'm' },
      provider: 'acme',
      model: 'm',
      request: { messages: [], options: { signal: AbortSignal.abort() }, stream: true },
      rawPrompt: undefined,
    },
    aborter,
  )
  expect(abortOf(call)).toBe(aborter)
  const { signal } = call
  expect(signal).toBeInstanceOf(AbortSignal)
  expect(Object.keys(call)).toContain('signal')
  const own = new AbortController()
  const copy = { ...call }
  const changed = { ...call, signal: own.signal }
  aborter.abort('why')
  expect(copy.signal).toBe(signal)
  expect(signal).toMatchObject({ aborted: true, reason: 'why' })
  expect(abortOf(copy)).toBe(signal)
  expect(abortOf(changed)).toBe(own.signal)
  expect(own.signal.aborted).toBe(false)
})
