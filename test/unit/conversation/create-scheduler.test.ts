import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createScheduler } from '../../../src/conversation/create-scheduler.ts'

let clock = 0
let frames: (() => void)[] = []
let updates: number[] = []
const update = () => void updates.push(clock)

/** Draws a frame that takes this long. */
function draw(ms = 0): void {
  for (const frame of frames.splice(0)) frame()
  clock += ms
  vi.advanceTimersByTime(0)
}

beforeEach(() => {
  clock = 0
  frames = []
  updates = []
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  vi.stubGlobal('performance', { now: () => clock })
  vi.stubGlobal('requestAnimationFrame', (frame: () => void) => frames.push(frame))
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

test('a page updates in its next frame', () => {
  const schedule = createScheduler()
  schedule(update)
  expect(updates).toEqual([])
  draw()
  clock = 16
  schedule(update)
  draw()
  vi.advanceTimersByTime(1000)
  expect(updates).toEqual([0, 16])
})

test('a frame that takes long gives the page as much time before the next update', () => {
  const schedule = createScheduler()
  schedule(update)
  draw(40)
  schedule(update)
  for (clock of [48, 64, 79]) draw()
  expect(updates).toEqual([0])
  clock = 81
  draw()
  expect(updates).toEqual([0, 81])
})

test('a page that was asleep in a frame waits for a second at most', () => {
  const schedule = createScheduler()
  schedule(update)
  draw(8 * 3_600_000)
  const awake = clock
  schedule(update)
  clock = awake + 1001
  draw()
  expect(updates).toEqual([0, awake + 1001])
})

test('a hidden page updates without a frame', () => {
  const schedule = createScheduler()
  schedule(update)
  vi.advanceTimersByTime(100)
  expect(updates).toEqual([0])
})

test('elsewhere an update is made at once', () => {
  vi.stubGlobal('requestAnimationFrame', undefined)
  createScheduler()(update)
  expect(updates).toEqual([0])
})
