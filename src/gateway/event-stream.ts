/**
 * Writes server-sent events, read one at a time, with a comment whenever the model is silent.
 */
import { toEvents } from '../chat/to-events.ts'
import type { Pull } from '../async/pull.ts'
import type { ChatResult, StreamEvent } from '../event.ts'
import type { EventIterator } from '../stream/event-iterator.ts'
import type { StreamEncoder } from './format.ts'
import { PingReader } from '../async/ping-reader.ts'
import { OwnToolCallEncoder } from './own-tool-calls.ts'

/** The parts of a streamed reply. Exactly one of its three callbacks is called, once. */
export interface ReplySource {
  /** Those of a `ChatStream` have a `run`, which is pulled without a promise and an object for each event. */
  events: AsyncIterator<StreamEvent> & Partial<Pick<EventIterator<StreamEvent>, 'run' | 'settle'>>
  /** Called at the first output, when the replying model is known. */
  createEncoder: () => StreamEncoder
  /** Replaces the vendor's fields of a message with opaque ones. */
  seal: (fields: Record<string, unknown>) => Promise<Record<string, unknown>>
  /** Frame sent while the model is silent. @default a comment */
  ping?: string | undefined
  /** Maximum silence towards the client, in milliseconds, or `false` for no comments. */
  pingInterval: number | false
  /** Ends the stream: the time limit has passed, or the client has disconnected. */
  signal: AbortSignal
  onEnd: () => void
  /** Returns the frame that reports the error. */
  onError: (error: unknown) => string
  /** Called when the client cancels the body. */
  onLeave: (reason: unknown) => void
}

const PING = ': ping\n\n'

/** Replays a cached reply as events, in fewer pieces. */
export async function* toEventStream(result: ChatResult): AsyncGenerator<StreamEvent> {
  yield* toEvents(result)
}

/**
 * Returns the body once its first frame has arrived: before that a failure can still be reported by its status.
 * If that takes longer than `pingInterval`, a comment comes first, so that proxies see a response.
 * @throws the model's error if it fails before its first event
 */
export async function openReply(source: ReplySource): Promise<ReadableStream<Uint8Array>> {
  const writer = new FrameWriter(source)
  const reader = new PingReader(writer.pull, source.pingInterval, source.ping ?? PING)
  try {
    return new ReplyBody(source, reader, await reader.read()).open()
  } catch (error) {
    reader.stop()
    throw error
  }
}

/**
 * Encodes events as text. Events that arrived together are written together, since a write costs more than a
 * token. Between two writes nothing is kept but callbacks: with 1,000 streams open at once, every promise and every
 * suspended function that a stream waits with is copied by each run of the garbage collector.
 */
class FrameWriter {
  #source: ReplySource
  #pullEvents: Pull<readonly StreamEvent[]>
  #encoder: StreamEncoder | undefined
  /** The encoder's error, boxed. Passed on after the frames before it. */
  #failure: { error: unknown } | undefined
  /** Callbacks of the pending pull. */
  #onFrames: (frames: string | undefined) => void = ignore
  #onError: (error: unknown) => void = ignore

  constructor(source: ReplySource) {
    this.#source = source
    const { events } = source
    const { run } = events
    this.#pullEvents = run
      ? (onValue, onError) => run.pull(onValue, onError)
      : (onValue, onError) =>
          events.next().then(({ done, value }) => onValue(done ? undefined : [value]), onError)
  }

  /** Passes the next frames to a callback; `undefined` at the end. */
  pull = (
    onFrames: (frames: string | undefined) => void,
    onError: (error: unknown) => void,
  ): void => {
    this.#onFrames = onFrames
    this.#onError = onError
    this.#next()
  }

  #next(): void {
    if (this.#failure) this.#onError(this.#failure.error)
    else void this.#pullEvents(this.#onEvents, this.#onFailure)
  }

  #onEvents = (events: readonly StreamEvent[] | undefined): void => {
    if (!events) this.#source.events.settle?.('ended')
    const text = events && this.#write(events)
    if (typeof text === 'object') void text.then(this.#onText)
    else if (text === '') this.#next()
    else this.#onFrames(text)
  }

