/**
 * The providers against `@copilotkit/aimock` and every kind of failure that it can be told to make.
 * Its own ways, where no vendor has them, are named beside what is expected of them here.
 */
import type { ErrorResponse, FixtureOpts } from '@copilotkit/aimock'
import { LLMock } from '@copilotkit/aimock'
import type { ModelConfig, ServiceError, TimeoutError } from 'chatwire'
import { failover } from 'chatwire'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Cell } from './lane.ts'
import { CELLS, Lane, PIECES, TEXT, WEATHER } from './lane.ts'

const mock = new LLMock({ port: 0, strict: true })
beforeAll(() => mock.start())
afterAll(() => mock.stop())

const open = (cell: Cell, settings?: Partial<ModelConfig>) => new Lane(mock, cell, settings)

const STREAMED = CELLS.filter(({ mode }) => mode === 'streamed')

/** A refusal in the words of a vendor, by its server; Ollama has no words for the kinds. */
interface Refusal {
  status: number
  message?: string
  openai?: { type?: string; code?: string }
  anthropic?: string
  gemini?: string
  code: string
  /** True if it is retried. */
  retryable?: true
  /** Servers that mean something else by it. */
  except?: string
}

const REFUSALS: Refusal[] = [
  {
    status: 400,
    openai: { type: 'invalid_request_error' },
    anthropic: 'invalid_request_error',
    gemini: 'INVALID_ARGUMENT',
    code: 'bad_request',
  },
  {
    status: 400,
    message: "This model's maximum context length is 8192 tokens, your prompt is too long",
    openai: { type: 'invalid_request_error', code: 'context_length_exceeded' },
    anthropic: 'invalid_request_error',
    gemini: 'INVALID_ARGUMENT',
    code: 'context_length',
  },
  {
    status: 401,
    openai: { type: 'invalid_request_error', code: 'invalid_api_key' },
    anthropic: 'authentication_error',
    gemini: 'UNAUTHENTICATED',
    code: 'authentication',
  },
  {
    status: 402,
    message: 'Payment required',
    anthropic: 'billing_error',
    gemini: 'FAILED_PRECONDITION',
    code: 'insufficient_quota',
  },
  {
    status: 403,
    anthropic: 'permission_error',
    gemini: 'PERMISSION_DENIED',
    code: 'permission',
  },
  {
    status: 404,
    message: 'The model does not exist',
    openai: { type: 'invalid_request_error', code: 'model_not_found' },
    anthropic: 'not_found_error',
    gemini: 'NOT_FOUND',
    code: 'model_not_found',
  },
  {
    status: 429,
    message: 'You exceeded your current quota, please check your plan and billing details',
    openai: { type: 'insufficient_quota', code: 'insufficient_quota' },
    anthropic: 'billing_error',
    except: 'gemini', // it says so of every limit, those of a minute too
    code: 'insufficient_quota',
  },
  {
    status: 429,
    openai: { type: 'requests', code: 'rate_limit_exceeded' },
    anthropic: 'rate_limit_error',
    gemini: 'RESOURCE_EXHAUSTED',
    code: 'rate_limit',
    retryable: true,
  },
  {
    status: 500,
    openai: { type: 'server_error' },
    anthropic: 'api_error',
    gemini: 'INTERNAL',
    code: 'server_error',
    retryable: true,
  },
  {
    status: 503,
    openai: { type: 'server_error' },
    anthropic: 'overloaded_error',
    gemini: 'UNAVAILABLE',
    code: 'overloaded',
    retryable: true,
  },
]

/** The error as configured in aimock. For Ollama it uses OpenAI's format, although Ollama's own is plain text. */
function refusalOf(cell: Cell, refusal: Refusal): ErrorResponse {
  const { status, message = 'No, for a reason', openai, anthropic, gemini } = refusal
  const type = { openai: openai?.type, anthropic, gemini, ollama: undefined }[cell.server]
  const code = cell.server === 'openai' ? openai?.code : undefined
  return { status, error: { message, ...(type && { type }), ...(code && { code }) }, retryAfter: 0 }
}

/** After some frames the server goes silent, for longer than the timeout. */
function stalled(frames: number, rest: FixtureOpts = {}): FixtureOpts {
  const interChunkDelaysMs = [...Array.from({ length: frames - 1 }, () => 1), 10_000]
  return { recordedTimings: { ttftMs: 0, interChunkDelaysMs, totalDurationMs: 10_000 }, ...rest }
}

