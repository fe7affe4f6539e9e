/**
 * Writes server-sent events, read one at a time, with a comment whenever the model is silent.
 */
import { toEvents } from '../chat/to-events.ts'
import type { ChatResult, StreamEvent } from '../event.ts'
import type { StreamEncoder } from './format.ts'
import { PingReader } from '../edge/ping-reader.ts'

/** The parts of a streamed reply. Exactly one of its three callbacks is called, once. */
export interface ReplySource {
  /** `rest` returns the events that have already arrived; those of a `ChatStream` have it. */
  events: AsyncIterator<StreamEvent> & { rest?: () => StreamEvent[] }
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
  const read = () => writer.read()
  const reader = new PingReader(read, source.pingInterval, source.ping ?? PING)
  try {
    return new ReplyBody(source, reader, await reader.read()).open()
  } catch (error) {
    reader.stop()
    throw error
  }
}

/**
 * Encodes events as text. Events that arrived together are written together, since a write costs more than a
 * token: with a promise per event, streams of 4 or 20 tokens per chunk cost a tenth more.
 */
class FrameWriter {
  #source: ReplySource
  #encoder: StreamEncoder | undefined
  /** The encoder's error, boxed. Rethrown after the frames before it. */
  #failure: { error: unknown } | undefined

  constructor(source: ReplySource) {
    this.#source = source
  }

  /** Returns the next frames; `undefined` at the end. */
  async read(): Promise<string | undefined> {
    const { events } = this.#source
    for (;;) {
      if (this.#failure) throw this.#failure.error
      const { done, value } = await events.next()
      if (done) return undefined
      const batch = [value, ...(events.rest?.() ?? [])]
      const last = batch.at(-1)
      if (last?.type === 'finish' && last.messageFields) {
        const messageFields = await this.#source.seal(last.messageFields)
        batch[batch.length - 1] = { ...last, messageFields }
      }
      let text = ''
      try {
        for (const event of batch) {
          const frames = this.#encode(event)
          text += typeof frames === 'string' ? frames : await frames
        }
      } catch (error) {
        this.#failure = { error }
      }
      if (text) return text
    }
  }

  #encode(event: StreamEvent): string | Promise<string> {
    // Before the first output another model may take over.
    if (!this.#encoder && (event.type === 'retry' || event.type === 'failover')) return ''
    this.#encoder ??= this.#source.createEncoder()
    return this.#encoder.encode(event)
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

  async #pull(): Promise<void> {
    this.#isPulling = true
    try {
      const frames = this.#hasFirst ? this.#first : await this.#reader.read()
      this.#hasFirst = false
      if (this.#ended) return
      if (frames !== undefined) this.#controller.enqueue(this.#encoder.encode(frames))
      else if (this.#close()) {
        this.#source.onEnd()
        this.#controller.close()
      }
    } catch (error) {
      this.#fail(error)
    }
    this.#isPulling = false
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
    this.#controller.enqueue(this.#encoder.encode(this.#source.onError(error)))
    this.#controller.close()
  }

  #close(): boolean {
    const wasOpen = !this.#ended
    this.#ended = true
    this.#reader.stop()
    this.#source.signal.removeEventListener('abort', this.#onAbort)
    return wasOpen
  }
}
