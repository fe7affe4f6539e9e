/**
 * What a reader holds: a reply that starts at the first read, is read once, and can be left at any time.
 */
import type { Call } from '../call.ts'
import type { ErrorInfo } from '../error-code.ts'
import { ChatError, isChatError, ServiceError, StreamError } from '../errors.ts'
import type { ChatResult, ResponseInfo, StreamEvent } from '../event.ts'
import { DEFAULTS } from '../options.ts'
import type { Frame } from '../http/sse.ts'
import { encodeSSE, parseFrame, readSSE } from '../http/sse.ts'
import { Reply } from './reply.ts'

/** What a `ChatStream` draws from. Made by the base class. */
export interface Run {
  /** Events in batches, as they arrive together. Nothing is sent before the first `next()`. */
  next(): Promise<IteratorResult<readonly StreamEvent[], undefined>>
  /** The reader leaves. */
  return(): Promise<unknown>
  /** The answer so far; the whole answer once the events have ended. */
  result(): ChatResult
  /** Ends the run with this reason. */
  cancel(reason: unknown): void
}

/** How a stream leaves the house: `events` for `ChatStream.from` on the other side, `text` for anyone. */
export interface ToResponseOptions extends ResponseInit {
  /** @default 'events' */
  format?: 'events' | 'text'
}

/**
 * A reply as it comes. `for await` gives its text, `events()` everything, `result()` the whole.
 * It is cold (nothing is sent before the first read) and read once; leaving the loop closes the connection.
 * It is not thenable, so an async function can return it.
 */
export class ChatStream implements AsyncIterable<string> {
  #run: Run
  #reader: EventIterator<unknown> | undefined
  #state: 'open' | 'ended' | 'failed' = 'open'
  #error: unknown

  constructor(run: Run) {
    this.#run = run
  }

  /** What has arrived so far; after a failure or a stop too. Its tool calls are marked `invalid` until the end. */
  get partial(): ChatResult {
    return this.#run.result()
  }

  /** The text, piece by piece. */
  [Symbol.asyncIterator](): AsyncIterableIterator<string> {
    return this.#read((event) => (event.type === 'text-delta' ? event.text : undefined))
  }

  /** Everything: text, thinking, tool calls, sources, retries, usage, the end. */
  events(): AsyncIterableIterator<StreamEvent> {
    return this.#read((event) => event)
  }