/** Cuts at a frame, which itself may be lost: aimock cuts in the very moment in which it writes it. */
function cutAt(frame: number): FixtureOpts {
  return { latency: 1, truncateAfterChunks: frame }
}

/** Milliseconds in which a few frames come, also where many tests run. */
const SHORT = 1500

const READ = PIECES.slice(0, 2).join('')

describe.concurrent.each(CELLS)('$server, $mode', (cell) => {
  const { server, mode } = cell

  const refusals = REFUSALS.filter(({ except }) => except !== server)
  test.concurrent.each(refusals)('refused: $status, $code', async (refusal) => {
    const lane = open(cell).on(refusalOf(cell, refusal))
    const error = await lane.failure()
    const { code, status, retryable = false, message = 'No, for a reason' } = refusal
    expect(error).toMatchObject({ code, status, retryable, provider: server })
    expect(error.message).toContain(message)
    expect(error.requestId).toEqual(expect.any(String))
    expect(error.partial).toMatchObject({ text: '', finishReason: 'error' })
    expect(lane.sent).toHaveLength(retryable ? 2 : 1)
  })

  test.concurrent('a rate limit is waited for, as long as it says, and then the text comes', async () => {
    const limited = { status: 429, error: { message: 'Slow down' }, retryAfter: 0 }
    const lane = open(cell)
      .on(limited, { match: { sequenceIndex: 0 } })
      .on({ content: TEXT }, { match: { sequenceIndex: 1 } })
    const { result, events } = await lane.ask()
    expect(result?.text).toBe(TEXT)
    expect(result?.attempts.map(({ error }) => error?.code)).toEqual(['rate_limit', undefined])
    // No wait at all would spend every try within milliseconds.
    if (mode === 'streamed') {
      expect(events[0]).toMatchObject({ type: 'retry' })
      const { delayMs } = events[0] as { delayMs: number }
      expect(delayMs >= 100 && delayMs <= 125, String(delayMs)).toBe(true)
    }
  })

  test.concurrent('a rate limit with too long a wait is thrown at once', async () => {
    const limited = { status: 429, error: { message: 'Come back tomorrow' }, retryAfter: 86_400 }
    const lane = open(cell).on(limited)
    const error = (await lane.failure()) as unknown as ServiceError
    expect(error).toMatchObject({ code: 'rate_limit', retryable: true, retryAfter: 86_400_000 })
    expect(lane.sent).toHaveLength(1)
  })

  test.concurrent('chaos: the rate limit says how long to wait', async () => {
    const headers = { 'x-aimock-chaos-ratelimit': '1' }
    const lane = open(cell, { headers, maxRetries: 0 }).on({ content: TEXT })
    expect(await lane.failure()).toMatchObject({
      code: 'rate_limit',
      retryable: true,
      retryAfter: 1000,
    })
    expect(lane.sent).toHaveLength(1)
  })

  const CHAOS = [
    { fault: 'drop', rate: { dropRate: 1 }, code: 'server_error', status: 500 },
    // A good status, and a brace that nothing closes.
    {
      fault: 'malformed',
      rate: { malformedRate: 1 },
      code: 'stream_truncated',
      status: undefined,
    },
    {
      fault: 'disconnect',
      rate: { disconnectRate: 1 },
      code: 'connection_failed',
      status: undefined,
    },
  ]
  test.concurrent.each(CHAOS)('chaos: $fault, at every try', async ({ fault, code, status }) => {
    const lane = open(cell, { headers: { [`x-aimock-chaos-${fault}`]: '1' } }).on({ content: TEXT })
    const error = await lane.failure()
    expect(error).toMatchObject({ code, status, retryable: true, provider: server })
    expect(error.partial?.text).toBe('')
    expect(error.partial?.attempts).toHaveLength(2)
    expect(lane.sent).toHaveLength(2)
  })

  test.concurrent.each(CHAOS)('chaos: $fault once, then the text', async ({ rate, code }) => {
    const lane = open(cell)
      .on({ content: TEXT }, { match: { sequenceIndex: 0 }, chaos: rate })
      .on({ content: TEXT }, { match: { sequenceIndex: 1 } })
    const result = await lane.reply()
    expect(result).toMatchObject({ text: TEXT, finishReason: 'stop' })
    expect(result.attempts.map(({ error }) => error?.code)).toEqual([code, undefined])
    expect(lane.sent).toHaveLength(2)
  })

  test.concurrent('chaos for one caller of a shared server leaves the others alone', async () => {
    const [hit, spared] = [open(cell, { maxRetries: 0 }), open(cell, { maxRetries: 0 })]
    await fetch(`${mock.url}/__aimock/chaos`, {
      method: 'POST',
      headers: { 'x-test-id': hit.id, 'content-type': 'application/json' },
      body: JSON.stringify({ dropRate: 1 }),
    })
    const [error, reply] = await Promise.all([
      hit.on({ content: TEXT }).failure(),
      spared.on({ content: TEXT }).reply(),
    ])
    expect(error.code).toBe('server_error')
    expect(reply.text).toBe(TEXT)
  })

  test.concurrent.each(['timeout', 'totalTimeout'])('latency beyond `%s`', async (clock) => {
    const lane = open(cell, {
      headers: { 'x-aimock-chaos-latency': '3000' },
      maxRetries: 0,
      [clock]: 1500, // the total counts from the call: under load the first one takes long to send its request
    }).on({ content: TEXT })
    const error = (await lane.failure()) as unknown as TimeoutError
    const which = clock === 'timeout' ? 'response' : 'total'
    expect(error).toMatchObject({ code: 'timeout', which, limit: 1500 })
    expect(error.retryable).toBe(which === 'response')
    expect(lane.sent).toHaveLength(1)
  })

  test.concurrent('a caller that aborts gets its own reason back', async () => {
    const reason = new Error('Enough')
    const lane = open(cell, { headers: { 'x-aimock-chaos-latency': '3000' } }).on({ content: TEXT })
    const controller = new AbortController()
    setTimeout(() => controller.abort(reason), 20)
    const { thrown } = await lane.ask({ signal: controller.signal })
    expect(thrown).toBe(reason)
    expect(lane.sent.length).toBeLessThanOrEqual(1)
  })

  test.concurrent('failover goes on to the next, whatever the chaos', async () => {
    const headers = { 'x-aimock-chaos-disconnect': '1' }
    const broken = open(cell, { headers, maxRetries: 0 })
    const other = open(CELLS.find((one) => one.server !== server)!)
    broken.on({ content: TEXT })
    const reply = await failover([broken.llm, other.llm]).chat(broken.prompt)
    expect(reply.text).toBe(TEXT)
    expect(reply).toMatchObject({ provider: other.llm.provider })
    expect(reply.attempts.map(({ error }) => error?.code)).toEqual(['connection_failed', undefined])
  })
})

