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
  /** Time from which `limit` counts (`Date.now()`). @default now */
  startedAt?: number | undefined
  /** Creates the abort reason once `limit` has passed. */
  toError: (limit: number) => Error
}

/** Aborts the controller with the caller's signal, or once the limit has passed. Returns a function that releases both. */
export function startDeadline(
  own: { abort(reason: unknown): void },
  { signal, limit, startedAt = Date.now(), toError }: Deadline,
): () => void {
  const stopListening = onAbort(signal, () => own.abort(signal?.reason))
  const timer =
    limit === false
      ? undefined
      : setTimeout(() => own.abort(toError(limit)), Math.max(0, startedAt + limit - Date.now()))
  return () => {
    clearTimeout(timer)
    stopListening()
  }
}
