/**
 * What engines inside of a page throw, in our codes.
 * @see https://github.com/mlc-ai/web-llm/blob/main/src/error.ts
 * @see https://github.com/ngxson/wllama/blob/master/src/wllama.ts
 */
import type { ServiceErrorCode } from '../../error-code.ts'
import { isChatError, refineCode, ServiceError } from '../../errors.ts'

/** By the name of WebLLM's error, or by the `type` of wllama's. */
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

/** The error that the caller gets: the engine's own words under one of our codes. */
export function toEngineError(error: unknown): unknown {
  if (isChatError(error) || !(error instanceof Error)) return error
  const { type } = error as { type?: unknown }
  const code = CODES[error.name] ?? CODES[String(type)] ?? 'server_error'
  return new ServiceError(refineCode(code, error.message), error.message, { cause: error })
}
