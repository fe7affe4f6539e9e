import { afterAll, beforeAll, expect, test } from 'vitest'
import { ServiceError } from '../../../src/errors.ts'
import { all, countedSignal, failure, model, saying, source, tick } from '../helpers.ts'

const unhandled: unknown[] = []
const note = (reason: unknown) => void unhandled.push(reason)
beforeAll(() => void process.on('unhandledRejection', note))
afterAll(() => void process.off('unhandledRejection', note))

const boom = async function* () {
  yield 'a'
  throw new Error('boom')
}
const slow = async function* () {
  yield 'a'
  await tick(10)
  throw new Error('too late for anyone')
}
const open = (ask: any, more = {}) => model(ask).chat({ prompt: 'x', stream: true, ...more })

test('nothing that fails is ever an unhandled rejection', async () => {
  const scenes: [string, () => unknown][] = [
    ['an unread stream', () => void open(boom)],
    ['a stream that is read to its failure', () => failure(() => all(open(boom)))],
    ['a stream without a result() call', () => open(boom)[Symbol.asyncIterator]().next()],
    [
      'a stream that is left',
      async () => {
        for await (const _text of open(slow)) break
      },
    ],
    [
      'a stream that is cancelled',
      async () => {
        const stream = open(slow)
        await stream[Symbol.asyncIterator]().next()
        stream.cancel()
      },
    ],
    ['a stream that is cancelled unread', () => open(boom).cancel()],
    [
      'a response that is left',
      async () => {
        const reader = open(slow).toResponse().body!.getReader()
        await reader.read()
        await reader.cancel()
      },
    ],
    ['a response that fails', () => open(boom).toResponse().text()],
    [
      'an abort that the class ignores',
      () =>
        failure(() => {
          const controller = new AbortController()
          setTimeout(() => controller.abort(new Error('enough')), 2)
          return model(slow).chat({ prompt: 'x', signal: controller.signal })
        }),
    ],
    [
      'an iterator whose return() throws',
      async () => {
        const broken = {
          [Symbol.asyncIterator]: () => ({
            next: async () => ({ value: 'a', done: false }),
            return() {
              throw new Error('return')
            },
          }),
        }
        for await (const _text of open(() => broken)) break
      },
    ],
    [
      'a source whose cancel() fails',
      async () => {
        const stubborn = new ReadableStream(
          {
            pull: (controller) => controller.enqueue('a'),
            cancel: () => Promise.reject(new Error('cancel')),
          },
          { highWaterMark: 0 },
        )
        for await (const _text of open(() => stubborn)) break
      },
    ],
    [
      'a source that breaks',
      () => failure(() => all(open(() => source(['a'], new Error('broken')).stream))),
    ],
    [
      'a callback that throws',
      () =>
        failure(() =>
          saying(['a'], {
            callbacks: { onLLMEnd: () => Promise.reject(new Error('observer')) },
          }).chat('x'),
        ),
    ],
    ['a total limit', () => failure(() => model(slow, { totalTimeout: 2 }).chat('x'))],
    ['a request that is refused', () => failure(() => saying([]).chat({ messages: [] }))],
    [
      'a result beside a loop that fails',
      async () => {
        const stream = open(boom)
        void stream.result().catch(() => {})
        await failure(() => all(stream))
      },
    ],
  ]
  for (const [scene, play] of scenes) {
    await play()
    await tick(12)
    expect([scene, unhandled]).toEqual([scene, []])
  }
})

test('no listener is left on a signal that lives long', async () => {
  const { controller, listeners } = countedSignal()
  const { signal } = controller
  let tries = 0
  const flaky = model(async function* () {
    if (tries++ % 2 === 0)
      throw new ServiceError('overloaded', 'Busy', { retryable: true, retryAfter: 0 })
    yield 'a'
  })
  for (let n = 0; n < 300; n++) {
    await saying(['a']).chat({ prompt: 'x', signal })
    await failure(() => model(boom).chat({ prompt: 'x', signal }))
    for await (const _text of open(boom, { signal })) break
    if (n % 60 === 0) await flaky.chat({ prompt: 'x', signal })
    open(boom, { signal }).cancel()
  }
  expect(listeners()).toBe(0)
})
