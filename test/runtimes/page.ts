/**
 * The suite in a page, whoever drives the browser.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { CaseResult } from '../portable/suite.ts'
import { placeOf, SUITE_LIMIT } from './launcher.ts'
import type { Servers } from './servers.ts'

/** The browser features that the suite needs. */
export interface Tab {
  goto(url: string): Promise<unknown>
  /** The value of `window.results`. */
  readResults(): Promise<string | undefined>
}

export type Thread = 'page' | 'worker'

/** A page and its module worker: two rows for each browser. */
export const THREADS: readonly Thread[] = ['page', 'worker']

export async function runInTab(
  tab: Tab,
  name: string,
  thread: Thread,
  servers: Pick<Servers, 'page' | 'upstream' | 'refused'>,
): Promise<CaseResult[]> {
  const place = { ...placeOf(`${name} ${thread}`, servers), inWorker: thread === 'worker' }
  // A query of its own for each thread: another fragment alone loads nothing anew.
  await tab.goto(`${servers.page}/?${thread}#${encodeURIComponent(JSON.stringify(place))}`)
  for (const end = Date.now() + SUITE_LIMIT; Date.now() < end; await pause(200)) {
    const results = await tab.readResults()
    if (results) return JSON.parse(results)
  }
  throw new Error(`${name} ${thread} was not done after ${SUITE_LIMIT} ms`)
}
