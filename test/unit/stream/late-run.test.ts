/**
 * A run whose code loads with its first read: what ends while it loads, or never loads.
 */
import { describe, expect, test } from 'vitest'
import { StreamError, TimeoutError } from '../../../src/errors.ts'
import type { StreamEvent } from '../../../src/event.ts'
import type { Run } from '../../../src/stream/event-iterator.ts'
import { LateRun } from '../../../src/stream/late-run.ts'
import { emptyResult } from '../../../src/stream/to-result.ts'

const origin = { provider: 'openai', model: 'm' }
const pull = (run: Run) =>
  run.pull<readonly StreamEvent[] | undefined>(
    (events) => events,
    (error) => {
      throw error
    },
  )

/** A run that throws the reason of its cancellation, as `ChatRun` does, and records its calls. */
function recorder() {
  const seen: unknown[] = []
  let reason: unknown
  const run: Run = {
    pull: (onValue, onError) => {
      seen.push('pull')
      return Promise.resolve().then(() => (reason ? onError(reason) : onValue(undefined)))
    },
    return: async () => {},
    result: () => emptyResult(origin),
    cancel(given) {
      seen.push(['cancel', given])
      reason = given
    },
  }
  return { run, seen }
}

function loader() {
  const { promise, resolve, reject } = deferred<Run>()
  return { load: () => promise, resolve, reject }
}

function deferred<T>() {
  let resolve!: (value: T) => void, reject!: (error: unknown) => void
  const promise = new Promise<T>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve, reject }
}

describe('canceled while the code loads', () => {
  for (const way of ['cancel', 'signal'] as const) {
    test(`by ${way}: rejects at once, and the loaded run reports it`, async () => {
      const { run, seen } = recorder()
      const { load, resolve } = loader()
      const controller = new AbortController()
      const late = new LateRun({ load, origin, signal: controller.signal })
      const reading = pull(late)
      const reason = new Error('left')
      if (way === 'cancel') late.cancel(reason)
      else controller.abort(reason)
      await expect(reading).rejects.toBe(reason)
      expect(seen).toEqual([])
      resolve(run)
      await expect.poll(() => seen).toEqual([['cancel', reason], 'pull'])
    })

    test(`by ${way}: tells the source, which closes what is open`, async () => {
      const controller = new AbortController()
      const told: unknown[] = []
      const { load, reject } = loader()
      const onCancel = (reason: unknown) => void told.push(reason)
      const late = new LateRun({ load, onCancel, signal: controller.signal })
      const reading = pull(late)
      const reason = new Error('left')
      if (way === 'cancel') late.cancel(reason)
      else controller.abort(reason)
      await expect(reading).rejects.toBe(reason)
      expect(new Set(told)).toEqual(new Set([reason]))
      reject(new Error('offline')) // must not be an unhandled rejection
    })
  }

  test('by the total timeout: the error holds origin and partial result', async () => {
    const { load } = loader()
    const error = await pull(new LateRun({ load, origin, limit: 5 })).catch((thrown) => thrown)
    expect(error).toBeInstanceOf(TimeoutError)
    expect(error).toMatchObject({ which: 'total', provider: 'openai', partial: { text: '' } })
  })
})

describe('code that cannot be loaded', () => {
  const offline = () => new StreamError('connection_failed', 'Could not load a part of chatwire')

  test('the error holds origin and partial result, and the source is told', async () => {
    const told: unknown[] = []
    const onCancel = (reason: unknown) => void told.push(reason)
    const late = new LateRun({ load: () => Promise.reject(offline()), origin, onCancel })
    const error = await pull(late).catch((thrown) => thrown)
    expect(error).toMatchObject({
      code: 'connection_failed',
      provider: 'openai',
      partial: { text: '', model: 'm' },
    })
    expect(told).toEqual([error])
  })

  for (const way of ['cancel', 'signal'] as const)
    test(`an abort by ${way} before the first read keeps its reason`, async () => {
      const reason = new Error('left')
      const controller = new AbortController()
      const load = () => Promise.reject(offline())
      const late = new LateRun({ load, signal: controller.signal })
      if (way === 'cancel') late.cancel(reason)
      else controller.abort(reason)
      await expect(pull(late)).rejects.toBe(reason)
    })
})
