/**
 * The table of built-in servers.
 */
import { AnthropicLLM } from './providers/anthropic.ts'
import { AzureOpenAiLLM } from './providers/azure-openai.ts'
import { BrowserLLM } from './providers/browser.ts'
import { DashScopeLLM } from './providers/dashscope.ts'
import { QwenChatAtDS } from './providers/dashscope-qwen.ts'
import { EngineLLM } from './providers/engine.ts'
import { GeminiLLM } from './providers/gemini.ts'
import { OllamaLLM } from './providers/ollama.ts'
import { OpenAiLLM } from './providers/openai.ts'
import { ModelScopeLLM, OPENAI_LIKE, openAiLike, VllmServerLLM } from './providers/openai-like.ts'
import { responsesServers } from './providers/openai-responses.ts'
import { ZhipuLLM } from './providers/zhipu.ts'
import type { ChatModelClass, ModelRegistry } from './registry.ts'
import { LLM_REGISTRY as DEFAULT_REGISTRY } from './registry.ts'

/** Returns the built-in classes by server name. */
function builtins(): Record<string, ChatModelClass> {
  const servers: Record<string, ChatModelClass> = {}
  for (const [name, server] of Object.entries(OPENAI_LIKE)) servers[name] = openAiLike(server, name)
  return {
    ...servers,
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
  }
}

function withBuiltins(registry: ModelRegistry): ModelRegistry {
  for (const [name, model] of Object.entries(builtins())) {
    // Keeps a class the user registered through `chatwire/core` before this module loaded.
    if (!registry.has(name)) registry.registerLLM(name, model)
  }
  return registry
}

// Marked pure, so that a bundle without these three carries no provider.
/** Default registry of `registerLLM` and `getChatModel`, with the built-in servers. */
export const LLM_REGISTRY: ModelRegistry = /* @__PURE__ */ withBuiltins(DEFAULT_REGISTRY)

/**
 * Registers a class: `registerLLM('name', Class)`, `registerLLM('name')(Class)`, or as a decorator.
 * @function
 * @throws {ConfigError} `duplicate_server` if another class has the name, unless `{ replace: true }` is passed
 */
export const registerLLM: ModelRegistry['registerLLM'] =
  /* @__PURE__ */ LLM_REGISTRY.registerLLM.bind(LLM_REGISTRY)

/**
 * Creates a model from a config or from `'server:model'`, by the class registered as `modelServer_prefixOfModel`, else as
 * `modelServer`.
 * @function
 * @throws {ConfigError} `unknown_server`, `invalid_config`
 * @example getChatModel({ model: 'qwen-max', modelServer: 'dashscope' })
 */
export const getChatModel: ModelRegistry['getChatModel'] =
  /* @__PURE__ */ LLM_REGISTRY.getChatModel.bind(LLM_REGISTRY)
