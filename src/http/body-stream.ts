/**
 * A body, piece by piece: the border where a `ReadableStream` becomes an `AsyncIterable`.
 * It never uses `for await` on the stream itself, which Safari lacks.
 */
import { drainArray } from '../async/take-all.ts'
import type { Call } from '../call.ts'
import { ServiceError, StreamError } from '../errors.ts'
import type { Pull } from '../async/pull.ts'
import { rethrow } from '../async/pull.ts'
import { toFrameError } from './frame.ts'
import type { Watchdog } from './watchdog.ts'
import { closeConnection, startWatchdog } from './watchdog.ts'

/** What is made of the pieces of a body. */
export interface ByteParser<T> {
  /** Takes a piece; gives what it completed, or `undefined` for nothing yet. */
  push(piece: Uint8Array): T | undefined
  /** The body is over. */
  end(): T | undefined
  /** Why nothing behind what was made can be read: it is thrown once that is out, not with the next piece. */
  failure?(): Error | undefined
}

/** Makes one thing of another; what either function throws comes behind what was made before it. */
export interface Decoder<In, Out> {
  /** Takes a piece, and puts what it gives behind `out`. */
  push(input: In, out: Out[]): void
  /** All that came together has been pushed. */
  flush?(out: Out[]): void
  /** There is no more. */
  end(out: Out[]): void
}

/** What a body holds, piece by piece: all that came together, as one array. */
export interface BodyStream<T> extends AsyncIterableIterator<T[]> {
  /** The next piece to a function of the caller's, without an object for each: what `next()` is made of. */
  pull: Pull<T[]>
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
  sink: ByteParser<T[]>,
): BodyStream<T> {
  return new BodyReader(response, call, sink)
}

class DecodingParser<T, Out> implements ByteParser<Out[]> {
  #sink: ByteParser<T[]>
  #decoder: Decoder<T, Out>
  #failure: Error | undefined
  #out: Out[] = []

  constructor(sink: ByteParser<T[]>, decoder: Decoder<T, Out>) {
    this.#sink = sink
    this.#decoder = decoder
  }

