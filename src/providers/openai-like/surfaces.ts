/**
 * The OpenAI format as vendors speak it that have a provider of their own here. Used for `openai` with one of their URLs.
 */
import type { OpenAiServer } from '../openai.ts'

export const OPENAI_SURFACES: readonly OpenAiServer[] = [
  // https://help.aliyun.com/zh/model-studio/compatibility-of-openai-with-dashscope
  {
    baseURL: 'https://dashscope.aliyuncs.com/compatible-mode/v1',
    hosts: ['dashscope-intl.aliyuncs.com', 'dashscope-us.aliyuncs.com'],
    keyVariables: ['DASHSCOPE_API_KEY'],
    toolChoice: ['auto', 'none', 'function'],
    reasoningStyle: 'flag',
    // https://help.aliyun.com/zh/model-studio/partial-mode
    models: [
      [
        /^qwen(-(max|plus|turbo|flash|coder|vl)|2\.5|3-(max|coder|vl|next))(?!.*-(thinking|omni))/,
        { prefill: 'partial' },
      ],
    ],
  },
  // https://docs.bigmodel.cn/cn/guide/develop/openai/introduction
  {
    baseURL: 'https://open.bigmodel.cn/api/paas/v4',
    hosts: ['bigmodel.cn', 'z.ai'],
    keyVariables: ['ZHIPU_API_KEY', 'ZHIPUAI_API_KEY', 'ZAI_API_KEY'],
    stopLimit: 1,
    renamed: { user: 'user_id' },
    unsupportedOptions: ['topK', 'repetitionPenalty'],
    toolChoice: ['auto', 'none'],
    formats: ['text', 'json_object'],
    reasoningStyle: 'type',
    replayReasoning: 'tools',
    unsupportedParts: ['file'],
  },
  // https://ai.google.dev/gemini-api/docs/openai
  {
    baseURL: 'https://generativelanguage.googleapis.com/v1beta/openai',
    keyVariables: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'],
    unsupportedOptions: ['topK', 'repetitionPenalty'],
    reasoningStyle: 'effort',
    defaultEffort: 'medium',
  },
]
