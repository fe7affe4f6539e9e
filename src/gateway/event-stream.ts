/**
 * Events out as server-sent events: asked for one at a time, with a comment whenever the model is silent.
 */
import type { StreamEvent } from '../event.ts'
import type { ChunkEncoder } from './formats/chat-completions/encode.ts'

/** What a stream is made of, and who is told of its end: one of the three functions, once. */
export interface AnswerSource {
  /** `rest` gives what is there already, without waiting: those of a `ChatStream` have it. */
  events: AsyncIterator<StreamEvent> & { rest?: () => StreamEvent[] }
  encoder: ChunkEncoder
  /** Longest silence towards the client, in milliseconds; `false`: no comments. */
  pingInterval: number | false
  /** Ends the stream from outside: the time is up, or the client is known to have left. */
  signal: AbortSignal
  onEnd: () => Promise<void>
  /** Gives the frame that tells the client. */
  onError: (error: unknown) => Promise<string>
  /** The client cancelled the body. */
  onLeave: (reason: unknown) => Promise<void>
}

const PING = ': ping\n\n'

/**
 * The body, once its first event is there: until then a failure can still be told by its status. Where that takes
 * longer than `pingInterval`, a comment comes first, so that proxies on the way see an answer.
 * @throws what the model failed with before its first event
 */
export async function openAnswer(source: AnswerSource): Promise<ReadableStream<Uint8Array>> {
  const { pingInterval } = source
  const reader = new FrameWriter(source)
  const first = reader.read()
  let timer: ReturnType<typeof setTimeout> | undefined
  const silence = new Promise<true>((resolve) => {
    if (pingInterval !== false) timer = setTimeout(() => resolve(true), pingInterval)
  })
  try {
    const silent = (await Promise.race([first, silence])) === true
    return new AnswerStream(source, reader, first).open(silent ? PING : '')
  } finally {
    clearTimeout(timer)
  }
}

/**
 * Events to pieces of text: what came together leaves together, since a write costs more than a token. The rest of what
 * came is taken at once: with a promise for each event, streams of 4 or 20 tokens a piece cost a tenth more.
 */
class FrameWriter {
  #events: AnswerSource['events']
  #encoder: ChunkEncoder
  /** What the encoder failed with, in a box: it is thrown behind what came before it. */
  #failure: { error: unknown } | undefined

  constructor({ events, encoder }: AnswerSource) {
    this.#events = events
    this.#encoder = encoder
  }

  /** The next piece that clients are told of; nothing at the end. */
  async read(): Promise<string | undefined> {
    for (;;) {
      if (this.#failure) throw this.#failure.error
      const { done, value } = await this.#events.next()
      if (done) return undefined
      const text = this.#encode(value, this.#events.rest?.() ?? [])
      if (text) return text
    }
  }

  #encode(first: StreamEvent, rest: readonly StreamEvent[]): string {
    let text = ''
    try {
      text = this.#encoder.encode(first)
      for (const event of rest) text += this.#encoder.encode(event)
    } catch (error) {
      this.#failure = { error }
    }
    return text
  }
}

class AnswerStream {
  #source: AnswerSource
  #reader: FrameWriter
  #pending: Promise<string | undefined> | undefined
  #encoder = new TextEncoder()
  #controller!: ReadableStreamDefaultController<Uint8Array>
  /** Whether the client waits for something: only then may a comment go out, or they would pile up. */
  #asked = false
  #quiet = true
  #ended = false
  #timer: ReturnType<typeof setInterval> | undefined

  constructor(source: AnswerSource, reader: FrameWriter, first: Promise<string | undefined>) {
    this.#source = source
    this.#reader = reader
    this.#pending = first
    first.catch(() => {}) // thrown where it is read, which may be later
  }

  open(start: string): ReadableStream<Uint8Array> {
    const { pingInterval, signal } = this.#source
    if (pingInterval !== false) this.#timer = setInterval(() => this.#ping(), pingInterval)
    signal.addEventListener('abort', this.#onAbort)
    return new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller
          if (start) this.#send(start)
        },
        pull: () => this.#pull(),
        cancel: (reason) => this.#leave(reason),
      },
      { highWaterMark: 0 },
    )
  }

  async #pull(): Promise<void> {
    this.#asked = true
    try {
      const frames = await (this.#pending ?? this.#reader.read())
      this.#pending = undefined
      if (this.#ended) return
      if (frames) this.#send(frames)
      else await this.#end()
    } catch (error) {
      await this.#fail(error)
    }
    this.#asked = false
  }

  #send(frames: string): void {
    this.#quiet = false
    this.#controller.enqueue(this.#encoder.encode(frames))
  }

  #ping(): void {
    if (this.#quiet && this.#asked) this.#controller.enqueue(this.#encoder.encode(PING))
    this.#quiet = true
  }

  /** The time is up while the client does not read: nobody else would tell it. */
  #onAbort = (): void => {
    if (!this.#asked) void this.#fail(this.#source.signal.reason)
  }

  #close(): boolean {
    const wasOpen = !this.#ended
    this.#ended = true
    clearInterval(this.#timer)
    this.#source.signal.removeEventListener('abort', this.#onAbort)
    return wasOpen
  }

  async #end(): Promise<void> {
    if (this.#close()) await this.#finish(this.#source.onEnd)
  }

  /** A failure is told in-band, and the end mark is missing: a client that overlooks the one sees the other. */
  async #fail(error: unknown): Promise<void> {
    if (this.#close()) await this.#finish(() => this.#source.onError(error))
  }

  async #finish(tell: () => Promise<string | void>): Promise<void> {
    const controller = this.#controller
    try {
      const frame = await tell()
      if (frame) controller.enqueue(this.#encoder.encode(frame))
      controller.close()
    } catch (thrown) {
      controller.error(thrown) // by a hook; where the client cancelled meanwhile it has no effect
    }
  }

  async #leave(reason: unknown): Promise<void> {
    if (this.#close()) await this.#source.onLeave(reason)
  }
}
