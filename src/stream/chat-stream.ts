/**
 * The stream of a reply as users read it.
 */
import type { ChatResult, StreamEvent } from '../event.ts'
import { loadPart } from '../load-part.ts'
import type { Run } from './event-iterator.ts'
import { EventIterator } from './event-iterator.ts'
import type { ToResponseOptions } from './event-response.ts'
import { eventResponse, textResponse } from './event-response.ts'
import { LateRun } from './late-run.ts'
import { toReadableStream } from './readable-stream.ts'

/**
 * A streamed reply. `for await` yields its text, `events()` every event, and `result()` resolves to the complete
 * result. Nothing is sent before the first read. A stream can be read once; breaking out of the loop closes the
 * connection. It is not thenable, so an async function can return it.
 */
export class ChatStream implements AsyncIterable<string> {
  #run: Run
  #reader: EventIterator<unknown> | undefined

  constructor(run: Run) {
    this.#run = run
  }

  /**
   * The partial result so far, also after a failure or a cancellation. Its tool calls are marked `invalid` until
   * the reply is complete.
   */
  get partial(): ChatResult {
    return this.#run.result()
  }

  /**
   * Yields the text, piece by piece.
   * @throws {ChatError} if the reply fails, with what had arrived in `partial`
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<string> {
    return this.#read(textOf)
  }

  /**
   * Yields every event: text, thinking, tool calls, sources, retries, usage, the finish event.
   * @throws {ChatError} if the reply fails, with what had arrived in `partial`
   */
  events(): AsyncIterableIterator<StreamEvent> {
    return this.#read(itself)
  }

  /**
   * Reads the rest of the stream and resolves to the complete result of this same run.
   * @throws {ChatError} the error that the reader got, if the stream failed
   */
  async result(): Promise<ChatResult> {
    // Drained events are kept for the reader, if there is one: waiting for it here could deadlock.
    if (this.#reader) await this.#reader.drain()
    else for await (const _event of this.events());
    if (this.#reader?.state === 'failed') throw this.#reader.error
    return this.#run.result()
  }

  /** Cancels the run and closes its connection. A pending read rejects with the reason. */
  cancel(reason: unknown = new DOMException('The stream was canceled', 'AbortError')): void {
    const reader = this.#reader
    if (reader && reader.state !== 'open') return
    this.#run.cancel(reason)
    reader?.settle('failed', reason)
  }

  /** Returns the text as a `ReadableStream`. Nothing is sent before it is read. */
  toReadableStream(): ReadableStream<string> {
    return toReadableStream(this[Symbol.asyncIterator](), (text) => text)
  }

  /**
   * Returns the stream as a `Response` for your own frontend: server-sent events, which `ChatStream.from` reads,
   * or plain text. A failure is sent in-band, so that the receiver throws it.
   */
  toResponse(options: ToResponseOptions = {}): Response {
    return options?.format === 'text'
      ? textResponse(this[Symbol.asyncIterator](), options)
      : eventResponse(this.events(), options, (reason) => this.cancel(reason))
  }

  /**
   * Reads what `toResponse()` sent. A failure on the sending side is thrown here as a `ChatError` with the same
   * code. `signal` cancels reading.
   */
  static from(response: Response, options: { signal?: AbortSignal } = {}): ChatStream {
    const { signal } = options
    return new ChatStream(
      new LateRun({
        load: async () => {
          const { readRun } = await loadPart(() => import('./read-response.ts'))
          return readRun(response, signal)
        },
        signal,
        onCancel: () => void response.body?.cancel().catch(() => {}),
      }),
    )
  }

  #read<T>(pick: (event: StreamEvent) => T | undefined): EventIterator<T> {
    if (this.#reader) {
      throw new TypeError(
        'This stream has already been read: use `result()` for its result, or start another request',
      )
    }
    const reader = new EventIterator(this.#run, pick)
    this.#reader = reader
    return reader
  }
}

// Shared by all streams.
const itself = (event: StreamEvent) => event
const textOf = (event: StreamEvent) => (event.type === 'text-delta' ? event.text : undefined)
