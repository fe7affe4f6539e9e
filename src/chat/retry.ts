/**
 * Decides whether and when to retry. Each call has one retry budget, for any failure.
 */
import { untilAborted } from '../async/abort.ts'
import type { ChatError } from '../errors.ts'
import { ServiceError } from '../errors.ts'

/** First delay, in milliseconds; doubles with every attempt. */
const FIRST = 500
/** Shortest delay, whatever the server asks for, in milliseconds; doubles with every attempt. */
const LEAST = 100
/** Longest delay unless the server asks for more and no other model could answer, in milliseconds. */
const LONGEST = 8000
/** Longest delay a server may ask for, in milliseconds. Beyond it the call fails immediately. */
const LONGEST_ASKED = 60_000

/**
 * Returns the delay before retry number `attempt` (from 1), in milliseconds, or `undefined` to give up. Jitter of
 * up to a quarter keeps clients from retrying in sync. Never shorter than the server asks. `Retry-After: 0` gets
 * a short exponential delay, so that the budget is not spent within milliseconds.
 * @param failsOver true if another model could answer instead of a long wait
 */
export function retryDelay(
  error: ChatError,
  attempt: number,
  { failsOver }: { failsOver?: boolean | undefined } = {},
): number | undefined {
  // Another try after a timeout would wait as long again.
  if (!error.retryable || (failsOver && error.code === 'timeout')) return undefined
  const asked = error instanceof ServiceError ? error.retryAfter : undefined
  const jitter = 1 - Math.random() / 4
  if (asked !== undefined) {
    if (asked > (failsOver ? LONGEST : LONGEST_ASKED)) return undefined
    // `Retry-After: 0` would spend the budget within milliseconds. Never sooner than the server asks.
    return Math.max(asked, LEAST * 2 ** (attempt - 1)) * (2 - jitter)
  }
  return Math.min(LONGEST, FIRST * 2 ** (attempt - 1)) * jitter
}

/** Waits; rejects with the signal's reason as soon as it aborts. */
export function wait(ms: number, signal: AbortSignal): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const waited = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)))
  return untilAborted(waited, signal).finally(() => clearTimeout(timer))
}