  /**
   * The whole answer of this same run: reads what is left, or tells what was read.
   * @throws {ChatError} what the reader got, if the stream failed
   */
  async result(): Promise<ChatResult> {
    // What this finds stays for the reader, if there is one: a reader who waits for it would wait for ever.
    if (this.#reader) await this.#reader.drain()
    else for await (const _event of this.events());
    if (this.#state === 'failed') throw this.#error
    return this.#run.result()
  }

  /** Ends the run and closes its connection; a pending read rejects with the reason. */
  cancel(reason: unknown = new DOMException('The stream was cancelled', 'AbortError')): void {
    if (this.#state !== 'open') return
    this.#run.cancel(reason)
    this.#settle('failed', reason)
  }

  /** The text as a `ReadableStream`. Nothing is sent before it is read. */
  toReadableStream(): ReadableStream<string> {
    return toReadableStream(this[Symbol.asyncIterator](), (text) => text)
  }

  /**
   * The stream as a `Response`, for a page of one's own: server-sent events that `ChatStream.from` reads back,
   * or plain text. A failure is sent in-band, so that the other side throws it.
   */
  toResponse(options: ToResponseOptions = {}): Response {
    const { format = 'events', ...init } = options
    const headers = new Headers(init.headers)
    const encoder = new TextEncoder()
    const asText = format === 'text'
    const type = asText ? 'text/plain; charset=utf-8' : 'text/event-stream; charset=utf-8'
    if (!headers.has('content-type')) headers.set('content-type', type)
    if (!headers.has('cache-control')) headers.set('cache-control', 'no-cache')
    // Reverse proxies hold a stream back without it.
    headers.set('x-accel-buffering', 'no')
    const body = asText
      ? toReadableStream(this[Symbol.asyncIterator](), (text) => encoder.encode(text))
      : toReadableStream(
          this.events(),
          (event) => encoder.encode(encodeSSE(JSON.stringify(event))),
          (error) => encoder.encode(encodeSSE(JSON.stringify(toInfo(error)), 'error')),
        )
    return new Response(body, { ...init, headers })
  }

  /** Reads back, on the other side, what `toResponse()` sent. */
  static from(response: Response, options: { signal?: AbortSignal } = {}): ChatStream {
    return new ChatStream(readRun(response, options.signal))
  }

  #read<T>(pick: (event: StreamEvent) => T | undefined): EventIterator<T> {
    if (this.#reader) {
      throw new TypeError(
        'This stream is read already: use `result()` for its answer, or ask again for another stream',
      )
    }
    const reader = new EventIterator(this.#run, pick, (state, error) => this.#settle(state, error))
    this.#reader = reader
    return reader
  }

  #settle(state: 'ended' | 'failed', error?: unknown): void {
    if (this.#state !== 'open') return
    this.#state = state
    this.#error = error
  }
}

/** Hands out a batch one by one. Written by hand: an async generator costs three more ticks for each piece. */
class EventIterator<T> implements AsyncIterableIterator<T> {
  #batch: readonly StreamEvent[] = []
  #at = 0
  #run: Run
  #pick: (event: StreamEvent) => T | undefined
  #settle: (state: 'ended' | 'failed', error?: unknown) => void
  /** What came while the batch was not yet read, for `drain()` or for several `next()` at once. */
  #later: StreamEvent[] = []
  /** The read under way: the next one waits for it. */
  #pending: Promise<boolean> | undefined
  /** What ended the run, in a box, until it is thrown. */
  #failure: { error: unknown } | undefined

  constructor(
    run: Run,
    pick: (event: StreamEvent) => T | undefined,
    settle: (state: 'ended' | 'failed', error?: unknown) => void,
  ) {
    this.#run = run
    this.#pick = pick
    this.#settle = settle
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<IteratorResult<T>> {
    const value = this.#pending ? undefined : this.#take()
    return value === undefined ? this.#more() : Promise.resolve({ value, done: false })
  }

  /** Reads to the end and keeps the events for `next()`. Never rejects: `next()` does. */
  async drain(): Promise<void> {
    while (await this.#read());
  }

  #take(): T | undefined {
    for (;;) {
      while (this.#at < this.#batch.length) {
        const value = this.#pick(this.#batch[this.#at++] as StreamEvent)
        if (value !== undefined) return value
      }
      if (this.#later.length === 0) return undefined
      this.#batch = this.#later
      this.#later = []
      this.#at = 0
    }
  }

  async #more(): Promise<IteratorResult<T>> {
    for (;;) {
      const more = await this.#read()
      const value = this.#take()
      if (value !== undefined) return { value, done: false }
      if (more) continue
      const failure = this.#failure
      this.#failure = undefined
      if (failure) throw failure.error
      return { value: undefined, done: true }
    }
  }

  /** One read at a time, in the order they were asked for; false at the end. */
  #read(): Promise<boolean> {
    const reading = this.#pending ? this.#pending.then(() => this.#fill()) : this.#fill()
    this.#pending = reading
    reading.then(() => {
      if (this.#pending === reading) this.#pending = undefined
    })
    return reading
  }

  async #fill(): Promise<boolean> {
    try {
      const { done, value: batch } = await this.#run.next()
      if (done) {
        this.#settle('ended')
        return false
      }
      if (this.#at < this.#batch.length || this.#later.length > 0) this.#later.push(...batch)
      else {
        this.#batch = batch
        this.#at = 0
      }
      return true
    } catch (error) {
      this.#settle('failed', error)
      this.#failure = { error }
      return false
    }
  }

  /** The reader left: the connection goes with it. */
  async return(): Promise<IteratorResult<T>> {
    const reason = new DOMException('The stream was left before its end', 'AbortError')
    // Left at the very last event: nothing is missing.
    if ((this.#later.at(-1) ?? this.#batch.at(-1))?.type === 'finish') this.#settle('ended')
    this.#settle('failed', reason)
    this.#at = this.#batch.length
    this.#later = []
    this.#run.cancel(reason)
    await this.#run.return()
    return { value: undefined, done: true }
  }
}

/** An iterator as a cold stream that asks for one piece at a time. */
function toReadableStream<T, Out>(
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

function readRun(response: Response, signal = new AbortController().signal): Run {
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
    next: () => events.next() as ReturnType<Run['next']>,
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
