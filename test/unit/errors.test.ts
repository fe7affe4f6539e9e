import { describe, expect, test } from 'vitest'
import {
  ChatError,
  ConfigError,
  isChatError,
  ServiceError,
  StreamError,
  TimeoutError,
  ToolError,
} from '../../src/errors.ts'
import { codeOfStatus, isRetryableStatus, refineCode } from '../../src/service-error-code.ts'

const ERRORS = [
  [new ConfigError('invalid_config', 'a'), 'ConfigError', false],
  [
    new ServiceError('rate_limit', 'a', { retryAfter: 5, vendorCode: 'v', retryable: true }),
    'ServiceError',
    true,
  ],
  [new TimeoutError('response', 5), 'TimeoutError', true],
  [new TimeoutError('idle', 5), 'TimeoutError', true],
  [new TimeoutError('total', 5), 'TimeoutError', false],
  [new StreamError('connection_lost', 'a'), 'StreamError', true],
  [new StreamError('frame_too_large', 'a'), 'StreamError', false],
  [new ToolError('tool_failed', 'a'), 'ToolError', false],
] as const

describe('an error', () => {
  test.each(ERRORS)(
    '%s has its name, its parent and whether it may be retried',
    (error, name, retryable) => {
      expect(error).toBeInstanceOf(ChatError)
      expect(error).toBeInstanceOf(Error)
      expect(error).toMatchObject({ name, retryable })
      expect(String(error)).toBe(`${name}: ${error.message}`)
      expect(isChatError(error)).toBe(true)
    },
  )

  test('is plain data as JSON, without what is absent', () => {
    const error = new ServiceError('rate_limit', 'Slow down', {
      provider: 'acme',
      status: 429,
      cause: new Error('inner secret'),
    })
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      name: 'ServiceError',
      code: 'rate_limit',
      message: 'Slow down',
      retryable: false,
      provider: 'acme',
      status: 429,
    })
    error.partial = { text: 'half' } as never
    expect(error.toJSON().partialText).toBe('half')
    expect(structuredClone(error.toJSON())).toEqual(error.toJSON())
  })

  test('of a timeout names which one, its limit and the way out', () => {
    for (const [which, option] of [
      ['response', 'timeout'],
      ['idle', 'idleTimeout'],
      ['total', 'totalTimeout'],
    ] as const) {
      const error = new TimeoutError(which, 1234)
      expect(error).toMatchObject({ which, limit: 1234, code: 'timeout' })
      expect(error.message).toMatch(new RegExp(`1234 ms.*\`${option}\``))
    }
  })

  test('of a frame shows only its start', () => {
    expect(new StreamError('bad_frame', 'a', { frame: 'x'.repeat(999) }).frame).toHaveLength(200)
  })

  test('has a cause only where there is one', () => {
    expect('cause' in new ConfigError('invalid_config', 'a')).toBe(false)
    expect(new ConfigError('invalid_config', 'a', { cause: 0 }).cause).toBe(0)
  })
})

test('isChatError() knows the errors of another copy of the package, and nothing else', () => {
  const foreign = Object.assign(new Error('x'), { [Symbol.for('chatwire.error')]: true })
  expect(isChatError(foreign)).toBe(true)
  for (const other of [new Error('x'), null, undefined, 'x', 0, {}])
    expect(isChatError(other)).toBe(false)
})

test.each([
  [200, 'unexpected_response'],
  [304, 'unexpected_response'],
  [400, 'bad_request'],
  [451, 'bad_request'],
  [503, 'overloaded'],
  [599, 'server_error'],
])('codeOfStatus(%i) is %s', (status, code) => expect(codeOfStatus(status)).toBe(code))

test('isRetryableStatus() is true for 408, 409, 429, 498 and 5xx', () => {
  const retryable = Array.from({ length: 500 }, (_, at) => at + 100).filter(isRetryableStatus)
  expect(retryable).toEqual([
    408,
    409,
    429,
    498,
    ...Array.from({ length: 100 }, (_, at) => at + 500),
  ])
})

test.each([
  ['bad_request', 'prompt is too long: 210000 tokens > 200000 maximum', 'context_length'],
  [
    'bad_request',
    'The decoder prompt (length 5000) is longer than the maximum model length of 4096.',
    'context_length',
  ],
  ['bad_request', 'Range of input length should be [1, 30720]', 'context_length'],
  ['bad_request', 'The response was filtered due to content_filter', 'content_filter'],
  ['bad_request', 'Insufficient Balance', 'insufficient_quota'],
  ['bad_request', "model 'llama9' not found", 'model_not_found'],
  ['bad_request', 'temperature must be below 2', 'bad_request'],
  ['rate_limit', 'Rate limit: too many tokens per minute', 'rate_limit'],
  ['rate_limit', 'billing hard limit', 'insufficient_quota'],
  ['rate_limit', 'you (a) have reached your weekly usage limit', 'insufficient_quota'],
  ['bad_request', 'Budget has been exceeded! Current cost: 2, Max budget: 1', 'insufficient_quota'],
  ['permission', 'AccountOverdueError: your account has an overdue balance', 'insufficient_quota'],
  ['bad_request', 'tokens_limit_reached Request body too large for gpt-4o', 'context_length'],
  ['bad_request', 'total number of tokens cannot exceed 4081', 'context_length'],
  ['bad_request', 'maximum number of input tokens is 8192', 'context_length'],
  ['bad_request', '`inputs` tokens + `max_new_tokens` must be <= 4096', 'context_length'],
  ['bad_request', '`max_new_tokens` must be <= 512', 'bad_request'],
  ['bad_request', 'Prompt exceeds max length', 'context_length'],
  ['server_error', 'Too many tokens, please wait before trying again.', 'server_error'],
  ['overloaded', 'The prompt exceeds the maximum context length of 131072', 'context_length'],
  ['rate_limit', 'INSUFFICIENT QUOTA: too many concurrent requests', 'rate_limit'],
  ['rate_limit', 'insufficient quota: requests per minute', 'rate_limit'],
  ['rate_limit', "you've reached your hourly usage limit, please wait", 'rate_limit'],
  ['rate_limit', 'Subscription quota exceeded.', 'insufficient_quota'],
  ['rate_limit', 'Free usage exceeded, subscribe', 'insufficient_quota'],
  ['rate_limit', 'usage_limit_reached The usage limit has been reached', 'insufficient_quota'],
  ['rate_limit', 'Weekly/Monthly Limit Exhausted.', 'insufficient_quota'],
  ['rate_limit', '已达到 5 小时的使用上限', 'insufficient_quota'],
  ['rate_limit', '余额不足或无可用资源包,请充值。', 'insufficient_quota'],
  ['rate_limit', 'used up your daily free allocation of 10,000 neurons', 'insufficient_quota'],
  ['rate_limit', 'Rate limit exceeded: free-models-per-day', 'insufficient_quota'],
  ['permission', 'Key limit exceeded (total limit)', 'insufficient_quota'],
  ['permission', 'API key budget limit exceeded (monthly limit)', 'insufficient_quota'],
  ['bad_request', '系统检测到输入或生成内容可能包含不安全或敏感内容', 'content_filter'],
  ['authentication', 'billing context length', 'authentication'],
  ['overloaded', 'insufficient quota', 'overloaded'],
] as const)('refineCode(%s, "%s") is %s', (code, words, expected) => {
  expect(refineCode(code, words)).toBe(expected)
})
