/**
 * Public output: events as plain data, responses for a page of one's own, callbacks, errors.
 */
import type { StreamEvent } from 'chatwire'
import { ChatStream, isChatError } from 'chatwire'
import type { Cases } from './connect.ts'
import { collect, delta, drain, END, modelAt, text } from './frames.ts'

const CALL = {
  index: 0,
  id: 'call_1',
  type: 'function',
  function: { name: 'weather', arguments: '{"city":"Rome"}' },
}

export const borderCases: Cases = (test, assert, connect) => {
  test('Events are plain data: they survive postMessage and JSON', async () => {
    const body =
      delta({ reasoning_content: 'hm' }) + text('Hi') + delta({ tool_calls: [CALL] }) + END
    const busy = { status: 503, headers: { 'retry-after-ms': '1' } }
    const server = await connect.serve(busy, { steps: [{ text: body }] })
    const llm = modelAt(server, { maxRetries: 1 })
    const events = await collect(llm.chat({ prompt: 'x', stream: true }).events())
    assert.deepEqual(
      [...new Set(events.map((event) => event.type))],
      ['retry', 'reasoning-delta', 'text-delta', 'tool-call-delta', 'tool-call', 'usage', 'finish'],
    )
    for (const event of events) {
      assert.deepEqual(await throughPort(event), event)
      assert.deepEqual(JSON.parse(JSON.stringify(event)), event)
    }
  })

  test('`usage` comes at most once, `finish` once and last', async () => {
    const server = await connect.serve({ steps: [{ text: text('Hi') + delta({}, 'stop') + END }] })
    const events = await collect(modelAt(server).chat({ prompt: 'x', stream: true }).events())
    assert.deepEqual(
      events.map((event) => event.type),
      ['text-delta', 'usage', 'finish'],
    )
  })

  test('toResponse() is read back by ChatStream.from()', async () => {
    const server = await connect.serve({ steps: [{ text: text('Grüße ') + text('😀') + END }] })
    const response = modelAt(server).chat({ prompt: 'x', stream: true }).toResponse()
    assert.match(response.headers.get('content-type') ?? '', /^text\/event-stream/)
    const stream = ChatStream.from(response)
    assert.deepEqual(await collect(stream), ['Grüße ', '😀'])
    const result = await stream.result()
    assert.equal(result.usage.totalTokens, 10)
    assert.equal(result.finishReason, 'stop')
    assert.equal(result.provider, 'openai')
    assert.equal(result.attempts.length, 1)
  })

  test('toResponse() hands a failure over to the other side', async () => {
    const server = await connect.serve({ steps: [{ text: text('half') }] })
    const response = modelAt(server).chat({ prompt: 'x', stream: true }).toResponse()
    await assert.rejects(collect(ChatStream.from(response)), (error) => {
      assert.ok(isChatError(error))
      assert.equal(error.code, 'stream_truncated')
      assert.equal(error.partial?.text, 'half')
    })
  })

  test('toResponse({ format: "text" }) is plain text', async () => {
    const server = await connect.serve({ steps: [{ text: text('Grüße ') + text('😀') + END }] })
    const response = modelAt(server)
      .chat({ prompt: 'x', stream: true })
      .toResponse({ format: 'text' })
    assert.match(response.headers.get('content-type') ?? '', /^text\/plain/)
    assert.equal(await response.text(), 'Grüße 😀')
  })

  test('Cancelling the body of toResponse() reaches the server', async () => {
    const server = await connect.serve({
      steps: [{ text: text('first') }, { flood: text('more'), limit: 2 ** 26, every: 20 }],
    })
    const { body } = modelAt(server).chat({ prompt: 'x', stream: true }).toResponse()
    const reader = body?.getReader()
    await reader?.read()
    await reader?.cancel()
    await server.left()
  })

  test('A failure reaches the reader of the ReadableStream as it is', async () => {
    const server = await connect.serve({ steps: [{ text: text('half') }] })
    await assert.rejects(
      drain(modelAt(server).chat({ prompt: 'x', stream: true }).toReadableStream()),
      (error) => {
        assert.equal(error.code, 'stream_truncated')
        assert.equal(error.partial.text, 'half')
      },
    )
  })

  test('A stream is read once: a second reader gets an error with the way out', async () => {
    const server = await connect.serve({ steps: [{ text: text('Hi') + END }] })
    const stream = modelAt(server).chat({ prompt: 'x', stream: true })
    await collect(stream)
    assert.throws(
      () => stream[Symbol.asyncIterator](),
      (error) => assert.match(error.message, /result\(\)/),
    )
    assert.equal((await stream.result()).text, 'Hi')
  })

  test('A stream can be returned from an async function', async () => {
    const server = await connect.serve({ steps: [{ text: text('Hi') + END }] })
    const stream = await (async () => modelAt(server).chat({ prompt: 'x', stream: true }))()
    assert.ok(stream instanceof ChatStream)
    assert.deepEqual(await collect(stream), ['Hi'])
  })

  test('Callbacks hear the call in order', async () => {
    const server = await connect.serve(
      { status: 503, headers: { 'retry-after-ms': '1' } },
      { steps: [{ text: text('Hi') + END }] },
    )
    const heard: string[] = []
    const callbacks = {
      onLLMStart: () => void heard.push('start'),
      onLLMRetry: () => void heard.push('retry'),
      onLLMNewToken: (info: { text: string }) => void heard.push(info.text),
      onLLMEnd: () => void heard.push('end'),
      onLLMError: () => void heard.push('error'),
    }
    await modelAt(server, { callbacks, maxRetries: 1 }).chat({ prompt: 'x', stream: true }).result()
    assert.deepEqual(heard, ['start', 'retry', 'Hi', 'end'])
  })

  test('A stop sequence never appears, split across chunks or not', async () => {
    const server = await connect.serve({ steps: [{ text: text('Yes. ST') + text('OP no') + END }] })
    const stream = modelAt(server).chat({ prompt: 'x', stream: true, stop: ['STOP'] })
    assert.equal((await collect(stream)).join(''), 'Yes. ')
    assert.equal((await stream.result()).finishReason, 'stop')
  })

  test('<think> in the text is reasoning, cut at any place', async () => {
    const server = await connect.serve({
      steps: [{ text: text('<th') + text('ink>hm') + text('m</thi') + text('nk>Hi') + END }],
    })
    const result = await modelAt(server).chat({ prompt: 'x', stream: true }).result()
    assert.equal(result.reasoning, 'hmm')
    assert.equal(result.text, 'Hi')
  })
}

/** Through a real port where there is one; edge-runtime has none, and clones by the same rules. */
async function throughPort(event: StreamEvent): Promise<unknown> {
  if (typeof MessageChannel !== 'function') return structuredClone(event)
  const { port1, port2 } = new MessageChannel()
  const arrived = new Promise<unknown>((resolve) => {
    port2.addEventListener('message', (message) => resolve(message.data))
  })
  port2.start()
  port1.postMessage(event)
  try {
    return await arrived
  } finally {
    port1.close()
    port2.close()
  }
}
