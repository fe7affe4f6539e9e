// A server of chat models: /v1 for any OpenAI client, /relay for the providers in a page.
// Run it: bun add chatwire && APP_TOKEN=… DASHSCOPE_API_KEY=… ZHIPU_API_KEY=… bun main.ts
// Ask it: curl -N localhost:3000/v1/chat/completions -H 'Authorization: Bearer …' -H 'Content-Type: application/json' \
//           -d '{ "model": "fast", "stream": true, "messages": [{ "role": "user", "content": "Tell me a joke" }] }'
// PORT and HOST name another place, DASHSCOPE_HTTP_BASE_URL and ZHIPU_BASE_URL other addresses of the models.
import { createGateway, createRelay } from 'chatwire/gateway'

const { APP_TOKEN, PORT = '3000', HOST = '127.0.0.1', ...env } = process.env
if (!APP_TOKEN) throw new Error('APP_TOKEN must be set: whoever knows it may spend your keys')
const authorize = (request: Request) =>
  request.headers.get('authorization') === `Bearer ${APP_TOKEN}`

const zhipu = { apiKey: env.ZHIPU_API_KEY, baseURL: env.ZHIPU_BASE_URL }
const gateway = createGateway({
  models: {
    fast: { modelServer: 'dashscope', model: 'qwen-plus' },
    smart: { modelServer: 'zhipu', model: 'glm-4.7', ...zhipu },
  },
  authorize,
})
// In a page: getChatModel({ modelServer: 'zhipu', model: 'glm-4.7', baseURL: '/relay/zhipu', apiKey: appToken })
const dashscope = { apiKey: env.DASHSCOPE_API_KEY, baseURL: env.DASHSCOPE_HTTP_BASE_URL }
const relay = createRelay({ servers: { dashscope, zhipu }, authorize })

export default {
  hostname: HOST,
  port: Number(PORT),
  // Seconds, the most there are: Bun hangs up after ten, and a model may think for longer.
  idleTimeout: 255,
  // Otherwise a failure would show the source to the caller.
  development: false,
  fetch(request: Request): Promise<Response> | Response {
    // Bun passes on what a client without a proper `Host` asks for.
    if (!URL.canParse(request.url)) return new Response(null, { status: 400 })
    const isRelay = new URL(request.url).pathname.startsWith('/relay/')
    return isRelay ? relay(request) : gateway(request)
  },
}
