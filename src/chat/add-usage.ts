/**
 * Adds up the usage of several replies.
 */
import type { Attempt, Usage } from '../event.ts'

const COUNTS = [
  'promptTokens',
  'completionTokens',
  'totalTokens',
  'reasoningTokens',
  'cachedTokens',
] as const

/** Adds two usages. The sum is an estimate if either is. */
export function addUsage(one: Usage, other: Usage): Usage {
  const sum: Usage = { ...one, ...(other.estimated && { estimated: true }) }
  for (const name of COUNTS) {
    const count = other[name]
    if (count !== undefined) sum[name] = (sum[name] ?? 0) + count
  }
  return sum
}

/** Returns the attempts with this usage set on the last one. */
export function withUsage(attempts: readonly Attempt[], usage: Usage | undefined): Attempt[] {
  return attempts.map((attempt, index) =>
    usage && index === attempts.length - 1 ? { usage, ...attempt } : attempt,
  )
}
