/**
 * Reads a response body chunk by chunk, turning its `ReadableStream` into an `AsyncIterable`.
 * Never uses `for await` on the stream itself: Safari lacks it.
 */
import { drainArray } from '../async/take-all.ts'
import type { Call } from '../call.ts'
import { assertConfig } from '../assert-config.ts'
import { isRecord } from '../is-record.ts'
import { ServiceError, StreamError } from '../errors.ts'
import type { Pull } from '../async/pull.ts'
import { rethrow } from '../async/pull.ts'
import { WHOLE } from './byte-template.ts'
import { toFrameError } from './frame.ts'
import type { Frame } from './frame.ts'
import type { ValueDecoder } from './skim.ts'
import { Skimmer } from './skim.ts'
import { toRuntimeTimeout } from './runtime-timeout.ts'
import { closeConnection, Watchdog } from './watchdog.ts'

/** More is to come: a character may be cut at the end of a chunk. */
const STREAM = { stream: true }
/** Decodes the first chunk likewise, which may have a byte order mark. */
const FIRST = /* @__PURE__ */ new TextDecoder()

/** Parses a body's text into values. */
export interface TextParser<T> {
  /** Parses the text of a chunk. Returns the values it completed, or `undefined` if there are none yet. */
  read(text: string): T | undefined
  /**
   * Reads the first events of a chunk, of which nothing needs to be parsed. Returns the number of characters or bytes
   * read. The values come with those of the rest, or from `drain`.
   */
  skim?(chunk: Uint8Array): number
  /** Returns the values of a chunk that was skimmed to its end. */
  drain?(): T | undefined
  /** Returns what the end of the body completes. @param rest the last of its text */
  end(rest: string): T | undefined
  /** The error that ended parsing. Thrown after the values parsed before it have been delivered. */
  readonly failure?: Error | undefined
  /**
   * Returns the text that ends an event if the next text starts with an event of its own, and may be skimmed.
   * @param length that of the next text, in characters
   */
  endOfEvent?(length: number): string | undefined
}

/** Converts values. Errors thrown here surface after the values converted before them. */
export interface Decoder<In, Out> extends ValueDecoder<Out> {
  /** Converts one value and appends the results to `out`. */
  push(input: In, out: Out[]): void
  /** Called after all values of one chunk have been pushed. */
  flush?(out: Out[]): void
  /** Called at the end of the body. */
  end(out: Out[]): void
}

/** The values of a body. Each iteration yields the values of one chunk as an array. */
export interface BodyStream<T> extends AsyncIterableIterator<T[]> {
  /** Passes the next array to a callback without allocating a result object; `next()` is built on it. */
  pull: Pull<T[]>
  /** Stops reading and closes the connection. */
  return(): Promise<IteratorResult<T[]>>
  /** Returns a stream of converted values. Replaces this stream, which must be unread. Adds no tick per chunk. */
  decode<Out>(decoder: Decoder<T, Out>): BodyStream<Out>
}

/**
 * Reads a body to its end through a parser; every framing shares this loop. The connection is closed if the reader
 * stops early, the call is aborted or a timeout expires.
 * @throws {StreamError} `connection_lost`
 * @throws {TimeoutError} `response` before the first chunk, `idle` after it
 * @throws {ConfigError} `invalid_config` unless response and call are objects
 */
export function readStream<T>(
  response: Response | Promise<Response>,
  call: Call,
  parser: TextParser<T[]>,
): BodyStream<T> {
  assertConfig(isRecord(response), 'response must be a Response')
  assertConfig(isRecord(call), 'call must be an object')
  // A failed request is thrown to the reader; without a reader it must not be an unhandled rejection.
  if ('then' in response) void (response as Promise<Response>).catch(() => {})
  return new BodyReader(response, call, parser)
}

class DecodingParser<T, Out> implements TextParser<Out[]> {
  #parser: TextParser<T[]>
  #decoder: Decoder<T, Out>
  #failure: Error | undefined
  #out: Out[] = []
  #skimmer: Skimmer | undefined

