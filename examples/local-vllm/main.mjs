// @ts-check
// Chats with a server on your own machine that speaks the OpenAI format, such as vLLM.
// Run it: vllm serve Qwen/Qwen2.5-7B-Instruct
//         npm install chatwire && node main.mjs "Tell me a joke"
// VLLM_BASE_URL, VLLM_MODEL and VLLM_API_KEY name others.
import process from 'node:process'
import { getChatModel } from 'chatwire'

const llm = getChatModel({
  // A URL instead of a name: any server that speaks the format. It is not asked for a key.
  modelServer: process.env.VLLM_BASE_URL ?? 'http://localhost:8000/v1',
  model: process.env.VLLM_MODEL ?? 'Qwen/Qwen2.5-7B-Instruct',
  apiKey: process.env.VLLM_API_KEY,
})

/** @type {import('chatwire').Message[]} */
const messages = [{ role: 'user', content: process.argv[2] ?? 'Tell me a joke' }]

const stream = llm.chat({
  messages,
  temperature: 0.7,
  stream: true,
  // What only this server knows goes in by its own name.
  extraBody: { min_p: 0.05, top_k: 20, repetition_penalty: 1.05 },
})
for await (const text of stream) process.stdout.write(text)
const { message, usage } = await stream.result()
messages.push(message, { role: 'user', content: 'Is that good? Answer yes or no.' })
console.log(`\n(${usage.promptTokens} + ${usage.completionTokens} tokens)`)

// A whole answer instead of a stream; vLLM makes sure that it is one of the two words.
const verdict = await llm.chat({
  messages,
  extraBody: { structured_outputs: { choice: ['yes', 'no'] } },
})
console.log(`Good: ${verdict.text}`)
