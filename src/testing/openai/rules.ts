/**
 * Rejects the requests that OpenAI rejects, and Azure with its own path and header.
 */
import type { SimulatedRequest } from '../script.ts'
import {
  bearerOf,
  callIdsOf,
  findOrphan,
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
  return (
    checkModel(request, account) ??
    checkStream(request.body) ??
    checkSampling(request.body) ??
    (route === 'chat' ? checkMessages(request.body['messages']) : checkPrompt(request.body))
  )
}

const NO_KEY =
  "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY)."

// Azure's older form: the path names the model, and the one in the body is ignored.
function isDeployment(path: string): boolean {
  return path.includes('/openai/deployments/')
}

function refuse(message: string, code = '', param?: string): Failure {
  return { status: 400, code, message, param }
}

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

function checkStream(body: Json): Failure {
  if (body['stream'] === true || body['stream_options'] == null) return undefined
  const message = "The 'stream_options' parameter is only allowed when 'stream' is enabled."
  return refuse(message, '', 'stream_options')
}

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
  if (body['max_tokens'] != null && /^(o\d|gpt-5)/.test(String(body['model']))) {
    const message =
      "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
    return refuse(message, 'unsupported_parameter', 'max_tokens')
  }
  return undefined
}

function checkPrompt(body: Json): Failure {
  if (body['prompt'] != null) return undefined
  return refuse("Missing required parameter: 'prompt'.", 'missing_required_parameter', 'prompt')
}

const ROLES: ReadonlySet<string> = new Set([
  'developer',
  'system',
  'user',
  'assistant',
  'tool',
  'function',
])

function checkMessages(value: unknown): Failure {
  const messages = messagesOf(value)
  if (!messages)
    return refuse(
      "Missing required parameter: 'messages'.",
      'missing_required_parameter',
      'messages',
    )
  if (!messages.length) {
    return refuse("Invalid 'messages': empty array.", 'empty_array', 'messages')
  }
  for (const [index, message] of messages.entries()) {
    if (!ROLES.has(String(message['role']))) {
      return refuse(
        `Invalid value: '${String(message['role'])}'.`,
        'invalid_value',
        `messages[${index}].role`,
      )
    }
    if (
      message['content'] == null &&
      !callIdsOf(message).length &&
      message['function_call'] == null
    ) {
      const message = "Invalid value for 'content': expected a string, got null."
      return refuse(message, '', `messages.[${index}].content`)
    }
  }
  return checkToolMessages(messages)
}

function checkToolMessages(messages: readonly Json[]): Failure {
  const orphan = findOrphan(messages)
  if (orphan !== -1) {
    const message =
      "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'."
    return refuse(message, '', `messages.[${orphan}].role`)
  }
  for (const [index, message] of messages.entries()) {
    const next = messages.slice(index + 1)
    const end = next.findIndex(({ role }) => role !== 'tool')
    const answered = (end === -1 ? next : next.slice(0, end)).map(
      (answer) => answer['tool_call_id'],
    )
    const calls = callIdsOf(message)
    if (calls.some((id) => String(id).length > 40)) {
      return refuse(
        'Invalid tool call id: string too long. Expected at most 40 characters.',
        'string_above_max_length',
      )
    }
    if (!calls.every((id) => answered.includes(id))) {
      const message =
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'."
      return refuse(message, '', `messages.[${index}].role`)
    }
  }
  return undefined
}
