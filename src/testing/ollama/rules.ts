/**
 * Rejects the requests that Ollama rejects. Types are those of its Go structs, which refuse to be filled with others.
 * @see https://github.com/ollama/ollama/blob/main/api/types.go
 * @see https://docs.ollama.com/api/errors
 */
import type { SimulatedRequest } from '../script.ts'
import {
  dropNulls,
  bearerOf,
  isObject,
  isOutside,
  messagesOf,
  pathOf,
  type ServerConfig,
  type Failure,
  type Json,
} from '../vendor.ts'

const ROUTES = { chat: 'POST', generate: 'POST', pull: 'POST', tags: 'GET', version: 'GET' }
type Route = keyof typeof ROUTES

/** Returns the service that a path names, with any prefix. */
export function routeOf(request: SimulatedRequest): Route | undefined {
  const name = /\/api\/(\w+)$/.exec(pathOf(request))?.[1] ?? ''
  return Object.hasOwn(ROUTES, name) ? (name as Route) : undefined
}

/** Returns the first error in a request. */
export function checkOllama(request: SimulatedRequest, account: ServerConfig): Failure {
  const route = routeOf(request)
  if (!route) return { status: 404, body: '404 page not found' }
  if (request.method !== ROUTES[route]) return { status: 405, body: '405 method not allowed' }
  // A local server requires no key. The cloud does, except for its model list.
  const wrong = account.keys && !account.keys.has(bearerOf(request) ?? '')
  if (wrong && route !== 'tags' && route !== 'version') return { status: 401 }
  if (route === 'tags' || route === 'version') return undefined
  const { body } = request
  if (body === undefined) return refuse('missing request body')
  if (!isObject(body)) return refuse('json: cannot unmarshal into Go value of type api.ChatRequest')
  return checkModel(body, route, account) ?? (route === 'pull' ? undefined : checkBody(body, route))
}

function refuse(message: string): Failure {
  return { status: 400, message }
}

function unmarshal(field: string): Failure {
  return refuse(`json: cannot unmarshal into Go struct field ChatRequest.${field}`)
}

function checkModel({ model }: Json, route: Route, { models }: ServerConfig): Failure {
  if (typeof model !== 'string' || !model) return refuse('model is required')
  // A missing model can be pulled.
  if (route === 'pull' || !models || models.includes(model)) return undefined
  return { status: 404, message: `model '${model}' not found` }
}

function checkBody(given: Json, route: Route): Failure {
  // Go leaves a field that is `null` as it is: https://pkg.go.dev/encoding/json#Unmarshal
  const body = dropNulls(given)
  const { stream, truncate, think, format, options, tools, keep_alive: keepAlive } = body
  const { shift, logprobs, top_logprobs: top } = body
  for (const [name, value] of Object.entries({ stream, truncate, shift, logprobs })) {
    if (value !== undefined && typeof value !== 'boolean') return unmarshal(`${name} of type bool`)
  }
  if (think !== undefined && typeof think !== 'boolean' && !LEVELS.has(think))
    return refuse(`invalid think value: ${JSON.stringify(think)}`)
  if (format !== undefined && format !== '' && format !== 'json' && !isObject(format))
    return refuse(
      `invalid format: ${JSON.stringify(format)}; expected "json" or a valid JSON Schema object`,
    )
  // https://docs.ollama.com/api/chat: 0 to 20
  if (top !== undefined && !Number.isInteger(top)) return unmarshal('top_logprobs of type int')
  if (isOutside(top, 0, 20)) return refuse('top_logprobs must be between 0 and 20')
  // A Go duration or a number of seconds: https://docs.ollama.com/faq#how-do-i-keep-a-model-loaded-in-memory-or-make-it-unload-immediately
  if (typeof keepAlive === 'string' && !DURATION.test(keepAlive))
    return refuse(`time: invalid duration ${JSON.stringify(keepAlive)}`)
  if (keepAlive !== undefined && typeof keepAlive !== 'number' && typeof keepAlive !== 'string')
    return unmarshal('keep_alive')
  if (tools !== undefined && !(Array.isArray(tools) && tools.every(isTool)))
    return unmarshal('tools of type api.Tools')
  return (
    (isObject(options ?? {}) ? checkOptions((options ?? {}) as Json) : unmarshal('options')) ??
    (route === 'generate' ? checkRaw(body) : checkMessages(body['messages']))
  )
}

