/**
 * The time limit of one request, and the client's own signal.
 */
import { untilAborted } from '../async/abort.ts'
import { TimeoutError } from '../errors.ts'

/** A running limit. */
export interface Deadline {
  /** Aborts when the time is up (a `TimeoutError`) or when the client disconnects (its reason). */
  signal: AbortSignal
  /** Resolves as `work` does, or rejects as soon as the signal aborts: a hook may never settle. */
  race: <T>(work: T | PromiseLike<T>) => Promise<T>
  /** True if the client has disconnected, and no other one waits for the reply. */
  readonly hasLeft: boolean
  /** Called when the client disconnects. @default disconnect */
  whenLeft: () => void
  /** Aborts the signal with the client's reason. */
  disconnect: () => void
  /** Stops the timer and no longer listens to the client. */
  clear: () => void
}

/** Starts a limit in milliseconds for a request. */
export function startDeadline(request: Request, limit: number): Deadline {
  const controller = new AbortController()
  const { signal } = controller
  const timer = setTimeout(() => controller.abort(new TimeoutError('total', limit)), limit)
  const disconnect = () => controller.abort(request.signal?.reason)
  const onAbort = () => deadline.whenLeft()
  const deadline: Deadline = {
    signal,
    race: (work) => untilAborted(work, signal),
    get hasLeft() {
      return signal.aborted && !(signal.reason instanceof TimeoutError)
    },
    whenLeft: disconnect,
    disconnect,
    clear: () => {
      clearTimeout(timer)
      request.signal?.removeEventListener('abort', onAbort)
    },
  }
  if (request.signal?.aborted) disconnect()
  else request.signal?.addEventListener('abort', onAbort)
  return deadline
}
