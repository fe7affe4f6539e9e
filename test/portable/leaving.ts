/**
 * Readers that stop, abort or wait: the server must notice, and the caller must get its own outcome.
 */
import type { Cases, Reply } from './connect.ts'
import { pause } from './connect.ts'
import { modelAt, text } from './frames.ts'

/** Answers and never comes to an end. */
const ENDLESS: Reply = {
  steps: [{ text: text('first') }, { flood: text('more'), limit: 2 ** 26, every: 20 }],
}
const SILENT: Reply = { delay: false }

export const leavingCases: Cases = (test, assert, connect) => {
  test('A stream sends nothing before it is read', async () => {
    const server = await connect.serve(ENDLESS)
    const llm = modelAt(server)
    llm.chat({ prompt: 'x', stream: true })
    llm.chat({ prompt: 'x', stream: true }).toReadableStream()
    llm.chat({ prompt: 'x', stream: true }).toResponse()
    await pause(50)
    assert.equal((await server.seen()).length, 0)
  })

  test('Leaving the loop early reaches the server', async () => {
    const server = await connect.serve(ENDLESS)
    for await (const piece of modelAt(server).chat({ prompt: 'x', stream: true })) {
      assert.equal(piece, 'first')
      break
    }
    await server.left()
  })

  test('Throwing out of the loop reaches the server, and the throw is kept', async () => {
    const server = await connect.serve(ENDLESS)
    const own = new Error('of the reader')
    await assert.rejects(
      async () => {
        for await (const _piece of modelAt(server).chat({ prompt: 'x', stream: true })) throw own
      },
      (error) => assert.equal(error, own),
    )
    await server.left()
  })

  test('Cancelling the ReadableStream reaches the server', async () => {
    const server = await connect.serve(ENDLESS)
    const reader = modelAt(server)
      .chat({ prompt: 'x', stream: true })
      .toReadableStream()
      .getReader()
    assert.equal((await reader.read()).value, 'first')
    await reader.cancel('enough')
    await server.left()
  })

  test('cancel() ends a pending read with its reason and reaches the server', async () => {
    const server = await connect.serve({ steps: [{ text: text('first') }, { end: 'never' }] })
    const stream = modelAt(server).chat({ prompt: 'x', stream: true })
    const pieces = stream[Symbol.asyncIterator]()
    assert.equal((await pieces.next()).value, 'first')
    const own = new Error('enough')
    setTimeout(() => stream.cancel(own), 20)
    await assert.rejects(pieces.next(), (error) => assert.equal(error, own))
    assert.equal(stream.partial.text, 'first')
    await server.left()
  })

  test("An abort before the headers throws the caller's own reason and reaches the server", async () => {
    const server = await connect.serve(SILENT)
    const controller = new AbortController()
    const own = { why: 'the reason itself' }
    const reply = modelAt(server).chat({ prompt: 'x', signal: controller.signal })
    setTimeout(() => controller.abort(own), 150)
    await assert.rejects(reply, (error) => assert.equal(error, own))
    await server.left()
  })

  test("An abort in mid-stream throws the caller's own reason and reaches the server", async () => {
    const server = await connect.serve({ steps: [{ text: text('first') }, { end: 'never' }] })
    const controller = new AbortController()
    const own = new Error('mine')
    const stream = modelAt(server).chat({ prompt: 'x', stream: true, signal: controller.signal })
    await assert.rejects(
      async () => {
        for await (const _piece of stream) setTimeout(() => controller.abort(own), 20)
      },
      (error) => assert.equal(error, own),
    )
    assert.equal(stream.partial.text, 'first')
    await server.left()
  })

  test("An abort without a reason throws the runtime's AbortError", async () => {
    const server = await connect.serve(SILENT)
    const controller = new AbortController()
    const reply = modelAt(server).chat({ prompt: 'x', signal: controller.signal })
    setTimeout(() => controller.abort(), 50)
    await assert.rejects(reply, (error) => {
      assert.equal(error.name, 'AbortError')
      assert.equal(error, controller.signal.reason)
    })
  })

  test("AbortSignal.timeout() throws the runtime's TimeoutError", async () => {
    const server = await connect.serve(SILENT)
    const signal = AbortSignal.timeout(100)
    await assert.rejects(modelAt(server).chat({ prompt: 'x', signal }), (error) => {
      assert.equal(error.name, 'TimeoutError')
      assert.equal(error, signal.reason)
    })
  })

  test('A signal that is aborted already sends nothing', async () => {
    const server = await connect.serve(SILENT)
    const own = new Error('before')
    const signal = AbortSignal.abort(own)
    await assert.rejects(modelAt(server).chat({ prompt: 'x', signal }), (error) =>
      assert.equal(error, own),
    )
    assert.equal((await server.seen()).length, 0)
  })

  test('An abort ends the wait for another try', async () => {
    const server = await connect.serve({ status: 503, headers: { 'retry-after': '30' } })
    const controller = new AbortController()
    const own = new Error('no more')
    const reply = modelAt(server, { maxRetries: 2 }).chat({
      prompt: 'x',
      signal: controller.signal,
    })
    setTimeout(() => controller.abort(own), 250)
    const start = Date.now()
    await assert.rejects(reply, (error) => assert.equal(error, own))
    assert.ok(Date.now() - start < 5000)
    assert.equal((await server.seen()).length, 1)
  })

  test('A long-lived signal serves many calls', async () => {
    const controller = new AbortController()
    for (let call = 0; call < 5; call++) {
      const server = await connect.serve(ENDLESS)
      for await (const _piece of modelAt(server).chat({
        prompt: 'x',
        stream: true,
        signal: controller.signal,
      }))
        break
      await server.left()
    }
    controller.abort(new Error('after everything'))
    await pause(20)
  })

  test('A reader that pauses pauses the server', async () => {
    const limit = 2 ** 26
    // Chromium reads ahead what it might keep.
    const headers = { 'content-type': 'text/event-stream', 'cache-control': 'no-store' }
    const server = await connect.serve({
      headers,
      steps: [{ flood: text('x'.repeat(8000)), limit }],
    })
    const pieces = modelAt(server).chat({ prompt: 'x', stream: true })[Symbol.asyncIterator]()
    await pieces.next()
    await pause(1000)
    const [{ sent }] = await server.seen()
    await pieces.return?.()
    assert.ok(sent < limit / 2, `the server got rid of ${sent} bytes`)
  })
}
