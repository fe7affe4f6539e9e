/**
 * Recognizes the time limits that runtimes set on `fetch` themselves.
 * Node (undici): 300 s without headers or data. Bun: about 360 s. Deno, workerd and browsers have none.
 * @see https://undici.nodejs.org/#/docs/api/Client
 */
import type { TimeoutKind } from '../errors.ts'
import { TimeoutError } from '../errors.ts'

/** Limits the chain of causes: in some runtimes an error can be its own cause. */
const MAX_CAUSES = 4

/**
 * Returns a `TimeoutError` if `fetch` gave up waiting. Not retryable: the model may still be answering, and a retry
 * would pay for the answer again.
 * @param which the timeout that the wait belongs to
 * @param since when the wait began (`Date.now()`)
 */
export function toRuntimeTimeout(
  error: unknown,
  which: Exclude<TimeoutKind, 'total'>,
  since: number,
): TimeoutError | undefined {
  if (!isTimeout(error)) return undefined
  const limit = Date.now() - since
  const what = which === 'idle' ? 'No data for' : 'No response within'
  const message = `${what} ${limit} ms: \`fetch\` gave up (pass a \`fetch\` with a higher limit)`
  return new TimeoutError(which, limit, { cause: error, retryable: false, message })
}

function isTimeout(error: unknown): boolean {
  // Not always an `Error` of this realm: in Jest, those of `fetch` are not.
  let next = error as { code?: unknown; name?: unknown; cause?: unknown } | null | undefined
  for (let depth = 0; depth < MAX_CAUSES && next; depth++) {
    const { code, name, cause } = next
    if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT') return true
    if (name === 'TimeoutError') return true
    next = cause as typeof next
  }
  return false
}
