/**
 * What a call cost, in the OpenAI spelling and its variants.
 */
import type { Usage } from '../event.ts'

/** The members that are read; any of them may be missing or null. */
export interface WireUsage {
  prompt_tokens?: number
  completion_tokens?: number
  total_tokens?: number
  prompt_tokens_details?: { cached_tokens?: number } | null
  completion_tokens_details?: { reasoning_tokens?: number } | null
  prompt_cache_hit_tokens?: number
  cached_tokens?: number
  reasoning_tokens?: number
}

/** Usage in the OpenAI spelling. Counts are cumulative: the last one counts. */
export function decodeUsage(wire: WireUsage): Usage {
  const promptTokens = wire.prompt_tokens ?? 0
  let completionTokens = wire.completion_tokens ?? 0
  const reasoningTokens = wire.completion_tokens_details?.reasoning_tokens ?? wire.reasoning_tokens
  const total = wire.total_tokens
  // Some servers count thinking beside the completion: only the total gives it away.
  if (reasoningTokens && total === promptTokens + completionTokens + reasoningTokens) {
    completionTokens += reasoningTokens
  }
  const cachedTokens =
    wire.prompt_tokens_details?.cached_tokens ?? wire.prompt_cache_hit_tokens ?? wire.cached_tokens
  return {
    promptTokens,
    completionTokens,
    totalTokens: total ?? promptTokens + completionTokens,
    ...(typeof reasoningTokens === 'number' && { reasoningTokens }),
    ...(typeof cachedTokens === 'number' && { cachedTokens }),
  }
}
