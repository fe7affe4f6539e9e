import { describe, expect, test } from 'vitest'
import { isChatError } from '../../../../src/errors.ts'
import { OPENAI_LIKE, openAiLike } from '../../../../src/providers/openai-like.ts'
import { OpenAiLLM } from '../../../../src/providers/openai.ts'
import { decodeError } from '../../../../src/wire/openai/errors.ts'
import { replayFetch } from '../../../providers/replay.ts'

/** Returns the caller's error for this answer. */
async function fail(status: number, body: unknown, server = 'openai', headers = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const fetch = replayFetch({ body: text, status, headers })
  const Model = server === 'openai' ? OpenAiLLM : openAiLike(OPENAI_LIKE[server]!, server)
  const llm = new Model({
    model: 'm',
    modelServer: server,
    apiKey: 'sk-secret',
    fetch,
    maxRetries: 0,
  })
  const error: unknown = await llm.chat('Hi').then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!isChatError(error)) throw new Error('no error of ours', { cause: error })
  return error
}

const wrap = (message: string, type?: string | null, code?: unknown) => ({
  error: { message, type, param: null, code },
})

const exhausted = {
  code: 429,
  message: 'You exceeded your current quota, please check your plan and billing details.',
  status: 'RESOURCE_EXHAUSTED',
}

