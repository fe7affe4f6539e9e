/**
 * The gateway that the tests ask, the same in every runtime. What it is to know stands in `env`.
 */
import { createGateway } from 'chatwire/gateway'

/** @typedef {{ DASHSCOPE: string, ZHIPU: string, OPENAI: string, KEY: string, TOKEN: string }} Env */

/** @param {number} pingInterval */
const create = (pingInterval) =>
  createGateway({
    /** @param {Env} env */
    models: ({ DASHSCOPE, ZHIPU, OPENAI, KEY: apiKey }) => {
      // The clients' own retries are tried, not ours.
      const common = { apiKey, maxRetries: 0 }
      const config = { ...common, modelServer: 'openai', model: 'gpt-4o', baseURL: OPENAI }
      return {
        dashscope: { ...common, modelServer: 'dashscope', model: 'qwen-plus', baseURL: DASHSCOPE },
        zhipu: { ...common, modelServer: 'zhipu', model: 'glm-4.7', baseURL: ZHIPU },
        openai: config,
        spare: [{ ...config, baseURL: 'http://127.0.0.1:9/v1' }, config],
      }
    },
    authorize: (request, { TOKEN }) => request.headers.get('authorization') === `Bearer ${TOKEN}`,
    limits: { maxTokens: 4096 },
    pingInterval,
  })

const patient = create(15_000)
const lively = create(50)

/**
 * Below `/lively` it says something at least every 50 ms.
 * @param {Request} request
 * @param {Env} env
 */
export const gateway = (request, env) =>
  (new URL(request.url).pathname.startsWith('/lively/') ? lively : patient)(request, env)

export default { fetch: gateway }
