/**
 * The gateway that the tests ask, the same in every runtime. What it is to know stands in `env`.
 */
import { createGateway, createRelay } from 'chatwire/gateway'

/**
 * @typedef {{ DASHSCOPE: string, ZHIPU: string, OPENAI: string, ANTHROPIC: string, GEMINI: string, OLLAMA: string,
 *   KEY: string, TOKEN: string }} Env
 */

/** @param {number} pingInterval */
const create = (pingInterval) =>
  createGateway({
    /** @param {Env} env */
    models: ({ DASHSCOPE, ZHIPU, OPENAI, ANTHROPIC, GEMINI, OLLAMA, KEY: apiKey }) => {
      // The clients' own retries are tried, not ours.
      const common = { apiKey, maxRetries: 0 }
      const config = { ...common, modelServer: 'openai', model: 'gpt-4o', baseURL: OPENAI }
      return {
        dashscope: { ...common, modelServer: 'dashscope', model: 'qwen-plus', baseURL: DASHSCOPE },
        zhipu: { ...common, modelServer: 'zhipu', model: 'glm-4.7', baseURL: ZHIPU },
        openai: config,
        anthropic: {
          ...common,
          modelServer: 'anthropic',
          model: 'claude-sonnet-4-5',
          baseURL: ANTHROPIC,
        },
        gemini: {
          ...common,
          modelServer: 'gemini',
          model: 'gemini-2.5-flash',
          baseURL: GEMINI,
        },
        ollama: { ...common, modelServer: 'ollama', model: 'qwen3:8b', baseURL: OLLAMA },
        // It thinks, and is asked as OpenAI's own server is, by whatever address.
        thinker: {
          ...common,
          modelServer: 'openai',
          model: 'gpt-5',
          fetch: (/** @type {string} */ url, /** @type {RequestInit} */ init) =>
            fetch(url.replace('https://api.openai.com/v1', OPENAI), init),
        },
        spare: [{ ...config, baseURL: 'http://127.0.0.1:9/v1' }, config],
      }
    },
    authorize: (request, { TOKEN }) => request.headers.get('authorization') === `Bearer ${TOKEN}`,
    limits: { maxTokens: 4096 },
    pingInterval,
  })

/**
 * @param {string} prefix
 * @param {number | false} pingInterval
 */
const createRelayAt = (prefix, pingInterval) =>
  createRelay({
    prefix,
    pingInterval,
    /** @param {Env} env */
    servers: ({ OPENAI, KEY }) => ({ openai: { apiKey: KEY, baseURL: OPENAI } }),
    authorize: (request, { TOKEN }) => request.headers.get('authorization') === `Bearer ${TOKEN}`,
  })

const relay = createRelayAt('/relay', false)
const livelyRelay = createRelayAt('/lively/relay', 50)

const patient = create(15_000)
const lively = create(50)

/**
 * Below `/lively` it says something at least every 50 ms; below `/relay` it is a relay, which says nothing by itself.
 * @param {Request} request
 * @param {Env} env
 */
export const gateway = (request, env) => {
  const { pathname } = new URL(request.url)
  if (pathname.startsWith('/relay/')) return relay(request, env)
  if (pathname.startsWith('/lively/relay/')) return livelyRelay(request, env)
  return (pathname.startsWith('/lively/') ? lively : patient)(request, env)
}

export default { fetch: gateway }
