/**
 * Refusals: statuses with and without Retry-After, redirects.
 */
import type { ErrorCode } from 'chatwire'
import type { Exchange } from '../exchange.ts'
import type { Expected, Fault } from '../fault.ts'
import { always, final, fine, twice } from '../fault.ts'

const CODES: Record<number, ErrorCode> = {
  400: 'bad_request',
  401: 'authentication',
  402: 'insufficient_quota',
  403: 'permission',
  404: 'model_not_found',
  408: 'server_error',
  409: 'server_error',
  413: 'bad_request',
  422: 'bad_request',
  429: 'rate_limit',
  500: 'server_error',
  502: 'server_error',
  503: 'overloaded',
  529: 'overloaded',
}
const AGAIN = new Set([408, 409, 429, 500, 502, 503, 529])
/** Errors that every vendor defines; a gateway answers the rest. */
const WORDED = new Set([400, 401, 403, 404, 429, 500])

/** Retry headers of servers, and the resulting delay. */
interface RetryAfter {
  name: string
  headers(): Record<string, string>
  /** The wait, in milliseconds; absent: none, since it is too long. */
  wait?: readonly [number, number]
}

const RETRY_AFTER: readonly RetryAfter[] = [
  { name: '', headers: () => ({}), wait: [375, 500] },
  { name: ', in seconds', headers: () => ({ 'retry-after': '1' }), wait: [1000, 1000] },
  {
    name: ', a date',
    headers: () => ({ 'retry-after': new Date(Date.now() + 2900).toUTCString() }),
    wait: [1000, 2900],
  },
  {
    name: ', in ms',
    headers: () => ({ 'retry-after-ms': '120.5', 'retry-after': '30' }),
    wait: [120, 121],
  },
  { name: ', absurd', headers: () => ({ 'retry-after': '86400' }) },
]

/** For one status only: invalid forms. */
const ODD: readonly RetryAfter[] = [
  { name: ', at once', headers: () => ({ 'retry-after': '0' }), wait: [0, 0] },
  { name: ', a fraction', headers: () => ({ 'retry-after': '0.25' }), wait: [250, 250] },
  { name: ', negative', headers: () => ({ 'retry-after': '-5' }), wait: [375, 500] },
  { name: ', words', headers: () => ({ 'retry-after': 'soon' }), wait: [375, 500] },
  {
    name: ', a date gone by',
    headers: () => ({ 'retry-after': 'Wed, 21 Oct 2015 07:28:00 GMT' }),
    wait: [0, 500],
  },
  { name: ', a date far off', headers: () => ({ 'retry-after': 'Fri, 31 Dec 2199 23:59:59 GMT' }) },
  { name: ', infinite', headers: () => ({ 'retry-after': '1e400' }) },
  { name: ', NaN ms', headers: () => ({ 'retry-after-ms': 'NaN' }), wait: [375, 500] },
]

async function refuse(
  to: Exchange,
  status: number,
  headers: Record<string, string>,
): Promise<void> {
  if (WORDED.has(status)) return to.answer(await to.good({ error: { status, headers } }))
  to.head({ 'content-type': 'text/html', ...headers }, status)
  await to.send(`<html><head><title>${status}</title></head><body><hr>nginx</body></html>`)
  to.end()
}

function statusRow(status: number, asked: RetryAfter, more: Partial<Fault> = {}): Fault {
  const code = CODES[status] as ErrorCode
  const tried: Expected = twice(code, { wait: asked.wait })
  const given: Expected = { code, retryable: true, requests: 1, within: 15_000 }
  return {
    name: `${status}${asked.name}`,
    perform: (to) => refuse(to, status, asked.headers()),
    expected: always(!AGAIN.has(status) ? final(code) : asked.wait ? tried : given),
    ...more,
  }
}

const statuses: Fault[] = Object.keys(CODES).flatMap((name): Fault[] => {
  const status = Number(name)
  const forms = AGAIN.has(status) ? RETRY_AFTER : [RETRY_AFTER[0], ODD[0]]
  const rows = forms.map((form) => statusRow(status, form as RetryAfter))
  if (status === 429) rows.push(...ODD.map((form) => statusRow(429, form)))
  if (!AGAIN.has(status)) return rows
  const heals: Fault = {
    ...statusRow(status, ODD[0] as RetryAfter),
    name: `${status}, then well`,
    heals: true,
    expected: always(fine({ requests: 2, wait: [0, 0] })),
  }
  return [...rows, heals]
})

