import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { PingReader } from '../../../src/async/ping-reader.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A source that answers when the test says so. */
function createSource() {
  const asked: { resolve: (value: string) => void; reject: (error: unknown) => void }[] = []
  const source = () =>
    new Promise<string>((resolve, reject) => {
      asked.push({ resolve, reject })
    })
  return { asked, source }
}

const readerOf = (source: () => Promise<string>, interval: number | false) =>
  new PingReader<string>((onValue, onError) => source().then(onValue, onError), interval, 'ping')

test('returns values, and a ping for each silence', async () => {
  const { asked, source } = createSource()
  const reader = readerOf(source, 1000)
  const first = reader.read()
  asked[0]?.resolve('a')
  expect(await first).toBe('a')
  await vi.advanceTimersByTimeAsync(900)
  const second = reader.read()
  await vi.advanceTimersByTimeAsync(999)
  let isSettled = false
  void second.then(() => (isSettled = true))
  await vi.advanceTimersByTimeAsync(0)
  expect(isSettled).toBe(false)
  await vi.advanceTimersByTimeAsync(1)
  expect(await second).toBe('ping')
  const third = reader.read()
  expect(asked).toHaveLength(2)
  await vi.advanceTimersByTimeAsync(1000)
  expect(await third).toBe('ping')
  const fourth = reader.read()
  asked[1]?.resolve('b')
  expect(await fourth).toBe('b')
  reader.stop()
  expect(vi.getTimerCount()).toBe(0)
})

test('keeps what comes after a ping for the next read, values and errors', async () => {
  const { asked, source } = createSource()
  const reader = readerOf(source, 1000)
  const pinged = reader.read()
  await vi.advanceTimersByTimeAsync(1000)
  expect(await pinged).toBe('ping')
  asked[0]?.resolve('late')
  await vi.advanceTimersByTimeAsync(5000)
  expect(await reader.read()).toBe('late')
  const again = reader.read()
  await vi.advanceTimersByTimeAsync(1000)
  expect(await again).toBe('ping')
  asked[1]?.reject(new Error('broken'))
  await vi.advanceTimersByTimeAsync(5000)
  await expect(reader.read()).rejects.toThrow('broken')
})

test('sets one timer for all reads, and none that outlives a stream that is not read', async () => {
  const set = vi.spyOn(globalThis, 'setTimeout')
  const reader = readerOf(() => Promise.resolve('a'), 1000)
  for (let read = 0; read < 100; read++) expect(await reader.read()).toBe('a')
  expect(set).toHaveBeenCalledTimes(1)
  await vi.advanceTimersByTimeAsync(5000)
  expect(vi.getTimerCount()).toBe(0)
})

test('passes values on without a timer if there is no interval', async () => {
  const reader = readerOf(() => Promise.resolve('a'), false)
  expect(await reader.read()).toBe('a')
  expect(vi.getTimerCount()).toBe(0)
})
