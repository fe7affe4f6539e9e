// A model that looks things up: it asks for a tool, your code answers, and it goes on from there.
// Run it: npm install chatwire && DASHSCOPE_API_KEY=sk-… bun main.ts "What time is it in Oslo?"
//         (Deno, and Node from 22.18 on, run it too.)
import process from 'node:process'
import { getChatModel, runTools, tool } from 'chatwire'

const time = tool({
  name: 'time',
  description: 'Tells date and time in a time zone',
  // Or a schema of valibot, zod or arktype: then `execute` knows the types of its arguments.
  parameters: {
    type: 'object',
    properties: { zone: { type: 'string', description: 'Such as Asia/Tokyo' } },
    required: ['zone'],
  },
  // What it throws, here for a zone that does not exist, goes to the model: it may do better.
  execute: ({ zone }) => new Date().toLocaleString('en', { timeZone: String(zone) }),
})

const llm = getChatModel({
  modelServer: 'dashscope',
  model: 'qwen-plus',
  baseURL: process.env.DASHSCOPE_BASE_URL,
})
const prompt = process.argv[2] ?? 'Is it later in Tokyo or in Oslo?'
const stream = runTools(llm, { prompt, tools: [time], maxSteps: 5, stream: true })
for await (const event of stream.events()) {
  if (event.type === 'text-delta') process.stdout.write(event.text)
  if (event.type === 'tool-result') console.log(`[${event.name}: ${event.content}]`)
}
const { steps, usage } = await stream.result() // and `messages`, to go on with
console.log(`\n(${steps.length} steps, ${usage.totalTokens} tokens)`)
