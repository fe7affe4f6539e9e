/**
 * Trying again: when, how often, how soon, and what is never tried again.
 */
import { isChatError } from 'chatwire'
import type { Cases, Reply } from './connect.ts'
import { collect, END, failure, JSON_TYPE, modelAt, text, whole } from './frames.ts'

const GOOD: Reply = { steps: [{ text: text('good') + END }] }

function refusal(status: number, words: string, headers: Record<string, string> = {}): Reply {
  return { status, headers: { ...JSON_TYPE, ...headers }, steps: [{ text: failure(words) }] }
}

export const retryCases: Cases = (test, assert, connect) => {
  test('429 with Retry-After is tried again, not sooner', async () => {
    const server = await connect.serve(refusal(429, 'slow down', { 'retry-after': '1' }), GOOD)
    const result = await modelAt(server, { maxRetries: 1 })
      .chat({ prompt: 'x', stream: true })
      .result()
    assert.equal(result.text, 'good')
    assert.equal(result.attempts.length, 2)
    assert.equal(result.attempts[0].error?.code, 'rate_limit')
    const [, second] = await server.seen()
    assert.ok(second.at >= 950, `tried again after ${second.at} ms`)
  })

  test('retry-after-ms is honoured', async () => {
    const server = await connect.serve(refusal(503, 'busy', { 'retry-after-ms': '140' }), GOOD)
    const events = await collect(
      modelAt(server, { maxRetries: 1 }).chat({ prompt: 'x', stream: true }).events(),
    )
    const retry = events[0]
    assert.equal(retry.type, 'retry')
    if (retry.type === 'retry') {
      // Up to a quarter more, so that many clients do not come back together.
      assert.ok(retry.delayMs >= 140 && retry.delayMs <= 175, String(retry.delayMs))
      assert.equal(retry.error.code, 'overloaded')
    }
    assert.equal(events.at(-1)?.type, 'finish')
  })

  test('maxRetries counts every extra request', async () => {
    const server = await connect.serve(refusal(500, 'broken', { 'retry-after-ms': '1' }))
    await assert.rejects(modelAt(server, { maxRetries: 2 }).chat('x'), (error) => {
      assert.equal(error.name, 'ServiceError')
      assert.equal(error.code, 'server_error')
      assert.equal(error.status, 500)
    })
    assert.equal((await server.seen()).length, 3)
  })

  test('A body that dies before its first event is tried again', async () => {
    const server = await connect.serve(
      { steps: [{ text: ': wait\n\n' }, { wait: 50 }, { end: 'reset' }] },
      GOOD,
    )
    const result = await modelAt(server, { maxRetries: 1 })
      .chat({ prompt: 'x', stream: true })
      .result()
    assert.equal(result.text, 'good')
    assert.equal((await server.seen()).length, 2)
  })

  test('A stream that began is never tried again', async () => {
    const server = await connect.serve(
      { steps: [{ text: text('half') }, { wait: 50 }, { end: 'reset' }] },
      GOOD,
    )
    await assert.rejects(
      collect(modelAt(server, { maxRetries: 2 }).chat({ prompt: 'x', stream: true })),
      (error) => assert.equal(error.partial.text, 'half'),
    )
    assert.equal((await server.seen()).length, 1)
  })

  const refusals: [status: number, words: string, code: string][] = [
    [400, 'temperature is out of range', 'bad_request'],
    [400, "This model's maximum context length is 8192 tokens", 'context_length'],
    [401, 'Incorrect API key provided', 'authentication'],
    [404, 'The model `x` does not exist', 'model_not_found'],
    [
      429,
      'You exceeded your current quota, please check your plan and billing details',
      'insufficient_quota',
    ],
  ]
  for (const [status, words, code] of refusals) {
    test(`${status} ${code} is not tried again`, async () => {
      const server = await connect.serve(refusal(status, words), GOOD)
      await assert.rejects(modelAt(server, { maxRetries: 2 }).chat('x'), (error) => {
        assert.ok(isChatError(error))
        assert.equal(error.code, code)
        assert.equal(error.status, status)
        assert.equal(error.retryable, false)
        assert.match(error.message, new RegExp(words.slice(0, 20).replace(/\W/g, '.')))
      })
      assert.equal((await server.seen()).length, 1)
    })
  }

  test('A refused connection is connection_failed, after its tries', async () => {
    let retries = 0
    const callbacks = { onLLMRetry: () => void retries++ }
    await assert.rejects(
      modelAt({ url: connect.refused }, { maxRetries: 1, callbacks }).chat('x'),
      (error) => {
        assert.equal(error.name, 'StreamError')
        assert.equal(error.code, 'connection_failed')
        assert.equal(error.retryable, true)
        assert.equal(error.provider, 'openai')
      },
    )
    assert.equal(retries, 1)
  })

  test('A wait that the server asks for and that is too long fails at once', async () => {
    const server = await connect.serve(refusal(429, 'tomorrow', { 'retry-after': '86400' }))
    await assert.rejects(modelAt(server, { maxRetries: 2 }).chat('x'), (error) => {
      assert.equal(error.code, 'rate_limit')
      assert.equal(error.retryAfter, 86_400_000)
    })
    assert.equal((await server.seen()).length, 1)
  })

  test('A redirect is not followed', async () => {
    const target = await connect.serve({
      headers: JSON_TYPE,
      steps: [{ text: whole('elsewhere') }],
    })
    const server = await connect.serve({ status: 307, headers: { location: target.url } })
    await assert.rejects(modelAt(server).chat('x'), (error) =>
      assert.equal(error.code, 'unexpected_response'),
    )
    assert.equal((await target.seen()).length, 0)
  })
}
