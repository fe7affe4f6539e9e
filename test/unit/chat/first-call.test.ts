/** The total timeout of a first call, whose code loads with it. One case a file, since a module loads once. */
import { afterEach, expect, test, vi } from 'vitest'
import { BaseChatModel } from '../../../src/chat/base.ts'
import type * as Part from '../../../src/chat/chat-run.ts'

const { load } = vi.hoisted(() => ({ load: { ms: 0 } }))
vi.mock('../../../src/chat/chat-run.ts', async (original) => {
  const part = await original<typeof Part>()
  await new Promise((resolve) => setTimeout(resolve, load.ms))
  return part
})
afterEach(() => void vi.useRealTimers())

class Silent extends BaseChatModel {
  async *_chatStream() {
    await new Promise(() => {})
    yield 'never'
  }
}

test('the total timeout counts from the call, not from when its code has loaded', async () => {
  const { ChatRun } = await vi.importActual<typeof Part>('../../../src/chat/chat-run.ts')
  expect(ChatRun).toBeDefined() // what it imports has loaded: fake timers wait for no code
  vi.useFakeTimers()
  load.ms = 700
  const began = Date.now()
  const model = new Silent({ model: 'silent', totalTimeout: 1000 })
  const stream = model.chat({ prompt: 'Hi', stream: true })
  await vi.advanceTimersByTimeAsync(5000) // a stream counts from its first read
  const took = (reply: Promise<unknown>) =>
    reply.then(
      () => undefined,
      (error) => ({ code: error.code, limit: error.limit, ms: Date.now() - began }),
    )
  const ended = Promise.all([took(model.chat('Hi')), took(stream.result())])
  await vi.advanceTimersByTimeAsync(5000)
  const expected = { code: 'timeout', limit: 1000, ms: 6000 }
  expect(await ended).toEqual([expected, expected])
})
