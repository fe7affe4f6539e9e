/**
 * Iterates over batches of events, one event at a time.
 */
import type { ChatResult, StreamEvent } from '../event.ts'
import type { Pull } from '../async/pull.ts'
import { rethrow } from '../async/pull.ts'

/** The source of a `ChatStream`, created by the base class. */
export interface Run {
  /** Pulls batches of events that arrived together. Nothing is sent before the first pull. */
  pull: Pull<readonly StreamEvent[]>
  /** Called when the reader stops early. */
  return(): Promise<unknown>
  /** Returns the result so far, or the complete one once the events have ended. */
  result(): ChatResult
  /** Cancels the run with this reason. */
  cancel(reason: unknown): void
}

const NOTHING: readonly StreamEvent[] = []

/** Reads a run to its end. */
export async function drain(run: Run): Promise<void> {
  while (await run.pull((events) => events !== undefined, rethrow));
}

/**
 * Yields the events of each batch one by one. Written by hand, since an async generator costs three more
 * microtasks per event.
 */
export class EventIterator<T> implements AsyncIterableIterator<T> {
  /** How the reading stands. The first outcome counts. */
  state: 'open' | 'ended' | 'failed' = 'open'
  /** Why it failed. */
  error: unknown
  #batch: readonly StreamEvent[] = NOTHING
  #at = 0
  /** The source. A reader that forwards all events pulls it instead of calling `next()`, and settles. */
  readonly run: Run
  #pick: (event: StreamEvent) => T | undefined
  /** Events that `drain()` read before `next()` asked for them. */
  #later: StreamEvent[] | undefined
  /** The last step requested, while any is pending, and their number. */
  #tail: Promise<unknown> | undefined
  #steps = 0
  #over = false
  /** The error that ended the run while no read was pending, boxed, until it is thrown. */
  #failure: { error: unknown } | undefined

  constructor(run: Run, pick: (event: StreamEvent) => T | undefined) {
    this.run = run
    this.#pick = pick
  }

  /** Records how the reading ended. */
  settle(state: 'ended' | 'failed', error?: unknown): void {
    if (this.state !== 'open') return
    this.state = state
    this.error = error
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<IteratorResult<T>> {
    if (this.#tail) return this.#queue(() => this.#advance())
    return this.#takeNext()
  }

  // A function of its own, so that no step allocates a context for the closure above.
  #takeNext(): Promise<IteratorResult<T>> {
    const value = this.#take()
    if (value !== undefined) return Promise.resolve({ value, done: false })
    this.#steps++
    const mine = this.#advance()
    this.#tail = mine
    return mine
  }

  /** Reads to the end and keeps the events for `next()`. Never rejects: `next()` does. */
  async drain(): Promise<void> {
    const step = async () => {
      await this.#fetch()
      this.#leave()
      return !this.#over
    }
    while (await this.#queue(step));
  }

  /** Runs one step at a time, in the order requested. */
  #queue<Result>(step: () => Promise<Result>): Promise<Result> {
    this.#steps++
    const mine = this.#tail ? this.#tail.then(step, step) : step()
    this.#tail = mine
    return mine
  }

  /** Ends a step. */
  #leave(): void {
    if (--this.#steps === 0) this.#tail = undefined
  }

  #take(): T | undefined {
    for (;;) {
      while (this.#at < this.#batch.length) {
        const value = this.#pick(this.#batch[this.#at++] as StreamEvent)
        if (value !== undefined) return value
      }
      if (!this.#later) return undefined
      this.#batch = this.#later
      this.#later = undefined
      this.#at = 0
    }
  }

  #advance(): Promise<IteratorResult<T>> {
    return this.#over || this.#holds()
      ? this.#search()
      : (this.run.pull(this.#show, this.#fail) as Promise<IteratorResult<T>>)
  }

  /** True if events were read that `next()` has not asked for. */
  #holds(): boolean {
    return this.#at < this.#batch.length || this.#later !== undefined
  }

  // Created once per stream, not per event.
  #show = (batch: readonly StreamEvent[] | undefined): unknown => {
    this.#keep(batch)
    const value = this.#take()
    if (value === undefined) return this.#search()
    this.#leave()
    return { value, done: false }
  }

  #fail = (error: unknown): unknown => {
    this.#break(error)
    return this.#search()
  }

  /** Handles the slow paths: an empty batch, the end, a step that waited for another. */
  async #search(): Promise<IteratorResult<T>> {
    let value = this.#take()
    while (value === undefined && !this.#over) {
      await this.#fetch()
      value = this.#take()
    }
    this.#leave()
    if (value !== undefined) return { value, done: false }
    const failure = this.#failure
    this.#failure = undefined
    if (failure) throw failure.error
    return { value: undefined, done: true }
  }

  /** Fetches one batch, if there is one. */
  async #fetch(): Promise<void> {
    if (this.#over) return
    await this.run.pull(
      (batch) => this.#keep(batch),
      (error) => this.#break(error),
    )
  }

  #keep(batch: readonly StreamEvent[] | undefined): void {
    if (!batch) {
      this.#over = true
      this.settle('ended')
    } else if (this.#holds()) {
      const later = (this.#later ??= [])
      for (const event of batch) later.push(event) // a spread would overflow the stack
    } else {
      this.#batch = batch
      this.#at = 0
    }
  }

  #break(error: unknown): void {
    this.#over = true
    this.settle('failed', error)
    this.#failure = { error }
  }

  /** Stops early and closes the connection. */
  async return(): Promise<IteratorResult<T>> {
    const reason = new DOMException('The stream was closed before its end', 'AbortError')
    // Left at the very last event: nothing is missing.
    if ((this.#later ?? this.#batch).at(-1)?.type === 'finish') this.settle('ended')
    this.settle('failed', reason)
    this.#at = this.#batch.length
    this.#later = undefined
    this.run.cancel(reason)
    await this.run.return()
    return { value: undefined, done: true }
  }
}
