import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { BaseChatModel } from '../../../src/chat/base.ts'
import { CircuitBreaker } from '../../../src/failover/circuit-breaker.ts'
import { failover } from '../../../src/failover/failover.ts'
import type { ErrorCode } from '../../../src/error-code.ts'
import { ConfigError, ServiceError, StreamError } from '../../../src/errors.ts'
import { failure, model } from '../helpers.ts'

await import('../loaded.ts')

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] }))
afterEach(() => void vi.useRealTimers())

const busy = (retryAfter?: number) => new ServiceError('overloaded', 'Busy', { retryAfter })
const pass = (ms: number) => vi.setSystemTime(Date.now() + ms)

/** A model that fails as long as `error` is set. */
function moody(name: string, error?: unknown) {
  const made = { asked: 0, error, llm: undefined as unknown as BaseChatModel }
  made.llm = model(
    async function* () {
      made.asked++
      if (made.error !== undefined) throw made.error
      yield name
    },
    { modelServer: name, maxRetries: 0 },
  )
  return made
}

async function ask(llm: BaseChatModel, times = 1): Promise<string> {
  let text = ''
  for (let time = 0; time < times; time++) text += (await llm.chat('x')).text
  return text
}

describe('a model that keeps failing', () => {
  test('is left alone for a while, then tried by one call, and kept once it is well', async () => {
    const a = moody('a', busy())
    const b = moody('b')
    const llm = failover([a.llm, b.llm])
    expect(await ask(llm, 3)).toBe('bbb')
    expect(a.asked).toBe(3)
    expect((await llm.chat('x')).attempts).toMatchObject([{ provider: 'b' }])
    pass(29_999)
    expect(await ask(llm, 2)).toBe('bb')
    expect(a.asked).toBe(3)
    pass(1)
    expect(await ask(llm, 3)).toBe('bbb')
    expect(a.asked).toBe(4) // tried once, and left alone again
    pass(30_000)
    a.error = undefined
    expect(await ask(llm, 3)).toBe('aaa')
    a.error = busy()
    expect(await ask(llm, 3)).toBe('bbb')
    expect(a.asked).toBe(10) // it had a new start
    expect(await ask(llm)).toBe('b')
    expect(a.asked).toBe(10)
  })

  test('as often and as long as configured', async () => {
    const a = moody('a', busy())
    const llm = failover([a.llm, moody('b').llm], { maxFailures: 1, coolDown: 500 })
    await ask(llm, 2)
    expect(a.asked).toBe(1)
    pass(500)
    await ask(llm, 2)
    expect(a.asked).toBe(2)
  })

  test('is left alone as long as its server asks, at once; and not for ever', async () => {
    const a = moody('a', busy(5000))
    const llm = failover([a.llm, moody('b').llm])
    await ask(llm, 2)
    expect(a.asked).toBe(1)
    pass(5000)
    await ask(llm)
    expect(a.asked).toBe(2)
    a.error = busy(1e12)
    pass(5000)
    await ask(llm, 2)
    expect(a.asked).toBe(3)
    pass(3_600_000)
    a.error = busy(60_000)
    await ask(llm)
    expect(a.asked).toBe(4)
    pass(59_999) // longer than the cool-down
    await ask(llm)
    expect(a.asked).toBe(4)
  })

  test('a flapping primary is asked every time', async () => {
    const a = moody('a')
    const llm = failover([a.llm, moody('b').llm])
    let text = ''
    for (let time = 0; time < 12; time++) {
      a.error = time % 3 === 2 ? undefined : busy()
      text += await ask(llm)
    }
    expect(text).toBe('bbabbabbabba')
    expect(a.asked).toBe(12)
  })

  test('a primary that begins and is cut has failed too', async () => {
    let asked = 0
    const cutting = model(async function* () {
      asked++
      yield 'half'
      throw new StreamError('connection_lost', 'lost', { retryable: false })
    })
    const llm = failover([cutting, moody('b').llm], { onCut: 'restart' })
    for (let time = 0; time < 5; time++) {
      expect((await llm.chat({ prompt: 'x', stream: true }).result()).text).toBe('b')
    }
    expect(asked).toBe(3)
  })

  test('while one call tries it, the others go by', async () => {
    let release = () => {}
    const a = moody('a', busy())
    let tries = 0
    const slow = model(async function* () {
      tries++
      if (a.error) throw a.error
      await new Promise<void>((resolve) => (release = resolve))
      yield 'a'
    })
    const llm = failover([slow, moody('b').llm], { maxFailures: 1 })
    await ask(llm)
    a.error = undefined
    pass(30_000)
    const trial = llm.chat('x')
    expect(await ask(llm, 2)).toBe('bb')
    expect(tries).toBe(2)
    release()
    expect((await trial).text).toBe('a')
    const next = llm.chat('x')
    await vi.advanceTimersByTimeAsync(0)
    release()
    expect((await next).text).toBe('a')
  })

  test('a trial that its caller gave up says nothing of it', async () => {
    const a = moody('a', busy())
    let hangs = false
    const hanging = model(async function* () {
      a.asked++
      if (hangs) await new Promise(() => {})
      yield ''
      throw busy()
    })
    const llm = failover([hanging, moody('b').llm], { maxFailures: 1 })
    await ask(llm)
    pass(30_000)
    hangs = true
    const controller = new AbortController()
    const pending = failure(() => llm.chat({ prompt: 'x', signal: controller.signal }))
    await vi.advanceTimersByTimeAsync(0)
    controller.abort('mine')
    expect(await pending).toBe('mine')
    await vi.advanceTimersByTimeAsync(0)
    hangs = false
    await ask(llm)
    expect(a.asked).toBe(3)
  })

  test('a trial that its caller gave up does not undo what another one found', () => {
    const { llm } = moody('a')
    const [well, ill] = [1, 2].map(() => new CircuitBreaker(llm, { maxFailures: 1 }))
    for (const breaker of [well!, ill!]) {
      breaker.beginAttempt()(busy())
      const [other, abandoned] = [breaker.beginAttempt(), breaker.beginAttempt()]
      other(breaker === well ? 'ok' : busy(600_000))
      abandoned(undefined)
    }
    expect([well!.openFrom, ill!.openFrom]).toEqual([0, Date.now() + 600_000])
  })

  test('counts where the total limit of the failover ran out', async () => {
    let asked = 0
    const hanging = model(async function* () {
      asked++
      await new Promise(() => {})
      yield ''
    })
    const llm = failover([hanging, moody('b').llm], { totalTimeout: 1000, maxFailures: 1 })
    const pending = failure(() => llm.chat('x'))
    await vi.advanceTimersByTimeAsync(1000)
    expect(await pending).toMatchObject({ code: 'timeout', which: 'total' })
    expect(await ask(llm)).toBe('b')
    expect(asked).toBe(1)
  })
})

