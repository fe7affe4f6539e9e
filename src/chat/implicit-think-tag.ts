/**
 * Detects models whose chat template opens the thinking tag, so that their text contains only `</think>`.
 */
import type { Call } from '../call.ts'

/**
 * Only models that always think. Hybrid ones (Qwen3.5) answer without a tag while thinking is switched off.
 * @see https://huggingface.co/Qwen/Qwen3-235B-A22B-Thinking-2507
 * @see https://github.com/vllm-project/vllm/issues/13125
 * @see https://github.com/cubist38/mlx-openai-server/issues/179
 * @see https://github.com/allenai/open-instruct/pull/765
 */
const MODELS = /deepseek-r1|qwq-|qwen3-.*thinking|minimax-m2|olmo-?3.*think/i

/**
 * Self-hosted servers, whose reasoning parser may be off. All others separate thinking from text, or were asked
 * to omit it.
 */
const SERVERS = new Set(['openai', 'vllm-server', 'lmstudio', 'llamacpp'])

/** True if the reply to this call is likely to begin inside its thinking. */
export function templateOpensThinkTag({
  provider,
  model,
  reasoning,
  responseFormat,
  rawPrompt,
}: Call): boolean {
  if (!SERVERS.has(provider) || !MODELS.test(model)) return false
  // A grammar applies from the first token, and a raw prompt has no template.
  const isText = !responseFormat || responseFormat.type === 'text'
  return isText && reasoning !== false && rawPrompt === undefined
}
