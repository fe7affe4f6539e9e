/**
 * Chunk boundaries and encodings of an answer on its way.
 */
import type { Cases } from './connect.ts'
import { collect, drain, END, JSON_TYPE, modelAt, text, USAGE, whole } from './frames.ts'

const WORDS = 'héllo € 😀 你好，世界'

export const framingCases: Cases = (test, assert, connect) => {
  test('A stream is an async iterator of its text; result() is of the same run', async () => {
    const server = await connect.serve({
      steps: [{ text: text('Hi ') }, { text: text('there') + END }],
    })
    const stream = modelAt(server).chat({ prompt: 'x', stream: true })
    assert.deepEqual(await collect(stream), ['Hi ', 'there'])
    const result = await stream.result()
    assert.equal(result.text, 'Hi there')
    assert.equal(result.finishReason, 'stop')
    assert.equal(result.id, 'chatcmpl-1')
    assert.deepEqual(result.usage, { promptTokens: 7, completionTokens: 3, totalTokens: 10 })
    assert.equal((await server.seen()).length, 1)
  })

  test('A stream is a ReadableStream of its text', async () => {
    const server = await connect.serve({
      steps: [{ text: text('Hi ') }, { text: text('there') + END }],
    })
    const stream = modelAt(server).chat({ prompt: 'x', stream: true })
    assert.deepEqual(await drain(stream.toReadableStream()), ['Hi ', 'there'])
  })

  test('chat() without stream gives the whole answer', async () => {
    const server = await connect.serve({ headers: JSON_TYPE, steps: [{ text: whole(WORDS) }] })
    const result = await modelAt(server).chat('x')
    assert.equal(result.text, WORDS)
    // oxlint-disable-next-line typescript/no-base-to-string -- as a string it is its text
    assert.equal(String(result), WORDS)
    assert.deepEqual(result.message, { role: 'assistant', content: WORDS })
    assert.equal(result.usage.totalTokens, USAGE.total_tokens)
  })

  test('Pieces arrive as the server writes them', async () => {
    const server = await connect.serve({
      steps: [{ text: text('first') }, { wait: 600 }, { text: text('last') + END }],
    })
    const times: number[] = []
    for await (const _piece of modelAt(server).chat({ prompt: 'x', stream: true }))
      times.push(Date.now())
    assert.equal(times.length, 2)
    assert.ok(times[1] - times[0] > 300, `only ${times[1] - times[0]} ms between the pieces`)
  })

  test('UTF-8 and frames may be cut at every byte', async () => {
    const server = await connect.serve({ steps: [{ bytes: text(WORDS) + END }] })
    const stream = modelAt(server).chat({ prompt: 'x', stream: true })
    assert.equal((await collect(stream)).join(''), WORDS)
    assert.equal((await stream.result()).finishReason, 'stop')
  })

  test('A whole JSON answer may be cut at every byte', async () => {
    const server = await connect.serve({ headers: JSON_TYPE, steps: [{ bytes: whole(WORDS) }] })
    assert.equal((await modelAt(server).chat('x')).text, WORDS)
  })

  test('Lines may end in CRLF or CR, cut between the two', async () => {
    const crlf = (text(WORDS) + END).replaceAll('\n', '\r\n')
    const cr = (text(WORDS) + END).replaceAll('\n', '\r')
    const server = await connect.serve({ steps: [{ bytes: crlf }] }, { steps: [{ text: cr }] })
    for (const _ending of ['crlf', 'cr']) {
      assert.equal(
        (await collect(modelAt(server).chat({ prompt: 'x', stream: true }))).join(''),
        WORDS,
      )
    }
  })

  test('Comments, a BOM, other fields and a missing last blank line do no harm', async () => {
    const body = `\uFEFF: welcome\n\nid: 1\nevent: message\n${text('a')}: ping\n\nretry: 10\n${text('b')}${END.trimEnd()}`
    const server = await connect.serve({ steps: [{ text: body }] })
    assert.deepEqual(await collect(modelAt(server).chat({ prompt: 'x', stream: true })), ['a', 'b'])
  })

  test('A frame of a mebibyte arrives whole', async () => {
    const large = 'é'.repeat(512 * 1024)
    const server = await connect.serve({ steps: [{ text: text(large) + END }] })
    const result = await modelAt(server).chat({ prompt: 'x', stream: true }).result()
    assert.equal(result.text.length, large.length)
    assert.ok(result.text === large)
  })

  test('A frame over maxFrameLength is an error, and the server is left', async () => {
    const server = await connect.serve({
      // WebKit reads ahead, and may have had it all before it hears of leaving: so it does not end by itself.
      steps: [{ text: 'data: ' }, { flood: 'x'.repeat(8192), limit: 2 ** 26 }, { end: 'never' }],
    })
    const llm = modelAt(server, { maxFrameLength: 100_000 })
    await assert.rejects(collect(llm.chat({ prompt: 'x', stream: true })), (error) => {
      assert.equal(error.name, 'StreamError')
      assert.equal(error.code, 'frame_too_large')
    })
    await server.left()
  })

  test('A long answer in many pieces keeps its order', async () => {
    const words = Array.from({ length: 3000 }, (_, index) => `${index} `)
    const steps = [0, 1000, 2000].map((from) => ({
      text: words
        .slice(from, from + 1000)
        .map(text)
        .join(''),
    }))
    const server = await connect.serve({ steps: [...steps, { text: END }] })
    assert.equal(
      (await collect(modelAt(server).chat({ prompt: 'x', stream: true }))).join(''),
      words.join(''),
    )
  })
}
