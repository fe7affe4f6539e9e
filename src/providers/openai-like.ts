/**
 * OpenAI-format servers with differences of their own. Each is a row in `openai-like/servers.ts`.
 * @module chatwire/providers/openai-like
 */
import type { OpenAiServer } from './openai.ts'
import { OpenAiLLM } from './openai.ts'
import { OPENAI_LIKE } from './openai-like/servers.ts'

export { OPENAI_LIKE } from './openai-like/servers.ts'

/**
 * Creates the class of a server from its row.
 * @param name name of the provider in errors and results, unless `config.modelServer` is set
 */
export function openAiLike(server: OpenAiServer, name = 'openai'): typeof OpenAiLLM {
  return class extends OpenAiLLM {
    static override readonly serverName: string = name
    static override readonly server: OpenAiServer = server
  }
}

/** Open models on a vLLM server. @see https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html */
export const VllmServerLLM: typeof OpenAiLLM = /* @__PURE__ */ openAiLike(
  OPENAI_LIKE['vllm-server'] as OpenAiServer,
  'vllm-server',
)

/** ModelScope's API-Inference. @see https://modelscope.cn/docs/model-service/API-Inference/intro */
export const ModelScopeLLM: typeof OpenAiLLM = /* @__PURE__ */ openAiLike(
  OPENAI_LIKE.modelscope as OpenAiServer,
  'modelscope',
)
