// @ts-check
// Chats with a model on your own machine, and gets it first if it is not there yet. No key, no cloud.
// Run it: ollama serve
//         npm install chatwire && node main.mjs "Why is the sky blue?"
// OLLAMA_HOST and OLLAMA_MODEL name others; with OLLAMA_API_KEY the host may be https://ollama.com.
import process from 'node:process'
import { isChatError, OllamaLLM } from 'chatwire'

const model = process.env.OLLAMA_MODEL ?? 'qwen3:0.6b'
const llm = new OllamaLLM({ model, maxLength: 8192 })

try {
  const models = await llm.listModels()
  if (!models.some(({ name }) => name === model || name === `${model}:latest`)) {
    await llm.pull({
      onProgress({ status, completed = 0, total }) {
        console.error(status, total ? `${Math.round((completed / total) * 100)} %` : '')
      },
    })
  }
  const stream = llm.chat({
    prompt: process.argv[2] ?? 'Why is the sky blue?',
    reasoning: true,
    stream: true,
    // What only this server knows goes in by its own name.
    extraBody: { keep_alive: '10m', options: { min_p: 0.05 } },
  })
  for await (const event of stream.events()) {
    if (event.type === 'reasoning-delta') process.stderr.write(event.text)
    if (event.type === 'text-delta') process.stdout.write(event.text)
  }
  const { usage } = await stream.result()
  console.log(`\n(${usage.promptTokens} + ${usage.completionTokens} tokens)`)
} catch (error) {
  // Such as `connection_failed`: its message asks whether Ollama is running.
  console.error(isChatError(error) ? `${error.code}: ${error.message}` : error)
  process.exitCode = 1
}
