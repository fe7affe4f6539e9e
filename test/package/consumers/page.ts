// What a bundler is given: a page that uses one provider, without the registry.
import { isChatError } from 'chatwire/core'
import { QwenChatAtDS } from 'chatwire/providers/dashscope-qwen'

const parameters = new URLSearchParams(location.search)
const llm = new QwenChatAtDS({
  model: 'qwen-plus',
  baseURL: parameters.get('api') ?? undefined,
  // A function may give short-lived tokens, so it is allowed in a page.
  apiKey: () => parameters.get('token') ?? '',
})
const output = document.querySelector('output') as HTMLOutputElement
try {
  for await (const text of llm.chat({ prompt: 'Hello', stream: true })) output.append(text)
  output.dataset.done = 'true'
} catch (error) {
  output.dataset.done = isChatError(error) ? `${error.code}: ${error.message}` : String(error)
}
