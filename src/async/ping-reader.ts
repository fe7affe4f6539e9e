/**
 * Keeps a stream alive whose source may be silent at any time.
 */

/** Passes the next value to one of two callbacks, once. */
export type PingSource<T> = (
  onValue: (value: T) => void,
  onError: (error: unknown) => void,
) => unknown

/**
 * Reads a source, and answers with `ping` whenever its next value takes longer than `interval` milliseconds. Pings are
 * created on demand: a stream that is not read creates none. One timer serves all reads, and none costs a promise: with
 * one of each for every piece, they cost as much as encoding it.
 */
export class PingReader<T> {
  #source: PingSource<T>
  #interval: number | false
  #ping: T
  #timer: ReturnType<typeof setTimeout> | undefined
  /** Time of the last read (`Date.now()`). */
  #readAt = 0
  /** True while the source has been asked and has not answered. */
  #isAsked = false
  /** An answer that came after a ping, for the next read; boxed, since anything can be thrown. */
  #late: { value: T } | { error: unknown } | undefined
  /** Callbacks of the pending read, while there is one. */
  #isPending = false
  #onValue: (value: T) => void = ignore
  #onError: (error: unknown) => void = ignore

  constructor(source: PingSource<T>, interval: number | false, ping: T) {
    this.#source = source
    this.#interval = interval
    this.#ping = ping
  }

  /** Passes the next value or a ping to a callback, at once if it is there. One read at a time. Neither may throw. */
  pull(onValue: (value: T) => void, onError: (error: unknown) => void): void {
    const late = this.#late
    if (late) {
      this.#late = undefined
      return 'error' in late ? onError(late.error) : onValue(late.value)
    }
    this.#onValue = onValue
    this.#onError = onError
    this.#isPending = true
    const interval = this.#interval
    if (interval !== false) {
      this.#readAt = Date.now()
      this.#timer ??= setTimeout(this.#check, interval)
    }
    if (this.#isAsked) return
    this.#isAsked = true
    this.#source(this.#receive, this.#fail)
  }

  /** Returns the next value or a ping. One read at a time. */
  read(): Promise<T> {
    return new Promise((resolve, reject) => this.pull(resolve, reject))
  }

  /** Stops the timer. Called at the end. */
  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #receive = (value: T): void => {
    this.#isAsked = false
    if (!this.#isPending) {
      this.#late = { value }
      return
    }
    this.#isPending = false
    this.#onValue(value)
  }

  #fail = (error: unknown): void => {
    this.#isAsked = false
    if (!this.#isPending) {
      this.#late = { error }
      return
    }
    this.#isPending = false
    this.#onError(error)
  }

  #check = (): void => {
    this.#timer = undefined
    if (!this.#isPending) return // the next read starts it again
    const left = this.#readAt + (this.#interval as number) - Date.now()
    if (left > 0) {
      this.#timer = setTimeout(this.#check, left)
      return
    }
    this.#isPending = false
    this.#onValue(this.#ping)
  }
}

const ignore = (): void => {}
