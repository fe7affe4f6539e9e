/**
 * Decodes usage in the OpenAI format and its variants.
 */
import type { Usage } from '../../event.ts'
import { toUsage } from '../usage.ts'

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

/** Decodes usage, or returns `undefined` if nothing was counted. */
export function decodeUsage(wire: WireUsage): Usage | undefined {
  return toUsage({
    prompt: wire.prompt_tokens ?? wire.input_tokens,
    completion: wire.completion_tokens ?? wire.output_tokens,
    total: wire.total_tokens,
    cached:
      wire.prompt_tokens_details?.cached_tokens ??
      wire.prompt_cache_hit_tokens ??
      wire.cached_tokens,
    reasoning: wire.completion_tokens_details?.reasoning_tokens ?? wire.reasoning_tokens,
  })
}
