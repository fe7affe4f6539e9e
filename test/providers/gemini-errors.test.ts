import { describe, expect, test } from 'vitest'
import type { ErrorCode } from '../../src/error-code.ts'
import { decodeError } from '../../src/providers/gemini/errors.ts'
import { GeminiLLM } from '../../src/providers/gemini.ts'
import { failure } from '../unit/helpers.ts'
import { jsonAnswer, replayFetch, sseAnswer } from './replay.ts'

const retryInfo = (retryDelay: string) => ({
  '@type': 'type.googleapis.com/google.rpc.RetryInfo',
  retryDelay,
})
const quota = (quotaId: string) => ({
  '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
  violations: [{ quotaId }],
})
const QUOTA = 'You exceeded your current quota, please check your plan and billing details.'

/** HTTP status, word, message, details; what it means, whether another try may help. */
const ERRORS: [number, string, string, unknown[], ErrorCode, boolean][] = [
  [400, 'INVALID_ARGUMENT', 'Invalid JSON payload received.', [], 'bad_request', false],
  [400, 'INVALID_ARGUMENT', 'Oops', [{ reason: 'API_KEY_INVALID' }], 'authentication', false],
  [400, 'INVALID_ARGUMENT', 'API key expired. Renew it.', [], 'authentication', false],
  [
    400,
    'INVALID_ARGUMENT',
    'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).',
    [],
    'context_length',
    false,
  ],
  [
    400,
    'FAILED_PRECONDITION',
    'User location is not supported for the API use.',
    [],
    'permission',
    false,
  ],
  [400, 'FAILED_PRECONDITION', 'Please enable billing.', [], 'insufficient_quota', false],
  [401, 'UNAUTHENTICATED', 'Invalid credentials', [], 'authentication', false],
  [403, 'PERMISSION_DENIED', 'Requests from referer a are blocked.', [], 'permission', false],
  [
    403,
    'PERMISSION_DENIED',
    "Method doesn't allow unregistered callers",
    [],
    'authentication',
    false,
  ],
  [404, 'NOT_FOUND', 'models/x is not found', [], 'model_not_found', false],
  [429, 'RESOURCE_EXHAUSTED', QUOTA, [quota('RequestsPerMinute')], 'rate_limit', true],
  [429, 'RESOURCE_EXHAUSTED', QUOTA, [quota('RequestsPerDay')], 'insufficient_quota', false],
  [429, 'RESOURCE_EXHAUSTED', `${QUOTA} limit: 0`, [], 'insufficient_quota', false],
  [429, 'RESOURCE_EXHAUSTED', 'Your credits are depleted', [], 'insufficient_quota', false],
  [499, 'CANCELLED', 'The operation was cancelled.', [], 'server_error', true],
  [500, 'INTERNAL', 'An internal error has occurred', [], 'server_error', true],
  [503, 'UNAVAILABLE', 'The model is overloaded', [], 'overloaded', true],
  [504, 'DEADLINE_EXCEEDED', 'Deadline expired', [], 'server_error', true],
  [418, 'TEAPOT', 'Tea', [], 'bad_request', false],
]

describe.each(ERRORS)('%i %s %s', (status, word, message, details, code, retryable) => {
  const body = { error: { code: status, message, status: word, details } }
  const expected = { code, retryable, status, vendorCode: word, message }
  const ask = (answer: Parameters<typeof replayFetch>[0], stream: boolean) => {
    const fetch = replayFetch(answer)
    const llm = new GeminiLLM({ model: 'm', apiKey: 'k', fetch, maxRetries: 0 })
    return failure(() => (stream ? llm.chat({ prompt: 'x', stream }).result() : llm.chat('x')))
  }

  test('by its status', async () => {
    expect(await ask(jsonAnswer(body, status), false)).toMatchObject(expected)
    expect(await ask(jsonAnswer([body], status), true)).toMatchObject(expected)
  })

  test('in a stream', async () => {
    expect(await ask(sseAnswer([body]), true)).toMatchObject(expected)
    const bare = { body: `data: {}\r\n\r\n${JSON.stringify([body], null, 2)}` }
    expect(await ask(bare, true)).toMatchObject(expected)
  })
})

describe('how long to wait', () => {
  const wait = (message: string, details: unknown[] = [], status = 'RESOURCE_EXHAUSTED') =>
    decodeError(JSON.stringify({ error: { message, status, details } }), 429).retryAfter

  test.each([
    [QUOTA, [retryInfo('34.4s')], 34_400],
    [QUOTA, [quota('PerMinute'), retryInfo('0s')], 0],
    [`${QUOTA} Please retry in 1.5s.`, [], 1500],
    [QUOTA, [], undefined],
    [QUOTA, [retryInfo('soon')], undefined],
    [QUOTA, [null, { retryDelay: 5 }, { violations: [null] }], undefined],
  ])('%s %j', (message, details, ms) => {
    expect(wait(message, details)).toBe(ms)
  })

  test('nothing where waiting is no use', () => {
    expect(wait(QUOTA, [quota('PerDay'), retryInfo('34s')])).toBeUndefined()
  })
})

test.each(['', '<html>', '[]', 'null', '{}', '{"message":"x"}', '5', '{"error":null}'])(
  'a body that is none of theirs is described elsewhere: %s',
  (text) => {
    expect(decodeError(text, 502)).toEqual({})
  },
)

test('an error that is a text', () => {
  expect(decodeError('{"error":"Not found"}', 404)).toMatchObject({
    code: 'model_not_found',
    message: 'Not found',
  })
})
