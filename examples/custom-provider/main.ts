// A provider of your own. This one speaks the native format of Ollama: one JSON object a line.
// Run it: ollama pull qwen3:0.6b && npm install chatwire && bun main.ts
//         (Deno, and Node from 22.18 on, run it too.) OLLAMA_URL names another address.
import process from 'node:process'
import type { Call, Message } from 'chatwire'
import { BaseChatModel, getChatModel, registerLLM } from 'chatwire'
// What the built-in providers are made of; there is `readSSE` too.
import { parseFrame, post, readNDJSON, StreamError } from 'chatwire'

class MyOllama extends BaseChatModel {
  // The only method that must be there. It yields strings, or StreamEvents such as
  // { type: 'usage', usage }. Retries, limits, stop sequences and the rest come from the base class.
  protected override async *_chatStream(messages: readonly Message[], call: Call) {
    const url = `${this.config.baseURL ?? 'http://localhost:11434'}/api/chat`
    // `call` has the options of this chat, and what `post` and `readNDJSON` need to know.
    const options = { temperature: call.temperature, num_predict: call.maxTokens, stop: call.stop }
    const response = await post(url, { body: { model: this.model, messages, options } }, call)
    for await (const frames of readNDJSON(response, call)) {
      for (const frame of frames) {
        const line = parseFrame(frame) as { message?: { content: string }; done: boolean }
        if (line.message) yield line.message.content
        if (line.done) return
      }
    }
    // An answer without its end was cut: say so, or it would pass for a short one.
    throw new StreamError('stream_truncated', 'Ollama stopped before it was done')
  }
}
registerLLM('my-ollama', MyOllama) // or @registerLLM('my-ollama') above the class

const llm = getChatModel('my-ollama:qwen3:0.6b', { baseURL: process.env.OLLAMA_URL })
const stream = llm.chat({ prompt: process.argv[2] ?? 'Tell me a joke', stream: true })
for await (const text of stream) process.stdout.write(text)
const { usage } = await stream.result()
console.log(`\n(about ${usage.totalTokens} tokens)`)
