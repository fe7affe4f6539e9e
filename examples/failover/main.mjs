// Two models as one: where the first one fails or is cut off in mid-answer, the second one goes on.
// Run it: npm install chatwire && DASHSCOPE_API_KEY=sk-… ZHIPU_API_KEY=… node main.mjs "Tell me a story"
import process from 'node:process'
import { failover, getChatModel } from 'chatwire'

const qwen = getChatModel({
  modelServer: 'dashscope',
  model: 'qwen-plus',
  baseURL: process.env.DASHSCOPE_BASE_URL,
  maxRetries: 0, // the second model answers sooner than another try of the first one
})
const glm = getChatModel({
  modelServer: 'zhipu',
  model: 'glm-4.7',
  baseURL: process.env.ZHIPU_BASE_URL,
})
const llm = failover([qwen, glm], { onCut: 'continue' })

const stream = llm.chat({ prompt: process.argv[2] ?? 'Tell me a joke', stream: true })
for await (const event of stream.events()) {
  if (event.type === 'text-delta') process.stdout.write(event.text)
  if (event.type === 'failover') console.error(`\n[${event.provider}: ${event.action}]`)
}
const { provider, attempts } = await stream.result()
const tried = attempts.map((each) => `${each.provider} ${each.error?.code ?? 'ok'}`)
console.log(`\n(${provider} answered: ${tried.join(', ')})`)
