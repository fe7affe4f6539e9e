/**
 * Sends a stream of events as a `Response` and reads it back on the other side.
 */
import { pullFrom } from '../async/pull.ts'
import type { Call } from '../call.ts'
import type { ErrorCode, ErrorInfo } from '../error-code.ts'
import {
  ChatError,
  ConfigError,
  isChatError,
  OutputError,
  ServiceError,
  StreamError,
  TimeoutError,
  ToolError,
} from '../errors.ts'
import type { ResponseInfo, StreamEvent } from '../event.ts'
import type { Frame } from '../http/frame.ts'
import { parseFrame } from '../http/frame.ts'
import { encodeSSE, readSSE } from '../http/sse.ts'
import { DEFAULTS } from '../options.ts'
import { toJSON } from '../well-formed.ts'
import type { Run } from './event-iterator.ts'
import { Reply } from './reply.ts'

/** Options of `toResponse()`: those of `Response`, and the format of the stream. */
export interface ToResponseOptions extends ResponseInit {
  /**
   * `events` for `ChatStream.from` on the other side, or plain `text`.
   * @default 'events'
   */
  format?: 'events' | 'text'
  /**
   * Called with the error of a failed stream, to log it. A returned string replaces the message that the receiver
   * gets. By default the receiver gets the error's code and a general message, without URLs, vendor messages or
   * variable names.
   */
  onError?: (error: unknown) => string | undefined | void
  /**
   * Interval of comments while the model is silent, in milliseconds, or `false` for none. Some servers close a
   * silent connection, Bun after 10 seconds. Not sent with `format: 'text'`.
   * @default 8000
   */
  pingInterval?: number | false
}

/** Sends the text. A failure aborts the body. */
export function textResponse(texts: AsyncIterator<string>, options: ToResponseOptions): Response {
  const encoder = new TextEncoder()
  const body = toReadableStream(texts, (text) => encoder.encode(text), {
    encodeError(error) {
      options.onError?.(error)
      throw new StreamError('connection_lost', publicMessage(error))
    },
  })
  return createResponse(body, 'text/plain; charset=utf-8', options)
}

/** Sends server-sent events. A failure is the last event, and the receiver throws it. */
export function eventResponse(
  events: AsyncIterator<StreamEvent>,
  options: ToResponseOptions,
): Response {
  const { onError, pingInterval = 8000 } = options
  if (pingInterval !== false && !(Number.isFinite(pingInterval) && pingInterval > 0)) {
    throw new ConfigError('invalid_config', 'pingInterval must be milliseconds above 0, or false')
  }
  const encoder = new TextEncoder()
  const encode = (value: unknown, name?: string) =>
    encoder.encode(encodeSSE(toJSON(value) as string, name))
  const body = toReadableStream(events, (event) => encode(maskEvent(event)), {
    encodeError: (error) => encode(maskError(error, onError?.(error)), 'error'),
    pingInterval,
    ping: encoder.encode(': ping\n\n'),
  })
  return createResponse(body, 'text/event-stream; charset=utf-8', options)
}

function createResponse(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  type: string,
  { format: _format, onError: _onError, pingInterval: _interval, ...init }: ToResponseOptions,
): Response {
  const headers = new Headers(init.headers)
  if (!headers.has('content-type')) headers.set('content-type', type)
  if (!headers.has('cache-control')) headers.set('cache-control', 'no-cache')
  // Keeps nginx from buffering the stream.
  headers.set('x-accel-buffering', 'no')
  return new Response(body, { ...init, headers })
}

interface StreamOptions<Out> {
  /** Encodes an error as the last piece, or throws the error that the body fails with. */
  encodeError?: (error: unknown) => Out
  ping?: Out
  pingInterval?: number | false
}

/** Turns an iterator into a cold stream that reads one piece at a time. */
export function toReadableStream<T, Out>(
  iterator: AsyncIterator<T>,
  encode: (value: T) => Out,
  { encodeError, ping, pingInterval = false }: StreamOptions<Out> = {},
): ReadableStream<Out> {
  // Survives a pull that ended with a ping.
  let pending: Promise<IteratorResult<T>> | undefined
  return new ReadableStream<Out>(
    {
      async pull(controller) {
        try {
          pending ??= iterator.next()
          const result = pingInterval ? await within(pending, pingInterval) : await pending
          if (result === undefined) return controller.enqueue(ping as Out)
          pending = undefined
          if (result.done) controller.close()
          else controller.enqueue(encode(result.value))
        } catch (error) {
          fail(controller, error)
        }
      },
      async cancel() {
        await iterator.return?.()
      },
    },
    { highWaterMark: 0 },
  )

  function fail(controller: ReadableStreamDefaultController<Out>, error: unknown): void {
    if (!encodeError) return controller.error(error)
    try {
      controller.enqueue(encodeError(error))
      controller.close()
    } catch (masked) {
      controller.error(masked)
    }
  }
}

/** Resolves to `undefined` if the promise takes longer. */
async function within<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Messages for readers outside. Configuration mistakes look like a failure of the service. */
const PUBLIC_MESSAGES: Partial<Record<ErrorCode, string>> = {
  rate_limit: 'Rate limit exceeded',
  overloaded: 'The model is overloaded',
  content_filter: 'The content filter rejected the request or the reply',
  context_length: 'The conversation is too long for the model',
  timeout: 'The model took too long',
  connection_lost: 'The connection to the model was lost',
  stream_truncated: 'The reply was cut off',
  invalid_output: 'The model returned an invalid output',
  too_many_steps: 'Too many steps',
}