/** Refusals whose words say more than their status: the columns, status, body, meaning. */
const WORDS: readonly [
  where: string,
  status: number,
  body: unknown,
  code: ErrorCode,
  retryable: boolean,
][] = [
  [
    'openai',
    400,
    {
      error: {
        message: "This model's maximum context length is 8192 tokens",
        code: 'context_length_exceeded',
      },
    },
    'context_length',
    false,
  ],
  [
    'openai',
    400,
    { error: { message: 'Blocked by the content management policy', code: 'content_filter' } },
    'content_filter',
    false,
  ],
  [
    'openai',
    402,
    { error: { message: 'Insufficient Balance', type: 'unknown_error' } },
    'insufficient_quota',
    false,
  ],
  [
    'openai',
    422,
    { detail: [{ loc: ['body', 'top_k'], msg: 'Extra inputs are not permitted' }] },
    'bad_request',
    false,
  ],
  [
    'openai',
    429,
    { error: { message: 'You exceeded your current quota', type: 'insufficient_quota' } },
    'insufficient_quota',
    false,
  ],
  [
    'openai',
    503,
    { error: { code: 503, message: 'Loading model', type: 'unavailable_error' } },
    'overloaded',
    true,
  ],
  ['ollama', 400, { error: '"x" does not support thinking' }, 'bad_request', false],
  ['ollama', 400, { error: 'input length exceeds the context length' }, 'context_length', false],
  ['ollama', 401, { error: 'unauthorized', signin_url: 'https://a' }, 'authentication', false],
  ['ollama', 404, { error: "model 'x' not found" }, 'model_not_found', false],
  ['zhipu', 429, { error: { code: '1113', message: '余额不足' } }, 'insufficient_quota', false],
  ['zhipu', 429, { error: { code: '1305', message: '请求过多' } }, 'overloaded', true],
  ['zhipu', 400, { error: { code: '1301', message: '敏感内容' } }, 'content_filter', false],
  [
    'gemini',
    400,
    { error: { code: 400, message: 'API key not valid.', status: 'INVALID_ARGUMENT' } },
    'authentication',
    false,
  ],
  [
    'gemini',
    400,
    { error: { message: 'User location is not supported', status: 'FAILED_PRECONDITION' } },
    'permission',
    false,
  ],
  [
    'gemini',
    429,
    [{ error: { message: 'You exceeded your current quota', status: 'RESOURCE_EXHAUSTED' } }],
    'rate_limit',
    true,
  ],
  [
    'gemini',
    429,
    {
      error: {
        message: 'You exceeded your current quota',
        status: 'RESOURCE_EXHAUSTED',
        details: [{ violations: [{ quotaId: 'GenerateRequestsPerDayPerProjectPerModel' }] }],
      },
    },
    'insufficient_quota',
    false,
  ],
  [
    'anthropic',
    400,
    { type: 'error', error: { type: 'invalid_request_error', message: 'prompt is too long' } },
    'context_length',
    false,
  ],
  [
    'anthropic',
    400,
    { type: 'error', error: { type: 'invalid_request_error', message: 'API usage limits' } },
    'insufficient_quota',
    false,
  ],
  [
    'anthropic',
    429,
    {
      error: {
        type: 'rate_limit_error',
        message: 'No',
        details: { error_code: 'enforced_spend_limit_reached' },
      },
    },
    'insufficient_quota',
    false,
  ],
  ['dashscope', 400, { code: 'Arrearage', message: 'Access denied.' }, 'insufficient_quota', false],
  [
    'dashscope',
    400,
    { code: 'data_inspection_failed', message: 'Input data' },
    'content_filter',
    false,
  ],
  [
    'dashscope',
    400,
    { code: 'InvalidParameter', message: 'Range of input length should be [1, 6000]' },
    'context_length',
    false,
  ],
  [
    'dashscope',
    429,
    { code: 'Throttling.AllocationQuota', message: 'Allocated quota exceeded' },
    'rate_limit',
    true,
  ],
]

const words = WORDS.map(([where, status, body, code, retryable], index): Fault => ({
  name: `${status} in words: ${code} (${where} ${index})`,
  families: [where as 'openai'],
  async perform(to) {
    to.head({ 'content-type': 'application/octet-stream' }, status)
    await to.send(JSON.stringify(body))
    to.end()
  },
  expected: always(retryable ? twice(code) : final(code)),
}))

const broken: Fault[] = [
  {
    name: '500, its body reset',
    async perform(to) {
      to.head({ 'content-type': 'application/json', 'content-length': '500' }, 500)
      await to.send('{"error":')
      to.reset()
    },
    expected: always(twice('server_error')),
  },
  {
    name: '503, its body stalls',
    settings: { idleTimeout: 300 },
    async perform(to) {
      to.head({ 'content-type': 'application/json', 'retry-after-ms': '1' }, 503)
      await to.send('{"error":')
    },
    expected: always(twice('overloaded')),
  },
]

const redirects = [301, 302, 303, 307, 308].map((status): Fault => ({
  name: `${status} to another origin`,
  async perform(to) {
    to.head({ location: `${to.place.elsewhere}/stolen/${to.place.id}` }, status)
    to.end()
  },
  expected: always(final('unexpected_response', { words: /redirect/ })),
}))
redirects.push({
  name: '307 to the same origin',
  async perform(to) {
    to.head({ location: to.url }, 307)
    await to.send('Moved')
    to.end()
  },
  expected: always(final('unexpected_response', { words: /redirect/ })),
})

export const refusalRows: readonly Fault[] = [...statuses, ...words, ...broken, ...redirects]
