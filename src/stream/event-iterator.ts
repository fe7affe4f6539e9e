/**
 * Batches of events, one by one.
 */
import type { ChatResult, StreamEvent } from '../event.ts'

/** What a `ChatStream` draws from. Made by the base class. */
export interface Run {
  /** Events in batches, as they arrive together. Nothing is sent before the first `next()`. */
  next(): Promise<IteratorResult<readonly StreamEvent[], undefined>>
  /** The reader leaves. */
  return(): Promise<unknown>
  /** The answer so far; the whole answer once the events have ended. */
  result(): ChatResult
  /** Ends the run with this reason. */
  cancel(reason: unknown): void
}

/** Hands out a batch one by one. Written by hand: an async generator costs three more ticks for each piece. */
export class EventIterator<T> implements AsyncIterableIterator<T> {
  #batch: readonly StreamEvent[] = []
  #at = 0
  #run: Run
  #pick: (event: StreamEvent) => T | undefined
  #settle: (state: 'ended' | 'failed', error?: unknown) => void
  /** What came while the batch was not yet read, for `drain()` or for several `next()` at once. */
  #later: StreamEvent[] = []
  /** The read under way: the next one waits for it. */
  #pending: Promise<boolean> | undefined
  /** How many reads are asked for and not done. */
  #reads = 0
  /** What ended the run, in a box, until it is thrown. */
  #failure: { error: unknown } | undefined

  constructor(
    run: Run,
    pick: (event: StreamEvent) => T | undefined,
    settle: (state: 'ended' | 'failed', error?: unknown) => void,
  ) {
    this.#run = run
    this.#pick = pick
    this.#settle = settle
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<IteratorResult<T>> {
    const value = this.#pending ? undefined : this.#take()
    return value === undefined ? this.#more() : Promise.resolve({ value, done: false })
  }

  /** Reads to the end and keeps the events for `next()`. Never rejects: `next()` does. */
  async drain(): Promise<void> {
    while (await this.#read());
  }

  #take(): T | undefined {
    for (;;) {
      while (this.#at < this.#batch.length) {
        const value = this.#pick(this.#batch[this.#at++] as StreamEvent)
        if (value !== undefined) return value
      }
      if (this.#later.length === 0) return undefined
      this.#batch = this.#later
      this.#later = []
      this.#at = 0
    }
  }

  async #more(): Promise<IteratorResult<T>> {
    for (;;) {
      const more = await this.#read()
      const value = this.#take()
      if (value !== undefined) return { value, done: false }
      if (more) continue
      const failure = this.#failure
      this.#failure = undefined
      if (failure) throw failure.error
      return { value: undefined, done: true }
    }
  }

  /** One read at a time, in the order they were asked for; false at the end. */
  #read(): Promise<boolean> {
    this.#reads++
    this.#pending = this.#pending ? this.#pending.then(() => this.#fill()) : this.#fill()
    return this.#pending
  }

  async #fill(): Promise<boolean> {
    try {
      const { done, value: batch } = await this.#run.next()
      if (done) {
        this.#settle('ended')
        return false
      }
      if (this.#at < this.#batch.length || this.#later.length > 0) this.#later.push(...batch)
      else {
        this.#batch = batch
        this.#at = 0
      }
      return true
    } catch (error) {
      this.#settle('failed', error)
      this.#failure = { error }
      return false
    } finally {
      if (--this.#reads === 0) this.#pending = undefined
    }
  }

  /** The reader left: the connection goes with it. */
  async return(): Promise<IteratorResult<T>> {
    const reason = new DOMException('The stream was left before its end', 'AbortError')
    // Left at the very last event: nothing is missing.
    if ((this.#later.at(-1) ?? this.#batch.at(-1))?.type === 'finish') this.#settle('ended')
    this.#settle('failed', reason)
    this.#at = this.#batch.length
    this.#later = []
    this.#run.cancel(reason)
    await this.#run.return()
    return { value: undefined, done: true }
  }
}