  #onFailure = (error: unknown): void => {
    this.#source.events.settle?.('failed', error)
    this.#onError(error)
  }

  #onText = (text: string): void => (text === '' ? this.#next() : this.#onFrames(text))

  /** Encodes events until one fails. */
  #write(events: readonly StreamEvent[], from = 0, written = ''): string | Promise<string> {
    let text = written
    try {
      for (let at = from; at < events.length; at++) {
        const frames = this.#encode(events[at] as StreamEvent)
        if (typeof frames !== 'string') return this.#writeRest(frames, events, at + 1, text)
        text += frames
      }
    } catch (error) {
      this.#failure = { error }
    }
    return text
  }

  async #writeRest(
    frames: Promise<string>,
    events: readonly StreamEvent[],
    from: number,
    written: string,
  ): Promise<string> {
    try {
      return await this.#write(events, from, written + (await frames))
    } catch (error) {
      this.#failure = { error }
      return written
    }
  }

  #encode(event: StreamEvent): string | Promise<string> {
    // Before the first output another model may take over.
    if (!this.#encoder && (event.type === 'retry' || event.type === 'failover')) return ''
    const encoder = (this.#encoder ??= new OwnToolCallEncoder(this.#source.createEncoder()))
    if (event.type !== 'finish' || !event.messageFields) return encoder.encode(event)
    return this.#source
      .seal(event.messageFields)
      .then((messageFields) => encoder.encode({ ...event, messageFields }))
  }
}

class ReplyBody {
  #source: ReplySource
  #reader: PingReader<string | undefined>
  /** The first frames, read before the body was opened. */
  #first: string | undefined
  #hasFirst = true
  #encoder = new TextEncoder()
  #controller!: ReadableStreamDefaultController<Uint8Array>
  #isPulling = false
  #ended = false

  constructor(
    source: ReplySource,
    reader: PingReader<string | undefined>,
    first: string | undefined,
  ) {
    this.#source = source
    this.#reader = reader
    this.#first = first
  }

  open(): ReadableStream<Uint8Array> {
    this.#source.signal.addEventListener('abort', this.#onAbort)
    return new ReadableStream<Uint8Array>(
      {
        start: (controller) => void (this.#controller = controller),
        pull: () => this.#pull(),
        cancel: (reason) => {
          if (this.#close()) this.#source.onLeave(reason)
        },
      },
      { highWaterMark: 0 },
    )
  }

  /** Writes the next piece when it is there, and does not let the stream wait for it: a promise less for each. */
  #pull(): void {
    if (this.#isPulling) return // asked for another piece: writing the first asks again
    this.#isPulling = true
    if (!this.#hasFirst) return this.#reader.pull(this.#onFrames, this.#onError)
    this.#hasFirst = false
    this.#onFrames(this.#first)
  }

  #onFrames = (frames: string | undefined): void => {
    this.#isPulling = false
    if (this.#ended) return
    try {
      if (frames !== undefined) this.#controller.enqueue(this.#encoder.encode(frames))
      else if (this.#close()) {
        this.#source.onEnd()
        this.#controller.close()
      }
    } catch (error) {
      this.#onError(error)
    }
  }

  #onError = (error: unknown): void => {
    this.#isPulling = false
    this.#fail(error)
  }

  /** Ends the stream at the time limit even if the client does not read, which causes no pull. */
  #onAbort = (): void => {
    if (!this.#isPulling) this.#fail(this.#source.signal.reason)
  }

  /**
   * Reports a failure in-band and omits the end marker, so that a client that ignores the one notices the other.
   */
  #fail(error: unknown): void {
    if (!this.#close()) return
    try {
      this.#controller.enqueue(this.#encoder.encode(this.#source.onError(error)))
      this.#controller.close()
    } catch (failure) {
      this.#controller.error(failure)
    }
  }

  #close(): boolean {
    const wasOpen = !this.#ended
    this.#ended = true
    this.#reader.stop()
    this.#source.signal.removeEventListener('abort', this.#onAbort)
    return wasOpen
  }
}

const ignore = (): void => {}
