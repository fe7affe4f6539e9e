// A chat in the terminal that remembers: Ctrl+C stops an answer and keeps its half, Ctrl+D ends the chat.
// Run it: npm install chatwire && DASHSCOPE_API_KEY=sk-… node main.mjs
import process from 'node:process'
import { createInterface } from 'node:readline'
import { getChatModel } from 'chatwire'

const llm = getChatModel({
  modelServer: 'dashscope',
  model: 'qwen-plus',
  baseURL: process.env.DASHSCOPE_BASE_URL,
})
const terminal = createInterface({ input: process.stdin, output: process.stdout, prompt: '> ' })
const messages = [{ role: 'system', content: 'Answer briefly.' }]
let stream
terminal.on('SIGINT', () => (stream ? stream.cancel() : terminal.close()))
terminal.prompt()
for await (const content of terminal) {
  messages.push({ role: 'user', content })
  stream = llm.chat({ messages, stream: true })
  try {
    for await (const text of stream) process.stdout.write(text)
  } catch (error) {
    if (error.name !== 'AbortError') console.error(`\n${error.message}`)
  }
  const { text, message } = stream.partial // of a complete answer all of it
  if (text) messages.push(message)
  else messages.pop() // asked without an answer
  stream = undefined
  console.log()
  terminal.prompt()
}
