/**
 * Shared by the launchers.
 */
import type { CaseResult } from '../portable/suite.ts'
import type { Place } from '../portable/connect.ts'
import type { Servers } from './servers.ts'

/** The results of one run of the suite. */
export interface Outcome {
  version: string
  results: CaseResult[]
}

/** One row of the table: runs the suite in its runtime. */
export interface Launcher {
  /** The row's name, and what `--only` looks for. */
  name: string
  launch(servers: Servers): Promise<Outcome>
}

/** Longest time for the suite in one runtime, in milliseconds. */
export const SUITE_LIMIT = 180_000

/** A key in the environment of the runtimes that have one. */
export const ENVIRONMENT = { OPENAI_API_KEY: 'sk-of-the-environment' }

export function placeOf(
  runtime: string,
  servers: Pick<Servers, 'upstream' | 'refused'>,
  hasProcessEnv = false,
): Place {
  const { upstream, refused } = servers
  return { runtime, upstream, refused, hasProcessEnv, env: {} }
}
