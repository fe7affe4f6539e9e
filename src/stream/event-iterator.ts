/**
 * Batches of events, one by one.
 */
import type { ChatResult, StreamEvent } from '../event.ts'
import type { Pull } from '../pull.ts'

/** What a `ChatStream` draws from. Made by the base class. */
export interface Run {
  /** Events in batches, as they arrive together. Nothing is sent before the first `next()`. */
  next(): Promise<IteratorResult<readonly StreamEvent[], undefined>>
  pull?: Pull<readonly StreamEvent[]>
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
  /** What came while the batch was not yet read, for `drain()`. */
  #later: StreamEvent[] = []
  /** The last step that was asked for, while any is under way, and how many are. */
  #tail: Promise<unknown> | undefined
  #steps = 0
  #over = false
  /** What ended the run while nobody waited for an event, in a box, until it is thrown. */
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
    if (this.#tail) return this.#queue(() => this.#advance())
    const value = this.#take()
    if (value !== undefined) return Promise.resolve({ value, done: false })
    const run = this.#run
    if (this.#over || !run.pull) return this.#queue(() => this.#advance())
    this.#steps++
    const mine = run.pull(this.#onEvents, this.#onFailure)
    this.#tail = mine
    return mine as Promise<IteratorResult<T>>
  }

  // Two functions for a whole stream, not for each piece.
  #onEvents = (events: readonly StreamEvent[] | undefined): unknown => {
    this.#keep(events)
    const value = this.#take()
    if (value === undefined) return this.#advance()
    if (--this.#steps === 0) this.#tail = undefined
    return { value, done: false }
  }

  #onFailure = (error: unknown): unknown => {
    this.#fail(error)
    return this.#advance()
  }

  /** Reads to the end and keeps the events for `next()`. Never rejects: `next()` does. */
  async drain(): Promise<void> {
    while (await this.#queue(() => this.#fetch()));
  }

  /** One step at a time, in the order they were asked for. */
  #queue<Result>(step: () => Promise<Result>): Promise<Result> {
    this.#steps++
    const mine = this.#tail ? this.#tail.then(step, step) : step()
    this.#tail = mine
    return mine
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

  async #advance(): Promise<IteratorResult<T>> {
    try {
      for (;;) {
        const value = this.#take()
        if (value !== undefined) return { value, done: false }
        if (this.#over) break
        this.#keep(await this.#get())
      }
    } catch (error) {
      this.#fail(error)
    } finally {
      if (--this.#steps === 0) this.#tail = undefined
    }
    const failure = this.#failure
    this.#failure = undefined
    if (failure) throw failure.error
    return { value: undefined, done: true }
  }

  /** Gets one batch; false at the end. */
  async #fetch(): Promise<boolean> {
    try {
      if (!this.#over) this.#keep(await this.#get())
    } catch (error) {
      this.#fail(error)
    } finally {
      if (--this.#steps === 0) this.#tail = undefined
    }
    return !this.#over
  }

  async #get(): Promise<readonly StreamEvent[] | undefined> {
    const { done, value } = await this.#run.next()
    return done ? undefined : value
  }

  #keep(batch: readonly StreamEvent[] | undefined): void {
    if (!batch) {
      this.#over = true
      this.#settle('ended')
    } else if (this.#at < this.#batch.length || this.#later.length > 0) this.#later.push(...batch)
    else {
      this.#batch = batch
      this.#at = 0
    }
  }

  #fail(error: unknown): void {
    this.#over = true
    this.#settle('failed', error)
    this.#failure = { error }
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
