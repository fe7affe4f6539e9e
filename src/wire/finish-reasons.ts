/**
 * Maps servers' finish reasons.
 */
import { ServiceError } from '../errors.ts'
import type { FinishReason } from '../event.ts'

/** Gateways pass on the reasons of other vendors (Gemini's, Claude's, Cohere's, Bedrock's). */
const STOP = /^(stop|end|eos|eos_token|end_turn|stop_sequence|completed?)$/i
/** Among them vLLM's repetition detection, which cuts a reply: https://github.com/vllm-project/vllm/pull/31690 */
const LENGTH = /^(length|max_tokens|model_length|model_context_window_exceeded|repetition)$/i
const TOOL_CALLS = /^(tool_calls?|tool_use|function_call)$/i

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
  if (STOP.test(word)) return 'stop'
  if (LENGTH.test(word)) return 'length'
  return TOOL_CALLS.test(word) ? 'tool_calls' : 'other'
}
