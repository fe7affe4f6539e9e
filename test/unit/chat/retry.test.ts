import { afterEach, describe, expect, test, vi } from 'vitest'
import { retryDelay, wait } from '../../../src/chat/retry.ts'
import { ServiceError, StreamError, TimeoutError } from '../../../src/errors.ts'
import type { StreamEvent } from '../../../src/event.ts'
import type { ModelConfig } from '../../../src/options.ts'
import { all, countedSignal, failure, finish, model, text, usage } from '../helpers.ts'

afterEach(() => void vi.useRealTimers())

const busy = (details = {}) =>
  new ServiceError('overloaded', 'Busy', { retryable: true, retryAfter: 1, ...details })

/** A model that fails with these errors, one each try, and then answers. */
function failing(
  errors: readonly unknown[],
  config: Partial<ModelConfig> = {},
  first: readonly unknown[] = [],
) {
  const made = { tries: 0, llm: undefined as unknown as ReturnType<typeof model> }
  made.llm = model(async function* () {
    const error = errors[made.tries++]
    if (error !== undefined) {
      yield* first
      throw error
    }
    yield 'answer'
  }, config)
  return made
}

describe('a call is tried again', () => {
  test.each([
    ['a bad status', busy()],
    ['a refused connection', new StreamError('connection_failed', 'no')],
    ['a body that dies', new StreamError('connection_lost', 'no')],
    ['a body that stalls', new TimeoutError('idle', 5)],
  ])('after %s', async (_what, error) => {
    vi.useFakeTimers()
    const made = failing([error])
    const pending = made.llm.chat('Hi')
    await vi.advanceTimersByTimeAsync(1000)
    const result = await pending
    expect(result).toMatchObject({
      text: 'answer',
      attempts: [{ error: { code: error.code }, provider: 'acme', model: 'acme-1' }, {}],
    })
    expect('error' in result.attempts[1]!).toBe(false)
    expect(made.tries).toBe(2)
  })

  test.each([
    [0, 1],
    [1, 2],
    [2, 3],
    [undefined, 3],
    [5, 6],
  ])('%j times at the most, whatever fails', async (maxRetries, tries) => {
    const errors = [
      busy(),
      new StreamError('connection_lost', 'no', {}),
      busy(),
      busy(),
      busy(),
      busy(),
      busy(),
    ]
    vi.useFakeTimers()
    const made = failing(errors, { maxRetries })
    const pending = failure(() => made.llm.chat('Hi'))
    await vi.advanceTimersByTimeAsync(60_000)
    expect(await pending).toBe(errors[tries - 1])
    expect(made.tries).toBe(tries)
  })

  test.each([
    ['text', ['a']],
    ['thinking', [{ type: 'reasoning-delta', text: 'a' }]],
    [
      'a piece of a tool call',
      [{ type: 'tool-call-delta', index: 0, name: 'f', argumentsDelta: '' }],
    ],
  ])('never after %s', async (_what, first) => {
    const made = failing([busy()], {}, first)
    const stream = made.llm.chat({ prompt: 'Hi', stream: true })
    const events: StreamEvent[] = []
    const error = await failure(async () => {
      for await (const event of stream.events()) events.push(event)
    })
    expect(error.message).toBe('Busy')
    expect(events).toHaveLength(1)
    expect(made.tries).toBe(1)
  })

  test('where nothing of it was seen, and the next try begins from nothing', async () => {
    const made = failing([busy()], {}, ['<thi', { type: 'usage', usage }])
    const result = await made.llm.chat('Hi')
    expect(result).toMatchObject({ text: 'answer', reasoning: '', usage: { estimated: true } })
    expect(made.tries).toBe(2)
  })

  test.each([
    ['a bad request', new ServiceError('bad_request', 'no')],
    ['a bad key', new ServiceError('authentication', 'no')],
    ['an empty account', new ServiceError('insufficient_quota', 'no')],
    ['a filtered prompt', new ServiceError('content_filter', 'no')],
    ['a prompt too long', new ServiceError('context_length', 'no')],
    ['the total limit', new TimeoutError('total', 5)],
    ['a frame too large', new StreamError('frame_too_large', 'no')],
    ['a mistake of the class', new TypeError('x is not a function')],
  ])('never after %s', async (_what, thrown) => {
    const made = failing([thrown])
    await failure(() => made.llm.chat('Hi'))
    expect(made.tries).toBe(1)
  })

  test('not where what broke came after the end', async () => {
    const made = failing([busy()], {}, [[text('a'), finish()]])
    expect((await made.llm.chat('Hi')).text).toBe('a')
    expect(made.tries).toBe(1)
  })

  test('with an event and a callback', async () => {
    const told: unknown[] = []
    const made = failing([busy({ requestId: 'r' }), busy()], {
      callbacks: { onLLMRetry: (info) => told.push(info) },
    })
    const events = await all(made.llm.chat({ prompt: 'Hi', stream: true }).events())
    expect(events.slice(0, 2)).toEqual(
      [1, 2].map((attempt) => ({
        type: 'retry',
        attempt,
        delayMs: expect.any(Number),
        error: expect.objectContaining({ code: 'overloaded', provider: 'acme' }),
      })),
    )
    expect(told).toMatchObject([
      { attempt: 1, retriesLeft: 1, error: { requestId: 'r' } },
      { attempt: 2, retriesLeft: 0 },
    ])
    expect(Object.isFrozen(told[0])).toBe(true)
  })
})

