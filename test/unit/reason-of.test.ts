import { expect, test } from 'vitest'
import { failover } from '../../src/failover/failover.ts'
import { reasonOf } from '../../src/reason-of.ts'
import { failure, model, saying, text } from './helpers.ts'

const cycle: Record<string, unknown> = Object.create(null)
cycle.self = cycle
const throwsAsText = {
  toJSON() {
    throw new Error('no')
  },
}

test.each([
  ['an error', new TypeError('broken'), 'broken'],
  ['an error without a message', new RangeError(''), 'RangeError'],
  ['an object with a message', { message: 'full', code: 3 }, 'full'],
  ['another object', Object.assign(Object.create(null), { status: 503 }), '{"status":503}'],
  ['a large object', { text: 'x'.repeat(9000) }, `{"text":"${'x'.repeat(491)}`],
  ['a string', 'busy', 'busy'],
  ['a symbol', Symbol('s'), 'Symbol(s)'],
  ['nothing', undefined, 'undefined'],
  ['a cycle', cycle, 'no reason given'],
  ['an object that refuses', throwsAsText, 'no reason given'],
])('the reason of %s', (_what, thrown, reason) => {
  expect(reasonOf(thrown)).toBe(reason)
})

test('whatever a model throws is an error with a code, and the next model is asked', async () => {
  for (const thrown of [{ status: 503 }, Object.create(null), cycle]) {
    const broken = model(async function* () {
      yield '' // no event, so the next model may answer
      throw thrown
    })
    const error = await failure(() => broken.chat('Hi'))
    expect(error.code).toBe('server_error')
    expect(error.cause).toBe(thrown)
    expect((await failover([broken, saying([text('Hello')])]).chat('Hi')).text).toBe('Hello')
  }
})
