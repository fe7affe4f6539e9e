// A server of chat models: /v1 for any OpenAI client, /relay for the providers in a page, and plain text for a prompt.
// Run it: APP_TOKEN=… DASHSCOPE_API_KEY=… deno serve --host 127.0.0.1 --allow-net --allow-env main.ts
// Ask it: curl -N 127.0.0.1:8000 -H 'Authorization: Bearer …' -d 'Tell me a joke'
// DASHSCOPE_HTTP_BASE_URL names another address, such as https://dashscope-intl.aliyuncs.com
import { getChatModel } from 'npm:chatwire@0.1'
import { createGateway, createRelay } from 'npm:chatwire@0.1/gateway'

const [token, apiKey, baseURL] = ['APP_TOKEN', 'DASHSCOPE_API_KEY', 'DASHSCOPE_HTTP_BASE_URL'].map(
  (name) => Deno.env.get(name),
)
if (!token) throw new Error('APP_TOKEN must be set: whoever knows it may spend your key')
const authorize = (request: Request) => request.headers.get('authorization') === `Bearer ${token}`

const llm = getChatModel({ modelServer: 'dashscope', model: 'qwen-plus' })
const gateway = createGateway({ models: { fast: llm }, authorize })
// In a page: getChatModel({ modelServer: 'dashscope', model: 'qwen-plus', baseURL: '/relay/dashscope', apiKey: token })
const relay = createRelay({ servers: { dashscope: { apiKey, baseURL } }, authorize })

export default {
  async fetch(request) {
    const { pathname } = new URL(request.url)
    if (pathname.startsWith('/relay/')) return relay(request)
    if (pathname.startsWith('/v1/')) return gateway(request)
    if (!authorize(request)) return new Response('Missing or invalid API key\n', { status: 401 })
    if (request.method !== 'POST') return new Response('POST a prompt\n', { status: 405 })
    const stream = llm.chat({ prompt: await request.text(), stream: true })
    // When the client disconnects, this body is cancelled, and with it the request to the model.
    return stream.toResponse({ format: 'text' })
  },
} satisfies Deno.ServeDefaultExport
