/**
 * Turns the token counts of a response into usage whose parts fit their wholes.
 */
import type { Usage } from '../event.ts'
import { nonNegativeNumber } from './fields.ts'

/** Counts as a server sent them. Any of them may be missing, null or of another type. */
interface WireCounts {
  prompt: unknown
  completion: unknown
  total: unknown
  cached: unknown
  reasoning: unknown
}

/**
 * Returns usage whose prompt includes its cached tokens and whose completion includes its reasoning, or `undefined` if
 * nothing was counted. Counts are cumulative, so the last ones count.
 */
export function toUsage(wire: WireCounts): Usage | undefined {
  const prompt = nonNegativeNumber(wire.prompt)
  const completion = nonNegativeNumber(wire.completion)
  if (prompt === undefined && completion === undefined) return undefined
  let promptTokens = prompt ?? 0
  let completionTokens = completion ?? 0
  const total = nonNegativeNumber(wire.total) ?? 0
  const cachedTokens = nonNegativeNumber(wire.cached)
  const reasoningTokens = nonNegativeNumber(wire.reasoning)
  const rest = total - promptTokens
  // xAI does not include thinking in the completion. Only the total reveals it.
  if (reasoningTokens && rest === completionTokens + reasoningTokens) {
    completionTokens = rest
  } else if (reasoningTokens && reasoningTokens > completionTokens) {
    // Nor do some gateways, and others count both a token apart: https://github.com/vercel/ai/pull/18614
    completionTokens = rest >= reasoningTokens ? rest : completionTokens + reasoningTokens
  }
  // OpenRouter's prompt of some models is what was not cached: https://github.com/earendil-works/pi/issues/2048
  if (cachedTokens && cachedTokens > promptTokens) promptTokens += cachedTokens
  return {
    promptTokens,
    completionTokens,
    totalTokens: Math.max(total, promptTokens + completionTokens),
    ...(reasoningTokens !== undefined && { reasoningTokens }),
    ...(cachedTokens !== undefined && { cachedTokens }),
  }
}
