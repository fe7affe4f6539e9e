/**
 * Enforces the timeouts of a body and closes its connection.
 */
import type { Call } from '../call.ts'
import { TimeoutError } from '../errors.ts'

/** Time for which a complete reply may keep its connection open, in milliseconds. */
const GRACE = 5000
/** Longest interval between two checks, in milliseconds. */
const TICK = 1000
/** Requests for a chunk whose time is taken, between two checks: asking for it costs as much as a twentieth of a chunk. */
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

/** State shared between a body reader and its timeouts. */
export interface Watchdog {
  /**
   * Time at which the last chunk was requested (`Date.now()`). Of a fast stream, that of a check may stand for those
   * before it.
   */
  lastAt: number
  /** Requests since the last check. */
  requests: number
  /** True while a read is pending. A slow reader does not count as a silent server. */
  waiting: boolean
  /** True once a chunk has arrived. */
  started: boolean
  /** Reason for which this side ended the reading; boxed, since anything can be thrown. */
  failure: { error: unknown } | undefined
  stop(): void
}

/** Notes that a chunk is requested. */
export function beginWait(watch: Watchdog): void {
  if (++watch.requests <= TIMED) watch.lastAt = Date.now()
  watch.waiting = true
}

/**
 * Starts one slow timer for the entire stream: setting and clearing one per chunk costs about as much as parsing an event.
 */
export function startWatchdog(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  call: Call,
): Watchdog {
  const { signal } = call
  // A limit shorter than the interval must not wait for it.
  const tick = Math.min(TICK, call.idleTimeout || TICK)
  let timer: ReturnType<typeof setTimeout> | undefined
  let completeAt: number | undefined
  const end = (error?: unknown) => {
    if (error !== undefined) watch.failure = { error }
    // Cancelling settles a pending read, which reports the end.
    closeConnection(reader, call, error)
  }
  const onAbort = () => end(signal.reason)
  const watch: Watchdog = {
    lastAt: Date.now(),
    requests: 0,
    waiting: false,
    started: false,
    failure: undefined,
    stop() {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
    },
  }
  const checkTimeouts = () => {
    if (watch.requests > TIMED) watch.lastAt = Date.now()
    watch.requests = 0
    const { started, lastAt, waiting } = watch
    // Counts from the end of the reply, not from the last chunk: a server may send comments forever.
    if (call.complete) completeAt ??= Date.now()
    const since = completeAt ?? (started ? lastAt : call.sentAt)
    const limit = call.complete ? GRACE : started ? call.idleTimeout : call.timeout
    const left = limit === false || (started && !waiting) ? tick : limit - (Date.now() - since)
    if (left > 0) timer = setTimeout(checkTimeouts, Math.min(left, tick))
    else if (call.complete) end()
    else end(new TimeoutError(started ? 'idle' : 'response', limit as number))
  }
  if (signal.aborted) onAbort()
  else {
    signal.addEventListener('abort', onAbort)
    checkTimeouts()
  }
  return watch
}
