/**
 * Maps servers' finish reasons.
 */
import { ServiceError } from '../errors.ts'
import type { FinishReason } from '../event.ts'

const FINISH_REASONS: Record<string, FinishReason> = {
  stop: 'stop',
  end: 'stop',
  eos: 'stop',
  end_turn: 'stop',
  length: 'length',
  max_tokens: 'length',
  model_length: 'length',
  model_context_window_exceeded: 'length',
  tool_calls: 'tool_calls',
  function_call: 'tool_calls',
  content_filter: 'content_filter',
  sensitive: 'content_filter',
}

/**
 * Reasons of an incomplete reply, sent without an error frame: `error` (OpenRouter, Mistral), `abort` (vLLM,
 * SGLang), `network_error` (Zhipu), `insufficient_system_resource` (DeepSeek), `load` and `unload` (Ollama), …
 */
const BROKEN = /(^|_)(error|abort|cancel|fail|interrupt|timeout|insufficient)|^(un)?load$/i

/**
 * Returns the finish reason for a server's, or `other` for an unknown one.
 * @throws {ServiceError} `server_error` for an incomplete reply
 */
export function toFinishReason(word: string): FinishReason {
  if (BROKEN.test(word)) {
    const message = `The server ended the reply before it was complete (${word})`
    throw new ServiceError('server_error', message, { vendorCode: word, retryable: true })
  }
  return Object.hasOwn(FINISH_REASONS, word) ? (FINISH_REASONS[word] as FinishReason) : 'other'
}
