/**
 * Streams an object as it grows.
 */
import type { ChatResult, StreamEvent } from '../event.ts'
import { ChatStream } from '../stream/chat-stream.ts'
import type { Run } from '../stream/event-iterator.ts'
import type { JSONFinder } from '../json/find-json.ts'
import type { ObjectResult, ObjectTask } from './object-task.ts'

/** A value in progress: properties may be missing, and strings may be incomplete. */
export type DeepPartial<T> = T extends readonly unknown[]
  ? number extends T['length']
    ? DeepPartial<T[number]>[]
    : { [Key in keyof T]?: DeepPartial<T[Key]> }
  : T extends object
    ? { [Key in keyof T]?: DeepPartial<T[Key]> }
    : T

/**
 * A streamed object. `for await` yields partial objects, `events()` every event, and `result()` resolves to the
 * validated object.
 *
 * Each partial is the same object, which grows in place, so streaming takes linear time. Copy it to keep or
 * compare it, as React does: `setState({ ...partial })`. Partials contain what the model writes, without the
 * schema's defaults and transforms. They only grow: if an invalid answer is repaired, the loop does not show the
 * second answer unless the first was empty, but `result()` returns it. If a `failover` restarts, a new object is
 * shown.
 *
 * Nothing is sent before the first read, and a stream can be read once; breaking out of the loop closes the
 * connection. It is not thenable.
 */
export class ObjectStream<T, Growing = DeepPartial<T>> implements AsyncIterable<Growing> {
  #task: ObjectTask
  #stream: ChatStream
  #finder: JSONFinder | undefined
  #state: 'empty' | 'shown' | 'kept' = 'empty'

  constructor(run: Run, task: ObjectTask) {
    this.#task = task
    this.#stream = new ChatStream(run)
  }

  /** The result so far, also after a failure or a cancellation. */
  get partial(): ChatResult {
    return this.#stream.partial
  }

  /** Yields the growing object, for each piece that adds to it. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Growing> {
    const events = this.#stream.events()
    const end = { done: true, value: undefined } as const
    return {
      next: async () => {
        for (;;) {
          const { done, value: event } = await events.next()
          if (done) return end
          const value = this.#read(event)
          if (value !== undefined) return { done: false, value: value as Growing }
        }
      },
      return: async () => {
        await events.return?.()
        return end
      },
      [Symbol.asyncIterator]() {
        return this
      },
    }
  }

  /**
   * Yields every event: text, thinking, retries, usage, the finish event. A repair turn starts with a `failover`
   * event with action `restart` and code `invalid_output`.
   */
  events(): AsyncIterableIterator<StreamEvent> {
    return this.#stream.events()
  }

  /**
   * Reads the rest of the stream and resolves to the complete result of this same run, with the validated object.
   * @throws {OutputError} `invalid_output` for an invalid answer, after the repair turns
   * @throws {ChatError} the error that the reader got, if the stream failed
   */
  result(): Promise<ObjectResult<T>> {
    return this.#stream.result() as Promise<ObjectResult<T>>
  }

  /** Cancels the run and closes its connection. A pending read rejects with the reason. */
  cancel(reason?: unknown): void {
    this.#stream.cancel(reason)
  }

  #read(event: StreamEvent): unknown {
    if (event.type === 'failover' && event.action === 'restart') {
      this.#finder = undefined
      if (event.error.code === 'invalid_output' && this.#state === 'shown') this.#state = 'kept'
    }
    if (event.type !== 'text-delta' || this.#state === 'kept') return undefined
    this.#finder ??= this.#task.createFinder()
    if (!this.#finder.push(event.text)) return undefined
    const value = this.#task.show(this.#finder.value as object)
    if (value !== undefined) this.#state = 'shown'
    return value
  }
}
