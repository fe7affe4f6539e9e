/**
 * A run whose code loads with its first read, so that pages show up before it has loaded.
 */
import { untilAborted } from '../async/abort.ts'
import { startDeadline } from '../async/deadline.ts'
import type { Pull } from '../async/pull.ts'
import { isChatError, TimeoutError } from '../errors.ts'
import type { ChatResult, StreamEvent } from '../event.ts'
import type { Run } from './event-iterator.ts'
import { emptyResult } from './to-result.ts'

/** Options of a late run. */
export interface LateRunOptions {
  /** Loads the code and creates the run, whose limit counts from `startedAt` (`Date.now()`) too. */
  load: (startedAt: number) => Promise<Run>
  /** The caller's signal. The run listens to it as well. */
  signal?: AbortSignal | undefined
  /** Longest wait for the code, in milliseconds. @default false */
  limit?: number | false
  /** Origin of the empty result, until there is a run. */
  origin?: { provider: string; model: string }
  /** Called if the run never exists, with the reason: it was canceled or could not be loaded. */
  onCancel?: (reason: unknown) => void
}

/** Loads a run at the first pull, and then is that run. */
export class LateRun implements Run {
  #options: LateRunOptions
  #own = new AbortController()
  #run: Run | undefined

  constructor(options: LateRunOptions) {
    this.#options = options
  }

  pull: Pull<readonly StreamEvent[]> = (onValue, onError) =>
    this.#run
      ? this.#run.pull(onValue, onError)
      : this.#start().then((run) => run.pull(onValue, onError), onError)

  async return(): Promise<void> {
    await this.#run?.return()
  }

  result(): ChatResult {
    return this.#run?.result() ?? emptyResult(this.#options.origin)
  }

  cancel(reason: unknown): void {
    if (this.#run) return this.#run.cancel(reason)
    this.#own.abort(reason)
    this.#options.onCancel?.(reason)
  }

  async #start(): Promise<Run> {
    const { load, signal, limit = false } = this.#options
    const own = this.#own
    const startedAt = Date.now()
    // A run that was aborted before its first read is created all the same: it reports to the callbacks.
    const isAborted = own.signal.aborted || signal?.aborted
    const release = startDeadline(own, {
      signal,
      limit,
      startedAt,
      toError: (ms) => new TimeoutError('total', ms),
    })
    const loading = load(startedAt)
    try {
      const run = await (isAborted ? loading : untilAborted(loading, own.signal))
      if (own.signal.aborted) run.cancel(own.signal.reason)
      return (this.#run = run)
    } catch (thrown) {
      const error = own.signal.aborted ? own.signal.reason : thrown
      if (own.signal.aborted) reportLater(loading, error)
      if (isChatError(error)) {
        error.provider ??= this.#options.origin?.provider
        error.partial ??= this.result()
      }
      this.#options.onCancel?.(error)
      throw error
    } finally {
      release()
    }
  }
}

/** Lets a run that was canceled while its code loaded report to the callbacks, once it has loaded. */
function reportLater(loading: Promise<Run>, reason: unknown): void {
  const ignore = () => {}
  loading
    .then((run) => {
      run.cancel(reason)
      return run.pull(ignore, ignore)
    })
    .catch(ignore) // the reader has the reason
}
