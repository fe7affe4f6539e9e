// @ts-check
// Replies that the local server asks for: they go on while the page is reloaded, and several tabs may read them.
import { ConfigError, getChatModel, isChatError, runTools } from 'chatwire'
import { repliesInMemory, resumeResponse } from 'chatwire/server'
import { isThisComputer } from './relay.mjs'
import { LOCAL_SERVERS, SIMULATED, VENDORS } from './servers.mjs'
import { createTools } from './tools.mjs'

/** @typedef {ReadonlyMap<string, import('chatwire/testing').Simulator>} Vendors */

/** Most replies of the model to one question. */
const MAX_STEPS = 8

/**
 * Lists the models, such as `dashscope/qwen-plus`: of the servers of the relay, and of the simulated ones.
 * @param {readonly string[]} relayed
 */
export function listModels(relayed) {
  const names = [...relayed, ...SIMULATED.filter((name) => !relayed.includes(name))]
  return names.flatMap((name) => {
    const row = [...VENDORS, ...LOCAL_SERVERS].find((each) => each.name === name)
    return (row?.models ?? []).slice(0, 2).map((model) => `${name}/${model}`)
  })
}

/**
 * Answers `POST /chat` with a reply, and `GET` and `DELETE /chat?reply=…` with the rest of it and its end.
 * @param {Vendors} vendors
 * @param {import('./relay.mjs').RelayTable} servers
 */
export function createReplies(vendors, servers) {
  const store = repliesInMemory()
  return async (/** @type {Request} */ request) => {
    if (!isThisComputer(request)) return new Response('Forbidden', { status: 403 })
    if (request.method !== 'POST') return resumeResponse(request, { store })
    // A page of another origin cannot send this type unasked.
    if (!request.headers.get('content-type')?.startsWith('application/json'))
      return new Response('Send JSON', { status: 415 })
    try {
      return answer(await request.json()).toResponse({ resumable: { store }, onError: messageOf })
    } catch (error) {
      return new Response(messageOf(error) ?? 'Not a request for a reply', { status: 400 })
    }
  }

  /** @param {any} body */
  function answer({ model, system, messages, language, tools, ...options }) {
    const llm = createModel(String(model))
    const { temperature, topP, maxTokens, reasoning } = options
    return runTools(llm, {
      messages: system ? [{ role: 'system', content: system }, ...messages] : messages,
      tools: tools && llm.supportFunctionCalling() ? createTools(language) : [],
      maxSteps: MAX_STEPS,
      stream: true,
      temperature,
      topP,
      maxTokens,
      reasoning,
    })
  }

  /** @param {string} name */
  function createModel(name) {
    const at = name.indexOf('/')
    const [modelServer, model] = [name.slice(0, at), name.slice(at + 1)]
    const relayed = servers[modelServer]
    const fetch = vendors.get(modelServer)
    if (!relayed && !fetch) throw new ConfigError('unknown_server', `"${name}" is not offered here`)
    const target = relayed ?? { fetch, apiKey: 'simulated' }
    return getChatModel({ ...target, model, modelServer })
  }
}

/** On one's own computer nothing has to be hidden. @param {unknown} error */
const messageOf = (error) => (isChatError(error) ? error.message : undefined)
