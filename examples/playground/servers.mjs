// @ts-check
// The servers that the playground offers, as data: the page reads names and models, the local server the variables.

/**
 * @typedef {object} ServerRow
 * @property {string} name as it is registered in chatwire
 * @property {string} label
 * @property {readonly string[]} models suggestions; any other can be typed
 * @property {readonly string[]} [variables] where its key is looked for, the best known first
 * @property {string} [baseURLVariable] another address for it
 * @property {string} [url] where it listens on one's own computer
 * @property {boolean} [thinks] its first model thinks on request
 */

/** Reached through a relay, which puts in the key. @type {readonly ServerRow[]} */
export const VENDORS = [
  {
    name: 'dashscope',
    label: 'DashScope',
    models: ['qwen-plus', 'qwen-max', 'qwen-flash', 'qwen3-max', 'qwen3-vl-plus', 'qwq-plus'],
    variables: ['DASHSCOPE_API_KEY'],
    baseURLVariable: 'DASHSCOPE_HTTP_BASE_URL',
    thinks: true,
  },
  {
    name: 'zhipu',
    label: 'Zhipu',
    models: ['glm-4.7', 'glm-4.6', 'glm-4.5-air', 'glm-4.6v'],
    variables: ['ZHIPU_API_KEY', 'ZHIPUAI_API_KEY', 'ZAI_API_KEY'],
    thinks: true,
  },
  {
    name: 'openai',
    label: 'OpenAI',
    models: ['gpt-5-mini', 'gpt-5', 'gpt-4.1', 'gpt-4o'],
    variables: ['OPENAI_API_KEY'],
    baseURLVariable: 'OPENAI_API_BASE',
  },
  {
    name: 'anthropic',
    label: 'Anthropic',
    models: ['claude-sonnet-4-6', 'claude-haiku-4-5'],
    variables: ['ANTHROPIC_API_KEY'],
    baseURLVariable: 'ANTHROPIC_BASE_URL',
    thinks: true,
  },
  {
    name: 'gemini',
    label: 'Gemini',
    models: ['gemini-2.5-flash', 'gemini-2.5-pro'],
    variables: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'],
    thinks: true,
  },
  {
    name: 'modelscope',
    label: 'ModelScope',
    models: ['Qwen/Qwen3-235B-A22B', 'deepseek-ai/DeepSeek-V3.2'],
    variables: ['MODELSCOPE_API_KEY', 'MODELSCOPE_API_TOKEN', 'MODELSCOPE_SDK_TOKEN'],
  },
  {
    name: 'deepseek',
    label: 'DeepSeek',
    models: ['deepseek-chat', 'deepseek-reasoner'],
    variables: ['DEEPSEEK_API_KEY'],
  },
  {
    name: 'moonshot',
    label: 'Moonshot',
    models: ['kimi-k2-turbo-preview', 'kimi-k2-thinking'],
    variables: ['MOONSHOT_API_KEY'],
    baseURLVariable: 'MOONSHOT_BASE_URL',
  },
  {
    name: 'siliconflow',
    label: 'SiliconFlow',
    models: ['Qwen/Qwen3-32B', 'deepseek-ai/DeepSeek-V3.2'],
    variables: ['SILICONFLOW_API_KEY'],
  },
  {
    name: 'openrouter',
    label: 'OpenRouter',
    models: ['qwen/qwen3-max', 'z-ai/glm-4.7'],
    variables: ['OPENROUTER_API_KEY'],
  },
  {
    name: 'groq',
    label: 'Groq',
    models: ['openai/gpt-oss-120b', 'qwen/qwen3-32b'],
    variables: ['GROQ_API_KEY'],
  },
  {
    name: 'mistral',
    label: 'Mistral',
    models: ['mistral-medium-latest', 'mistral-small-latest'],
    variables: ['MISTRAL_API_KEY'],
  },
  { name: 'xai', label: 'xAI', models: ['grok-4'], variables: ['XAI_API_KEY'] },
  {
    name: 'perplexity',
    label: 'Perplexity',
    models: ['sonar', 'sonar-pro'],
    variables: ['PERPLEXITY_API_KEY'],
  },
  {
    name: 'cerebras',
    label: 'Cerebras',
    models: ['gpt-oss-120b', 'qwen-3-32b'],
    variables: ['CEREBRAS_API_KEY'],
  },
]

/** On one's own computer, asked by the page itself. @type {readonly ServerRow[]} */
export const LOCAL_SERVERS = [
  {
    name: 'ollama',
    label: 'Ollama',
    models: ['qwen3', 'llama3.2', 'gemma3'],
    variables: ['OLLAMA_API_KEY'],
    baseURLVariable: 'OLLAMA_HOST',
    url: 'http://localhost:11434',
    thinks: true,
  },
  {
    name: 'vllm-server',
    label: 'vLLM',
    models: ['Qwen/Qwen2.5-7B-Instruct', 'Qwen/Qwen3-8B'],
    variables: ['VLLM_API_KEY'],
    baseURLVariable: 'VLLM_BASE_URL',
    url: 'http://localhost:8000/v1',
  },
  { name: 'lmstudio', label: 'LM Studio', models: ['qwen3-8b'], url: 'http://localhost:1234/v1' },
  { name: 'llamacpp', label: 'llama.cpp', models: ['default'], url: 'http://localhost:8080/v1' },
]

/** Those that are simulated, each in its own wire format. */
export const SIMULATED = /** @type {const} */ ([
  'dashscope',
  'zhipu',
  'openai',
  'anthropic',
  'gemini',
  'ollama',
])
