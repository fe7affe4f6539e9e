/**
 * What a call cost, in the OpenAI spelling and its variants.
 */
import type { Usage } from '../../event.ts'

/** The members that are read; any of them may be missing, null or nonsense. */
interface WireUsage {
  prompt_tokens?: unknown
  completion_tokens?: unknown
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

/** Usage in the OpenAI spelling; `undefined` where nothing was counted. Counts are cumulative: the last one counts. */
export function decodeUsage(wire: WireUsage): Usage | undefined {
  const prompt = count(wire.prompt_tokens)
  const completion = count(wire.completion_tokens)
  if (prompt === undefined && completion === undefined) return undefined
  const promptTokens = prompt ?? 0
  let completionTokens = completion ?? 0
  const total = count(wire.total_tokens)
  const reasoningTokens =
    count(wire.completion_tokens_details?.reasoning_tokens) ?? count(wire.reasoning_tokens)
  // xAI counts thinking beside the completion: only the total gives it away.
  if (reasoningTokens && total === promptTokens + completionTokens + reasoningTokens) {
    completionTokens += reasoningTokens
  }
  const cachedTokens =
    count(wire.prompt_tokens_details?.cached_tokens) ??
    count(wire.prompt_cache_hit_tokens) ??
    count(wire.cached_tokens)
  return {
    promptTokens,
    completionTokens,
    totalTokens: total ?? promptTokens + completionTokens,
    ...(reasoningTokens !== undefined && { reasoningTokens }),
    ...(cachedTokens !== undefined && { cachedTokens }),
  }
}

function count(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 ? value : undefined
}
