/**
 * Rejects the requests that OpenAI rejects, and Azure with its own path and header.
 */
import type { SimulatedRequest } from '../script.ts'
import { checkMembers, checkMessages } from './messages.ts'
import { checkParameters, checkTypes } from './parameters.ts'
import { refuse } from './refusal.ts'
import { checkToolNames, checkTools } from './tools.ts'
import {
  bearerOf,
  isJson,
  isOutside,
  messagesOf,
  pathOf,
  type ServerConfig,
  type Failure,
  type Json,
} from '../vendor.ts'

type Route = 'chat' | 'completions' | 'models'

/** Returns the service that a path names, with any prefix. */
export function routeOf(request: SimulatedRequest): Route | undefined {
  const path = pathOf(request)
  if (path.endsWith('/chat/completions')) return 'chat'
  if (path.endsWith('/completions')) return 'completions'
  return path.endsWith('/models') ? 'models' : undefined
}

/** Returns the first error in a request. */
export function checkOpenAI(request: SimulatedRequest, account: ServerConfig): Failure {
  const { method } = request
  const path = pathOf(request)
  const route = routeOf(request)
  if (!route || (isDeployment(path) && !new URL(request.url).searchParams.get('api-version'))) {
    return { status: 404, code: '', message: `Invalid URL (${method} ${path})` }
  }
  if (method !== (route === 'models' ? 'GET' : 'POST')) {
    return {
      status: 405,
      code: 'method_not_supported',
      message: `Not allowed to ${method} on ${path}.`,
    }
  }
  // Azure accepts either.
  const key = request.headers['api-key'] ?? bearerOf(request)
  if (account.asksKey && !key) return { status: 401, code: '', message: NO_KEY }
  if (account.asksKey && account.keys && !account.keys.has(key ?? '')) return { status: 401 }
  if (route === 'models') return undefined
  if (!isJson(request)) return refuse('We could not parse the JSON body of your request.')
  const { body } = request
  const isOwn = isOpenAI(request)
  const failure =
    checkModel(request, account) ?? checkTypes(body) ?? checkStream(body) ?? checkSampling(body)
  if (failure || route === 'completions') return failure ?? checkPrompt(body)
  return (
    checkToolNames(body) ??
    checkMessages(body['messages']) ??
    checkPrefill(request) ??
    (isOwn ? checkOwn(body, { isAzure: isDeployment(pathOf(request)) }) : undefined)
  )
}

/**
 * Checks how the start of a reply is marked, at the servers that document it.
 * @see https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html
 * @see https://api-docs.deepseek.com/guides/chat_prefix_completion
 */
function checkPrefill({ url, body }: SimulatedRequest): Failure {
  const json = body as Json
  if (json['continue_final_message'] === true && json['add_generation_prompt'] !== false)
    return refuse('Cannot set both `continue_final_message` and `add_generation_prompt` to True.')
  const { hostname, pathname } = new URL(url)
  const last = messagesOf(json['messages'])?.at(-1)
  if (hostname !== 'api.deepseek.com' || last?.['role'] !== 'assistant') return undefined
  if (last['prefix'] !== true)
    return refuse(
      'The last message must be a user message, or an assistant message with prefix mode on',
    )
  return pathname.startsWith('/beta/')
    ? undefined
    : refuse('Prefix mode is supported with the beta base URL only')
}

/**
 * Checks the rules of OpenAI that many servers of its format do not have.
 * @see https://platform.openai.com/docs/api-reference/chat/create
 */
function checkOwn(body: Json, { isAzure }: { isAzure: boolean }): Failure {
  return (
    checkParameters(body, { isAzure }) ??
    checkTools(body) ??
    checkMembers(messagesOf(body['messages']) ?? [])
  )
}

/** True for OpenAI's and Azure's hosts, and for OpenAI's own models wherever the simulator is mounted. */
function isOpenAI(request: SimulatedRequest): boolean {
  const { hostname } = new URL(request.url)
  const isHost = /(^|\.)(openai\.com|openai\.azure\.com|cognitiveservices\.azure\.com)$/.test(
    hostname,
  )
  return isHost || /^(gpt-\d|o\d|chatgpt|ft:gpt)/.test(String((request.body as Json)['model']))
}

const NO_KEY =
  "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY)."

// Azure's older form: the path names the model, and the one in the body is ignored.
function isDeployment(path: string): boolean {
  return path.includes('/openai/deployments/')
}

/** @see https://platform.openai.com/docs/guides/error-codes */
function checkModel(request: SimulatedRequest, { models }: ServerConfig): Failure {
  if (isDeployment(pathOf(request))) return undefined
  const { model }: Json = request.body
  if (typeof model !== 'string' || !model) return refuse('you must provide a model parameter')
  if (!models || models.includes(model)) return undefined
  return {
    status: 404,
    message: `The model \`${model}\` does not exist or you do not have access to it.`,
  }
}

/** @see https://platform.openai.com/docs/api-reference/chat/create#chat-create-stream_options */
function checkStream(body: Json): Failure {
  if (body['stream'] === true || body['stream_options'] == null) return undefined
  const message = "The 'stream_options' parameter is only allowed when 'stream' is enabled."
  return refuse(message, '', 'stream_options')
}

/** @see https://platform.openai.com/docs/api-reference/chat/create */
function checkSampling(body: Json): Failure {
  const { temperature, top_p: topP, stop } = body
  for (const [name, value, high] of [
    ['temperature', temperature, 2],
    ['top_p', topP, 1],
  ] as const) {
    if (!isOutside(value, 0, high)) continue
    const code = Number(value) < 0 ? 'decimal_below_min_value' : 'decimal_above_max_value'
    return refuse(`Invalid '${name}': expected a value between 0 and ${high}.`, code, name)
  }
  if (Array.isArray(stop) && stop.length > 4) {
    return refuse("Invalid 'stop': expected at most 4 words.", 'array_above_max_length', 'stop')
  }
  // Recorded from OpenAI's own reasoning models. Compatible servers know only `max_tokens`.
  if (body['max_tokens'] != null && /^(o\d|gpt-[5-9])/.test(String(body['model']))) {
    const message =
      "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
    return refuse(message, 'unsupported_parameter', 'max_tokens')
  }
  return undefined
}

/** @see https://platform.openai.com/docs/api-reference/completions/create */
function checkPrompt(body: Json): Failure {
  if (body['prompt'] != null) return undefined
  return refuse("Missing required parameter: 'prompt'.", 'missing_required_parameter', 'prompt')
}
