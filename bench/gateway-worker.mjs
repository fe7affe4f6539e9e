/**
 * The Worker under test: the gateway and the relay, and beside them two ways to pass the same upstream through.
 */
import { createGateway, createRelay } from '../dist/gateway.js'

const gateway = createGateway({
  models: (env) => ({
    openai: { modelServer: 'openai', model: 'gpt-4o', apiKey: 'sk-bench', baseURL: env.OPENAI },
  }),
  authorize: 'public',
})

const relay = createRelay({
  servers: (env) => ({ openai: { apiKey: 'sk-bench', baseURL: env.OPENAI } }),
  authorize: 'public',
})

// oxlint-disable-next-line import/no-default-export -- what a Worker is
export default {
  /**
   * @param {Request} request
   * @param {{ OPENAI: string }} env
   */
  async fetch(request, env) {
    const { pathname } = new URL(request.url)
    if (pathname === '/v1/chat/completions') return gateway(request, env)
    if (pathname.startsWith('/relay/')) return relay(request, env)
    const headers = { 'content-type': 'application/json' }
    const body = await request.text() // Node would ask for `duplex` with a stream
    const answer = await fetch(`${env.OPENAI}/chat/completions`, { method: 'POST', headers, body })
    return pathname === '/script' ? pump(answer) : answer
  },
}

/**
 * The least that a Worker can do which looks at what passes: it looks at nothing.
 * @param {Response} answer
 */
function pump({ body, headers }) {
  const reader = body?.getReader()
  const copy = new ReadableStream(
    {
      async pull(controller) {
        const { value } = (await reader?.read()) ?? {}
        if (value) controller.enqueue(value)
        else controller.close()
      },
    },
    { highWaterMark: 0 },
  )
  return new Response(copy, { headers })
}
