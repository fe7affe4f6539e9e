/**
 * A reply whose wire format loads with the first call.
 */
import type { Pull } from '../async/pull.ts'
import { loadPart } from '../load-part.ts'
import type { BodyStream } from './body-stream.ts'

/** The stream of a request. */
export type RequestStream<T> = Pick<BodyStream<T>, 'next' | 'pull' | 'return'> &
  AsyncIterableIterator<T[]>

/**
 * Loads the code of a wire format at the first read, and then sends the request. Sends it at once if the code has loaded.
 * @param load imports the code
 * @param send sends the request
 */
export function lateStream<Part, T>(
  load: () => Promise<Part>,
  send: (part: Part) => RequestStream<T>,
): AsyncIterableIterator<T[]> {
  const part = loaded.get(load) as Part | undefined
  return part === undefined ? new LateStream(load, send) : send(part)
}

/** Parts that have loaded: an `import()` of a loaded module still takes 30 µs (Node 20). */
const loaded = /* @__PURE__ */ new WeakMap<() => Promise<unknown>, unknown>()

class LateStream<Part, T> implements AsyncIterableIterator<T[]> {
  /**
   * That of the request, so that this layer costs nothing per chunk. Missing until then, so that the run's own timer limits
   * the wait for the code.
   */
  pull: Pull<T[]> | undefined
  #load: () => Promise<Part>
  #send: (part: Part) => RequestStream<T>
  #stream: RequestStream<T> | undefined
  #closed = false

  constructor(load: () => Promise<Part>, send: (part: Part) => RequestStream<T>) {
    this.#load = load
    this.#send = send
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async next(): Promise<IteratorResult<T[]>> {
    const stream = this.#stream ?? (await this.#start())
    return stream ? await stream.next() : { done: true, value: undefined }
  }

  async return(): Promise<IteratorResult<T[]>> {
    this.#closed = true
    await this.#stream?.return()
    return { done: true, value: undefined }
  }

  /** Sends nothing if the reader has left meanwhile. */
  async #start(): Promise<RequestStream<T> | undefined> {
    const part = await loadPart(this.#load)
    loaded.set(this.#load, part)
    if (this.#closed) return undefined
    const stream = this.#send(part)
    this.#stream = stream
    this.pull = (onValue, onError) => stream.pull(onValue, onError)
    return stream
  }
}
