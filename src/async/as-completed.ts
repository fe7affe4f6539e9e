/**
 * Waiting that an abort ends at once, whatever it is that is waited for.
 */

/**
 * The results of jobs as they end, those together that ended together. Once the signal is aborted it throws its
 * reason at once; jobs that fail later than that harm nobody.
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
  const onAbort = () => note(signal.reason)
  signal.addEventListener('abort', onAbort)
  try {
    if (signal.aborted) throw signal.reason
    for (let left = jobs.length; left > 0;) {
      if (ended.length === 0 && !failure) await new Promise<void>((resolve) => (wake = resolve))
      // What has ended is told, also where another one failed at the same time.
      const batch = ended.splice(0)
      left -= batch.length
      if (batch.length > 0) yield batch
      if (failure) throw failure.error
    }
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
