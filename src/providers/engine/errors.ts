/**
 * Maps errors of in-page engines to the codes of this package.
 * @see https://github.com/mlc-ai/web-llm/blob/main/src/error.ts
 * @see https://github.com/ngxson/wllama/blob/master/src/wllama.ts
 */
import type { ServiceErrorCode } from '../../error-code.ts'
import { isChatError, refineCode, ServiceError } from '../../errors.ts'

/** By the name of WebLLM's error, or the `type` of wllama's. */
const CODES: Record<string, ServiceErrorCode> = {
  ModelNotFoundError: 'model_not_found',
  ModelNotLoadedError: 'model_not_found',
  model_not_loaded: 'model_not_found',
  ContextWindowSizeExceededError: 'context_length',
  kv_cache_full: 'context_length',
  MessageOrderError: 'bad_request',
  CustomSystemPromptError: 'bad_request',
  UnsupportedModelIdError: 'bad_request',
}

/** The message for every request that wllama's native part rejects (3.8 to 3.13). */
const NATIVE_REFUSAL = /invalid typed array length/i
/** llama.cpp's messages for a prompt or reply that exceeds its context. */
const CONTEXT_FULL =
  /context (is )?(full|overflow)|no (kv )?cache slot|failed to (find|decode).{0,20}slot/i

/** Returns the error for the caller: the engine's own message under one of our codes. */
export function toEngineError(error: unknown): unknown {
  if (isChatError(error) || !(error instanceof Error)) return error
  const { message } = error
  if (NATIVE_REFUSAL.test(message)) {
    const text = 'wllama rejected the request: see its native log'
    return new ServiceError('bad_request', text, { vendorCode: message, cause: error })
  }
  const { type } = error as { type?: unknown }
  const known = CODES[error.name] ?? CODES[String(type)]
  const code = known ?? (CONTEXT_FULL.test(message) ? 'context_length' : 'server_error')
  const details = { cause: error, ...(typeof type === 'string' && { vendorCode: type }) }
  return new ServiceError(refineCode(code, message), message, details)
}

/** True for the error of an engine whose model was unloaded. */
export function isUnloaded(error: unknown): boolean {
  const { cause } = (error ?? {}) as { cause?: { name?: unknown; type?: unknown } }
  return cause?.type === 'model_not_loaded' || cause?.name === 'ModelNotLoadedError'
}
