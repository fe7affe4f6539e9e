/**
 * Creates a `Run` from an async generator: lazy start, the caller's signal, cancellation.
 */
import { onAbort } from '../async/abort.ts'
import { pullFrom } from '../async/pull.ts'
import type { ChatResult, StreamEvent } from '../event.ts'
import type { Run } from './event-iterator.ts'

/** The base of runs whose events come from a generator. Nothing happens before the first `pull()`. */
export abstract class GeneratorRun implements Run {
  readonly pull: Run['pull']
  #events: AsyncGenerator<readonly StreamEvent[], undefined>
  #controller = new AbortController()
  #callerSignal: AbortSignal | undefined
  #stopListening: (() => void) | undefined

  constructor(callerSignal: AbortSignal | undefined) {
    this.#callerSignal = callerSignal
    this.#events = this.#start()
    this.pull = pullFrom(this.#events)
  }

  /** Aborted by the caller's signal, by `cancel()`, or when the events fail. */
  protected get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** Yields the events, in batches that arrive together. */
  protected abstract run(): AsyncGenerator<readonly StreamEvent[], undefined>

  abstract result(): ChatResult

  return(): Promise<unknown> {
    return this.#events.return(undefined)
  }

  cancel(reason: unknown): void {
    this.#controller.abort(reason)
    this.#stopListening?.()
  }

  async *#start(): AsyncGenerator<readonly StreamEvent[], undefined> {
    const signal = this.#callerSignal
    this.#stopListening = onAbort(signal, () => this.cancel(signal?.reason))
    try {
      this.signal.throwIfAborted()
      return yield* this.run()
    } catch (error) {
      this.#controller.abort(error) // stops what is still running, such as tools
      throw error
    } finally {
      this.#stopListening?.()
    }
  }
}
