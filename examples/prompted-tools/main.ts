// Tools for a model that has none: they are written into the prompt, and its calls read out of its text.
// Run it: ollama pull gemma3 && npm install chatwire && node main.ts "Is it warmer in Oslo or in Rome?"
//         (Node from 22.18 on; Bun and Deno run it too.) MODEL and BASE_URL name others.
import process from 'node:process'
import type { Message } from 'chatwire'
import { getChatModel, withPromptedTools } from 'chatwire'

const llm = withPromptedTools(
  getChatModel({
    model: process.env.MODEL ?? 'gemma3',
    modelServer: process.env.BASE_URL ?? 'http://localhost:11434/v1',
  }),
  // `hermes` for Qwen2.5, Qwen3 and Hermes; `native` where the server gets the tools but does not parse the calls.
  { format: 'react' },
)
const weather = {
  name: 'weather',
  description: 'The weather of a city.',
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
}
const run = (city: unknown) => `${String(city).length * 5} °C`

const messages: Message[] = [
  { role: 'user', content: process.argv[2] ?? 'How warm is it in Oslo?' },
]
for (let step = 0; step < 5; step++) {
  const tools = [{ type: 'function' as const, function: weather }]
  const stream = llm.chat({ messages, tools, stream: true })
  for await (const text of stream) process.stdout.write(text)
  const { message, toolCalls } = await stream.result()
  if (toolCalls.length === 0) break
  messages.push(message)
  for (const { id, name, arguments: given, invalid } of toolCalls) {
    // A call that is marked must not be run: its arguments are no JSON, or the reply was cut.
    const content = invalid ?? (name === 'weather' ? run(given.city) : `Unknown tool "${name}"`)
    console.log(`\n[${name} ${JSON.stringify(given)}: ${content}]`)
    messages.push({ role: 'tool', tool_call_id: id, content })
  }
}
process.stdout.write('\n')
