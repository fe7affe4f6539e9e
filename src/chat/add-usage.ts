/**
 * What several replies cost together.
 */
import type { Attempt, Usage } from '../event.ts'

const COUNTS = [
  'promptTokens',
  'completionTokens',
  'totalTokens',
  'reasoningTokens',
  'cachedTokens',
] as const

/** The sum of two costs: an estimate where one of them is. */
export function addUsage(one: Usage, other: Usage): Usage {
  const sum: Usage = { ...one, ...(other.estimated && { estimated: true }) }
  for (const name of COUNTS) {
    const count = other[name]
    if (count !== undefined) sum[name] = (sum[name] ?? 0) + count
  }
  return sum
}

/** The attempts, the last of which has cost this. */
export function withUsage(attempts: readonly Attempt[], usage: Usage | undefined): Attempt[] {
  return attempts.map((attempt, index) =>
    usage && index === attempts.length - 1 ? { usage, ...attempt } : attempt,
  )
}
