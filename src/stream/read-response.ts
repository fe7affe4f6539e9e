/**
 * Reads a stream of events that `toResponse()` sent.
 */
import { onAbort } from '../async/abort.ts'
import { pullFrom } from '../async/pull.ts'
import type { Call } from '../call.ts'
import type { ErrorInfo } from '../error-code.ts'
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
import { readSSE } from '../http/sse.ts'
import { DEFAULTS } from '../options.ts'
import type { Run } from './event-iterator.ts'
import { Reply } from './reply.ts'

/** Reads a response for `ChatStream.from`, until `signal` aborts. */
export function readRun(response: Response, signal?: AbortSignal): Run {
  const controller = new AbortController()
  const info: ResponseInfo = { model: '', provider: '', attempts: [] }
  const reply = new Reply({ response: info })
  const events = readEvents(response, toCall(controller.signal), reply, signal, controller)
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

/** Returns the limits of reading, as those of a call. */
export function toCall(signal: AbortSignal): Call {
  const { idleTimeout, maxFrameLength } = DEFAULTS
  const limits = { timeout: false, idleTimeout, maxFrameLength }
  return { ...limits, signal, sentAt: Date.now(), complete: false, secrets: [] } as unknown as Call
}

async function* readEvents(
  response: Response,
  call: Call,
  reply: Reply,
  signal: AbortSignal | undefined,
  controller: AbortController,
): AsyncGenerator<StreamEvent[]> {
  const stopListening = onAbort(signal, () => controller.abort(signal?.reason))
  let info: ResponseInfo | undefined
  try {
    if (typeof response?.ok !== 'boolean')
      throw new ConfigError('invalid_config', 'ChatStream.from() takes a Response: await the fetch')
    if (!response.ok) {
      dropBody(response)
      throw new ServiceError('unexpected_response', `HTTP ${response.status}`, {
        status: response.status,
      })
    }
    for await (const frames of readSSE(response, call)) {
      const out: StreamEvent[] = []
      try {
        for (const frame of frames) {
          const event = decodeFrame(frame)
          if (event.type === 'finish') info = event.response
          out.push(...reply.accept(event))
        }
      } finally {
        // Before a failure too, which may arrive together with the last text.
        if (out.length > 0) yield out
      }
    }
    if (!reply.finished)
      throw new StreamError('stream_truncated', 'The stream ended before its finish event')
    yield reply.end(info ?? { model: '', provider: '', attempts: [] })
  } catch (error) {
    if (isChatError(error)) error.partial ??= reply.result()
    throw error
  } finally {
    stopListening()
  }
}

/** Closes an unread body; a body being read is closed by its reader. */
function dropBody(response: Response): void {
  response.body?.cancel().catch(() => {})
}

/** @throws the error that the frame describes */
export function decodeFrame(frame: Frame): StreamEvent {
  const value = parseFrame(frame) as { type?: unknown; code?: unknown; text?: unknown } | null
  if (frame.event === 'error' && typeof value?.code === 'string') throw fromInfo(value as ErrorInfo)
  const { type, text } = value ?? {}
  const isText = type === 'text-delta' || type === 'reasoning-delta'
  if (typeof type === 'string' && !FOREIGN.test(type) && (!isText || typeof text === 'string'))
    return value as StreamEvent
  throw new ServiceError(
    'unexpected_response',
    "The response was not created by `toResponse()` with `format: 'events'`",
  )
}

/** Types of events that only other formats have: `response.created`, `RUN_STARTED`, the `start` of a UI message. */
const FOREIGN = /[^a-z-]|^start$/

/** Creates an error of the named class, so that `instanceof` and its properties work. */
function fromInfo(info: ErrorInfo): Error {
  // The reply was stopped on the sending side.
  if (info.name === 'AbortError') return new DOMException(info.message, 'AbortError')
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
  if (name === 'TimeoutError') return new TimeoutError(which, limit, info)
  return new ChatError(code, message, info)
}
