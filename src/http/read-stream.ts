/**
 * A body, piece by piece: the border where a `ReadableStream` becomes an `AsyncIterable`.
 * It never uses `for await` on the stream itself, which Safari lacks.
 */
import type { Call } from '../call.ts'
import { StreamError, TimeoutError } from '../errors.ts'
import { toFrameError } from './frame.ts'

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

/** Makes one thing of another; what either function throws comes behind what was made before it. */
export interface Decoder<In, Out> {
  push(input: In, out: Out[]): void
  /** All that came together has been pushed. */
  flush?(out: Out[]): void
  /** There is no more. */
  end(out: Out[]): void
}

/** What a body holds, piece by piece: all that came together, as one array. */
export interface BodyStream<T> extends AsyncIterableIterator<T[]> {
  /** The reader leaves: the connection is closed. */
  return(): Promise<IteratorResult<T[]>>
  /** The same, decoded: instead of this one, which must not have been read. Costs no further tick for a piece. */
  decode<Out>(decoder: Decoder<T, Out>): BodyStream<Out>
}

/**
 * Reads a body to its end, through a sink: one loop for all framings. A reader who leaves early closes the
 * connection; so do an abort and a clock that runs out.
 * @throws {StreamError} `connection_lost`
 * @throws {TimeoutError} `response` before the first piece, `idle` after it
 */
export function readStream<T>(
  response: Response | Promise<Response>,
  call: Call,
  sink: Sink<T[]>,
): BodyStream<T> {
  return new BodyReader(response, call, sink)
}

/** What there is, or nothing where that is empty. */
export function someOf<T>(list: T[]): T[] | undefined {
  return list.length > 0 ? list : undefined
}

class DecodingSink<T, Out> implements Sink<Out[]> {
  #sink: Sink<T[]>
  #decoder: Decoder<T, Out>
  #failure: Error | undefined

  constructor(sink: Sink<T[]>, decoder: Decoder<T, Out>) {
    this.#sink = sink
    this.#decoder = decoder
  }

  push(piece: Uint8Array): Out[] | undefined {
    const items = this.#sink.push(piece)
    if (!items) return undefined
    const out: Out[] = []
    this.#decode(items, out)
    return someOf(out)
  }

  end(): Out[] | undefined {
    const out: Out[] = []
    this.#decode(this.#sink.end() ?? [], out, true)
    return someOf(out)
  }

  failure(): Error | undefined {
    return this.#failure ?? this.#sink.failure?.()
  }

  #decode(items: T[], out: Out[], isEnd?: true): void {
    try {
      for (const item of items) this.#decoder.push(item, out)
      if (isEnd) this.#decoder.end(out)
    } catch (error) {
      this.#failure = toFrameError(error)
    }
    this.#decoder.flush?.(out)
  }
}

/** Written by hand: an async generator costs three more ticks for every piece. Read by one reader at a time. */
class BodyReader<T> implements BodyStream<T> {
  #response: Response | Promise<Response>
  #call: Call
  #sink: Sink<T[]>
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  #watch: Watch | undefined
  #state: 'new' | 'open' | 'read' | 'left' = 'new'

  constructor(response: Response | Promise<Response>, call: Call, sink: Sink<T[]>) {
    this.#response = response
    this.#call = call
    this.#sink = sink
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  decode<Out>(decoder: Decoder<T, Out>): BodyStream<Out> {
    return new BodyReader(this.#response, this.#call, new DecodingSink(this.#sink, decoder))
  }

  async next(): Promise<IteratorResult<T[]>> {
    try {
      if (this.#state === 'new') await this.#open()
      for (;;) {
        if (this.#state === 'left') return { done: true, value: undefined }
        const failure = this.#sink.failure?.()
        if (failure) throw failure
        if (this.#state === 'read') return { done: true, value: undefined }
        let piece: Uint8Array | undefined
        try {
          piece = (await this.#read())?.value
        } catch (error) {
          checkLoss(error, this.#watch as Watch, this.#call)
        }
        const made = this.#take(piece)
        if (made !== undefined) return { done: false, value: made }
      }
    } catch (error) {
      this.#leave()
      throw error
    }
  }

  /** The reader left. */
  async return(): Promise<IteratorResult<T[]>> {
    this.#leave()
    return { done: true, value: undefined }
  }

  async #open(): Promise<void> {
    this.#reader = (await this.#response).body?.getReader()
    if (this.#reader) this.#watch = watchReader(this.#reader, this.#call)
    this.#state = 'open'
  }

  #read(): Promise<ReadableStreamReadResult<Uint8Array>> | undefined {
    const watch = this.#watch
    if (!watch) return undefined // an answer without a body
    watch.lastAt = Date.now()
    watch.waiting = true
    return this.#reader?.read()
  }

  #take(piece: Uint8Array | undefined): T[] | undefined {
    const watch = this.#watch
    if (watch) watch.waiting = false
    if (watch?.failure) throw watch.failure.error
    if (this.#state === 'left') return undefined
    if (watch && piece) {
      watch.started = true
      return this.#sink.push(piece)
    }
    this.#state = 'read'
    watch?.stop()
    return this.#sink.end()
  }

  #leave(): void {
    this.#watch?.stop()
    // `releaseLock()` alone would leave the server talking to nobody.
    if (this.#state === 'open' && this.#reader) leave(this.#reader, this.#call)
    this.#state = 'left'
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
    push: (piece: Uint8Array) => [decoder.decode(piece, { stream: true })],
    end: () => [decoder.decode()],
  }
  for await (const [piece = ''] of readStream(response, call, sink)) {
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