function publicMessage(error: unknown): string {
  return (isChatError(error) && PUBLIC_MESSAGES[error.code]) || 'The model failed to reply'
}

/** Keeps the code and retry advice, and drops URLs, vendor messages, ids and variable names. */
function maskError(error: unknown, message: string | undefined | void): ErrorInfo {
  const info = isChatError(error) ? error.toJSON() : undefined
  const isKnown = info !== undefined && info.code in PUBLIC_MESSAGES
  const masked: ErrorInfo = {
    name: isKnown ? info.name : 'ServiceError',
    code: isKnown ? info.code : 'server_error',
    message: typeof message === 'string' ? message : publicMessage(error),
    retryable: info?.retryable ?? false,
  }
  if (isKnown) {
    const { retryAfter, which, limit, partialText } = info
    Object.assign(masked, JSON.parse(JSON.stringify({ retryAfter, which, limit, partialText })))
  }
  return masked
}

/** Masks the errors inside events: those of retries, failed models and attempts. */
function maskEvent(event: StreamEvent): StreamEvent {
  if (event.type === 'retry') return { ...event, error: maskInfo(event.error) }
  if (event.type === 'failover')
    return { ...event, error: maskInfo(event.error), attempts: event.attempts.map(maskAttempt) }
  if (event.type === 'finish' && event.response)
    return {
      ...event,
      response: { ...event.response, attempts: event.response.attempts.map(maskAttempt) },
    }
  return event
}

function maskAttempt<T extends { error?: ErrorInfo }>(attempt: T): T {
  return attempt.error ? { ...attempt, error: maskInfo(attempt.error) } : attempt
}

function maskInfo({ name, code, retryable, retryAfter }: ErrorInfo): ErrorInfo {
  const message = PUBLIC_MESSAGES[code] ?? 'The model failed to reply'
  return { name, code, message, retryable, ...(retryAfter !== undefined && { retryAfter }) }
}

/** Reads a response for `ChatStream.from`, until `signal` aborts. */
export function readRun(
  response: Response,
  signal: AbortSignal = new AbortController().signal,
): Run {
  const controller = new AbortController()
  const info: ResponseInfo = { model: '', provider: '', attempts: [] }
  const reply = new Reply({ response: info, splitThink: false })
  const call = {
    signal: controller.signal,
    timeout: false,
    idleTimeout: DEFAULTS.idleTimeout,
    maxFrameLength: DEFAULTS.maxFrameLength,
    sentAt: Date.now(),
    complete: false,
    secrets: [],
  } as unknown as Call
  const events = readEvents(response, call, reply, signal, controller)
  return {
    pull: pullFrom(events),
    async return() {
      await events.return(undefined)
      dropBody(response)
    },
    result: () => reply.result(),
    cancel(reason) {
      controller.abort(reason)
      dropBody(response)
    },
  }
}

async function* readEvents(
  response: Response,
  call: Call,
  reply: Reply,
  signal: AbortSignal,
  controller: AbortController,
): AsyncGenerator<StreamEvent[]> {
  const onAbort = () => controller.abort(signal.reason)
  if (signal.aborted) onAbort()
  signal.addEventListener('abort', onAbort)
  let info: ResponseInfo | undefined
  try {
    if (!response.ok) {
      dropBody(response)
      throw new ServiceError('unexpected_response', `HTTP ${response.status}`, {
        status: response.status,
      })
    }
    for await (const frames of readSSE(response, call)) {
      const out: StreamEvent[] = []
      for (const frame of frames) {
        const event = decodeFrame(frame)
        if (event.type === 'finish') info = event.response
        out.push(...reply.accept(event))
      }
      if (out.length > 0) yield out
    }
    if (!reply.finished)
      throw new StreamError('stream_truncated', 'The stream ended before its finish event')
    yield reply.end(info ?? { model: '', provider: '', attempts: [] })
  } catch (error) {
    if (isChatError(error)) error.partial ??= reply.result()
    throw error
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

/** Closes an unread body; a body being read is closed by its reader. */
function dropBody(response: Response): void {
  response.body?.cancel().catch(() => {})
}

function decodeFrame(frame: Frame): StreamEvent {
  const value = parseFrame(frame) as { type?: unknown; code?: unknown } | null
  if (frame.event === 'error' && typeof value?.code === 'string') throw fromInfo(value as ErrorInfo)
  if (typeof value?.type === 'string') return value as StreamEvent
  throw new ServiceError('unexpected_response', 'The response was not created by `toResponse()`')
}

/** Creates an error of the named class, so that `instanceof` and its properties work. */
function fromInfo(info: ErrorInfo): ChatError {
  const error = createError(info)
  error.name = info.name
  return error
}

function createError(info: ErrorInfo): ChatError {
  const { code, message, name, which = 'total', limit = 0, issues = [], partialText = '' } = info
  if (name === 'ConfigError') return new ConfigError(code as ConfigError['code'], message, info)
  if (name === 'ServiceError') return new ServiceError(code as ServiceError['code'], message, info)
  if (name === 'StreamError') return new StreamError(code as StreamError['code'], message, info)
  if (name === 'ToolError') return new ToolError(code as ToolError['code'], message, info)
  if (name === 'OutputError')
    return new OutputError(message, { ...info, issues, text: partialText })
  const error = new TimeoutError(which, limit, info)
  if (name === 'TimeoutError') return Object.assign(error, { message })
  return new ChatError(code, message, info)
}
