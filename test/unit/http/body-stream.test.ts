import type { Call } from '../../../src/call.ts'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { readStream as read } from '../../../src/http/body-stream.ts'
import { readText } from '../../../src/http/read-text.ts'
import { all, bytesOf, call, countedSignal, cut, failure, respond, source } from '../helpers.ts'

const A = bytesOf('a')

/** The pieces as they come. */
const readStream = (response: Response, state: Call) =>
  read(response, state, { read: (piece) => [piece], end: () => undefined })

describe('readStream()', () => {
  test('yields the chunks as they came and removes its listeners', async () => {
    const { controller, listeners } = countedSignal()
    const pieces = await all(readStream(respond('hello', [2]), call({ signal: controller.signal })))
    expect(pieces.flat()).toEqual(['he', 'llo'])
    expect(listeners()).toBe(0)
  })

  test('gives nothing for an answer without a body', async () => {
    expect(await all(readStream(new Response(null), call()))).toEqual([])
  })

  test('cancels the source when the reader leaves', async () => {
    const { controller, listeners } = countedSignal()
    const body = source([A, A, A], 'stall')
    for await (const _piece of readStream(
      new Response(body.stream),
      call({ signal: controller.signal }),
    ))
      break
    expect(body.cancelled).toBeDefined()
    expect(listeners()).toBe(0)
  })

  test('asks for a piece only when its reader does', async () => {
    const body = source([A, A, A])
    const reader = readStream(new Response(body.stream), call())
    await reader.next()
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(body.pulls).toBe(1)
    await reader.return()
  })

  test.each([
    ['while it waits', 1],
    ['before it began', 0],
  ])('throws the reason of an abort %s, as it is', async (_when, reads) => {
    const controller = new AbortController()
    const body = source([A], 'stall')
    const reader = readStream(new Response(body.stream), call({ signal: controller.signal }))
    const reason = { mine: true }
    if (reads > 0) await reader.next()
    else controller.abort(reason)
    const pending = failure(() => reader.next())
    controller.abort(reason)
    expect(await pending).toBe(reason)
    expect(body.cancelled).toEqual({ reason })
  })

  test('makes a lost connection of a body that breaks, and nothing of it once the reply is whole', async () => {
    const broken = new TypeError('terminated')
    const error = await failure(() =>
      all(readStream(new Response(source([A], broken).stream), call())),
    )
    expect(error).toMatchObject({
      name: 'StreamError',
      code: 'connection_lost',
      retryable: true,
      cause: broken,
    })
    const state = call({ complete: true })
    expect(await all(readStream(new Response(source([A], broken).stream), state))).toHaveLength(1)
  })
})

