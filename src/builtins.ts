/**
 * The one table of built-in servers.
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
import { ZhipuLLM } from './providers/zhipu.ts'
import type { ChatModelClass, ModelRegistry } from './registry.ts'
import { LLM_REGISTRY as DEFAULT_REGISTRY } from './registry.ts'

/** The built-in classes by the names of their servers. */
function builtins(): Record<string, ChatModelClass> {
  const servers: Record<string, ChatModelClass> = {}
  for (const [name, server] of Object.entries(OPENAI_LIKE)) servers[name] = openAiLike(server, name)
  return {
    ...servers,
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
    // A class that the user registered through `chatwire/core` before this was loaded stays.
    if (!registry.has(name)) registry.registerLLM(name, model)
  }
  return registry
}

// Pure as far as a bundler can tell: who uses neither these three carries no provider.
/** The registry that `registerLLM` and `getChatModel` use, with the built-in servers in it. */
export const LLM_REGISTRY: ModelRegistry = /* @__PURE__ */ withBuiltins(DEFAULT_REGISTRY)

/**
 * Registers a class: `registerLLM('name', Class)`, `registerLLM('name')(Class)`, or as a decorator.
 * @function
 * @throws {ConfigError} `duplicate_server` for a name that is taken, unless `{ replace: true }` is passed
 */
export const registerLLM: ModelRegistry['registerLLM'] =
  /* @__PURE__ */ LLM_REGISTRY.registerLLM.bind(LLM_REGISTRY)

/**
 * A model by its config or by `server:model`: the class of `modelServer_prefixOfModel`, else that of `modelServer`.
 * @function
 * @throws {ConfigError} `unknown_server`, `invalid_config`
 * @example getChatModel({ model: 'qwen-max', modelServer: 'dashscope' })
 */
export const getChatModel: ModelRegistry['getChatModel'] =
  /* @__PURE__ */ LLM_REGISTRY.getChatModel.bind(LLM_REGISTRY)