describe('every shape of a refusal', () => {
  test.each<[string, number, unknown, string, boolean, string?]>([
    [
      'OpenAI, bad key',
      401,
      wrap('Incorrect API key provided', 'invalid_request_error', 'invalid_api_key'),
      'authentication',
      false,
    ],
    [
      'OpenAI, no key: the type says "invalid request"',
      401,
      wrap("You didn't provide an API key.", 'invalid_request_error', null),
      'authentication',
      false,
    ],
    [
      'DeepSeek, bad key: the code says "invalid request"',
      401,
      wrap('Authentication Fails', 'authentication_error', 'invalid_request_error'),
      'authentication',
      false,
    ],
    [
      'DeepSeek, no money',
      402,
      wrap('Insufficient Balance', 'unknown_error', 'invalid_request_error'),
      'insufficient_quota',
      false,
    ],
    [
      'DeepSeek, unknown model',
      400,
      wrap('Model Not Exist', 'invalid_request_error', 'invalid_request_error'),
      'model_not_found',
      false,
    ],
    [
      'OpenAI, unknown model',
      404,
      wrap('The model `x` does not exist', 'invalid_request_error', 'model_not_found'),
      'model_not_found',
      false,
    ],
    [
      'OpenAI, wrong path',
      404,
      wrap('Invalid URL (POST /v1/foo)', 'invalid_request_error', null),
      'bad_request',
      false,
    ],
    [
      'OpenAI, region',
      403,
      wrap('Country not supported', 'request_forbidden', 'unsupported_country_region_territory'),
      'permission',
      false,
    ],
    [
      'OpenAI, too many',
      429,
      wrap('Rate limit reached', 'requests', 'rate_limit_exceeded'),
      'rate_limit',
      true,
    ],
    [
      'OpenAI, no money',
      429,
      wrap('You exceeded your current quota', 'insufficient_quota', 'insufficient_quota'),
      'insufficient_quota',
      false,
    ],
    [
      'OpenAI, too long',
      400,
      wrap(
        "This model's maximum context length is 8192 tokens",
        'invalid_request_error',
        'context_length_exceeded',
      ),
      'context_length',
      false,
    ],
    [
      'Scaleway, too many at once',
      429,
      { status: 429, error: 'INSUFFICIENT QUOTA', message: 'Too many concurrent requests.' },
      'rate_limit',
      true,
      'INSUFFICIENT QUOTA: Too many concurrent requests.',
    ],
    [
      'Gemini, a limit of a minute',
      429,
      [{ error: { ...exhausted, details: [{ violations: [{ quotaId: 'RequestsPerMinute' }] }] } }],
      'rate_limit',
      true,
    ],
    [
      'Gemini, a limit of a day',
      429,
      [{ error: { ...exhausted, details: [{ violations: [{ quotaId: 'RequestsPerDay' }] }] } }],
      'insufficient_quota',
      false,
    ],
    [
      'LiteLLM, too long, as unavailable',
      503,
      wrap("litellm.ServiceUnavailableError: exceeds the model's maximum context length", null),
      'context_length',
      false,
    ],
    [
      'DeepInfra, no money',
      402,
      { detail: { error: 'You have no credits' } },
      'insufficient_quota',
      false,
      'You have no credits',
    ],
    ['OpenAI, conflict', 409, wrap('Conflict', null, null), 'server_error', true],
    [
      'OpenAI, failure',
      500,
      wrap('The server had an error', 'server_error', null),
      'server_error',
      true,
    ],
    ['OpenAI, overloaded', 503, wrap('Overloaded', 'server_error', null), 'overloaded', true],
    [
      'vLLM, new',
      400,
      wrap('max_tokens must be at least 1', 'BadRequestError', 400),
      'bad_request',
      false,
    ],
    [
      'vLLM, unknown model',
      404,
      wrap('The model `x` does not exist.', 'NotFoundError', 404),
      'model_not_found',
      false,
    ],
    [
      'vLLM, old, too long',
      400,
      {
        object: 'error',
        message: "This model's maximum context length is 4096 tokens.",
        type: 'BadRequestError',
        param: null,
        code: 400,
      },
      'context_length',
      false,
    ],
    [
      'llama.cpp, loading',
      503,
      { error: { code: 503, message: 'Loading model', type: 'unavailable_error' } },
      'overloaded',
      true,
    ],
    [
      'llama.cpp, too long',
      400,
      {
        error: {
          code: 400,
          message: 'the request exceeds the available context size',
          type: 'exceed_context_size_error',
          n_prompt_tokens: 9,
          n_ctx: 4,
        },
      },
      'context_length',
      false,
    ],
    [
      'OpenRouter',
      429,
      {
        error: {
          code: 429,
          message: 'Provider returned error',
          metadata: { provider_name: 'P', raw: 'try later' },
        },
        user_id: 'u',
      },
      'rate_limit',
      true,
      'try later',
    ],
    [
      'OpenRouter, the cause as an object',
      400,
      {
        error: {
          code: 400,
          message: 'Provider returned error',
          metadata: { raw: { error: { message: 'prompt is too long' } } },
        },
      },
      'context_length',
      false,
      'prompt is too long',
    ],
    [
      'Moonshot, unknown model',
      404,
      {
        error: {
          message: 'Not found the model x or Permission denied',
          type: 'resource_not_found_error',
        },
      },
      'model_not_found',
      false,
    ],
    [
      'Moonshot, bad key',
      401,
      { error: { message: 'Invalid Authentication', type: 'invalid_authentication_error' } },
      'authentication',
      false,
    ],
    [
      'Moonshot, too many',
      429,
      { error: { message: 'max RPM: 3', type: 'rate_limit_reached_error' } },
      'rate_limit',
      true,
    ],
    [
      'Moonshot, no money',
      429,
      { error: { message: 'suspended', type: 'exceeded_current_quota_error' } },
      'insufficient_quota',
      false,
    ],
    [
      'Moonshot, overloaded',
      429,
      { error: { message: 'busy', type: 'engine_overloaded_error' } },
      'overloaded',
      true,
    ],
    [
      'Moonshot, filtered',
      400,
      { error: { message: 'high risk', type: 'content_filter' } },
      'content_filter',
      false,
    ],
    [
      'Azure, filtered',
      400,
      {
        error: {
          message: 'The response was filtered',
          code: 'content_filter',
          innererror: { content_filter_result: {} },
        },
      },
      'content_filter',
      false,
    ],
    ['a text', 400, { error: 'No models loaded' }, 'bad_request', false, 'No models loaded'],
    ['FastAPI, a text', 404, { detail: 'Not Found' }, 'model_not_found', false, 'Not Found'],
    [
      'FastAPI, a list',
      422,
      {
        detail: [{ loc: ['body', 'temperature'], msg: 'must be at most 1.5', type: 'value_error' }],
      },
      'bad_request',
      false,
      'body.temperature: must be at most 1.5',
    ],
    [
      'a gateway',
      500,
      { message: 'upstream failed', request_id: 'r1' },
      'server_error',
      true,
      'upstream failed',
    ],
    [
      'ModelScope',
      401,
      {
        errors: {
          message:
            'Authenticaton failed, please make sure that a valid ModelScope token is supplied.',
        },
        request_id: 'r2',
      },
      'authentication',
      false,
    ],
    [
      'Gemini: a list',
      400,
      [{ error: { code: 400, message: 'Invalid JSON payload', status: 'INVALID_ARGUMENT' } }],
      'bad_request',
      false,
    ],
    [
      'Gemini, bad key',
      400,
      [
        {
          error: {
            code: 400,
            message: 'API key not valid. Please pass a valid API key.',
            status: 'INVALID_ARGUMENT',
          },
        },
      ],
      'authentication',
      false,
    ],
    [
      'SiliconFlow, a bare JSON string',
      401,
      '"Api key is invalid"',
      'authentication',
      false,
      'Api key is invalid',
    ],
    ['plain words', 401, 'Unauthorized', 'authentication', false, 'Unauthorized'],
    [
      'HTML',
      502,
      '<html><body><h1>502 Bad Gateway</h1>nginx</body></html>',
      'server_error',
      true,
      'HTTP 502: Bad Gateway',
    ],
    ['an empty body (Ollama, foreign origin)', 403, '', 'permission', false],
    ['null', 500, 'null', 'server_error', true],
    ['an empty list', 500, '[]', 'server_error', true],
    ['half of one', 429, '{"error":{"mess', 'rate_limit', true],
    [
      "DashScope's OpenAI format, too many requests",
      429,
      wrap('Requests rate limit exceeded', 'Throttling.RateQuota', 'Throttling.RateQuota'),
      'rate_limit',
      true,
    ],
    [
      'SGLang, a prompt too long',
      400,
      {
        object: 'error',
        message: 'Input length (5000 tokens) exceeds the maximum allowed length (4096 tokens).',
        type: 'BadRequestError',
        code: 400,
      },
      'context_length',
      false,
    ],
    [
      'Mistral, unknown model',
      400,
      { object: 'error', message: 'Invalid model: x', type: 'invalid_model', code: '1500' },
      'model_not_found',
      false,
    ],
    [
      'OpenRouter, unknown model',
      400,
      { error: { message: 'foo/bar is not a valid model ID', code: 400 } },
      'model_not_found',
      false,
    ],
    [
      'a name that every object has',
      400,
      wrap('m', '__proto__', 'constructor'),
      'bad_request',
      false,
    ],
    [
      'nonsense everywhere',
      400,
      '{"error":{"code":{"toString":1,"valueOf":1},"type":[1],"message":{},"loc":[{"toString":1}],"msg":"m"},"__proto__":1}',
      'bad_request',
      false,
    ],
  ])('%s', async (_who, status, body, code, retryable, words = '') => {
    const error = await fail(status, body)
    expect(error).toMatchObject({
      name: 'ServiceError',
      code,
      retryable,
      status,
      provider: 'openai',
    })
    expect(error.message).toContain(words)
    expect(error.message).not.toBe('')
  })

  test.each([
    [400, 20012, 'Model does not exist. Please check it carefully.', 'model_not_found', false],
    [403, 30001, 'Sorry, your account balance is insufficient', 'insufficient_quota', false],
    [403, 30003, 'Model disabled.', 'permission', false],
    [503, 50505, 'Model service overloaded. Please try again later.', 'overloaded', true],
  ])('SiliconFlow: %i with %i', async (status, number, message, code, retryable) => {
    const error = await fail(status, { code: number, message, data: null }, 'siliconflow')
    expect(error).toMatchObject({ code, retryable, vendorCode: String(number) })
  })

  test('the content type of an error is ignored (DeepSeek)', async () => {
    const headers = { 'content-type': 'application/octet-stream' }
    expect(
      await fail(400, wrap('Model Not Exist', 'invalid_request_error'), 'deepseek', headers),
    ).toMatchObject({ code: 'model_not_found' })
  })

  test('x-should-retry overrides what may be tried again', async () => {
    expect(await fail(500, wrap('m'), 'openai', { 'x-should-retry': 'false' })).toMatchObject({
      retryable: false,
    })
    expect(await fail(400, wrap('m'), 'openai', { 'x-should-retry': 'true' })).toMatchObject({
      retryable: false,
    })
  })

  test('ids of requests, from the header and from the body', async () => {
    expect(await fail(500, wrap('m'), 'openai', { 'x-request-id': 'h1' })).toMatchObject({
      requestId: 'h1',
    })
    expect(await fail(500, { message: 'm', request_id: 'b1' })).toMatchObject({ requestId: 'b1' })
  })

  test('a key that the server repeats is not shown', async () => {
    const error = await fail(401, wrap('Incorrect API key provided: sk-secret'))
    expect(error.message).not.toContain('sk-secret')
  })

  test('decodeError() says nothing of what it cannot read', () => {
    for (const text of ['', 'words', '<html>', '7', 'null', '[]', '[null]'])
      expect(decodeError(text, 500)).toEqual({})
  })
})