  push(piece: Uint8Array): Out[] | undefined {
    const items = this.#sink.push(piece)
    if (!items) return undefined
    this.#decode(items)
    return drainArray(this.#out)
  }

  end(): Out[] | undefined {
    this.#decode(this.#sink.end() ?? [], true)
    return drainArray(this.#out)
  }

  failure(): Error | undefined {
    return this.#failure ?? this.#sink.failure?.()
  }

  #decode(items: T[], isEnd?: true): void {
    const out = this.#out
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
  #sink: ByteParser<T[]>
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  #watch: Watchdog | undefined
  #state: 'new' | 'open' | 'read' | 'left' = 'new'
  /** What the reader makes of items, and of what is thrown. */
  #give: (items: T[] | undefined) => unknown = toResult
  #fail: (error: unknown) => unknown = rethrow

  constructor(response: Response | Promise<Response>, call: Call, sink: ByteParser<T[]>) {
    this.#response = response
    this.#call = call
    this.#sink = sink
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  decode<Out>(decoder: Decoder<T, Out>): BodyStream<Out> {
    return new BodyReader(this.#response, this.#call, new DecodingParser(this.#sink, decoder))
  }

  next(): Promise<IteratorResult<T[]>> {
    return this.pull(toResult, rethrow)
  }

  pull<R>(give: (items: T[] | undefined) => R, fail: (error: unknown) => R): Promise<R> {
    this.#give = give
    this.#fail = fail
    const reader = this.#reader
    const isPlain = this.#state === 'open' && reader && !this.#sink.failure?.()
    if (!isPlain) return this.#search() as Promise<R>
    this.#wait()
    return reader.read().then(this.#onPiece, this.#onLoss) as Promise<R>
  }

  /** The reader left. */
  async return(): Promise<IteratorResult<T[]>> {
    this.#leave()
    return { done: true, value: undefined }
  }

  // Two functions for a whole stream, not for each piece.
  #onPiece = ({ value }: { value?: Uint8Array | undefined }): unknown => {
    let made: T[] | undefined
    try {
      made = this.#take(value)
    } catch (error) {
      return this.#break(error)
    }
    return made ? this.#give(made) : this.#search()
  }

  #onLoss = (error: unknown): unknown => {
    try {
      checkLoss(error, this.#watch as Watchdog, this.#call)
    } catch (lost) {
      return this.#break(lost)
    }
    return this.#onPiece({})
  }

  /** Reads until there is something, or nothing more: the way of the first piece, of pieces without a frame, of the end. */
  async #search(): Promise<unknown> {
    let made: T[] | undefined
    try {
      if (this.#state === 'new') await this.#open()
      while (!made && this.#state !== 'left') {
        const failure = this.#sink.failure?.()
        if (failure) throw failure
        if (this.#state === 'read') break
        made = this.#take(await this.#read())
      }
    } catch (error) {
      return this.#break(error)
    }
    return this.#give(made)
  }

  #break(error: unknown): unknown {
    this.#leave()
    return this.#fail(error)
  }

  async #open(): Promise<void> {
    const response = await this.#response
    this.#reader = response.body?.getReader() ?? (await readBuffered(response, this.#call))
    if (this.#reader) this.#watch = startWatchdog(this.#reader, this.#call)
    this.#state = 'open'
  }

  #wait(): void {
    const watch = this.#watch as Watchdog
    watch.lastAt = Date.now()
    watch.waiting = true
  }

  async #read(): Promise<Uint8Array | undefined> {
    if (!this.#reader) return undefined // an answer without a body
    this.#wait()
    try {
      return (await this.#reader.read()).value
    } catch (error) {
      return checkLoss(error, this.#watch as Watchdog, this.#call)
    }
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
    if (this.#state === 'open' && this.#reader) closeConnection(this.#reader, this.#call)
    this.#state = 'left'
  }
}

function toResult<T>(items: T[] | undefined): IteratorResult<T[]> {
  return items ? { done: false, value: items } : { done: true, value: undefined }
}

/** The connection broke. That is an error, but behind a whole reply it is just its end. */
function checkLoss(cause: unknown, watch: Watchdog, call: Call): undefined {
  if (watch.failure || call.complete) return undefined
  const message = 'The connection was lost in the middle of the answer'
  throw new StreamError('connection_lost', message, { cause })
}

/** The error for a frame, line or body over the limit. */
export function frameTooLarge(call: Call): StreamError {
  return new StreamError(
    'frame_too_large',
    `A piece of the answer is longer than ${call.maxFrameLength} characters (raise \`maxFrameLength\`)`,
  )
}

/**
 * Reads a body at once where `fetch` has no streams, as React Native's. Returns `undefined` for an empty one.
 * @throws {ServiceError} `unexpected_response` if the caller wants a stream
 * @see https://docs.expo.dev/versions/latest/sdk/expo/#expofetch-api
 */
async function readBuffered(
  response: Response,
  call: Call,
): Promise<ReadableStreamDefaultReader<Uint8Array> | undefined> {
  if (typeof response.text !== 'function' || response.bodyUsed) return undefined
  const text = await response.text()
  if (!text) return undefined
  if (call.stream && response.ok) {
    throw new ServiceError(
      'unexpected_response',
      'This `fetch` cannot stream (React Native): pass `fetch` of expo/fetch in the config, or chat without `stream`',
    )
  }
  let value: Uint8Array | undefined = new TextEncoder().encode(text)
  const read = async () => {
    const piece = value
    value = undefined
    return piece ? { done: false, value: piece } : { done: true, value: undefined }
  }
  return { read, cancel: async () => {} } as unknown as ReadableStreamDefaultReader<Uint8Array>
}