describe('the wait', () => {
  test('doubles, is jittered by up to a quarter, and is capped', () => {
    for (const [attempt, most] of [
      [1, 500],
      [2, 1000],
      [3, 2000],
      [5, 8000],
      [9, 8000],
    ] as const) {
      const waits = Array.from(
        { length: 200 },
        () => retryDelay(new StreamError('connection_lost', 'no'), attempt) as number,
      )
      expect(Math.max(...waits)).toBeLessThanOrEqual(most)
      expect(Math.min(...waits)).toBeGreaterThanOrEqual(most * 0.75)
      expect(new Set(waits).size).toBeGreaterThan(100)
    }
  })

  test('is what the server asks, or up to a quarter more; beyond a minute none at all', async () => {
    const { random } = Math
    for (const [value, factor] of [
      [0, 1],
      [1, 1.25],
    ] as const) {
      Math.random = () => value
      // No wait at all would spend every try within milliseconds.
      expect([1, 2, 3].map((attempt) => retryDelay(busy({ retryAfter: 0 }), attempt))).toEqual(
        [100, 200, 400].map((ms) => ms * factor),
      )
      expect(retryDelay(busy({ retryAfter: 60_000 }), 1)).toBe(60_000 * factor)
    }
    Math.random = random
    expect(retryDelay(busy({ retryAfter: 60_001 }), 1)).toBeUndefined()
    expect(retryDelay(busy({ retryAfter: Infinity }), 1)).toBeUndefined()
    const made = failing([busy({ retryAfter: 61_000 })])
    expect(await failure(() => made.llm.chat('Hi'))).toMatchObject({
      retryAfter: 61_000,
      retryable: true,
    })
    expect(made.tries).toBe(1)
  })

  test('ends at once with the reason of an abort, and the total limit', async () => {
    for (const config of [{}, { totalTimeout: 20 }]) {
      const { controller, listeners } = countedSignal()
      const made = failing([busy({ retryAfter: 30_000 })], config)
      const pending = failure(() => made.llm.chat({ prompt: 'Hi', signal: controller.signal }))
      const reason = new Error('enough')
      if (!('totalTimeout' in config)) setTimeout(() => controller.abort(reason), 10)
      const error = await pending
      if ('totalTimeout' in config) expect(error).toMatchObject({ code: 'timeout', which: 'total' })
      else expect(error).toBe(reason)
      expect(made.tries).toBe(1)
      expect(listeners()).toBe(0)
    }
  })

  test('leaves neither timer nor listener', async () => {
    vi.useFakeTimers()
    const { controller, listeners } = countedSignal()
    const done = wait(50, controller.signal)
    expect(listeners()).toBe(1)
    await vi.advanceTimersByTimeAsync(50)
    await done
    const stopped = failure(() => wait(50, controller.signal))
    controller.abort('no')
    expect(await stopped).toBe('no')
    expect(await failure(() => wait(50, controller.signal))).toBe('no')
    expect(vi.getTimerCount()).toBe(0)
  })
})
