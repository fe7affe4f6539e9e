/**
 * Maps servers' finish reasons.
 */
import { ServiceError } from '../errors.ts'
import type { FinishReason } from '../event.ts'

/** In lower case. Gateways pass on those of other vendors (Gemini's, Claude's, Cohere's, Bedrock's). */
const FINISH_REASONS: Record<string, FinishReason> = {
  stop: 'stop',
  end: 'stop',
  eos: 'stop',
  eos_token: 'stop',
  end_turn: 'stop',
  stop_sequence: 'stop',
  complete: 'stop',
  completed: 'stop',
  length: 'length',
  max_tokens: 'length',
  model_length: 'length',
  model_context_window_exceeded: 'length',
  // vLLM's repetition detection cut the reply: https://github.com/vllm-project/vllm/pull/31690
  repetition: 'length',
  tool_calls: 'tool_calls',
  tool_call: 'tool_calls',
  tool_use: 'tool_calls',
  function_call: 'tool_calls',
}

/** Reasons by which a filter stopped the reply, those of images and of Vertex's Model Armor among them. */
const FILTERED =
  /content_filter|sensitive|^refusal$|safety|recitation|blocklist|prohibited|spii|model_armor|jailbreak|guardrail/i

/**
 * Reasons of an incomplete reply, sent without an error frame: `error` (OpenRouter, Mistral), `abort` (vLLM,
 * SGLang), `network_error` (Zhipu), `insufficient_system_resource` (DeepSeek), `load` and `unload` (Ollama),
 * `malformed_function_call` (Gemini through a gateway), …
 */
const BROKEN =
  /(^|_)(error|abort|cancel|fail|interrupt|timeout|insufficient|malformed|overloaded|preempt)|^(un)?load$|^(unexpected|too_many)_tool_call/i

/**
 * Returns the finish reason for a server's, or `other` for an unknown one.
 * @throws {ServiceError} `server_error` for an incomplete reply
 */
export function toFinishReason(word: string): FinishReason {
  if (BROKEN.test(word)) {
    const message = `The server ended the reply before it was complete (${word})`
    throw new ServiceError('server_error', message, { vendorCode: word, retryable: true })
  }
  if (FILTERED.test(word)) return 'content_filter'
  const known = word.toLowerCase()
  return Object.hasOwn(FINISH_REASONS, known) ? (FINISH_REASONS[known] as FinishReason) : 'other'
}
