/**
 * Cost of a reply, for models with a price in `servers.json`.
 */
import type { Usage } from 'chatwire'

/** Price of a million tokens, and its currency, such as `USD`. */
export interface Price {
  input: number
  output: number
  currency?: string
}

let prices: Readonly<Record<string, Price>> = {}

export function setPrices(table: Readonly<Record<string, Price>> = {}): void {
  prices = table
}

/** Returns `$0.0021`, or `undefined` for a model without a price. */
export function costOf(
  { promptTokens, completionTokens }: Usage,
  model: string,
): string | undefined {
  const price = prices[model]
  if (!price) return undefined
  const { input, output, currency = 'USD' } = price
  const cost = (promptTokens * input + completionTokens * output) / 1_000_000
  const digits = { maximumSignificantDigits: 2 }
  return new Intl.NumberFormat(undefined, { style: 'currency', currency, ...digits }).format(cost)
}
