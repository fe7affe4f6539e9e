// The `env` of a Worker is an interface, as `wrangler types` writes it. Checked, not run.
import { DashScopeLLM, getChatModel } from 'chatwire'

interface Env {
  DASHSCOPE_API_KEY: string
}

export const createModels = (env: Env) => [
  getChatModel({ model: 'qwen-plus', modelServer: 'dashscope', env }),
  getChatModel('dashscope:qwen-plus', { env }),
  new DashScopeLLM({ model: 'qwen-plus', env }),
]
