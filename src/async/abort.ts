/**
 * Waits that end when a signal aborts.
 */

/** Listeners of each signal. */
const listeners = /* @__PURE__ */ new WeakMap<AbortSignal, Set<() => void>>()

/**
 * Calls `listener` once when `signal` aborts, immediately if it already has. All calls with one signal share one
 * event listener, since Node warns of a leak from the eleventh on.
 * @returns a function that removes the listener
 */
export function onAbort(signal: AbortSignal | undefined, listener: () => void): () => void {
  if (!signal) return nothing
  if (signal.aborted) {
    listener()
    return nothing
  }
  let all = listeners.get(signal)
  if (!all) {
    const created = new Set<() => void>()
    all = created
    listeners.set(signal, created)
    const remove = () => signal.removeEventListener('abort', fire)
    const fire = () => {
      remove()
      listeners.delete(signal)
      for (const each of created) each()
    }
    signal.addEventListener('abort', fire)
    removers.set(created, remove)
  }
  const set = all
  set.add(listener)
  return () => {
    set.delete(listener)
    if (set.size > 0 || listeners.get(signal) !== set) return
    listeners.delete(signal)
    removers.get(set)?.()
  }
}

const nothing = () => {}

const removers = /* @__PURE__ */ new WeakMap<Set<() => void>, () => void>()

/**
 * Awaits `work` until `signal` aborts. Then rejects with the signal's reason and ignores the outcome of the work.
 * Used for everything that is awaited besides a body: callbacks, keys, tools, schemas.
 */
export function untilAborted<T>(work: T | PromiseLike<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const release = onAbort(signal, () => reject(signal.reason))
    Promise.resolve(work).then(
      (value) => {
        release()
        resolve(value)
      },
      (error: unknown) => {
        release()
        reject(error)
      },
    )
  })
}

/** True for the error of an abort without a reason of its own. */
export function isAbort(error: unknown): boolean {
  return (error as { name?: unknown } | null)?.name === 'AbortError'
}