describe.concurrent.each(STREAMED)('$server, cut in mid-stream', (cell) => {
  const { server, opening } = cell

  test.concurrent('a connection that is lost after some text', async () => {
    const lane = open(cell).on(
      { content: TEXT },
      stalled(opening + 2, { disconnectAfterMs: SHORT }),
    )
    const error = await lane.failure()
    expect(error).toMatchObject({ code: 'connection_lost', retryable: true, provider: server })
    expect(error.partial).toMatchObject({ text: READ, finishReason: 'error' })
    expect(lane.sent).toHaveLength(1)
  })

  test.concurrent('a stream that is cut after a number of frames', async () => {
    const lane = open(cell).on({ content: TEXT }, cutAt(opening + 3))
    const error = await lane.failure()
    expect(error).toMatchObject({ code: 'connection_lost', retryable: true })
    expect([READ, READ + PIECES[2]]).toContain(error.partial?.text)
    expect(lane.sent).toHaveLength(1)
  })

  test.concurrent('a stream that is cut before its first event is asked for again', async () => {
    const lane = open(cell)
      .on({ content: TEXT }, { truncateAfterChunks: 1, match: { sequenceIndex: 0 } })
      .on({ content: TEXT }, { match: { sequenceIndex: 1 } })
    const reply = await lane.reply()
    expect(reply.text).toBe(TEXT)
    expect(reply.attempts.map(({ error }) => error?.code)).toEqual([expect.any(String), undefined])
  })

  test.concurrent('thinking that was cut is kept', async () => {
    if (server === 'ollama') return // aimock tells its thinking by a foreign name
    const answer = { content: TEXT, reasoning: 'They said hello, so hello it is.' }
    const error = await open(cell)
      .on(answer, cutAt(server === 'anthropic' ? 5 : 3))
      .failure()
    expect(error).toMatchObject({ code: 'connection_lost', partial: { text: '' } })
    expect(error.partial?.reasoning).toMatch(/^They said (hello)?$/)
  })

  const calls = ['call_paris', 'call_too'].map((id) => ({
    name: 'weather',
    arguments: { city: 'Paris' },
    id,
  }))

  test.concurrent('calls of a cut reply are never to be run', async () => {
    const blocks = [
      ...calls.map((call) => ({ type: 'toolCall' as const, ...call })),
      { type: 'text' as const, text: TEXT },
    ]
    const frame = { openai: 13, anthropic: 16, ollama: 4, gemini: 4 }[server]!
    const error = await open(cell)
      .on({ blocks }, cutAt(frame))
      .failure({ tools: [WEATHER] })
    expect(error.code).toBe('connection_lost')
    expect(error.partial?.text).toMatch(/^Hello/)
    expect(error.partial?.toolCalls).toHaveLength(2)
    for (const { invalid } of error.partial!.toolCalls) expect(invalid).toEqual(expect.any(String))
  })

  test.concurrent('a call that was cut within its arguments is not repaired', async () => {
    if (server === 'ollama' || server === 'gemini') return // theirs come whole
    const lane = open(cell).on({ toolCalls: calls }, cutAt(server === 'openai' ? 5 : 6))
    const error = await lane.failure({ tools: [WEATHER] })
    expect(error.code).toBe('connection_lost')
    expect(error.partial?.toolCalls).toEqual([
      {
        name: 'weather',
        id: 'call_paris',
        arguments: {},
        argumentsText: expect.stringMatching(/^\{"city":"P(aris")?$|^\{"cit$/),
        invalid: expect.any(String),
      },
    ])
  })

  test.concurrent('a stream that goes silent ends at the idle timeout', async () => {
    const lane = open(cell, { idleTimeout: SHORT }).on({ content: TEXT }, stalled(opening + 2))
    const error = (await lane.failure()) as unknown as TimeoutError
    expect(error).toMatchObject({ code: 'timeout', which: 'idle', retryable: true })
    expect(error.partial?.text).toBe(READ)
    expect(lane.sent).toHaveLength(1)
  })

  test.concurrent('a stream that never ends is stopped by the total timeout', async () => {
    const lane = open(cell, { totalTimeout: 250 }).on({ content: TEXT.repeat(100) }, { latency: 5 })
    const error = (await lane.failure()) as unknown as TimeoutError
    expect(error).toMatchObject({ code: 'timeout', which: 'total', retryable: false })
    expect(TEXT.repeat(100).startsWith(error.partial!.text)).toBe(true)
  })

  test.concurrent('a caller that aborts in mid-text keeps what it read', async () => {
    const reason = new Error('Enough')
    const lane = open(cell).on({ content: TEXT }, stalled(opening + 2))
    const controller = new AbortController()
    const stream = lane.llm.chat({ prompt: lane.prompt, stream: true, signal: controller.signal })
    let read = ''
    const reading = (async () => {
      for await (const text of stream) if ((read += text) === READ) controller.abort(reason)
    })()
    await expect(reading).rejects.toBe(reason)
    expect(stream.partial.text).toBe(READ)
  })
})

test('errors that were queued for the next requests, one each', async () => {
  const queued = new LLMock({ port: 0 })
  await queued.start()
  try {
    for (const cell of CELLS) {
      queued.nextRequestError(503, { message: 'Over capacity', type: 'overloaded_error' })
      queued.nextRequestError(429, { message: 'Slow down', type: 'rate_limit_error' })
      const lane = new Lane(queued, cell, { maxRetries: 0 }).on({ content: TEXT })
      const codes = [(await lane.failure()).code, (await lane.failure()).code]
      expect(codes.sort()).toEqual(['overloaded', 'rate_limit'])
      expect((await lane.reply()).text).toBe(TEXT)
      queued.clearFixtures()
    }
  } finally {
    await queued.stop()
  }
})
