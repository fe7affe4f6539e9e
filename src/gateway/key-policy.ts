/**
 * Restrictions of a virtual key, and the counters that hold them.
 */
import type { Shape } from '../validation/shape.ts'
import { oneOf, optional, rule, text } from '../validation/shape.ts'
import type { CounterChange } from './key-stores/key-store.ts'

/** Restrictions of a key. Absent members do not restrict. */
export interface KeyPolicy {
  /** A label for logs. */
  name?: string | undefined
  /** Names in the table of models that the key may use. */
  models?: readonly string[] | undefined
  /** Most requests in a minute of the clock. */
  requestsPerMinute?: number | undefined
  /** Most tokens in a minute of the clock, prompts and replies together. */
  tokensPerMinute?: number | undefined
  /** Highest total cost, in the currency of `prices`. */
  budget?: number | undefined
  /** Renews the budget with each day or month, in UTC. Absent: never. */
  budgetPeriod?: 'day' | 'month' | undefined
  /** Expiry of the key, in milliseconds since 1970. */
  expiresAt?: number | undefined
}

/** The usage of a key. Only what the key limits is counted. */
export interface KeyUsage {
  /** Requests of the current minute. */
  requests: number
  /** Tokens of the current minute, including those reserved for running requests. */
  tokens: number
  /** Cost of the current period, including what is reserved for running requests. */
  cost: number
}

/** Costs are counted in billionths, since counters are whole. */
export const BILLION: number = 1e9

/** Creates the shape of an optional number above 0. */
export function positive(words: string, isValid: (value: number) => boolean): Shape {
  return optional(rule(`must be ${words}`, (value) => isValid(value) && value > 0))
}

export const POLICY: Record<keyof KeyPolicy, Shape> = {
  name: optional(text),
  models: optional(
    rule('must be a list of names', (value: unknown) => {
      return Array.isArray(value) && value.every((name) => typeof name === 'string')
    }),
  ),
  requestsPerMinute: positive('a whole number above 0', Number.isSafeInteger),
  tokensPerMinute: positive('a whole number above 0', Number.isSafeInteger),
  budget: positive('a number above 0 (at most 9,000,000)', (value) => value <= 9e6),
  budgetPeriod: optional(oneOf(['day', 'month'], 'must be "day" or "month"')),
  // Seconds would be a time of January 1970.
  expiresAt: positive('milliseconds since 1970', (value) => value > 1e11 && Number.isFinite(value)),
}

/** True if something of the key is counted. */
export function isCounted({ requestsPerMinute, tokensPerMinute, budget }: KeyPolicy): boolean {
  return requestsPerMinute !== undefined || tokensPerMinute !== undefined || budget !== undefined
}

/** Returns the changes of the counters that a policy limits. */
export function changesOf(
  policy: KeyPolicy,
  { requests, tokens, cost }: KeyUsage,
  now: number,
): CounterChange[] {
  const { requestsPerMinute, tokensPerMinute, budget, budgetPeriod } = policy
  const minute = Math.floor(now / 60_000)
  const changes: CounterChange[] = []
  const add = (name: string, by: number, limit: number | undefined, expiresAt?: number) => {
    if (limit !== undefined) changes.push({ name, by, limit, expiresAt })
  }
  // Kept for a while: corrections arrive when the reply has ended.
  const expiresAt = (minute + 15) * 60_000
  add(`requests:${minute}`, requests, requestsPerMinute, expiresAt)
  add(`tokens:${minute}`, tokens, tokensPerMinute, expiresAt)
  const length = budgetPeriod === 'day' ? 10 : budgetPeriod === 'month' ? 7 : 0
  const period = new Date(now).toISOString().slice(0, length)
  const nano = budget === undefined ? undefined : Math.floor(budget * BILLION)
  add(`cost:${period}`, cost, nano, length > 0 ? now + 32 * 86_400_000 : undefined)
  return changes
}
