/**
 * Yields the results of parallel jobs in order of completion.
 */
import { onAbort } from './abort.ts'

/**
 * Yields results as jobs complete; jobs that complete together are one batch. Throws the signal's reason as soon
 * as it aborts, and ignores later rejections.
 */
export async function* asCompleted<T>(
  jobs: readonly Promise<T>[],
  signal: AbortSignal,
): AsyncGenerator<T[], void> {
  const ended: T[] = []
  let failure: { error: unknown } | undefined
  let wake = () => {}
  const note = (error: unknown) => {
    failure ??= { error }
    wake()
  }
  for (const job of jobs) {
    job.then((value) => {
      ended.push(value)
      wake()
    }, note)
  }
  const stopListening = onAbort(signal, () => note(signal.reason))
  try {
    if (signal.aborted) throw signal.reason
    for (let left = jobs.length; left > 0;) {
      if (ended.length === 0 && !failure) await new Promise<void>((resolve) => (wake = resolve))
      // Results come before a failure that happened at the same time.
      const batch = ended.splice(0)
      left -= batch.length
      if (batch.length > 0) yield batch
      if (failure) throw failure.error
    }
  } finally {
    stopListening()
  }
}
