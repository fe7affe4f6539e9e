// The edge of a web app: /v1 for any OpenAI client, /relay for the providers in a page, /token for a key of three minutes.
// Run it:  npm install chatwire wrangler
//          printf 'APP_TOKEN=…\nDASHSCOPE_API_KEY=…\nZHIPU_API_KEY=…\n' > .dev.vars && npx wrangler dev
// Ask it:  curl -N localhost:8787/v1/chat/completions -H 'Authorization: Bearer …' -H 'Content-Type: application/json' \
//            -d '{ "model": "fast", "stream": true, "messages": [{ "role": "user", "content": "Tell me a joke" }] }'
// Online:  npx wrangler secret put APP_TOKEN (and the keys), then npx wrangler deploy
import { createGateway, createRelay, createToken, type ServeContext } from 'chatwire/gateway'

type Key = 'APP_TOKEN' | 'DASHSCOPE_API_KEY' | 'ZHIPU_API_KEY'
type Env = Record<Key, string> & { DASHSCOPE_HTTP_BASE_URL?: string; ZHIPU_BASE_URL?: string }

// Look up the signed-in user here.
const authorize = (request: Request, { APP_TOKEN }: Env) =>
  Boolean(APP_TOKEN) && request.headers.get('authorization') === `Bearer ${APP_TOKEN}`

const qwen = (env: Env) => ({ modelServer: 'dashscope', model: 'qwen-plus', env })
const glm = (env: Env) => ({ apiKey: env.ZHIPU_API_KEY, baseURL: env.ZHIPU_BASE_URL })
const models = (env: Env) => ({
  fast: qwen(env),
  // The second answers where the first one fails.
  safe: [qwen(env), { modelServer: 'zhipu', model: 'glm-4.7', ...glm(env) }],
})
const gateway = createGateway({ models, authorize })

// In a page: getChatModel({ modelServer: 'zhipu', model: 'glm-4.7', baseURL: '/relay/zhipu', apiKey: appToken })
const servers = (env: Env) => ({
  dashscope: { apiKey: env.DASHSCOPE_API_KEY, baseURL: env.DASHSCOPE_HTTP_BASE_URL },
  zhipu: glm(env),
})
const relay = createRelay({ servers, authorize })

export default {
  async fetch(request: Request, env: Env, context: ServeContext) {
    const { pathname } = new URL(request.url)
    if (pathname.startsWith('/relay/')) return relay(request, env, context)
    if (pathname !== '/token') return gateway(request, env, context)
    if (!authorize(request, env)) return new Response('Missing or invalid API key', { status: 401 })
    return Response.json(await createToken({ server: 'zhipu', apiKey: env.ZHIPU_API_KEY }))
  },
}
