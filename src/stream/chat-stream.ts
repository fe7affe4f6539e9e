/**
 * What a reader holds: a reply that starts at the first read, is read once, and can be left at any time.
 */
import type { ChatResult, StreamEvent } from '../event.ts'
import type { Run } from './event-iterator.ts'
import { EventIterator } from './event-iterator.ts'
import type { ToResponseOptions } from './event-response.ts'
import { eventResponse, readRun, textResponse, toReadableStream } from './event-response.ts'

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

  /**
   * The text, piece by piece.
   * @throws {ChatError} for what fails, with `partial` holding what had arrived
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<string> {
    return this.#read((event) => (event.type === 'text-delta' ? event.text : undefined))
  }

  /**
   * Everything: text, thinking, tool calls, sources, retries, usage, the end.
   * @throws {ChatError} for what fails, with `partial` holding what had arrived
   */
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
    return options.format === 'text'
      ? textResponse(this[Symbol.asyncIterator](), options)
      : eventResponse(this.events(), options)
  }

  /**
   * Reads back, on the other side, what `toResponse()` sent. What failed there is thrown here, as a `ChatError` of the same code.
   * `signal` ends the reading.
   */
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
