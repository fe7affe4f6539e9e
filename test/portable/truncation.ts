/**
 * Answers cut short, broken, or none at all. Never a short reply, never text.
 */
import type { Assert, Failure } from './assert.ts'
import type { Cases, Step } from './connect.ts'
import { collect, delta, END, failure, frame, JSON_TYPE, modelAt, text, whole } from './frames.ts'

const LOST = /^(connection_lost|stream_truncated)$/

export const truncationCases: Cases = (test, assert, connect) => {
  const read = async (...steps: Step[]) => {
    const server = await connect.serve({ steps })
    return collect(modelAt(server).chat({ prompt: 'x', stream: true }))
  }

  test('Cut inside a chunk', () =>
    // What a runtime tells of this differs (an error, or a quiet end): the reader gets an error in each.
    assert.rejects(
      read({ text: text('half') }, { wait: 60 }, { end: 'half' }),
      cut(assert, LOST, 'half'),
    ))

  test('Cut cleanly between two chunks', () =>
    assert.rejects(
      read({ text: text('half') }, { wait: 60 }, { end: 'fin' }),
      cut(assert, LOST, 'half'),
    ))

  test('Reset in mid-stream', () =>
    assert.rejects(
      read({ text: text('half') }, { wait: 60 }, { end: 'reset' }),
      cut(assert, /^connection_lost$/, 'half'),
    ))

  test('A body that ends well but without its mark', () =>
    assert.rejects(read({ text: text('half') }), cut(assert, /^stream_truncated$/, 'half')))

  test('A body that ends well in the middle of a frame', () =>
    assert.rejects(
      read({ text: text('half') + text('lost').slice(0, 40) }),
      cut(assert, /^stream_truncated$/, 'half'),
    ))

  test('A body shorter than its content-length', async () => {
    const body = whole('never whole')
    const headers = { ...JSON_TYPE, 'content-length': String(body.length + 100) }
    const server = await connect.serve({
      headers,
      steps: [{ text: body.slice(0, 60) }, { wait: 60 }, { end: 'fin' }],
    })
    await assert.rejects(modelAt(server).chat('x'), (error) => assert.match(error.code, LOST))
  })

  test('Cut after the finish reason: the reply is whole', async () => {
    const finish = delta({}, 'stop')
    const server = await connect.serve({
      steps: [{ text: text('all of it') + finish }, { wait: 60 }, { end: 'reset' }],
    })
    const result = await modelAt(server).chat({ prompt: 'x', stream: true }).result()
    assert.equal(result.text, 'all of it')
    assert.equal(result.usage.estimated, true)
  })

  test('A tool call of a cut reply is marked, and its text kept', async () => {
    const call = {
      index: 0,
      id: 'call_1',
      type: 'function',
      function: { name: 'weather', arguments: '{"city":"Ber' },
    }
    await assert.rejects(
      read({ text: delta({ tool_calls: [call] }) }, { wait: 60 }, { end: 'fin' }),
      (error) => {
        const [partial] = error.partial.toolCalls
        assert.equal(partial.name, 'weather')
        assert.equal(partial.argumentsText, '{"city":"Ber')
        assert.ok(partial.invalid)
      },
    )
  })

  test('An error in the stream is thrown, not shown as text', () =>
    assert.rejects(
      read({ text: text('half') + `data: ${failure('The server had an error')}\n\n` }),
      (error) => {
        assert.equal(error.name, 'ServiceError')
        assert.match(error.message, /The server had an error/)
        assert.equal(error.partial.text, 'half')
      },
    ))

  test('An error as a whole JSON body, where a stream was asked for', async () => {
    const server = await connect.serve({
      headers: JSON_TYPE,
      steps: [{ text: failure('No capacity') }],
    })
    await assert.rejects(collect(modelAt(server).chat({ prompt: 'x', stream: true })), (error) => {
      assert.equal(error.name, 'ServiceError')
      assert.match(error.message, /No capacity/)
    })
  })

  test('A frame that is not JSON', () =>
    assert.rejects(read({ text: `${text('a')}data: {oops}\n\n${END}` }), (error) => {
      assert.equal(error.code, 'bad_frame')
      assert.equal(error.frame, '{oops}')
    }))

  test('A page where an answer was asked for', async () => {
    const page = '<!doctype html><title>Login</title><p>Please log in</p>'
    const server = await connect.serve({
      headers: { 'content-type': 'text/html' },
      steps: [{ text: page }],
    })
    const refused = (error: Failure) => assert.equal(error.code, 'unexpected_response')
    await assert.rejects(modelAt(server).chat('x'), refused)
    await assert.rejects(collect(modelAt(server).chat({ prompt: 'x', stream: true })), refused)
  })

  test('An empty body', async () => {
    const server = await connect.serve({ steps: [] })
    await assert.rejects(modelAt(server).chat('x'), (error) =>
      assert.match(error.code, /unexpected_response|stream_truncated/),
    )
    await assert.rejects(collect(modelAt(server).chat({ prompt: 'x', stream: true })), (error) =>
      assert.match(error.code, /unexpected_response|stream_truncated/),
    )
  })

  test('A stream of only comments and empty frames is not an answer', () =>
    assert.rejects(read({ text: frame({ choices: [] }) + ': bye\n\n' }), (error) =>
      assert.equal(error.code, 'stream_truncated'),
    ))
}

function cut(assert: Assert, code: RegExp, partial: string): (error: Failure) => void {
  return (error) => {
    assert.equal(error.name, 'StreamError')
    assert.match(error.code, code)
    assert.equal(error.partial.text, partial)
  }
}
