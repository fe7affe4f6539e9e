import { describe, expect, test } from 'vitest'
import { post } from '../../../src/http/late-post.ts'
import { readSSE } from '../../../src/http/sse.ts'
import { bytesOf, call, failure, source } from '../helpers.ts'

/** Errors that Node's `fetch` throws after 300 s, and Bun's after about 360 s. */
const ERRORS = {
  'headers of Node': () =>
    new TypeError('fetch failed', {
      cause: Object.assign(new Error('Headers Timeout Error'), { code: 'UND_ERR_HEADERS_TIMEOUT' }),
    }),
  'body of Node': () =>
    new TypeError('terminated', {
      cause: Object.assign(new Error('Body Timeout Error'), { code: 'UND_ERR_BODY_TIMEOUT' }),
    }),
  Bun: () => new DOMException('The operation timed out.', 'TimeoutError'),
}

const asTimeout = (which: 'response' | 'idle') => ({
  name: 'TimeoutError',
  code: 'timeout',
  which,
  retryable: false,
  message: expect.stringMatching(/ms: `fetch` gave up \(pass a `fetch` with a higher limit\)$/),
})

describe.each(Object.entries(ERRORS))("a runtime's own limit: %s", (_name, error) => {
  test('is a response timeout before the headers', async () => {
    const state = call({ fetch: () => Promise.reject(error()) })
    const thrown = await failure(() => post('https://api.acme.example/v1', { body: {} }, state))
    expect(thrown).toMatchObject(asTimeout('response'))
  })

  test.each([
    ['response', []],
    ['idle', [bytesOf('data: 1\n\n')]],
  ] as const)('is a timeout of the kind %s in the body', async (which, chunks) => {
    const state = call()
    const body = readSSE(new Response(source([...chunks], error()).stream), state)
    const thrown = await failure(async () => {
      for await (const frames of body) expect(frames).toMatchObject([{ data: '1' }])
    })
    expect(thrown).toMatchObject(asTimeout(which))
  })
})

describe('a large body whose upload breaks', () => {
  const broken = (code: string) => () =>
    Promise.reject(
      new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code }) }),
    )
  const send = (code: string, length: number) =>
    failure(() =>
      post(
        'https://api.acme.example/v1',
        { body: 'x'.repeat(length) },
        call({ fetch: broken(code) }),
      ),
    )

  test('is not sent again: a proxy may have refused its size in mid-upload', async () => {
    const error = await send('ERR_HTTP2_STREAM_ERROR', 2_000_000)
    expect(error).toMatchObject({ code: 'connection_failed', retryable: false })
    expect(error.message).toMatch(/while sending 2\.0 MB/)
  })

  test.each([
    ['ECONNREFUSED', 2_000_000],
    ['ECONNRESET', 2000],
  ])('is retryable after %s with %i characters', async (code, length) => {
    expect(await send(code, length)).toMatchObject({ code: 'connection_failed', retryable: true })
  })
})
