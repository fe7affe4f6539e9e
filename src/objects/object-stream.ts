/**
 * An object as it comes.
 */
import type { ChatResult, StreamEvent } from '../event.ts'
import { ChatStream } from '../stream/chat-stream.ts'
import type { Run } from '../stream/event-iterator.ts'
import type { JSONFinder } from '../json/find-json.ts'
import type { ObjectResult, ObjectTask } from './object-task.ts'

/** A value that is still being written: every member may be missing yet, and every text may still be short. */
export type DeepPartial<T> = T extends readonly unknown[]
  ? number extends T['length']
    ? DeepPartial<T[number]>[]
    : { [Key in keyof T]?: DeepPartial<T[Key]> }
  : T extends object
    ? { [Key in keyof T]?: DeepPartial<T[Key]> }
    : T

/**
 * An object as it comes. `for await` gives its partials, `events()` everything, `result()` the validated object.
 *
 * A partial is live: each is the same object, which grows in place, so that the whole costs linear time. Whoever keeps
 * one or compares two (React does) makes a copy: `setState({ ...partial })`. They hold what the model writes, so
 * without the schema's defaults and transforms. They only grow: where the answer turns out not to be valid and the
 * model is asked again, the loop shows nothing of that second answer, unless there was nothing in the first;
 * `result()` has it. (Where a `failover` restarts, another object is shown instead.)
 *
 * It is cold and read once; leaving the loop closes the connection. It is not thenable.
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

  /** The answer so far; after a failure or a stop too. */
  get partial(): ChatResult {
    return this.#stream.partial
  }

  /** The object as it grows: a partial for each piece that adds to it. */
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
   * Everything: the text, thinking, retries, usage, the end. Where the model is asked again there is an event of the
   * type `failover` with the action `restart` and the code `invalid_output`.
   */
  events(): AsyncIterableIterator<StreamEvent> {
    return this.#stream.events()
  }

  /**
   * The whole answer of this same run, with the validated object: reads what is left, or tells what was read.
   * @throws {OutputError} `invalid_output` where the answer is not valid, also after the repair turns
   * @throws {ChatError} what the reader got, if the stream failed
   */
  result(): Promise<ObjectResult<T>> {
    return this.#stream.result() as Promise<ObjectResult<T>>
  }

  /** Ends the run and closes its connection; a pending read rejects with the reason. */
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
