/**
 * What may end a call from outside.
 */
import { onAbort } from '../async/abort.ts'
import { TimeoutError } from '../errors.ts'

/** When a call ends at the latest. */
interface Limits {
  /** The caller's. */
  signal: AbortSignal | undefined
  /** Of the whole call, in milliseconds; `false` for ever. */
  limit: number | false
}

/** The total limit and the caller's signal abort the controller. The function it gives lets go of both. */
export function startDeadline(own: AbortController, { signal, limit }: Limits): () => void {
  const release = onAbort(signal, () => own.abort(signal?.reason))
  const timer =
    limit === false
      ? undefined
      : setTimeout(() => own.abort(new TimeoutError('total', limit)), limit)
  return () => {
    clearTimeout(timer)
    release()
  }
}