  constructor(parser: TextParser<T[]>, decoder: Decoder<T, Out>) {
    this.#parser = parser
    this.#decoder = decoder
  }

  read(text: string): Out[] | undefined {
    const { template } = this.#decoder
    const end = this.#parser.endOfEvent?.(text.length)
    const at = this.skim(text, end)
    if (at === text.length && at > 0) return this.drain()
    const rest = text.slice(at)
    const items = this.#parser.read(rest)
    this.#decode(items)
    // Only readers of frames have `endOfEvent`.
    const last = items?.at(-1) as Frame | undefined
    if (last && template && end) this.#skimmer?.learn(rest, last, template, end)
    return drainArray(this.#out)
  }

  skim(input: string | Uint8Array, end = this.#parser.endOfEvent?.(input.length)): number {
    const decoder = this.#decoder
    const { template } = decoder
    if (!template || !end) return 0
    try {
      return (this.#skimmer ??= new Skimmer()).read(input, decoder, template, end, this.#out)
    } catch (error) {
      this.#failure = toFrameError(error)
      return input.length
    }
  }

  drain(): Out[] | undefined {
    this.#decoder.flush?.(this.#out)
    return drainArray(this.#out)
  }

  end(rest: string): Out[] | undefined {
    this.#decode(this.#parser.end(rest) ?? [], true)
    return drainArray(this.#out)
  }

  get failure(): Error | undefined {
    return this.#failure ?? this.#parser.failure
  }

  #decode(items: T[] | undefined, isEnd?: true): void {
    if (!items) return
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

/** Hand-written because an async generator costs three more ticks per chunk. Supports one reader at a time. */
class BodyReader<T> implements BodyStream<T> {
  /** Dropped once its body is read: a stream that waits keeps no headers. */
  #response: Response | Promise<Response> | undefined
  #call: Call
  #parser: TextParser<T[]>
  /** Decodes chunks between which a character is cut. */
  #decoder: TextDecoder | undefined
  #isFirst = true
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  #watch: Watchdog | undefined
  #state: 'new' | 'open' | 'read' | 'closed' = 'new'
  /** Callbacks of the pending pull. */
  #onValue: (items: T[] | undefined) => unknown = toResult
  #onError: (error: unknown) => unknown = rethrow

  constructor(response: Response | Promise<Response>, call: Call, parser: TextParser<T[]>) {
    this.#response = response
    this.#call = call
    this.#parser = parser
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  decode<Out>(decoder: Decoder<T, Out>): BodyStream<Out> {
    const response = this.#response as Response | Promise<Response>
    return new BodyReader(response, this.#call, new DecodingParser(this.#parser, decoder))
  }

  next(): Promise<IteratorResult<T[]>> {
    return this.pull(toResult, rethrow)
  }

  pull<R>(onValue: (items: T[] | undefined) => R, onError: (error: unknown) => R): Promise<R> {
    this.#onValue = onValue
    this.#onError = onError
    const reader = this.#reader
    const isPlain = this.#state === 'open' && reader && !this.#parser.failure
    if (!isPlain) return this.#search() as Promise<R>
    ;(this.#watch as Watchdog).beginWait()
    return reader.read().then(this.#onChunk, this.#onLoss) as Promise<R>
  }

  async return(): Promise<IteratorResult<T[]>> {
    this.#close()
    return { done: true, value: undefined }
  }

  // Created once per stream, not once per chunk.
  #onChunk = ({ value }: { value?: Uint8Array | undefined }): unknown => {
    let made: T[] | undefined
    try {
      made = this.#parse(value)
    } catch (error) {
      return this.#throw(error)
    }
    return made ? this.#onValue(made) : this.#search()
  }

  #onLoss = (error: unknown): unknown => {
    try {
      checkLoss(error, this.#watch as Watchdog, this.#call)
    } catch (lost) {
      return this.#throw(lost)
    }
    return this.#onChunk({})
  }

  /** Reads until there is a value or the end. Used for the first chunk, chunks without a value, and the end. */
  async #search(): Promise<unknown> {
    let made: T[] | undefined
    try {
      if (this.#state === 'new') await this.#open()
      while (!made && this.#state !== 'closed') {
        const failure = this.#parser.failure
        if (failure) throw failure
        if (this.#state === 'read') break
        made = this.#parse(await this.#read())
      }
    } catch (error) {
      return this.#throw(error)
    }
    return this.#onValue(made)
  }

  #throw(error: unknown): unknown {
    this.#close()
    return this.#onError(error)
  }

  async #open(): Promise<void> {
    const response = (await this.#response) as Response
    this.#response = undefined
    this.#reader = response.body?.getReader() ?? (await readBuffered(response, this.#call))
    if (this.#reader) this.#watch = new Watchdog(this.#reader, this.#call)
    this.#state = 'open'
  }

  async #read(): Promise<Uint8Array | undefined> {
    if (!this.#reader) return undefined // a response without a body
    ;(this.#watch as Watchdog).beginWait()
    try {
      return (await this.#reader.read()).value
    } catch (error) {
      return checkLoss(error, this.#watch as Watchdog, this.#call)
    }
  }

  #parse(chunk: Uint8Array | undefined): T[] | undefined {
    const watch = this.#watch
    if (watch) watch.waiting = false
    if (watch?.failure) throw watch.failure.error
    if (this.#state === 'closed') return undefined
    if (watch && chunk) {
      watch.started = true
      return this.#parseChunk(chunk)
    }
    this.#state = 'read'
    watch?.stop()
    return this.#parser.end(this.#decoder?.decode() ?? '')
  }

  #parseChunk(chunk: Uint8Array): T[] | undefined {
    const parser = this.#parser
    // With a decoder, a character may be cut.
    const at = this.#decoder ? 0 : (parser.skim?.(chunk) ?? 0)
    if (at === 0) return parser.read(this.#toText(chunk))
    return at === chunk.length ? parser.drain?.() : parser.read(this.#toText(chunk.subarray(at)))
  }

  #toText(chunk: Uint8Array): string {
    const isWhole = (chunk[chunk.length - 1] ?? 0xff) < 0x80
    const isFirst = this.#isFirst
    if (isFirst) this.#isFirst = false
    if (isWhole && !this.#decoder) return (isFirst ? FIRST : WHOLE).decode(chunk)
    this.#decoder ??= new TextDecoder('utf-8', { ignoreBOM: !isFirst })
    const text = this.#decoder.decode(chunk, STREAM)
    if (isWhole) this.#decoder = undefined
    return text
  }

  #close(): void {
    this.#watch?.stop()
    // `releaseLock()` alone would leave the connection open.
    if (this.#state === 'open' && this.#reader) closeConnection(this.#reader, this.#call)
    this.#state = 'closed'
  }
}

function toResult<T>(items: T[] | undefined): IteratorResult<T[]> {
  return items ? { done: false, value: items } : { done: true, value: undefined }
}

/** Throws for a broken connection, unless the reply was already complete. */
function checkLoss(cause: unknown, watch: Watchdog, call: Call): undefined {
  if (watch.failure || call.complete) return undefined
  const timeout = watch.started
    ? toRuntimeTimeout(cause, 'idle', watch.lastAt)
    : toRuntimeTimeout(cause, 'response', call.sentAt)
  if (timeout) throw timeout
  throw new StreamError('connection_lost', 'Connection lost before the response ended', { cause })
}

/** Returns the error for an event, line or body over the limit. */
export function frameTooLarge(call: Call): StreamError {
  return new StreamError(
    'frame_too_large',
    `Response event exceeds ${call.maxFrameLength} characters (raise \`maxFrameLength\`)`,
  )
}

/**
 * Reads a body at once if `fetch` cannot stream, as in React Native. Returns `undefined` for an empty one.
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