/** @see https://pkg.go.dev/time#ParseDuration */
const DURATION = /^[-+]?(0|(\d+(\.\d*)?(ns|us|\u00b5s|ms|s|m|h))+)$/

/** @see https://docs.ollama.com/capabilities/thinking */
const LEVELS: ReadonlySet<unknown> = new Set(['low', 'medium', 'high', 'max'])
/** @see https://docs.ollama.com/modelfile#valid-parameters-and-values */
const INTEGERS =
  'num_ctx num_predict seed top_k repeat_last_n num_keep num_batch num_gpu main_gpu num_thread'
const FLOATS = 'temperature top_p min_p typical_p repeat_penalty presence_penalty frequency_penalty'

/** Checks the types of known options. Unknown names are ignored, as Ollama only logs them. */
function checkOptions(options: Json): Failure {
  for (const [name, value] of Object.entries(dropNulls(options))) {
    const wrong = (type: string): Failure => refuse(`option "${name}" must be of type ${type}`)
    if (INTEGERS.split(' ').includes(name) && !Number.isInteger(value)) return wrong('integer')
    if (FLOATS.split(' ').includes(name) && typeof value !== 'number') return wrong('float32')
    if (name === 'stop' && !isTexts(value)) return wrong('array')
  }
  return undefined
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string')
}

function isTool(tool: unknown): boolean {
  if (!isObject(tool) || tool['type'] !== 'function' || !isObject(tool['function'])) return false
  return typeof tool['function']['name'] === 'string'
}

/** @see https://github.com/ollama/ollama/blob/main/server/routes.go */
function checkRaw({ prompt, raw, template, system, context, images }: Json): Failure {
  if (typeof prompt !== 'string') return unmarshal('prompt of type string')
  if (raw === true && (template || system || context))
    return refuse('raw mode does not support template, system, or context')
  return checkImages(images)
}

const ROLES: ReadonlySet<unknown> = new Set(['system', 'user', 'assistant', 'tool'])

/** @see https://docs.ollama.com/api/chat */
function checkMessages(value: unknown): Failure {
  const messages = messagesOf(value ?? [])
  if (!messages) return unmarshal('messages of type api.Message')
  for (const message of messages) {
    const { role, content, thinking, images, tool_calls: calls } = dropNulls(message)
    if (!ROLES.has(role)) return refuse('invalid role: ' + JSON.stringify(role))
    if (content !== undefined && typeof content !== 'string')
      return unmarshal('messages.content of type string')
    if (thinking !== undefined && typeof thinking !== 'string')
      return unmarshal('messages.thinking of type string')
    const wrong = checkImages(images)
    if (wrong) return wrong
    if (calls !== undefined && !(Array.isArray(calls) && calls.every(isCall)))
      return unmarshal(
        'messages.tool_calls.function.arguments of type api.ToolCallFunctionArguments',
      )
  }
  return undefined
}

function isCall(call: unknown): boolean {
  if (!isObject(call) || !isObject(call['function'])) return false
  return typeof call['function']['name'] === 'string' && isObject(call['function']['arguments'])
}

/** Accepts base64 only: neither a URL nor the prefix of a data URL. */
function checkImages(images: unknown): Failure {
  if (images === undefined) return undefined
  if (!isTexts(images)) return unmarshal('messages.images of type []api.ImageData')
  const bad = images.findIndex((image) => !/^[a-z\d+/]+={0,2}$/i.test(image) || image.length % 4)
  return bad === -1 ? undefined : refuse(`illegal base64 data at input byte ${bad}`)
}
