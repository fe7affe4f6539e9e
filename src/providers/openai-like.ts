/**
 * Servers that speak the OpenAI format with differences of their own, each a row of data.
 * What a row says is written on the vendor's page; what it leaves out is as most servers do.
 * @module chatwire/providers/openai-like
 */
import type { OpenAiServer } from './openai.ts'
import { OpenAiLLM } from './openai.ts'

/**
 * A class for one server.
 * @param name what errors and results call it where no server was asked for
 */
export function openAiLike(server: OpenAiServer, name = 'openai'): typeof OpenAiLLM {
  return class extends OpenAiLLM {
    static override readonly serverName: string = name
    static override readonly server: OpenAiServer = server
  }
}

const ANY = /^/

/** The servers by the names under which they are registered. */
export const OPENAI_LIKE: Record<string, OpenAiServer> = {
  // https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html
  'vllm-server': {
    baseURL: 'http://localhost:8000/v1',
    baseURLVariables: ['VLLM_BASE_URL'],
    keyVariables: ['VLLM_API_KEY'],
    requiresKey: false,
    hidesSchema: true,
    reasoningStyle: 'template',
    schemaDialect: 'vllm',
    rawPrompt: true,
  },
  // https://modelscope.cn/docs/model-service/API-Inference/intro
  modelscope: {
    baseURL: 'https://api-inference.modelscope.cn/v1',
    keyVariables: ['MODELSCOPE_API_KEY', 'MODELSCOPE_API_TOKEN', 'MODELSCOPE_SDK_TOKEN'],
    unsupportedFormats: { json_object: ANY, json_schema: ANY }, // many backends, and no word of it
    reasoningStyle: 'flag',
  },
  // https://api-docs.deepseek.com
  deepseek: {
    baseURL: 'https://api.deepseek.com/v1',
    keyVariables: ['DEEPSEEK_API_KEY'],
    stopLimit: 16,
    unsupportedOptions: ['topK', 'repetitionPenalty', 'seed', 'parallelToolCalls', 'user'],
    formats: ['text', 'json_object'],
    reasoningStyle: 'type',
    // https://api-docs.deepseek.com/guides/thinking_mode
    replayReasoning: 'tool-calls',
    emptyReasoning: '',
    toolChoiceWhileThinking: ['auto', 'none'],
    models: [[/^deepseek-(?!chat)/, { thinksByDefault: true }]],
    rawPrompt: 'https://api.deepseek.com/beta',
  },
  // https://platform.moonshot.ai/docs
  moonshot: {
    baseURL: 'https://api.moonshot.ai/v1',
    hosts: ['api.moonshot.cn'],
    baseURLVariables: ['MOONSHOT_BASE_URL'],
    keyVariables: ['MOONSHOT_API_KEY'],
    unsupportedOptions: ['topK', 'repetitionPenalty', 'seed', 'parallelToolCalls', 'user'],
    toolChoice: ['auto', 'none', 'required'],
    formats: ['text', 'json_object'],
    reasoningStyle: 'type',
    // https://platform.moonshot.ai/docs/guide/use-kimi-k2-thinking-model
    replayReasoning: 'tool-calls',
    emptyReasoning: ' ',
    effortAlone: true,
    models: [
      [
        /^kimi-k(2\.[5-9]|2-thinking|[3-9])/,
        {
          thinksByDefault: true,
          toolChoiceWhileThinking: ['auto', 'none'],
          fixedWhileThinking: {
            temperature: 1,
            topP: 0.95,
            presencePenalty: 0,
            frequencyPenalty: 0,
          },
          fixedOtherwise: { temperature: 0.6, topP: 0.95, presencePenalty: 0, frequencyPenalty: 0 },
        },
      ],
    ],
  },
  // https://docs.siliconflow.cn
  siliconflow: {
    baseURL: 'https://api.siliconflow.cn/v1',
    hosts: ['api.siliconflow.com'],
    keyVariables: ['SILICONFLOW_API_KEY'],
    unsupportedOptions: ['repetitionPenalty', 'presencePenalty', 'parallelToolCalls', 'user'],
    reasoningStyle: 'flag',
    // https://docs.siliconflow.cn/guides/json_mode
    unsupportedFormats: { json_object: /VL/, json_schema: ANY },
    errorCodes: {
      20012: ['model_not_found', false],
      20015: ['bad_request', false],
      30001: ['insufficient_quota', false],
      30003: ['permission', false],
      50505: ['overloaded', true],
    },
  },
  // https://openrouter.ai/docs
  openrouter: {
    baseURL: 'https://openrouter.ai/api/v1',
    keyVariables: ['OPENROUTER_API_KEY'],
    reasoningStyle: 'object',
    reasoningDetails: true,
    // Of others it depends on who serves them: https://openrouter.ai/docs/features/structured-outputs
    unsupportedFormats: { json_schema: /^(?!(openai|google)\/)/ },
    rawPrompt: true,
  },
  // https://console.groq.com/docs/openai
  groq: {
    baseURL: 'https://api.groq.com/openai/v1',
    keyVariables: ['GROQ_API_KEY'],
    maxTokens: 'max_completion_tokens',
    stopLimit: 4,
    unsupportedOptions: ['topK', 'repetitionPenalty'],
    reasoningStyle: 'effort',
    // https://console.groq.com/docs/reasoning
    models: [
      [/gpt-oss/, { efforts: ['low', 'medium', 'high'], defaultEffort: 'medium' }],
      [/qwen/, { efforts: ['none', 'default'], defaultEffort: 'default' }],
    ],
    // Others take it without keeping to it, or not at all: https://console.groq.com/docs/structured-outputs
    unsupportedFormats: { json_schema: /^(?!openai\/gpt-oss)/ },
    usageField: 'x_groq',
  },
  // https://docs.mistral.ai/api
  mistral: {
    baseURL: 'https://api.mistral.ai/v1',
    keyVariables: ['MISTRAL_API_KEY'],
    streamUsage: false,
    renamed: { seed: 'random_seed' },
    unsupportedOptions: ['topK', 'repetitionPenalty', 'user'],
    reasoningStyle: 'effort',
    defaultEffort: 'high', // its adjustable models do not think unless they are told to
    toolCallId: { pattern: /^[a-zA-Z0-9]{9}$/, length: 9 },
  },
  // https://docs.x.ai/docs/api-reference
  xai: {
    baseURL: 'https://api.x.ai/v1',
    keyVariables: ['XAI_API_KEY'],
    unsupportedOptions: ['topK', 'repetitionPenalty'],
    reasoningStyle: 'effort',
    // https://docs.x.ai/docs/guides/reasoning
    models: [
      [
        /^grok-(3-mini|4|code)(?!.*non-reasoning)/,
        {
          thinksByDefault: true,
          stopLimit: 0,
          fixedWhileThinking: { presencePenalty: 0, frequencyPenalty: 0 },
        },
      ],
    ],
  },
  // https://docs.perplexity.ai/api-reference/chat-completions-post
  perplexity: {
    baseURL: 'https://api.perplexity.ai',
    keyVariables: ['PERPLEXITY_API_KEY'],
    streamUsage: false,
    unsupportedOptions: [
      'repetitionPenalty',
      'seed',
      'tools',
      'toolChoice',
      'parallelToolCalls',
      'user',
    ],
    formats: ['text', 'json_schema'],
    reasoningStyle: 'effort',
  },
  // https://inference-docs.cerebras.ai/api-reference/chat-completions
  cerebras: {
    baseURL: 'https://api.cerebras.ai/v1',
    keyVariables: ['CEREBRAS_API_KEY'],
    maxTokens: 'max_completion_tokens',
    stopLimit: 4,
    unsupportedOptions: ['topK', 'repetitionPenalty', 'presencePenalty', 'frequencyPenalty'],
    reasoningStyle: 'effort',
    rawPrompt: true,
  },
  // https://lmstudio.ai/docs/app/api/endpoints/openai
  lmstudio: {
    baseURL: 'http://localhost:1234/v1',
    keyVariables: ['LMSTUDIO_API_KEY'],
    requiresKey: false,
    hidesSchema: true,
    renamed: { repetitionPenalty: 'repeat_penalty' },
    toolChoice: ['auto', 'none', 'required'],
    formats: ['text', 'json_schema'],
    reasoningStyle: 'effort',
    schemaDialect: 'llamacpp',
    rawPrompt: true,
  },
  // https://github.com/ggml-org/llama.cpp/tree/master/tools/server
  llamacpp: {
    baseURL: 'http://localhost:8080/v1',
    keyVariables: ['LLAMA_API_KEY'],
    requiresKey: false,
    hidesSchema: true,
    renamed: { repetitionPenalty: 'repeat_penalty' },
    toolChoice: ['auto', 'none', 'required'],
    reasoningStyle: 'template',
    schemaDialect: 'llamacpp',
    rawPrompt: true,
  },
}

/** Open models behind a vLLM server. @see https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html */
export const VllmServerLLM: typeof OpenAiLLM = /* @__PURE__ */ openAiLike(
  OPENAI_LIKE['vllm-server'] as OpenAiServer,
  'vllm-server',
)

/** ModelScope's API-Inference. @see https://modelscope.cn/docs/model-service/API-Inference/intro */
export const ModelScopeLLM: typeof OpenAiLLM = /* @__PURE__ */ openAiLike(
  OPENAI_LIKE.modelscope as OpenAiServer,
  'modelscope',
)
