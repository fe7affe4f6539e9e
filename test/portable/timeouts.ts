/**
 * The three timeouts, each against a server that makes it expire.
 */
import type { Call, Chunk, Clock, Message, ModelConfig } from 'chatwire'
import { BaseChatModel } from 'chatwire'
import type { Assert, Failure } from './assert.ts'
import type { Cases } from './connect.ts'
import { collect, END, modelAt, text } from './frames.ts'

/** Says some words, then nothing until it is ended. */
class Slow extends BaseChatModel {
  ended = false
  readonly #words: readonly string[]

  constructor(config: ModelConfig, words: readonly string[]) {
    super(config)
    this.#words = words
  }

  protected override async *_chatStream(
    _messages: readonly Message[],
    { signal }: Call,
  ): AsyncGenerator<string> {
    for (const word of this.#words) yield word
    await new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => {
        this.ended = true
        resolve()
      })
    })
  }
}

/** Says two words, each after longer than its limits, with signs of life in between. */
class Working extends BaseChatModel {
  protected override async *_chatStream(): AsyncGenerator<Chunk> {
    for (const word of ['a', 'b']) {
      for (let beat = 0; beat < 8; beat++) {
        await new Promise((resolve) => setTimeout(resolve, 100))
        yield []
      }
      yield word
    }
  }
}

export const timeoutCases: Cases = (test, assert, connect) => {
  test('The response timeout: headers that never come', async () => {
    const server = await connect.serve({ delay: false })
    const llm = modelAt(server, { timeout: 200 })
    await assert.rejects(llm.chat('x'), ranOut(assert, 'response', 200))
    await server.left()
  })

  test('The response timeout: headers, and then not a byte', async () => {
    const server = await connect.serve({ steps: [{ end: 'never' }] })
    const llm = modelAt(server, { timeout: 300 })
    await assert.rejects(
      collect(llm.chat({ prompt: 'x', stream: true })),
      ranOut(assert, 'response', 300),
    )
    await server.left()
  })

  test('The idle timeout: silence between two pieces', async () => {
    const server = await connect.serve({ steps: [{ text: text('first') }, { end: 'never' }] })
    const llm = modelAt(server, { idleTimeout: 200 })
    await assert.rejects(collect(llm.chat({ prompt: 'x', stream: true })), (error) => {
      ranOut(assert, 'idle', 200)(error)
      assert.equal(error.partial.text, 'first')
    })
    await server.left()
  })

  test('Comments reset the idle timeout', async () => {
    const beat = Array.from({ length: 8 }, () => [{ text: ': ping\n\n' }, { wait: 100 }]).flat()
    const server = await connect.serve({
      steps: [{ text: text('a') }, ...beat, { text: text('b') + END }],
    })
    const llm = modelAt(server, { idleTimeout: 500 })
    assert.deepEqual(await collect(llm.chat({ prompt: 'x', stream: true })), ['a', 'b'])
  })

  test('The timeouts of a custom model', async () => {
    await assert.rejects(
      new Slow({ model: 'any', timeout: 200, maxRetries: 0 }, []).chat('x'),
      ranOut(assert, 'response', 200),
    )
    const slow = new Slow({ model: 'any', idleTimeout: 200, maxRetries: 0 }, ['first'])
    await assert.rejects(collect(slow.chat({ prompt: 'x', stream: true })), (error) => {
      ranOut(assert, 'idle', 200)(error)
      assert.equal(error.partial.text, 'first')
    })
    assert.ok(slow.ended)
  })

  test('A custom model shows life by an empty chunk', async () => {
    const working = new Working({ model: 'any', timeout: 500, idleTimeout: 500, maxRetries: 0 })
    assert.deepEqual(await collect(working.chat({ prompt: 'x', stream: true })), ['a', 'b'])
  })

  test('The total timeout: a server that only keeps alive', async () => {
    const server = await connect.serve({
      steps: [{ flood: ': ping\n\n', limit: 2 ** 20, every: 50 }],
    })
    const llm = modelAt(server, { totalTimeout: 500 })
    await assert.rejects(
      collect(llm.chat({ prompt: 'x', stream: true })),
      ranOut(assert, 'total', 500),
    )
    await server.left()
  })

  test('The total timeout covers the waits between tries', async () => {
    const server = await connect.serve({ status: 429, headers: { 'retry-after': '20' } })
    const llm = modelAt(server, { totalTimeout: 400, maxRetries: 2 })
    await assert.rejects(llm.chat('x'), ranOut(assert, 'total', 400))
    assert.equal((await server.seen()).length, 1)
  })

  test('A timeout that did not expire leaves no timer', async () => {
    const server = await connect.serve({
      delay: 50,
      steps: [{ text: text('a') }, { wait: 400 }, { text: text('b') + END }],
    })
    const llm = modelAt(server, { timeout: 300, idleTimeout: 2000 })
    assert.deepEqual(await collect(llm.chat({ prompt: 'x', stream: true })), ['a', 'b'])
  })
}

function ranOut(assert: Assert, which: Clock, limit: number): (error: Failure) => void {
  return (error) => {
    assert.equal(error.name, 'TimeoutError')
    assert.equal(error.code, 'timeout')
    assert.equal(error.which, which)
    assert.equal(error.limit, limit)
  }
}
