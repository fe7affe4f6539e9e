/**
 * A body, piece by piece: the border where a `ReadableStream` becomes an `AsyncIterable`.
 * It never uses `for await` on the stream itself, which Safari lacks.
 */
import type { Call } from '../call.ts'
import { StreamError, TimeoutError } from '../errors.ts'

/** How long a complete reply may keep its connection open before it is closed from here, in milliseconds. */
const GRACE = 5000
/** How often the clocks look, at the most, in milliseconds. */
const TICK = 1000

/** What is made of the pieces of a body. */
export interface Sink<T> {
  /** Takes a piece; gives what it completed, or `undefined` for nothing yet. */
  push(piece: Uint8Array): T | undefined
  /** The body is over. */
  end(): T | undefined
  /** Why nothing behind what was made can be read: it is thrown once that is out, not with the next piece. */
  failure?(): Error | undefined
}

/**
 * Reads a body to its end, through a sink: one loop and one generator for all framings, since each further one
 * would cost a few ticks for every piece. A reader who leaves early closes the connection; so do an abort and a
 * clock that runs out.
 * @throws {StreamError} `connection_lost`
 * @throws {TimeoutError} `response` before the first piece, `idle` after it
 */
export async function* readStream<T>(
  response: Response | Promise<Response>,
  call: Call,
  sink: Sink<T>,
): AsyncGenerator<T> {
  const reader = (await response).body?.getReader()
  const watch = reader && watchReader(reader, call)
  let ended = false
  try {
    for (;;) {
      if (!reader || !watch) break // an answer without a body
      watch.waiting = true
      let piece: Uint8Array | undefined
      try {
        piece = (await reader.read()).value
      } catch (error) {
        checkLoss(error, watch, call)
      }
      watch.waiting = false
      if (watch.failure) throw watch.failure.error
      if (!piece) break
      watch.started = true
      const made = sink.push(piece)
      if (made !== undefined) yield made
      const failure = sink.failure?.()
      if (failure) throw failure
      watch.lastAt = Date.now()
    }
    ended = true
    const rest = sink.end()
    if (rest !== undefined) yield rest
  } finally {
    watch?.stop()
    // `releaseLock()` alone would leave the server talking to nobody.
    if (!ended && reader) leave(reader, call)
  }
}

/** The connection broke. That is an error, but behind a whole reply it is just its end. */
function checkLoss(cause: unknown, watch: Watch, call: Call): void {
  if (watch.failure || call.complete) return
  const message = 'The connection was lost in the middle of the answer'
  throw new StreamError('connection_lost', message, { cause })
}

/** Cancelling closes the connection, but for Firefox's: it waits for the next byte, so the request is ended too. */
function leave(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  call: Call,
  reason?: unknown,
): void {
  reader.cancel(reason).catch(() => {})
  call.hangUp?.()
}

interface Watch {
  /** When the last piece was asked for, as `Date.now()` tells it. */
  lastAt: number
  /** Whether a piece is waited for. A reader who takes his time is no silence of the server. */
  waiting: boolean
  /** Whether any piece has come. */
  started: boolean
  /** Why reading was ended from here, in a box since anything can be thrown. */
  failure: { error: unknown } | undefined
  stop(): void
}

/**
 * One slow timer for a whole stream instead of one for every piece:
 * setting and clearing a timer costs about as much as parsing a frame.
 */
function watchReader(reader: ReadableStreamDefaultReader<Uint8Array>, call: Call): Watch {
  const { signal } = call
  // A limit below the tick must not wait for it.
  const tick = Math.min(TICK, call.idleTimeout || TICK)
  let timer: ReturnType<typeof setTimeout> | undefined
  let completeAt: number | undefined
  const end = (error?: unknown) => {
    if (error !== undefined) watch.failure = { error }
    // Cancelling settles a read that is under way: it reports the end.
    leave(reader, call, error)
  }
  const onAbort = () => end(signal.reason)
  const watch: Watch = {
    lastAt: Date.now(),
    waiting: false,
    started: false,
    failure: undefined,
    stop() {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
    },
  }
  const look = () => {
    const { started, lastAt, waiting } = watch
    // From the end of the reply on, not from the last piece: a server may send comments for ever.
    if (call.complete) completeAt ??= Date.now()
    const since = completeAt ?? (started ? lastAt : call.sentAt)
    const limit = call.complete ? GRACE : started ? call.idleTimeout : call.timeout
    const left = limit === false || (started && !waiting) ? tick : limit - (Date.now() - since)
    if (left > 0) timer = setTimeout(look, Math.min(left, tick))
    else if (call.complete) end()
    else end(new TimeoutError(started ? 'idle' : 'response', limit as number))
  }
  if (signal.aborted) onAbort()
  else {
    signal.addEventListener('abort', onAbort)
    look()
  }
  return watch
}

/**
 * A whole body as text.
 * @param maxLength leave off after so many characters; absent: `call.maxFrameLength`, and more is an error
 * @throws {StreamError} `frame_too_large`
 */
export async function readText(
  response: Response,
  call: Call,
  maxLength?: number,
): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  const sink = {
    push: (piece: Uint8Array) => decoder.decode(piece, { stream: true }),
    end: () => decoder.decode(),
  }
  for await (const piece of readStream(response, call, sink)) {
    text += piece
    if (maxLength !== undefined && text.length > maxLength) return text.slice(0, maxLength)
    if (text.length > call.maxFrameLength) throw frameTooLarge(call)
  }
  return text
}

/** The error for a frame, line or body over the limit. */
export function frameTooLarge(call: Call): StreamError {
  return new StreamError(
    'frame_too_large',
    `A piece of the answer is longer than ${call.maxFrameLength} characters (raise \`maxFrameLength\`)`,
  )
}
