/**
 * Errors of engines inside the page, in the codes of this package.
 * @see https://github.com/mlc-ai/web-llm/blob/main/src/error.ts
 * @see https://github.com/ngxson/wllama/blob/master/src/wllama.ts
 */
import { isError } from '../../is-record.ts'
import type { ServiceErrorCode } from '../../error-code.ts'
import { isChatError, ServiceError } from '../../errors.ts'
import { refineCode } from '../../service-error-code.ts'
import { reasonOf } from '../../reason-of.ts'

/** Names of WebLLM's errors for what a request may not hold. */
const REFUSALS = [
  'AudioInputError',
  'ContentTypeError',
  'CustomResponseFormatError',
  'CustomSystemPromptError',
  'FunctionNotFoundError',
  'GrammarMatcherInitError',
  'InvalidResponseFormatError',
  'InvalidResponseFormatGrammarError',
  'InvalidResponseFormatStructuralTagError',
  'InvalidStreamOptionsError',
  'InvalidToolChoiceError',
  'MessageOrderError',
  'MinValueError',
  'MultipleTextContentError',
  'NonNegativeError',
  'RangeError',
  'SeedTypeError',
  'StreamingCountError',
  'SystemMessageOrderError',
  'UnsupportedContentPartError',
  'UnsupportedDetailError',
  'UnsupportedFieldsError',
  'UnsupportedImageURLError',
  'UnsupportedModelIdError',
  'UnsupportedRoleError',
  'UnsupportedToolChoiceTypeError',
  'UnsupportedToolTypeError',
  'UserMessageContentErrorForNonVLM',
]

/** By the name of WebLLM's error, or by the `type` of wllama's. */
const CODES: Record<string, ServiceErrorCode> = {
  ...Object.fromEntries(REFUSALS.map((name) => [name, 'bad_request'])),
  EngineNotLoadedError: 'model_not_found',
  ModelNotFoundError: 'model_not_found',
  ModelNotLoadedError: 'model_not_found',
  SpecifiedModelNotFoundError: 'model_not_found',
  WorkerEngineModelNotLoadedError: 'model_not_found',
  model_not_loaded: 'model_not_found',
  ContextWindowSizeExceededError: 'context_length',
  PrefillChunkSizeSmallerThanImageError: 'context_length',
  kv_cache_full: 'context_length',
}

/**
 * Message of everything that wllama's native part throws (3.8 to 3.13): a length that no array has, in the words
 * of V8, SpiderMonkey and JavaScriptCore.
 */
const NATIVE_ERROR =
  /invalid typed array length|out-of-bounds \w+Array|length out of range of buffer/i
/** llama.cpp's words for a prompt, or a reply, that its context cannot hold. */
const CONTEXT_FULL =
  /context (is )?(full|overflow)|context size has been exceeded|does not fit in the (slot )?context|no (kv )?cache slot|failed to (find|decode).{0,20}slot/i
/** llama.cpp's words for a reply that does not keep to the format of the model's tool calls. */
const UNREADABLE_CALL = /output that does not match the expected|failed to parse input at pos/i

/** True for the error of an engine that could not read a tool call in the model's reply. */
export function isUnreadableToolCall(thrown: unknown): boolean {
  const text = isError(thrown) ? String(thrown) : reasonOf(thrown) // of an error, `Name: message`
  return /^ToolCallOutput\w+Error\b/.test(text) || UNREADABLE_CALL.test(text)
}

/**
 * Returns the error for the caller: the engine's own words under a code of the contract.
 * @param hasBegun true if part of a reply had arrived: then the request was accepted
 */
export function toEngineError(
  thrown: unknown,
  { hasBegun = false }: { hasBegun?: boolean } = {},
): unknown {
  const error = parseError(thrown)
  if (isChatError(error) || !isError(error)) return error
  const message = reasonOf(error)
  if (NATIVE_ERROR.test(message)) {
    const [code, what] = hasBegun
      ? (['server_error', 'failed'] as const)
      : (['bad_request', 'refused the request'] as const)
    const details = { vendorCode: message, cause: error }
    return new ServiceError(code, `wllama ${what}: its native log says why`, details)
  }
  if (isUnreadableToolCall(error)) {
    const details = { vendorCode: error.name, cause: error }
    return new ServiceError('unexpected_response', `Unreadable tool call: ${message}`, details)
  }
  const { type } = error as { type?: unknown }
  const known = CODES[error.name] ?? CODES[String(type)]
  const code = known ?? (CONTEXT_FULL.test(message) ? 'context_length' : 'server_error')
  const details = { cause: error, ...(typeof type === 'string' && { vendorCode: type }) }
  return new ServiceError(refineCode(code, message), message, details)
}

/** WebLLM's worker rejects with the text of an error. */
function parseError(thrown: unknown): unknown {
  const [, name, message] =
    /^(\w*Error): ([^]*)/.exec(typeof thrown === 'string' ? thrown : '') ?? []
  return name ? Object.assign(new Error(message), { name }) : thrown
}

/** True for the refusal of an engine whose model was unloaded. */
export function isUnloaded(error: unknown): boolean {
  const { cause } = (error ?? {}) as { cause?: { name?: unknown; type?: unknown } }
  return cause?.type === 'model_not_loaded' || UNLOADED.has(String(cause?.name))
}

const UNLOADED = /* @__PURE__ */ new Set(['ModelNotLoadedError', 'WorkerEngineModelNotLoadedError'])
