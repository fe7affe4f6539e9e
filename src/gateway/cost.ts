/**
 * Computes the cost of a request from the operator's price table.
 */
import type { Usage } from '../event.ts'

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

/** Returns the cost in the table's currency; `undefined` for a model without a price. */
export function costOf(
  prices: PriceTable | undefined,
  model: string | undefined,
  { promptTokens, completionTokens, cachedTokens = 0 }: Usage,
): number | undefined {
  const price = prices && model && Object.hasOwn(prices, model) ? prices[model] : undefined
  if (!price) return undefined
  const { input, output, cachedInput = input } = price
  const fresh = promptTokens - cachedTokens
  return (fresh * input + cachedTokens * cachedInput + completionTokens * output) / 1_000_000
}
