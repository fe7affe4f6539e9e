/**
 * What the benchmark asks: the gateway, and beside it a bare pass-through of the same upstream.
 */
import { createGateway } from '../dist/gateway.js'

const gateway = createGateway({
  models: (env) => ({
    openai: { modelServer: 'openai', model: 'gpt-4o', apiKey: 'sk-bench', baseURL: env.OPENAI },
  }),
  authorize: 'public',
})

// oxlint-disable-next-line import/no-default-export -- what a Worker is
export default {
  /**
   * @param {Request} request
   * @param {{ OPENAI: string }} env
   */
  fetch(request, env) {
    if (!request.url.endsWith('/bare')) return gateway(request, env)
    const { headers, body } = request
    return fetch(`${env.OPENAI}/chat/completions`, { method: 'POST', headers, body })
  },
}
