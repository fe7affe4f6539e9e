/**
 * Names of the built-in servers, for completion in editors.
 */

/** A built-in server. Other names can be registered. */
export type ServerName =
  | 'anthropic'
  | 'azure_openai'
  | 'browser'
  | 'cerebras'
  | 'dashscope'
  | 'dashscope_qwen'
  | 'deepseek'
  | 'engine'
  | 'gemini'
  | 'groq'
  | 'llamacpp'
  | 'lmstudio'
  | 'mistral'
  | 'modelscope'
  | 'moonshot'
  | 'ollama'
  | 'openai'
  | 'openai_fn_call'
  | 'openrouter'
  | 'perplexity'
  | 'siliconflow'
  | 'vllm'
  | 'vllm-server'
  | 'xai'
  | 'zhipu'
