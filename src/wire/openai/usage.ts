/**
 * Decodes usage in the OpenAI format and its variants.
 */
import type { Usage } from '../../event.ts'
import { nonNegativeNumber } from '../fields.ts'

/** The properties that are read. Any of them may be missing, null or of another type. */
interface WireUsage {
  prompt_tokens?: unknown
  completion_tokens?: unknown
  /** Gateways of the Responses API or Claude's. */
  input_tokens?: unknown
  output_tokens?: unknown
  total_tokens?: unknown
  prompt_tokens_details?: { cached_tokens?: unknown } | null
  completion_tokens_details?: { reasoning_tokens?: unknown } | null
  /** DeepSeek. */
  prompt_cache_hit_tokens?: unknown
  /** Moonshot. */
  cached_tokens?: unknown
  /** SGLang. */
  reasoning_tokens?: unknown
}

/** Decodes usage, or returns `undefined` if nothing was counted. Counts are cumulative, so the last ones count. */
export function decodeUsage(wire: WireUsage): Usage | undefined {
  const prompt = nonNegativeNumber(wire.prompt_tokens ?? wire.input_tokens)
  const completion = nonNegativeNumber(wire.completion_tokens ?? wire.output_tokens)
  if (prompt === undefined && completion === undefined) return undefined
  const promptTokens = prompt ?? 0
  let completionTokens = completion ?? 0
  const total = nonNegativeNumber(wire.total_tokens)
  const reasoningTokens =
    nonNegativeNumber(wire.completion_tokens_details?.reasoning_tokens) ??
    nonNegativeNumber(wire.reasoning_tokens)
  // xAI does not include thinking in the completion. Only the total reveals it.
  if (reasoningTokens && total === promptTokens + completionTokens + reasoningTokens) {
    completionTokens += reasoningTokens
  }
  const cachedTokens =
    nonNegativeNumber(wire.prompt_tokens_details?.cached_tokens) ??
    nonNegativeNumber(wire.prompt_cache_hit_tokens) ??
    nonNegativeNumber(wire.cached_tokens)
  return {
    promptTokens,
    completionTokens,
    totalTokens: total ?? promptTokens + completionTokens,
    ...(reasoningTokens !== undefined && { reasoningTokens }),
    ...(cachedTokens !== undefined && { cachedTokens }),
  }
}
