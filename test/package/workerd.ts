/**
 * A Worker of an example in workerd, until the test is over.
 */
import { onTestFinished } from 'vitest'
import { startWorkerd } from '../runtimes/workerd.mjs'

interface Worker {
  /** The bundle. */
  code: string
  compatibilityDate: string
  compatibilityFlags?: readonly string[]
  /** Its variables and secrets. */
  env: Record<string, string>
}

/** Starts a Worker. @returns its origin */
export async function startWorker(worker: Worker): Promise<string> {
  const { code, env, compatibilityDate: date, compatibilityFlags: flags = [] } = worker
  const { url, stop } = await startWorkerd({ code, env, date, flags })
  onTestFinished(stop)
  return url
}
