/**
 * Aborts a call from outside.
 */
import { onAbort } from './abort.ts'

/** The conditions that abort a call. */
interface Deadline {
  /** The caller's signal. */
  signal: AbortSignal | undefined
  /** In milliseconds; `false` for no limit. */
  limit: number | false
  /** Creates the abort reason once `limit` has passed. */
  toError: (limit: number) => Error
}

/** Aborts the controller with the caller's signal, or once the limit has passed. Returns a function that releases both. */
export function startDeadline(
  own: AbortController,
  { signal, limit, toError }: Deadline,
): () => void {
  const stopListening = onAbort(signal, () => own.abort(signal?.reason))
  const timer = limit === false ? undefined : setTimeout(() => own.abort(toError(limit)), limit)
  return () => {
    clearTimeout(timer)
    stopListening()
  }
}
