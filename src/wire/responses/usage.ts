/**
 * Decodes token counts of the Responses API.
 * @see https://platform.openai.com/docs/api-reference/responses/object#responses/object-usage
 */
import type { Usage } from '../../event.ts'
import { toUsage } from '../usage.ts'

/** Decodes `usage`, or returns `undefined` if the server counted nothing. */
export function decodeUsage(wire: unknown): Usage | undefined {
  const usage = (wire ?? {}) as Record<string, unknown>
  const { cached_tokens } = (usage.input_tokens_details ?? {}) as Record<string, unknown>
  const { reasoning_tokens } = (usage.output_tokens_details ?? {}) as Record<string, unknown>
  return toUsage({
    prompt: usage.input_tokens,
    completion: usage.output_tokens,
    total: usage.total_tokens,
    cached: cached_tokens,
    reasoning: reasoning_tokens,
  })
}
