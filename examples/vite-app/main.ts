// A chat in a web app.
// Run it: npm install && OPENAI_API_KEY=… npm run dev
// OPENAI_BASE_URL names another server that speaks the OpenAI format.
import type { Message } from 'chatwire'
import { getChatModel, isChatError } from 'chatwire'

// No key here: vite.config.js puts it in.
const llm = getChatModel({ modelServer: 'openai', model: 'gpt-5-mini', baseURL: '/llm' })

const form = document.querySelector('form') as HTMLFormElement
const input = form.elements.namedItem('prompt') as HTMLInputElement
const stop = form.elements.namedItem('stop') as HTMLButtonElement
const output = document.querySelector('output') as HTMLOutputElement

// The conversation so far: every call sends the whole of it.
const messages: Message[] = []
let cancel = () => {}

form.addEventListener('submit', async (event) => {
  event.preventDefault()
  messages.push({ role: 'user', content: input.value })
  output.append(`\n> ${input.value}\n`)
  const stream = llm.chat({ messages, stream: true })
  cancel = () => stream.cancel()
  try {
    for await (const text of stream) output.append(text)
    const { usage } = await stream.result() // the same answer, whole
    output.append(`\n(${usage.totalTokens} tokens)\n`)
  } catch (error) {
    output.append(isChatError(error) ? `\n${error.code}: ${error.message}\n` : '\n(stopped)\n')
  }
  // Half an answer stays in the conversation; a question without any does not.
  if (stream.partial.text) messages.push(stream.partial.message)
  else messages.pop()
})

// Ends the request too, so you do not pay for tokens you never read.
stop.addEventListener('click', () => cancel())
