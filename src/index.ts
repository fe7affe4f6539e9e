/**
 * Main entry: every built-in server by name, tools, objects, errors, and the building blocks of a provider.
 * @module chatwire
 */
export type { GetChatModel, ServerConfig } from './builtins.ts'
export { getChatModel, LLM_REGISTRY, registerLLM } from './builtins.ts'
export type { ExpiringKey } from './cached-key.ts'
export { cachedKey } from './cached-key.ts'
export type { Call } from './call.ts'
export type { FunctionRequest, RawPromptRequest } from './chat/base.ts'
export { BaseChatModel } from './chat/base.ts'
export type { Chunk, ChunkStream, WholeReply } from './chat/normalize-output.ts'
export type { CoolDownOptions } from './failover/circuit-breaker.ts'
export type { FailoverOptions } from './failover/failover.ts'
export { failover } from './failover/failover.ts'
export type { DeepPartial, ObjectStream } from './objects/object-stream.ts'
export type { ObjectMode, ObjectResult } from './objects/object-task.ts'
export type { PromptedToolsOptions } from './prompted/with-prompted-tools.ts'
export { withPromptedTools } from './prompted/with-prompted-tools.ts'
export type {
  ConverterOptions,
  InputOf,
  JSONSchema,
  JSONSchemaLike,
  JSONSchemaTarget,
  OutputOf,
  Schema,
  StandardConverter,
  StandardIssue,
  StandardResult,
  StandardSchema,
} from './schema/types.ts'
export type { SchemaDialect } from './schema/vendor-support.ts'
export { withJSONSchema } from './schema/with-json-schema.ts'
export { stopWordsOf } from './chat/stop-sequences.ts'
export type { ObjectRequest } from './objects/chat-object.ts'
export { chatObject } from './objects/chat-object.ts'
export type { Tool, ToolContext, ToolSettings } from './tools/tool.ts'
export { tool } from './tools/tool.ts'
export type { BeforeTool, ToolDecision } from './tools/execute-call.ts'
export type { ToolRunRequest, ToolRunStream } from './tools/run-tools.ts'
export { runTools } from './tools/run-tools.ts'
export type { ToolRunResult } from './tools/tool-run.ts'
export type { TrimOptions } from './tokens/trim.ts'
export { trim } from './tokens/trim.ts'
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
// For custom providers: the building blocks of the built-in ones.
export type { Failure, PostRequest } from './http/client.ts'
export { post } from './http/late-post.ts'
export type { Frame } from './http/frame.ts'
export { parseFrame } from './http/frame.ts'
export { readNDJSON } from './http/ndjson.ts'
export type { BodyStream, Decoder } from './http/body-stream.ts'
export { readSSE } from './http/sse.ts'
export type * from './message.ts'
export { isFunctionTool, textOf, toParts } from './message.ts'
export type * from './options.ts'
export type { Pull } from './async/pull.ts'
export { AnthropicLLM } from './providers/anthropic.ts'
export type { DashScopeConfig } from './providers/dashscope.ts'
export type { AzureConfig } from './providers/azure-openai.ts'
export { AzureOpenAiLLM } from './providers/azure-openai.ts'
export type { BrowserConfig } from './providers/browser.ts'
export { BrowserLLM } from './providers/browser.ts'
export type { Availability } from './providers/browser/session.ts'
export { DashScopeLLM } from './providers/dashscope.ts'
export { QwenChatAtDS } from './providers/dashscope-qwen.ts'
// modelscope-agent's names of the classes.
export { OpenAiLLM as OpenAi, OpenAiLLM as TextChatAtOAI } from './providers/openai.ts'
export {
  ModelScopeLLM as ModelScopeChatGLM,
  ModelScopeLLM as ModelScopeQwenChat,
  VllmServerLLM as Vllm,
  VllmServerLLM as VllmLLM,
} from './providers/openai-like.ts'
export type { Engine, EngineConfig, LoadOptions, LoadProgress } from './providers/engine.ts'
export { EngineLLM } from './providers/engine.ts'
export { GeminiLLM } from './providers/gemini.ts'
export { OllamaLLM } from './providers/ollama.ts'
export type { OllamaModel, PullOptions, PullProgress } from './providers/ollama/pull.ts'
export type { Dialect, OpenAiConfig, OpenAiServer, ResponsesDialect } from './providers/openai.ts'
export { OpenAiLLM } from './providers/openai.ts'
export type { ServerName } from './server-name.ts'
export { ModelScopeLLM, openAiLike, VllmServerLLM } from './providers/openai-like.ts'
export { OpenAiResponsesLLM } from './providers/openai-responses.ts'
export type { ZhipuConfig } from './providers/zhipu.ts'
export { ZhipuLLM } from './providers/zhipu.ts'
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
export { ModelRegistry, modelPrefixes } from './registry.ts'
export { ChatStream } from './stream/chat-stream.ts'
export type { Run } from './stream/event-iterator.ts'
export type { ToResponseOptions } from './stream/event-response.ts'
export type { ReplyStore, ResumableOptions } from './stream/reply-store.ts'
export type { Vocabulary } from './tokens/estimate.ts'
export { estimateTokens } from './tokens/estimate.ts'
export type { PartialToolCall } from './stream/partial-arguments.ts'
export { PartialArguments } from './stream/partial-arguments.ts'
// Private on purpose: the wire formats, the parsers of `stream/`, the checks, `createCall`.
