/**
 * The time limit of one request, and the client's own signal.
 */
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
    race: (work) => raceSignal(work, signal),
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

/** Resolves as `work` does, or rejects with the signal's reason once it aborts. */
export async function raceSignal<T>(work: T | PromiseLike<T>, signal: AbortSignal): Promise<T> {
  let stop = (): void => {}
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(signal.reason as Error)
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop)
  })
  try {
    return await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
