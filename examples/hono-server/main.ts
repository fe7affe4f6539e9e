// An app with Hono: a chat route for your page, and the gateway for any client of the OpenAI format.
// Run it: npm install chatwire hono && DASHSCOPE_API_KEY=sk-… APP_TOKEN=secret bun main.ts
// Then:   curl -H "authorization: Bearer secret" -d "Tell me a joke" http://localhost:3000/api/chat
import process from 'node:process'
import { Hono } from 'hono'
import { getChatModel } from 'chatwire'
import { createGateway } from 'chatwire/gateway'

const { APP_TOKEN, DASHSCOPE_BASE_URL: baseURL, PORT = 3000 } = process.env
const config = { modelServer: 'dashscope', model: 'qwen-plus', baseURL }
const isUser = (request: Request) =>
  APP_TOKEN !== undefined && request.headers.get('authorization') === `Bearer ${APP_TOKEN}`

const app = new Hono()
const llm = getChatModel(config)
app.post('/api/chat', async (c) => {
  if (!isUser(c.req.raw)) return c.text('Missing or invalid token', 401)
  const stream = llm.chat({ prompt: await c.req.text(), stream: true })
  return stream.toResponse({ format: 'text' }) // 'events' for ChatStream.from and conversations
})

const gateway = createGateway({ models: { fast: config }, authorize: isUser })
app.all('/v1/*', (c) => gateway(c.req.raw))

export default { port: Number(PORT), fetch: app.fetch }
