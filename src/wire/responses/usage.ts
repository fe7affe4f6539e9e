/**
 * Decodes token counts of the Responses API.
 * @see https://platform.openai.com/docs/api-reference/responses/object#responses/object-usage
 */
import type { Usage } from '../../event.ts'
import { nonNegativeNumber } from '../fields.ts'

/** Decodes `usage`, or returns `undefined` if the server counted nothing. */
export function decodeUsage(wire: unknown): Usage | undefined {
  const usage = (wire ?? {}) as Record<string, unknown>
  const input = nonNegativeNumber(usage.input_tokens)
  const output = nonNegativeNumber(usage.output_tokens)
  if (input === undefined && output === undefined) return undefined
  const { cached_tokens } = (usage.input_tokens_details ?? {}) as Record<string, unknown>
  const { reasoning_tokens } = (usage.output_tokens_details ?? {}) as Record<string, unknown>
  const cachedTokens = nonNegativeNumber(cached_tokens)
  const reasoningTokens = nonNegativeNumber(reasoning_tokens)
  const promptTokens = input ?? 0
  const completionTokens = output ?? 0
  return {
    promptTokens,
    completionTokens,
    totalTokens: nonNegativeNumber(usage.total_tokens) ?? promptTokens + completionTokens,
    ...(reasoningTokens !== undefined && { reasoningTokens }),
    ...(cachedTokens !== undefined && { cachedTokens }),
  }
}
