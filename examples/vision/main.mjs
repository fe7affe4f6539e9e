// A question about a picture. Its bytes go into the message; a URL works too, where the server can reach it.
// Run it: npm install chatwire && DASHSCOPE_API_KEY=sk-… node main.mjs photo.png "What is this?"
import { readFile } from 'node:fs/promises'
import process from 'node:process'
import { getChatModel } from 'chatwire'

const [file, question = 'What does the picture show?'] = process.argv.slice(2)
if (file === undefined) throw new Error('Pass the path of a picture: node main.mjs photo.png')
const llm = getChatModel({
  modelServer: 'dashscope',
  model: 'qwen-vl-max',
  baseURL: process.env.DASHSCOPE_BASE_URL,
})
const content = [
  // The bytes tell the type; pass a Blob with a type for formats that they do not tell.
  { type: 'image_url', image_url: { url: await readFile(file) } },
  { type: 'text', text: question },
]
const stream = llm.chat({ messages: [{ role: 'user', content }], stream: true })
for await (const text of stream) process.stdout.write(text)
const { usage } = await stream.result()
console.log(`\n(${usage.promptTokens} + ${usage.completionTokens} tokens)`)
