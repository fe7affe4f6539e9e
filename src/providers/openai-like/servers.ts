/**
 * Servers of the OpenAI format with differences of their own, each a row of data: the only place to add such a
 * server. The linked page documents a row. Omitted properties mean the usual behavior.
 */
import { TAKES_VERBOSITY } from '../../wire/openai/dialect.ts'
import type { OpenAiServer } from '../openai.ts'

/** Matches every model. */
const ANY = /^/

/** xAI's reasoning models. */
const GROK_THINKS = {
  thinksByDefault: true,
  stopLimit: 0,
  fixedWhileThinking: { presencePenalty: 0, frequencyPenalty: 0 },
} as const

const KIMI_SAMPLING = {
  temperature: 1,
  topP: 0.95,
  presencePenalty: 0,
  frequencyPenalty: 0,
} as const

/** Rows by registered server name. */
export const OPENAI_LIKE: Record<string, OpenAiServer> = {
  // https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html
  'vllm-server': {
    cors: 'yes', // every origin, unless set by --allowed-origins
    baseURL: 'http://localhost:8000/v1',
    baseURLVariables: ['VLLM_BASE_URL'],
    keyVariables: ['VLLM_API_KEY'],
    requiresKey: false,
    schemaDialect: 'vllm',
    hidesSchema: true,
    prefill: 'continue_final_message',
    reasoningStyle: 'template',
    rawPrompt: true,
    unsupportedParts: ['video'],
    responses: {},
  },
  // https://modelscope.cn/docs/model-service/API-Inference/intro
  modelscope: {
    cors: 'yes',
    baseURL: 'https://api-inference.modelscope.cn/v1',
    keyVariables: ['MODELSCOPE_API_KEY', 'MODELSCOPE_API_TOKEN', 'MODELSCOPE_SDK_TOKEN'],
    unsupportedFormats: { json_object: ANY, json_schema: ANY }, // depends on the backend, undocumented
    reasoningStyle: 'flag',
  },
  // https://api-docs.deepseek.com
  deepseek: {
    cors: 'yes', // reflects the origin
    baseURL: 'https://api.deepseek.com/v1',
    keyVariables: ['DEEPSEEK_API_KEY'],
    stopLimit: 16,
    unsupportedOptions: ['topK', 'repetitionPenalty', 'seed', 'parallelToolCalls', 'user'],
    formats: ['text', 'json_object'],
    reasoningStyle: 'type',
    needsResults: true,
    // https://api-docs.deepseek.com/guides/thinking_mode
    replayReasoning: 'tool-calls',
    emptyReasoning: '',
    toolChoiceWhileThinking: ['auto', 'none'],
    models: [[/^deepseek-(?!chat)/, { thinksByDefault: true }]],
    // https://api-docs.deepseek.com/guides/chat_prefix_completion
    prefill: 'prefix',
    prefillURL: 'https://api.deepseek.com/beta',
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
    rejectsEmpty: true,
    needsResults: true,
    effortAlone: true,
    // https://platform.kimi.ai/docs/guide/use-partial-mode-feature-of-kimi-api
    prefill: 'partial',
    models: [
      // https://platform.kimi.ai/docs/guide/use-reasoning-effort
      [
        /^kimi-k[3-9]/,
        {
          alwaysThinks: true,
          reasoningStyle: 'effort',
          efforts: ['low', 'high', 'max'],
          toolChoiceWhileThinking: ['auto', 'none', 'required'],
          fixedWhileThinking: KIMI_SAMPLING,
        },
      ],
      [
        /^kimi-k2\.7-code/,
        {
          alwaysThinks: true,
          toolChoiceWhileThinking: ['auto', 'none'],
          fixedWhileThinking: KIMI_SAMPLING,
        },
      ],
      [
        /^kimi-k(2\.[5-9]|2-thinking)/,
        {
          thinksByDefault: true,
          toolChoiceWhileThinking: ['auto', 'none'],
          fixedWhileThinking: KIMI_SAMPLING,
          fixedOtherwise: { ...KIMI_SAMPLING, temperature: 0.6 },
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
    cors: 'yes',
    baseURL: 'https://openrouter.ai/api/v1',
    keyVariables: ['OPENROUTER_API_KEY'],
    reasoningStyle: 'object',
    reasoningDetails: true,
    verbosity: TAKES_VERBOSITY,
    // Other models depend on their upstream: https://openrouter.ai/docs/features/structured-outputs
    unsupportedFormats: { json_schema: /^(?!(openai|google)\/)/ },
    rawPrompt: true,
    responses: {}, // https://openrouter.ai/docs/api-reference/responses-api
  },
  // https://console.groq.com/docs/openai
  groq: {
    baseURL: 'https://api.groq.com/openai/v1',
    keyVariables: ['GROQ_API_KEY'],
    schemaDialect: 'groq',
    maxTokens: 'max_completion_tokens',
    stopLimit: 4,
    unsupportedOptions: ['topK', 'repetitionPenalty'],
    reasoningStyle: 'effort',
    // https://console.groq.com/docs/reasoning
    models: [
      [/gpt-oss/, { efforts: ['low', 'medium', 'high'], defaultEffort: 'medium' }],
      [/qwen/, { efforts: ['none', 'default'], defaultEffort: 'default' }],
    ],
    // Others accept it without enforcing it, or reject it: https://console.groq.com/docs/structured-outputs
    unsupportedFormats: { json_schema: /^(?!openai\/gpt-oss)/ },
    usageField: 'x_groq',
    responses: {}, // https://console.groq.com/docs/responses-api
  },
  // https://docs.mistral.ai/api
  mistral: {
    cors: 'yes',
    baseURL: 'https://api.mistral.ai/v1',
    keyVariables: ['MISTRAL_API_KEY'],
    streamUsage: false,
    prefill: 'prefix', // "Expected last role User or Tool (or Assistant with prefix True)"
    renamed: { seed: 'random_seed' },
    unsupportedOptions: ['topK', 'repetitionPenalty', 'user'],
    reasoningStyle: 'effort',
    defaultEffort: 'high', // its adjustable models think only on request
    // https://github.com/withceleste/celeste-python/pull/311
    // https://github.com/mistralai/mistral-vibe/issues/1117
    models: [
      [/^(mistral-(small|medium)|magistral-small)/, { efforts: ['none', 'high'] }],
      [/^magistral-medium/, { alwaysThinks: true, efforts: [], defaultEffort: undefined }],
      [/^zai-glm-5[.-][3-9]/, { alwaysThinks: true, efforts: ['low', 'high', 'max'] }],
    ],
    toolCallId: { pattern: /^[a-zA-Z0-9]{9}$/, length: 9 },
  },
  // https://docs.x.ai/docs/api-reference
  xai: {
    baseURL: 'https://api.x.ai/v1',
    keyVariables: ['XAI_API_KEY'],
    schemaDialect: 'xai',
    rejectsEmpty: true,
    unsupportedOptions: ['topK', 'repetitionPenalty'],
    reasoningStyle: 'effort',
    // https://docs.x.ai/docs/guides/reasoning
    models: [
      [/^grok-(3(?!-mini)|.*non-reasoning)/, { reasoningStyle: 'off' }],
      // "Model grok-4-0709 does not support parameter reasoningEffort."
      // https://github.com/NousResearch/hermes-agent/pull/23435
      [
        /^grok-(4-0709|4[-.]1-fast|4-fast|4\.20(?!-multi-agent)|code|build|composer)/,
        { ...GROK_THINKS, efforts: [] },
      ],
      [/^grok-4\.5/, { ...GROK_THINKS, alwaysThinks: true, efforts: ['low', 'medium', 'high'] }],
      [/^grok-4\.[6-9]/, { ...GROK_THINKS, alwaysThinks: true }],
      [/^grok-(3-mini|4)/, GROK_THINKS],
    ],
    responses: { encryptedReasoning: true, searchTool: 'web_search' }, // https://docs.x.ai/docs/guides/responses-api
  },
  // https://docs.perplexity.ai/api-reference/chat-completions-post
  perplexity: {
    baseURL: 'https://api.perplexity.ai',
    keyVariables: ['PERPLEXITY_API_KEY'],
    schemaDialect: 'perplexity',
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
    prefill: false, // "Last message must have role `user`"
    reasoningStyle: 'effort',
  },
  // https://inference-docs.cerebras.ai/api-reference/chat-completions
  cerebras: {
    baseURL: 'https://api.cerebras.ai/v1',
    keyVariables: ['CEREBRAS_API_KEY'],
    schemaDialect: 'cerebras',
    maxTokens: 'max_completion_tokens',
    stopLimit: 4,
    unsupportedOptions: ['topK', 'repetitionPenalty', 'presencePenalty', 'frequencyPenalty'],
    reasoningStyle: 'effort',
    // https://inference-docs.cerebras.ai/capabilities/reasoning
    models: [[/gpt-oss/, { efforts: ['low', 'medium', 'high'] }]],
    rawPrompt: true,
  },
  // https://lmstudio.ai/docs/app/api/endpoints/openai
  lmstudio: {
    cors: 'set', // setting "Enable CORS"
    baseURL: 'http://localhost:1234/v1',
    keyVariables: ['LMSTUDIO_API_KEY'],
    requiresKey: false,
    schemaDialect: 'llamacpp',
    bareLists: true,
    hidesSchema: true,
    renamed: { repetitionPenalty: 'repeat_penalty' },
    toolChoice: ['auto', 'none', 'required'],
    rejectsEmpty: true,
    formats: ['text', 'json_schema'],
    reasoningStyle: 'effort',
    rawPrompt: true,
    responses: { bareLists: true }, // https://lmstudio.ai/docs/developer/openai-compat/responses
  },
  // https://github.com/ggml-org/llama.cpp/tree/master/tools/server
  llamacpp: {
    cors: 'yes', // reflects the origin
    baseURL: 'http://localhost:8080/v1',
    keyVariables: ['LLAMA_API_KEY'],
    requiresKey: false,
    schemaDialect: 'llamacpp',
    bareLists: true,
    hidesSchema: true,
    renamed: { repetitionPenalty: 'repeat_penalty' },
    toolChoice: ['auto', 'none', 'required'],
    prefill: true, // unless it runs with --no-prefill-assistant
    reasoningStyle: 'template',
    rawPrompt: true,
    responses: { bareLists: true },
  },
}
