/**
 * Decodes usage in the OpenAI formats and their variants. Gateways between the formats send the names of the other one.
 * @see https://github.com/decolua/9router/pull/2082
 */
import type { Usage } from '../../event.ts'
import { toUsage } from '../usage.ts'

/** The properties that are read. Any of them may be missing, null or of another type. */
interface WireUsage {
  prompt_tokens?: unknown
  completion_tokens?: unknown
  /** The Responses API, and gateways of it or Claude's. */
  input_tokens?: unknown
  output_tokens?: unknown
  input_tokens_details?: { cached_tokens?: unknown } | null
  output_tokens_details?: { reasoning_tokens?: unknown } | null
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
      (wire.prompt_tokens_details ?? wire.input_tokens_details)?.cached_tokens ??
      wire.prompt_cache_hit_tokens ??
      wire.cached_tokens,
    reasoning:
      (wire.completion_tokens_details ?? wire.output_tokens_details)?.reasoning_tokens ??
      wire.reasoning_tokens,
  })
}
