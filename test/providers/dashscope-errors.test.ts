import { describe, expect, test } from 'vitest'
import { DashScopeLLM } from '../../src/providers/dashscope.ts'
import type { Answer } from './replay.ts'
import { jsonAnswer, replayFetch } from './replay.ts'

const KEY = 'sk-very-secret-key'
const FAILURE = { code: 'InvalidParameter', message: 'No such thing', request_id: 'r1' }
const SAID = { code: 'bad_request', vendorCode: 'InvalidParameter', message: 'No such thing' }

async function fail(answer: Answer, stream = true) {
  const fetch = replayFetch(answer)
  const llm = new DashScopeLLM({ model: 'qwen-plus', apiKey: KEY, fetch, maxRetries: 0 })
  const asked = stream ? llm.chat({ prompt: 'Hi', stream: true }).result() : llm.chat('Hi')
  const error = await asked.catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ name: 'ServiceError', provider: 'dashscope' })
  expect(JSON.stringify(error) + String(error)).not.toContain(KEY)
  return error
}

describe('the shapes of a failure', () => {
  test.each<[string, Answer]>([
    [
      'a: a frame under HTTP 200',
      { body: `id:1\nevent:error\n:HTTP_STATUS/400\ndata:${JSON.stringify(FAILURE)}\n\n` },
    ],
    [
      'b: SSE framing under HTTP 400, said to be JSON',
      {
        body: `id:1\nevent:error\n:HTTP_STATUS/400\ndata:${JSON.stringify(FAILURE)}\n\n`,
        status: 400,
        headers: { 'content-type': 'application/json' },
      },
    ],
    ['plain, HTTP 400', jsonAnswer(FAILURE, 400)],
    ['plain, HTTP 200', jsonAnswer(FAILURE)],
    ['d: no content type', { body: JSON.stringify(FAILURE), status: 400 }],
    ['e: data without an event', { body: `data:${JSON.stringify(FAILURE)}\n\n` }],
    [
      'f: msg for message',
      jsonAnswer({ code: FAILURE.code, msg: FAILURE.message, request_id: 'r1' }, 400),
    ],
    ['unterminated', { body: `event:error\ndata:${JSON.stringify(FAILURE)}` }],
  ])('%s', async (_name, answer) => {
    for (const stream of [true, false]) {
      expect(await fail(answer, stream)).toMatchObject({ ...SAID, status: 400, requestId: 'r1' })
    }
  })

  test('c: nested, in snake case, without a request id', async () => {
    const error = {
      message: 'The model `x` does not exist',
      type: 'invalid_request_error',
      code: 'model_not_found',
    }
    const answer = jsonAnswer({ error }, 404)
    answer.headers = { ...answer.headers, 'x-request-id': 'from-header' }
    expect(await fail(answer)).toMatchObject({
      code: 'model_not_found',
      vendorCode: 'model_not_found',
      status: 404,
      requestId: 'from-header',
      retryable: false,
    })
  })

  test('after text: what had arrived is kept', async () => {
    const text = { output: { choices: [{ message: { content: 'So' }, finish_reason: 'null' }] } }
    const filtered = { code: 'data_inspection_failed', message: 'Output data may be inappropriate' }
    const body = [text, filtered].map((data) => `data:${JSON.stringify(data)}\n\n`).join('')
    expect(await fail({ body })).toMatchObject({ code: 'content_filter', partial: { text: 'So' } })
  })

  test('no JSON at all', async () => {
    const page = { body: '<html><body>Bad gateway</body></html>', status: 502 }
    expect(await fail(page)).toMatchObject({ code: 'server_error', retryable: true, status: 502 })
    expect(await fail({ body: '', status: 401 })).toMatchObject({ code: 'authentication' })
  })
})

