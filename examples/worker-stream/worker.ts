// Streams a model's answer to whoever asks with the right token. The keys stay in the Worker.
// Run it:  npm install chatwire wrangler
//          printf 'APP_TOKEN=…\nDASHSCOPE_API_KEY=…\n' > .dev.vars && npx wrangler dev
// Ask it:  curl -N localhost:8787 -H 'Authorization: Bearer …' -d 'Tell me a joke'
// Online:  npx wrangler secret put APP_TOKEN (and DASHSCOPE_API_KEY), then npx wrangler deploy
import { getChatModel } from 'chatwire'

interface Env {
  /** Clients send it to be admitted. */
  APP_TOKEN: string
  /** The package looks up a server's key in `env` by its usual name … */
  DASHSCOPE_API_KEY: string
  /** … and its address, if it is not the usual one. */
  DASHSCOPE_HTTP_BASE_URL?: string
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    if (request.method !== 'POST') return new Response('POST a prompt', { status: 405 })
    // Without this check, everyone could spend your key; an unset token would admit `Bearer undefined`.
    const { APP_TOKEN } = env
    if (!APP_TOKEN || request.headers.get('authorization') !== `Bearer ${APP_TOKEN}`) {
      return new Response('Missing or invalid API key', { status: 401 })
    }
    const llm = getChatModel({ modelServer: 'dashscope', model: 'qwen-plus', env })
    // The request is sent when the client starts reading; a disconnect ends it.
    const stream = llm.chat({ prompt: await request.text(), stream: true })
    // Server-sent events: a page reads them back with `ChatStream.from(await fetch(…))`.
    return stream.toResponse()
  },
}
