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
    if (pathname === '/parsed') return translate(answer)
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

/**
 * The least that a gateway can do: decodes, splits, parses and writes each event, and checks, times and counts nothing.
 * @param {Response} answer
 */
function translate({ body, headers }) {
  const reader = body?.getReader()
  const decoder = new TextDecoder()
  const encoder = new TextEncoder()
  let text = ''
  const copy = new ReadableStream(
    {
      async pull(controller) {
        for (;;) {
          const { value } = (await reader?.read()) ?? {}
          if (!value) return controller.close()
          text += decoder.decode(value, { stream: true })
          let frames = ''
          for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
            frames += translateEvent(text.slice('data: '.length, end))
            text = text.slice(end + 2)
          }
          if (frames) return controller.enqueue(encoder.encode(frames))
        }
      },
    },
    { highWaterMark: 0 },
  )
  return new Response(copy, { headers })
}

/** @param {string} data */
function translateEvent(data) {
  if (data === '[DONE]') return 'data: [DONE]\n\n'
  const { delta, finish_reason: reason } = JSON.parse(data).choices[0]
  const choices = [{ index: 0, delta, logprobs: null, finish_reason: reason }]
  const head = { id: 'chatcmpl-own', object: 'chat.completion.chunk', created: 1, model: 'openai' }
  return `data: ${JSON.stringify({ ...head, choices })}\n\n`
}