describe('codes', () => {
  test.each<[number, string, string, boolean]>([
    [400, 'InvalidParameter', 'bad_request', false],
    [400, 'invalid_request_error', 'bad_request', false],
    [400, 'BadRequest.EmptyInput', 'bad_request', false],
    [400, 'UnsupportedOperation', 'bad_request', false],
    [400, 'InvalidParameter.NotSupportEnableThinking', 'bad_request', false],
    [400, 'DataInspectionFailed', 'content_filter', false],
    [400, 'data_inspection_failed', 'content_filter', false],
    [400, 'Arrearage', 'insufficient_quota', false],
    [403, 'Arrearage', 'insufficient_quota', false],
    [403, 'AllocationQuota.FreeTierOnly', 'insufficient_quota', false],
    [429, 'CommodityNotPurchased', 'insufficient_quota', false],
    [429, 'PrepaidBillOverdue', 'insufficient_quota', false],
    [429, 'PostpaidBillOverdue', 'insufficient_quota', false],
    [401, 'InvalidApiKey', 'authentication', false],
    [401, 'invalid_api_key', 'authentication', false],
    [403, 'AccessDenied', 'permission', false],
    [403, 'AccessDenied.Unpurchased', 'permission', false],
    [403, 'Model.AccessDenied', 'permission', false],
    [404, 'ModelNotFound', 'model_not_found', false],
    [404, 'model_not_supported', 'model_not_found', false],
    [404, 'WorkSpaceNotFound', 'bad_request', false],
    [415, 'BadRequest.InputDownloadFailed', 'bad_request', false],
    [429, 'Throttling', 'rate_limit', true],
    [429, 'Throttling.RateQuota', 'rate_limit', true],
    [429, 'Throttling.AllocationQuota', 'rate_limit', true],
    [429, 'insufficient_quota', 'rate_limit', true],
    [429, 'LimitRequests', 'rate_limit', true],
    [429, 'limit_requests', 'rate_limit', true],
    [429, 'ServiceOverloaded', 'overloaded', true],
    [500, 'InternalError', 'server_error', true],
    [500, 'InternalError.Algo', 'server_error', true],
    [500, 'InternalError.Timeout', 'server_error', true],
    [500, 'RequestTimeOut', 'server_error', true],
    [500, 'ModelServingError', 'overloaded', true],
    [503, 'ModelUnavailable', 'overloaded', true],
    [400, 'InternalError.Algo.InvalidParameter', 'bad_request', false],
    [400, 'SomethingNew', 'bad_request', false],
    [502, 'SomethingNew', 'server_error', true],
  ])('%i %s is %s, retryable: %s', async (status, vendorCode, code, retryable) => {
    const body = { code: vendorCode, message: 'Words', request_id: 'r' }
    const expected = { code, retryable, vendorCode }
    expect(await fail(jsonAnswer(body, status))).toMatchObject({ ...expected, status })
    if (vendorCode === 'SomethingNew') return
    // Inside of a stream, where nothing but the code tells.
    expect(await fail({ body: `data:${JSON.stringify(body)}\n\n` })).toMatchObject(expected)
  })

  test.each([
    ['InvalidParameter', 'Range of input length should be [1, 30720]', 'context_length'],
    [
      'InternalError.Algo.InvalidParameter',
      '<400> InternalError.Algo.InvalidParameter: Range of input length should be [1, 6000]',
      'context_length',
    ],
    ['InternalError.Algo', '<400> InternalError.Algo.InvalidParameter: no', 'bad_request'],
    ['InvalidParameter.DataInspection', 'Unable to download the media', 'bad_request'],
    ['InvalidParameter', 'Model not exist.', 'model_not_found'],
  ])('%s: %s', async (vendorCode, message, code) => {
    const answer = jsonAnswer({ code: vendorCode, message }, 400)
    expect(await fail(answer)).toMatchObject({ code, retryable: false })
  })

  test('a refused key may be good in another region', async () => {
    const answer = jsonAnswer({ code: 'InvalidApiKey', message: `Bad key ${KEY}` }, 401)
    const error = (await fail(answer)) as Error
    expect(error.message).toMatch(/^Bad key \*\*\* \(.*region.*baseURL/)
  })
})
