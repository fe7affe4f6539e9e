/**
 * The clock of a body that is read, and how its connection is closed.
 */
import type { Call } from '../call.ts'
import { TimeoutError } from '../errors.ts'

/** How long a complete reply may keep its connection open before it is closed from here, in milliseconds. */
const GRACE = 5000
/** How often the clocks look, at the most, in milliseconds. */
const TICK = 1000

/** Cancelling closes the connection, but for Firefox's: it waits for the next byte, so the request is ended too. */
export function closeConnection(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  call: Call,
  reason?: unknown,
): void {
  reader.cancel(reason).catch(() => {})
  call.abortRequest?.()
}

/** What the clock of a body sees, and how it ended it. */
export interface Watchdog {
  /** When the last piece was asked for, as `Date.now()` tells it. */
  lastAt: number
  /** Whether a piece is waited for. A reader who takes his time is no silence of the server. */
  waiting: boolean
  /** Whether any piece has come. */
  started: boolean
  /** Why reading was ended from here, in a box since anything can be thrown. */
  failure: { error: unknown } | undefined
  stop(): void
}

/**
 * One slow timer for a whole stream instead of one for every piece:
 * setting and clearing a timer costs about as much as parsing a frame.
 */
export function startWatchdog(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  call: Call,
): Watchdog {
  const { signal } = call
  // A limit below the tick must not wait for it.
  const tick = Math.min(TICK, call.idleTimeout || TICK)
  let timer: ReturnType<typeof setTimeout> | undefined
  let completeAt: number | undefined
  const end = (error?: unknown) => {
    if (error !== undefined) watch.failure = { error }
    // Cancelling settles a read that is under way: it reports the end.
    closeConnection(reader, call, error)
  }
  const onAbort = () => end(signal.reason)
  const watch: Watchdog = {
    lastAt: Date.now(),
    waiting: false,
    started: false,
    failure: undefined,
    stop() {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
    },
  }
  const checkTimeouts = () => {
    const { started, lastAt, waiting } = watch
    // From the end of the reply on, not from the last piece: a server may send comments for ever.
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
