/**
 * A stream of events over HTTP, for a page of one's own: out as a `Response`, and back on the other side.
 */
import type { Call } from '../call.ts'
import type { ErrorInfo } from '../error-code.ts'
import { ChatError, isChatError, ServiceError, StreamError } from '../errors.ts'
import type { ResponseInfo, StreamEvent } from '../event.ts'
import type { Frame } from '../http/frame.ts'
import { parseFrame } from '../http/frame.ts'
import { encodeSSE, readSSE } from '../http/sse.ts'
import { DEFAULTS } from '../options.ts'
import { pullFrom } from '../async/pull.ts'
import type { Run } from './event-iterator.ts'
import { Reply } from './reply.ts'

/** How a stream leaves the house: `events` for `ChatStream.from` on the other side, `text` for anyone. */
export interface ToResponseOptions extends ResponseInit {
  /** @default 'events' */
  format?: 'events' | 'text'
}

/** The text of a stream as it comes. A failure breaks the body off. */
export function textResponse(texts: AsyncIterator<string>, options: ToResponseOptions): Response {
  const encoder = new TextEncoder()
  const body = toReadableStream(texts, (text) => encoder.encode(text))
  return createResponse(body, 'text/plain; charset=utf-8', options)
}

/** The events as server-sent events. A failure is the last of them, so that the other side throws it. */
export function eventResponse(
  events: AsyncIterator<StreamEvent>,
  options: ToResponseOptions,
): Response {
  const encoder = new TextEncoder()
  const encode = (value: unknown, name?: string) =>
    encoder.encode(encodeSSE(JSON.stringify(value), name))
  const body = toReadableStream(events, encode, (error) => encode(toInfo(error), 'error'))
  return createResponse(body, 'text/event-stream; charset=utf-8', options)
}

function createResponse(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  type: string,
  { format: _format, ...init }: ToResponseOptions,
): Response {
  const headers = new Headers(init.headers)
  if (!headers.has('content-type')) headers.set('content-type', type)
  if (!headers.has('cache-control')) headers.set('cache-control', 'no-cache')
  // Reverse proxies hold a stream back without it.
  headers.set('x-accel-buffering', 'no')
  return new Response(body, { ...init, headers })
}

/** An iterator as a cold stream that asks for one piece at a time. */
export function toReadableStream<T, Out>(
  iterator: AsyncIterator<T>,
  encode: (value: T) => Out,
  encodeError?: (error: unknown) => Out,
): ReadableStream<Out> {
  return new ReadableStream<Out>(
    {
      async pull(controller) {
        try {
          const { done, value } = await iterator.next()
          if (done) controller.close()
          else controller.enqueue(encode(value))
        } catch (error) {
          if (!encodeError) return controller.error(error)
          controller.enqueue(encodeError(error))
          controller.close()
        }
      },
      async cancel() {
        await iterator.return?.()
      },
    },
    { highWaterMark: 0 },
  )
}

function toInfo(error: unknown): ErrorInfo {
  if (isChatError(error)) return error.toJSON()
  // What is not ours may hold anything: strangers are told only that it ended.
  return {
    name: 'ServiceError',
    code: 'server_error',
    message: 'The stream was ended',
    retryable: false,
  }
}

/** What `ChatStream.from` draws from. `signal` ends the reading. */
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
      throw new ServiceError('unexpected_response', `The server answered ${response.status}`, {
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

/** Closes a body that nobody will read; one that is being read is closed by its reader. */
function dropBody(response: Response): void {
  response.body?.cancel().catch(() => {})
}

function decodeFrame(frame: Frame): StreamEvent {
  const value = parseFrame(frame) as { type?: unknown; code?: unknown } | null
  if (frame.event === 'error' && typeof value?.code === 'string') throw fromInfo(value as ErrorInfo)
  if (typeof value?.type === 'string') return value as StreamEvent
  throw new ServiceError('unexpected_response', 'The stream is none that `toResponse()` sends')
}

function fromInfo(info: ErrorInfo): ChatError {
  const { code, message, name, ...details } = info
  const error = new ChatError(code, message, details)
  error.name = name
  return error
}