test('where all are left alone, the first to come back is asked, and no other', async () => {
  const a = moody('a', busy())
  const b = moody('b', busy())
  const llm = failover([a.llm, b.llm], { maxFailures: 1 })
  b.error = busy(60_000)
  expect(await failure(() => ask(llm))).toMatchObject({ provider: 'b' })
  pass(1000)
  expect(await failure(() => ask(llm))).toMatchObject({ provider: 'a' })
  expect([a.asked, b.asked]).toEqual([2, 1])
  a.error = undefined
  expect(await ask(llm)).toBe('a')
  const [one, two] = [moody('one', busy()), moody('two', busy())]
  const together = failover([one.llm, two.llm], { maxFailures: 1 })
  await failure(() => ask(together)) // both come back at the same moment
  await failure(() => ask(together))
  expect([one.asked, two.asked]).toEqual([2, 1])
})

test.each<ErrorCode>(['context_length', 'content_filter', 'bad_request'])(
  'a server that refuses one request (%s) is well',
  async (code) => {
    const a = moody('a', new ServiceError(code as 'bad_request', 'No'))
    const llm = failover([a.llm, moody('b').llm], { maxFailures: 1 })
    for (let time = 0; time < 3; time++) await ask(llm).catch(() => {})
    expect(a.asked).toBe(3)
  },
)

test('what is wrong before anything is sent says nothing of a server', async () => {
  const a = moody('a', new ConfigError('missing_api_key', 'No key'))
  const llm = failover([a.llm, moody('b').llm], { maxFailures: 1 })
  expect(await ask(llm, 3)).toBe('bbb')
  expect(a.asked).toBe(3)
})

test('two failovers of one model do not share their memory', async () => {
  const a = moody('a', busy())
  const b = moody('b')
  const [one, two] = [1, 2].map(() => failover([a.llm, b.llm], { maxFailures: 1 }))
  await ask(one!, 2)
  await ask(two!, 2)
  expect(a.asked).toBe(2)
})
