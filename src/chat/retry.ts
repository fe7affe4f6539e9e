/**
 * When and how long to wait for another try. One purse for a call, whatever failed.
 */
import { untilAborted } from '../async/abort.ts'
import type { ChatError } from '../errors.ts'
import { ServiceError } from '../errors.ts'

/** First wait, in milliseconds; it doubles with every try. */
const FIRST = 500
/** Shortest wait, whatever a server asks for, in milliseconds; it doubles with every try. */
const LEAST = 100
/** Longest wait of our own choice, in milliseconds. */
const LONGEST = 8000
/** Longest wait that a server may ask for, in milliseconds: beyond it the caller is told at once. */
const LONGEST_ASKED = 60_000

/**
 * How long to wait before try number `attempt` (from 1), in milliseconds; `undefined` to give up.
 * Jittered by up to a quarter, so that many clients do not come back together.
 */
export function retryDelay(error: ChatError, attempt: number): number | undefined {
  if (!error.retryable) return undefined
  const asked = error instanceof ServiceError ? error.retryAfter : undefined
  const jitter = 1 - Math.random() / 4
  if (asked !== undefined) {
    if (asked > LONGEST_ASKED) return undefined
    // A server that asks for no wait at all would spend every try within milliseconds. Never sooner than it asks.
    return Math.max(asked, LEAST * 2 ** (attempt - 1)) * (2 - jitter)
  }
  return Math.min(LONGEST, FIRST * 2 ** (attempt - 1)) * jitter
}

/** Waits; ends at once, with the signal's reason, when the call is aborted. */
export function wait(ms: number, signal: AbortSignal): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const waited = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)))
  return untilAborted(waited, signal).finally(() => clearTimeout(timer))
}
