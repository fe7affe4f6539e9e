/**
 * Keeps a stream alive whose source may be silent at any time.
 */

/**
 * Reads a source, and returns `ping` whenever its next value takes longer than `interval` milliseconds. Pings are created
 * on demand: a stream that is not read creates none. One timer serves all reads, since one for each piece costs as much
 * as encoding it.
 */
export class PingReader<T> {
  #source: () => Promise<T>
  #interval: number | false
  #ping: T
  #timer: ReturnType<typeof setTimeout> | undefined
  /** Time of the last read (`Date.now()`). */
  #readAt = 0
  /** True while the source has been asked and has not answered. */
  #isAsked = false
  /** An answer that came after a ping, for the next read; boxed, since anything can be thrown. */
  #late: { value: T } | { error: unknown } | undefined
  /** Continuations of the pending read. */
  #resolve: ((value: T) => void) | undefined
  #reject: ((error: unknown) => void) | undefined

  constructor(source: () => Promise<T>, interval: number | false, ping: T) {
    this.#source = source
    this.#interval = interval
    this.#ping = ping
  }

  /** Returns the next value or a ping. One read at a time. */
  read(): Promise<T> {
    const interval = this.#interval
    if (interval === false) return this.#source()
    const late = this.#late
    this.#late = undefined
    if (late) return 'error' in late ? Promise.reject(late.error) : Promise.resolve(late.value)
    this.#readAt = Date.now()
    this.#timer ??= setTimeout(this.#check, interval)
    return new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
      if (this.#isAsked) return
      this.#isAsked = true
      this.#source().then(this.#onValue, this.#onError)
    })
  }

  /** Stops the timer. Called at the end. */
  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #onValue = (value: T): void => {
    this.#isAsked = false
    const resolve = this.#resolve
    this.#resolve = this.#reject = undefined
    if (resolve) resolve(value)
    else this.#late = { value }
  }

  #onError = (error: unknown): void => {
    this.#isAsked = false
    const reject = this.#reject
    this.#resolve = this.#reject = undefined
    if (reject) reject(error)
    else this.#late = { error }
  }

  #check = (): void => {
    this.#timer = undefined
    const resolve = this.#resolve
    if (!resolve) return // the next read starts it again
    const left = this.#readAt + (this.#interval as number) - Date.now()
    if (left > 0) {
      this.#timer = setTimeout(this.#check, left)
      return
    }
    this.#resolve = this.#reject = undefined
    resolve(this.#ping)
  }
}
