/**
 * When and how long to wait for another try. One purse for a call, whatever failed.
 */
import type { ChatError } from '../errors.ts'
import { ServiceError } from '../errors.ts'

/** First wait, in milliseconds; it doubles with every try. */
const FIRST = 500
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
  if (asked !== undefined) return asked > LONGEST_ASKED ? undefined : asked
  return Math.min(LONGEST, FIRST * 2 ** (attempt - 1)) * (1 - Math.random() / 4)
}

/** Waits; ends at once, with the signal's reason, when the call is aborted. */
export function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const onAbort = () => {
      clearTimeout(timer)
      reject(signal.reason)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort)
      resolve()
    }, ms)
    signal.addEventListener('abort', onAbort)
  })
}
