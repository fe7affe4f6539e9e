/**
 * Small entry: registry, base class, types and errors. No provider, no HTTP client.
 * @module chatwire/core
 */
export type { ExpiringKey } from './cached-key.ts'
export type { Call } from './call.ts'
export type { FunctionRequest, RawPromptRequest } from './chat/base.ts'
export { BaseChatModel } from './chat/base.ts'
export type { Chunk, ChunkStream, WholeReply } from './chat/normalize-output.ts'
export type { CoolDownOptions } from './failover/circuit-breaker.ts'
export type { FailoverOptions } from './failover/failover.ts'
export { failover } from './failover/failover.ts'
export { stopWordsOf } from './chat/stop-sequences.ts'
export type * from './error-code.ts'
export type * from './errors.ts'
export {
  ChatError,
  ConfigError,
  isChatError,
  OutputError,
  ServiceError,
  StreamError,
  TimeoutError,
  ToolError,
} from './errors.ts'
export type * from './event.ts'
export type * from './message.ts'
export type * from './options.ts'
export type { ServerName } from './server-name.ts'
export type { Pull } from './async/pull.ts'
export type {
  AncestorConfig,
  LegacyConfig,
  LegacySampling,
  ModelName,
  ChatModelClass,
  ModelInput,
  ModelList,
  ModelSettings,
  RegisterOptions,
} from './registry.ts'
export { LLM_REGISTRY, ModelRegistry, modelPrefixes, registerLLM } from './registry.ts'
export { ChatStream } from './stream/chat-stream.ts'
export type { Run } from './stream/event-iterator.ts'
export type { ToResponseOptions } from './stream/event-response.ts'
export type { ReplyStore, ResumableOptions } from './stream/reply-store.ts'
export type { Vocabulary } from './tokens/estimate.ts'
export { estimateTokens } from './tokens/estimate.ts'
// Excluded on purpose: functions that take a model (`runTools`, `trim`, …); the main entry has them.
