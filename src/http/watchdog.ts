/**
 * Enforces the timeouts of a body and closes its connection.
 */
import type { Call } from '../call.ts'
import { abortOf } from '../call.ts'
import { TimeoutError } from '../errors.ts'

/** Time for which a complete reply may keep its connection open, in milliseconds. */
const GRACE = 5000
/** Interval between two checks of a fast stream, and of a complete one, in milliseconds. */
const TICK = 1000
/**
 * Longest interval between two checks, in milliseconds: of 1,000 streams with a token a second, a timer that fires each
 * second costs 28 µs a token (Node 20). Bounded, since timers stand still while a computer sleeps.
 */
const LONGEST = 10_000
/**
 * Requests for a chunk whose time is taken, between two checks: asking for it costs as much as a twentieth of a chunk. A
 * stream with more is a fast one.
 */
const TIMED = 50

/** Closes the connection. Also aborts the request: Firefox's `cancel` waits for the next byte. */
export function closeConnection(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  call: Call,
  reason?: unknown,
): void {
  reader.cancel(reason).catch(() => {})
  call.abortRequest?.()
}

/**
 * Ends a body at its timeouts and when the call aborts. One slow timer for the entire stream: setting and clearing one per
 * chunk costs about as much as parsing an event.
 */
export class Watchdog {
  /**
   * Time at which the last chunk was requested (`Date.now()`). Of a fast stream, that of a check may stand for those
   * before it.
   */
  lastAt: number = Date.now()
  /** Requests since the last check. */
  requests = 0
  /** True while a read is pending. A slow reader does not count as a silent server. */
  waiting = false
  /** True once a chunk has arrived. */
  started = false
  /** Reason for which this side ended the reading; boxed, since anything can be thrown. */
  failure: { error: unknown } | undefined
  #reader: ReadableStreamDefaultReader<Uint8Array>
  #call: Call
  #timer: ReturnType<typeof setTimeout> | undefined
  /** Time of the next check (`Date.now()`); 0 if there is none. */
  #dueAt = 0
  #completeAt: number | undefined

  constructor(reader: ReadableStreamDefaultReader<Uint8Array>, call: Call) {
    this.#reader = reader
    this.#call = call
    abortOf(call).addEventListener('abort', this.#check)
    this.#check()
  }

  /** Notes that a chunk is requested. */
  beginWait(): void {
    const count = ++this.requests
    if (count <= TIMED) this.lastAt = Date.now()
    this.waiting = true
    if (count !== TIMED + 1 && !this.#call.complete) return
    const tick = this.#atMost(TICK)
    if (this.#dueAt - Date.now() > tick) this.#checkIn(tick)
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#dueAt = 0
    abortOf(this.#call).removeEventListener('abort', this.#check)
  }

  #end(error?: unknown): void {
    if (error !== undefined) this.failure = { error }
    // Cancelling settles a pending read, which reports the end.
    closeConnection(this.#reader, this.#call, error)
  }

  /** A limit shorter than the interval must not wait for it. */
  #atMost(interval: number): number {
    return Math.min(interval, this.#call.idleTimeout || interval)
  }

  #checkIn(ms: number): void {
    clearTimeout(this.#timer)
    this.#dueAt = Date.now() + ms
    this.#timer = setTimeout(this.#check, ms)
  }

  // One function for the timer and the signal.
  #check = (): void => {
    const { complete, idleTimeout, timeout, sentAt } = this.#call
    const { aborted, reason } = abortOf(this.#call)
    if (aborted) return this.#end(reason)
    const isFast = this.requests > TIMED
    if (isFast) this.lastAt = Date.now()
    this.requests = 0
    this.#dueAt = 0
    const { started, lastAt, waiting } = this
    // Counts from the end of the reply, not from the last chunk: a server may send comments forever.
    if (complete) this.#completeAt ??= Date.now()
    const since = this.#completeAt ?? (started ? lastAt : sentAt)
    const limit = complete ? GRACE : started ? idleTimeout : timeout
    const isIdle = started && !waiting
    const left = limit === false || isIdle ? LONGEST : limit - (Date.now() - since)
    if (left > 0) this.#checkIn(Math.min(left, this.#atMost(isFast ? TICK : LONGEST)))
    else if (complete) this.#end()
    else this.#end(new TimeoutError(started ? 'idle' : 'response', limit as number))
  }
}
