/**
 * Computes the cost of a request from the operator's price table.
 */
import type { ChatResult, Usage } from '../event.ts'
import { isRecord } from '../is-record.ts'
import { rule } from '../validation/shape.ts'
import type { Shape } from '../validation/shape.ts'

/** Prices of one model, per million tokens, in any currency. */
export interface ModelPrice {
  /** Prompt tokens. */
  input: number
  /** Tokens of the reply, thinking included. */
  output: number
  /** Prompt tokens read from the vendor's cache. @default the price of `input` */
  cachedInput?: number | undefined
}

/** Prices by the names in the table of models. */
export type PriceTable = Readonly<Record<string, ModelPrice>>

/** A price that is missing would make costs `NaN`, which no budget limits. */
export const priceTable: Shape = rule(
  'must have `input` and `output` for each model: numbers of at least 0',
  (table) => isRecord(table) && Object.values(table).every(isPrice),
)

function isPrice(value: unknown): boolean {
  if (!isRecord(value)) return false
  const { input, output, cachedInput = 0 } = value
  return [input, output, cachedInput].every((price) => Number.isFinite(price) && Number(price) >= 0)
}

/** What the bill of a request depends on. */
interface BilledEnd {
  cached?: boolean
  outcome: 'answered' | 'refused' | 'failed' | 'left'
  result?: ChatResult
}

/** Returns the usage to bill; a model that failed before its reply began costs nothing. */
export function billedUsage({ cached, outcome, result }: BilledEnd): Usage | undefined {
  if (cached || !result) return undefined
  const { usage } = result
  return outcome === 'failed' && usage.estimated && usage.completionTokens === 0 ? undefined : usage
}

/** Returns the cost in the table's currency; `undefined` for a model without a price. */
export function costOf(
  prices: PriceTable | undefined,
  model: string | undefined,
  { promptTokens, completionTokens, cachedTokens = 0 }: Usage,
): number | undefined {
  const price = prices && model && Object.hasOwn(prices, model) ? prices[model] : undefined
  if (!price) return undefined
  const { input, output, cachedInput = input } = price
  const fresh = Math.max(0, promptTokens - cachedTokens)
  return (fresh * input + cachedTokens * cachedInput + completionTokens * output) / 1_000_000
}