describe('the timeouts of readStream()', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  /** A body that is written from outside. */
  function written() {
    let controller!: ReadableStreamDefaultController<Uint8Array>
    let cancelled = false
    const stream = new ReadableStream<Uint8Array>({
      start: (own) => void (controller = own),
      cancel: () => void (cancelled = true),
    })
    return {
      response: new Response(stream),
      write: (text: string) => controller.enqueue(bytesOf(text)),
      gone: () => cancelled,
    }
  }

  const LIMITS = { timeout: 10_000, idleTimeout: 5000 }

  test('end a body that never begins, counted from the sending', async () => {
    const { response, gone } = written()
    const pending = failure(() =>
      all(readStream(response, call({ ...LIMITS, sentAt: Date.now() - 4000 }))),
    )
    await vi.advanceTimersByTimeAsync(6500)
    expect(await pending).toMatchObject({
      code: 'timeout',
      which: 'response',
      limit: 10_000,
      retryable: true,
    })
    expect(gone()).toBe(true)
  })

  test('end a body that falls silent, and count comments as signs of life', async () => {
    const { response, write, gone } = written()
    const pending = failure(() =>
      all(readStream(response, call({ ...LIMITS, sentAt: Date.now() }))),
    )
    for (let n = 0; n < 5; n++) {
      write(': ping\n\n')
      await vi.advanceTimersByTimeAsync(4000)
    }
    expect(gone()).toBe(false)
    await vi.advanceTimersByTimeAsync(2500)
    expect(await pending).toMatchObject({ code: 'timeout', which: 'idle', limit: 5000 })
    expect(gone()).toBe(true)
  })

  test('do not take a paused reader for a silent server', async () => {
    const { response, write, gone } = written()
    const reader = readStream(response, call({ ...LIMITS, sentAt: Date.now() }))
    write('a')
    await reader.next()
    await vi.advanceTimersByTimeAsync(60_000)
    write('b')
    expect((await reader.next()).value).toEqual(['b'])
    expect(gone()).toBe(false)
    const pending = failure(() => reader.next())
    await vi.advanceTimersByTimeAsync(6500)
    expect(await pending).toMatchObject({ which: 'idle' })
  })

  test.each([
    ['silent', 0],
    ['full of comments', 1000],
  ])('close a body that stays open after a complete reply, %s', async (_how, every) => {
    const { response, write, gone } = written()
    const state = call({ ...LIMITS, sentAt: Date.now() })
    write('a')
    const reader = readStream(response, state)
    await reader.next()
    state.complete = true // as the run notes it, before it reads on
    const pending = all(reader)
    await vi.advanceTimersByTimeAsync(100)
    for (let n = 0; n < 8 && !gone(); n++) {
      await vi.advanceTimersByTimeAsync(1000)
      if (every && !gone()) write(': ping\n\n')
    }
    expect(gone()).toBe(true)
    expect(await Promise.race([pending, Promise.resolve('still open')])).not.toBe('still open')
    expect(vi.getTimerCount()).toBe(0)
  })

  test('heed a limit that is shorter than their tick', async () => {
    const { response, write } = written()
    const state = call({ timeout: 10_000, idleTimeout: 20, sentAt: Date.now() })
    const pending = failure(() => all(readStream(response, state)))
    await vi.advanceTimersByTimeAsync(100)
    write('a')
    await vi.advanceTimersByTimeAsync(50)
    expect(await Promise.race([pending, Promise.resolve('open')])).toMatchObject({ which: 'idle' })
  })

  test('notice within a second that a fast stream has fallen silent', async () => {
    const { response, write, gone } = written()
    const pending = failure(() =>
      all(readStream(response, call({ timeout: 60_000, idleTimeout: 30_000, sentAt: Date.now() }))),
    )
    for (let n = 0; n < 300; n++) {
      write('a')
      await vi.advanceTimersByTimeAsync(20)
    }
    await vi.advanceTimersByTimeAsync(29_900)
    expect(gone()).toBe(false)
    await vi.advanceTimersByTimeAsync(1200)
    expect(await pending).toMatchObject({ which: 'idle' })
  })

  test('wake a slow stream up every ten seconds', async () => {
    const { response, write } = written()
    const state = call({ timeout: 120_000, idleTimeout: 60_000, sentAt: Date.now() })
    const reader = readStream(response, state)
    const set = vi.spyOn(globalThis, 'setTimeout')
    for (let n = 0; n < 60; n++) {
      write('a')
      await reader.next()
      await vi.advanceTimersByTimeAsync(1000)
    }
    expect(set.mock.calls.length).toBeLessThanOrEqual(8)
    await reader.return()
    expect(vi.getTimerCount()).toBe(0)
  })

  test('can be switched off', async () => {
    const { response, write, gone } = written()
    const pending = all(
      readStream(response, call({ timeout: false, idleTimeout: false, sentAt: 0 })),
    )
    await vi.advanceTimersByTimeAsync(3_600_000)
    write('a')
    await vi.advanceTimersByTimeAsync(3_600_000)
    expect(gone()).toBe(false)
    pending.catch(() => {})
  })
})

describe('readText()', () => {
  test('joins what was cut inside a character', async () => {
    expect(await readText(respond('né😀', [2, 4, 5, 6]), call())).toBe('né😀')
  })

  test('leaves off at the length that is asked for, and closes the body', async () => {
    const body = source(cut(bytesOf('abcdef')), 'stall')
    expect(await readText(new Response(body.stream), call(), 3)).toBe('abc')
    expect(body.cancelled).toBeDefined()
  })

  test('refuses more than the limit', async () => {
    const error = await failure(() => readText(respond('abcdef'), call({ maxFrameLength: 3 })))
    expect(error.code).toBe('frame_too_large')
  })
})

describe('decode()', () => {
  const words = (state: Call, body = respond('a-b-c', [2, 4])) =>
    readStream(body, state).decode<string>({
      push(piece, out) {
        for (const word of piece.split('-')) {
          if (word === 'c') throw new TypeError('No c')
          if (word) out.push(word)
        }
      },
      end: (out) => void out.push('end'),
    })

  test('gives what was made before a failure, then the failure', async () => {
    const got: string[] = []
    const error = await failure(async () => {
      for await (const some of words(call())) got.push(...some)
    })
    expect(got).toEqual(['a', 'b'])
    expect(error).toMatchObject({ code: 'bad_frame', cause: new TypeError('No c') })
  })

  test('decodes what was decoded', async () => {
    const doubled = words(call(), respond('a-b', [2])).decode<string>({
      push: (word, out) => void out.push(word, word),
      end: () => {},
    })
    expect((await all(doubled)).flat()).toEqual(['a', 'a', 'b', 'b', 'end', 'end'])
  })

  test('closes the connection when its reader leaves, also while a piece is waited for', async () => {
    const body = source([A], 'stall')
    const reader = words(call(), new Response(body.stream))
    await reader.next()
    const pending = reader.next()
    await reader.return()
    expect(body.cancelled).toBeDefined()
    expect((await pending).done).toBe(true)
  })
})
