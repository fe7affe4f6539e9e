/** A gateway with its cache in Workers KV: answers with the text, hit or miss, and how often the model was asked. */
import { cacheInWorkersKV, createGateway } from 'chatwire/gateway'
import { simulate } from 'chatwire/testing'

const upstream = simulate('openai', ['first', 'second'])
const gateway = createGateway({
  models: { fast: { modelServer: 'openai', model: 'gpt-4o', apiKey: 'sk-test', fetch: upstream } },
  authorize: 'public',
  // Below what KV takes, so that it must be raised.
  cache: cacheInWorkersKV((env) => env.REPLIES, { maxAge: 1 }),
})

export default {
  /**
   * @param {Request} request
   * @param {object} env
   * @param {{ waitUntil: (work: Promise<unknown>) => void }} context
   */
  async fetch(request, env, context) {
    const response = await gateway(request, env, context)
    const { choices } = await response.json()
    const cache = response.headers.get('x-chatwire-cache')
    return Response.json([choices[0].message.content, cache, upstream.requests.length])
  },
}
