/**
 * The table of built-in servers.
 */
import { AnthropicLLM } from './providers/anthropic.ts'
import type { AzureConfig } from './providers/azure-openai.ts'
import { AzureOpenAiLLM } from './providers/azure-openai.ts'
import type { BrowserConfig } from './providers/browser.ts'
import { BrowserLLM } from './providers/browser.ts'
import type { DashScopeConfig } from './providers/dashscope.ts'
import { DashScopeLLM } from './providers/dashscope.ts'
import { QwenChatAtDS } from './providers/dashscope-qwen.ts'
import type { EngineConfig } from './providers/engine.ts'
import { EngineLLM } from './providers/engine.ts'
import { GeminiLLM } from './providers/gemini.ts'
import { OllamaLLM } from './providers/ollama.ts'
import type { OpenAiConfig } from './providers/openai.ts'
import { OpenAiLLM, useKnownServers } from './providers/openai.ts'
import { ModelScopeLLM, OPENAI_LIKE, openAiLike, VllmServerLLM } from './providers/openai-like.ts'
import { OPENAI_SURFACES } from './providers/openai-like/surfaces.ts'
import { responsesServers } from './providers/openai-responses.ts'
import type { ZhipuConfig } from './providers/zhipu.ts'
import { ZhipuLLM } from './providers/zhipu.ts'
import { useTranslator } from './validation/input.ts'
import { translateConfig, translateRequest } from './validation/legacy.ts'
import { addSynonyms } from './validation/suggest.ts'
import type { BaseChatModel } from './chat/base.ts'
import type { FailoverOptions } from './failover/failover.ts'
import type { ModelConfig } from './options.ts'
import type { ServerName } from './server-name.ts'
import type {
  ChatModelClass,
  LegacyConfig,
  ModelInput,
  ModelList,
  ModelName,
  ModelRegistry,
  ModelSettings,
} from './registry.ts'
import { LLM_REGISTRY as DEFAULT_REGISTRY } from './registry.ts'

/** A config with the properties of every built-in server. */
export interface ServerConfig extends ModelConfig {
  /** Azure: a dated API version (`2024-10-21`). */
  apiVersion?: AzureConfig['apiVersion']
  /** Azure (`key`, `bearer`) and Zhipu (`key`, `jwt`): how the key is sent. */
  auth?: AzureConfig['auth'] | ZhipuConfig['auth']
  /** Servers of OpenAI's format: which reasoning is sent back. */
  replayReasoning?: OpenAiConfig['replayReasoning']
  /** DashScope: id of a workspace. */
  workspace?: DashScopeConfig['workspace']
  /** `engine`: an engine that runs in the page, or a function that loads it. */
  engine?: EngineConfig['engine'] | undefined
  /** `engine`: called while the model loads. */
  onLoadProgress?: EngineConfig['onLoadProgress']
  /** `engine`: longest time without progress while the engine loads, in milliseconds. */
  loadTimeout?: EngineConfig['loadTimeout']
  /** `browser`: called while the browser downloads its model. */
  onDownloadProgress?: BrowserConfig['onDownloadProgress']
}

/** Returns the built-in classes by server name. */
function builtins(): Record<ServerName, ChatModelClass> {
  const servers: Partial<Record<ServerName, ChatModelClass>> = {}
  for (const [name, server] of Object.entries(OPENAI_LIKE))
    servers[name as ServerName] = openAiLike(server, name)
  return {
    ...(servers as Record<ServerName, ChatModelClass>),
    ...responsesServers(),
    openai: OpenAiLLM,
    azure_openai: AzureOpenAiLLM,
    'vllm-server': VllmServerLLM,
    modelscope: ModelScopeLLM,
    dashscope: DashScopeLLM,
    dashscope_qwen: QwenChatAtDS,
    zhipu: ZhipuLLM,
    ollama: OllamaLLM,
    anthropic: AnthropicLLM,
    gemini: GeminiLLM,
    browser: BrowserLLM,
    engine: EngineLLM,
    // modelscope-agent's other names.
    vllm: VllmServerLLM,
    openai_fn_call: OpenAiLLM,
  }
}

/** Common names of the servers. */
const SERVER_SYNONYMS: [ServerName, string][] = [
  ['azure_openai', 'azure'],
  ['anthropic', 'claude'],
  ['gemini', 'google vertex vertexai'],
  ['dashscope', 'ds qwen qianwen tongyi bailian aliyun alibaba'],
  ['zhipu', 'glm chatglm zai bigmodel'],
  ['openai', 'gpt chatgpt'],
  ['openai_responses', 'responses'],
  ['moonshot', 'kimi'],
  ['xai', 'grok'],
  ['engine', 'webllm wllama'],
  ['browser', 'chrome'],
  ['siliconflow', 'silicon'],
]

function withBuiltins(registry: ModelRegistry): ModelRegistry {
  useTranslator({ config: translateConfig, request: translateRequest })
  addSynonyms(SERVER_SYNONYMS)
  useKnownServers([...Object.values(OPENAI_LIKE), ...OPENAI_SURFACES])
  for (const [name, model] of Object.entries(builtins())) {
    // Keeps a class that the user registered through `chatwire/core` before this module loaded.
    if (!registry.has(name)) registry.registerLLM(name, model)
  }
  return registry
}

// Marked pure, so that a bundle that uses none of these three contains no provider.
/** Default registry of `registerLLM` and `getChatModel`, with the built-in servers. */
export const LLM_REGISTRY: ModelRegistry = /* @__PURE__ */ withBuiltins(DEFAULT_REGISTRY)

/**
 * Registers a class: `registerLLM('name', Class)`, `registerLLM('name')(Class)`, or as a decorator.
 * @function
 * @throws {ConfigError} `duplicate_server` if another class has the name, unless `{ replace: true }` is passed
 */
export const registerLLM: ModelRegistry['registerLLM'] =
  /* @__PURE__ */ LLM_REGISTRY.registerLLM.bind(LLM_REGISTRY)

/** `getChatModel` with the config properties of every built-in server. */
export interface GetChatModel {
  // The first one is what most programs need, and the cheapest to check.
  (config: ServerConfig): BaseChatModel
  (config: LegacyConfig): BaseChatModel
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- lets callers name the config of their class
  <Config extends ModelConfig = ServerConfig>(
    models: readonly (string | ModelInput<NoInfer<Config>>)[],
    options?: FailoverOptions,
  ): BaseChatModel
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- lets callers name the config of their class
  <Config extends ModelConfig = ServerConfig>(
    name: ModelName,
    settings?: ModelSettings<NoInfer<Config>>,
  ): BaseChatModel
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- lets callers name the config of their class
  <Config extends ModelConfig = ServerConfig>(config: NoInfer<Config>): BaseChatModel
  // The last one, since TypeScript reports its errors.
  (input: ServerConfig | ModelList<ServerConfig>): BaseChatModel
}

/**
 * Creates a model from a config, from `'server:model'`, or from several of them: a list is a `failover`, tried in order.
 * Uses the class registered as `modelServer_prefixOfModel`, else as `modelServer`. For a class with own config members,
 * pass the type of its config: `getChatModel<MyConfig>({ … })`.
 * @function
 * @throws {ConfigError} `unknown_server`, `invalid_config`
 * @example getChatModel({ model: 'qwen-max', modelServer: 'dashscope' })
 */
export const getChatModel: GetChatModel =
  /* @__PURE__ */ LLM_REGISTRY.getChatModel.bind(LLM_REGISTRY)
