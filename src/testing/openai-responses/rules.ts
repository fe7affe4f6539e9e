/**
 * Rejects the requests that the Responses API rejects.
 * @see https://platform.openai.com/docs/api-reference/responses/create
 */
import type { SimulatedRequest } from '../script.ts'
import { bareListProblem } from '../strict-schema.ts'
import { checkParameters } from './parameters.ts'
import {
  bearerOf,
  isJson,
  isObject,
  isOutside,
  pathOf,
  type Failure,
  type Json,
  type ServerConfig,
} from '../vendor.ts'

const MEMBERS: ReadonlySet<string> = new Set([
  'access_programs',
  'background',
  'conversation',
  'image',
  'include',
  'input',
  'instructions',
  'max_output_tokens',
  'max_tool_calls',
  'metadata',
  'model',
  'moderation',
  'parallel_tool_calls',
  'previous_response_id',
  'prompt',
  'prompt_cache_key',
  'prompt_cache_options',
  'prompt_cache_retention',
  'reasoning',
  'safety_identifier',
  'service_tier',
  'store',
  'stream',
  'stream_options',
  'temperature',
  'text',
  'tool_choice',
  'tools',
  'top_logprobs',
  'top_p',
  'truncation',
  'user',
  'context_management',
])

/** Returns the first error in a request. */
export function checkResponses(request: SimulatedRequest, config: ServerConfig): Failure {
  const { method } = request
  const path = pathOf(request)
  const isModels = path.endsWith('/models')
  if (!isModels && !path.endsWith('/responses'))
    return { status: 404, code: '', message: `Invalid URL (${method} ${path})` }
  if (method !== (isModels ? 'GET' : 'POST'))
    return {
      status: 405,
      code: 'method_not_supported',
      message: `Not allowed to ${method} on ${path}.`,
    }
  const key = request.headers['api-key'] ?? bearerOf(request)
  if (config.asksKey && !key) return { status: 401, code: '', message: NO_KEY }
  if (config.asksKey && config.keys && !config.keys.has(key ?? '')) return { status: 401 }
  if (isModels) return undefined
  if (!isJson(request)) return refuse('We could not parse the JSON body of your request.')
  const body: Json = request.body
  return (
    checkMembers(body) ??
    checkParameters(body) ??
    checkModel(body, config) ??
    checkSampling(body) ??
    checkInput(body) ??
    checkTools(body) ??
    checkFormat(body)
  )
}

const NO_KEY =
  "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY)."

function refuse(message: string, param?: string, code = ''): Failure {
  return { status: 400, code, message, param }
}

/** @see https://platform.openai.com/docs/api-reference/responses/create */
function checkMembers(body: Json): Failure {
  for (const name of Object.keys(body)) {
    if (!MEMBERS.has(name))
      return refuse(`Unknown parameter: '${name}'.`, name, 'unknown_parameter')
  }
  return undefined
}

/** @see https://platform.openai.com/docs/guides/reasoning */
function checkModel({ model, reasoning }: Json, { models }: ServerConfig): Failure {
  if (typeof model !== 'string' || !model)
    return refuse("Missing required parameter: 'model'.", 'model', 'missing_required_parameter')
  if (models && !models.includes(model)) {
    const message = `The requested model '${model}' does not exist.`
    return refuse(message, 'model', 'model_not_found')
  }
  if (isObject(reasoning) && reasoning['effort'] && /^gpt-(3|4)/.test(model)) {
    const message = "Unsupported parameter: 'reasoning.effort' is not supported with this model."
    return refuse(message, 'reasoning.effort', 'unsupported_parameter')
  }
  return undefined
}

/** @see https://platform.openai.com/docs/guides/latest-model */
function checkSampling(body: Json): Failure {
  const { model, reasoning, max_output_tokens: limit } = body
  const effort = isObject(reasoning) ? reasoning['effort'] : undefined
  for (const [name, high] of [
    ['temperature', 2],
    ['top_p', 1],
  ] as const) {
    const value = body[name]
    if (value !== undefined && value !== null && refusesSampling(String(model), effort)) {
      const message = `Unsupported parameter: '${name}' is not supported with this model.`
      return refuse(message, name)
    }
    if (!isOutside(value, 0, high)) continue
    const code = Number(value) < 0 ? 'decimal_below_min_value' : 'decimal_above_max_value'
    return refuse(`Invalid '${name}': expected a value between 0 and ${high}.`, name, code)
  }
  if (isOutside(limit, 16, Infinity)) {
    const message = `Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got ${String(limit)} instead.`
    return refuse(message, 'max_output_tokens', 'integer_below_min_value')
  }
  return undefined
}

/**
 * True if sampling options are rejected. From gpt-5.1 on, models accept them while they do not reason, as they do unless
 * asked to until gpt-5.4.
 */
function refusesSampling(model: string, effort: unknown): boolean {
  if (/^gpt-(5\.\d|[6-9])(?!.*-chat)/.test(model))
    return (effort ?? (/^gpt-5\.[1-4]/.test(model) ? 'none' : 'medium')) !== 'none'
  return /^(o\d|gpt-5(?!.*-chat))/.test(model)
}

const PARTS: Record<string, readonly string[]> = {
  user: ['input_text', 'input_image', 'input_file'],
  system: ['input_text', 'input_image', 'input_file'],
  developer: ['input_text', 'input_image', 'input_file'],
  assistant: ['output_text', 'refusal'],
}

/** @see https://platform.openai.com/docs/api-reference/responses/create#responses-create-input */
function checkInput({ input, prompt, previous_response_id: previous }: Json): Failure {
  if (input === undefined && (prompt ?? previous) == null)
    return refuse("Missing required parameter: 'input'.", 'input', 'missing_required_parameter')
  if (typeof input === 'string' || input === undefined) return undefined
  if (!Array.isArray(input) || !input.every(isObject))
    return refuse(
      "Invalid type for 'input': expected a string or an array.",
      'input',
      'invalid_type',
    )
  for (const [index, item] of input.entries()) {
    const failure = checkItem(item, `input[${index}]`)
    if (failure) return failure
  }
  return previous ? undefined : checkCalls(input)
}

/** @see https://platform.openai.com/docs/api-reference/responses/create#responses-create-input */
function checkItem(item: Json, at: string): Failure {
  const { type = 'message', role, content } = item
  if (type === 'message') {
    const allowed = PARTS[String(role)]
    if (!allowed) return refuse(`Invalid value: '${String(role)}'.`, `${at}.role`, 'invalid_value')
    if (typeof content === 'string') return undefined
    if (!Array.isArray(content))
      return refuse(
        `Missing required parameter: '${at}.content'.`,
        `${at}.content`,
        'missing_required_parameter',
      )
    const wrong = content.findIndex((part) => !allowed.includes(String(part?.type)))
    const image = content.findIndex((part) => isObject(part?.image_url))
    if (image !== -1)
      return refuse(
        `Invalid type for '${at}.content[${image}].image_url': expected an image URL, but got an object instead.`,
        `${at}.content[${image}].image_url`,
        'invalid_type',
      )
    if (wrong === -1) return undefined
    const list = allowed.map((one) => `'${one}'`).join(', ')
    const message = `Invalid value: '${String(content[wrong]?.type)}'. Supported values are: ${list}.`
    return refuse(message, `${at}.content[${wrong}]`, 'invalid_value')
  }
  if (type === 'function_call' && typeof item['arguments'] !== 'string') {
    const message = `Missing required parameter: '${at}.arguments'.`
    return refuse(message, `${at}.arguments`, 'missing_required_parameter')
  }
  if (type === 'reasoning' && !Array.isArray(item['summary'])) {
    const message = `Missing required parameter: '${at}.summary'.`
    return refuse(message, `${at}.summary`, 'missing_required_parameter')
  }
  return undefined
}

/**
 * Requires a result for each call, a call before each result, and the item that followed each reasoning item.
 * @see https://platform.openai.com/docs/guides/function-calling
 */
function checkCalls(input: readonly Json[]): Failure {
  const open = new Set<unknown>()
  for (const [index, item] of input.entries()) {
    const { type, call_id: id } = item
    if (type === 'function_call' || type === 'custom_tool_call') open.add(id)
    if (type === 'function_call_output' || type === 'custom_tool_call_output') {
      if (!open.delete(id))
        return refuse(
          `No tool call found for function call output with call_id ${String(id)}.`,
          'input',
        )
    }
    const next = input[index + 1]
    if (
      type === 'reasoning' &&
      (!next || next['role'] === 'user' || String(next['type']).endsWith('_output'))
    ) {
      const message = `Item '${String(item['id'])}' of type 'reasoning' was provided without its required following item.`
      return refuse(message, 'input')
    }
  }
  for (const id of open)
    return refuse(`No tool output found for function call ${String(id)}.`, 'input')
  return undefined
}

/** @see https://platform.openai.com/docs/api-reference/responses/create#responses-create-tools */
function checkTools({ tools = [], tool_choice: choice }: Json): Failure {
  if (!Array.isArray(tools) || !tools.every(isObject))
    return refuse("Invalid type for 'tools'.", 'tools', 'invalid_type')
  for (const [index, { type, name }] of tools.entries()) {
    if (type !== 'function' && type !== 'custom') continue
    if (typeof name !== 'string')
      return refuse(
        `Missing required parameter: 'tools[${index}].name'.`,
        `tools[${index}].name`,
        'missing_required_parameter',
      )
    if (!/^[a-zA-Z0-9_-]{1,64}$/.test(name)) {
      const message = `Invalid 'tools[${index}].name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.`
      return refuse(message, `tools[${index}].name`, 'invalid_value')
    }
  }
  for (const { type, name, parameters } of tools) {
    const problem = type === 'function' ? bareListProblem(parameters) : undefined
    if (problem) {
      const message = `Invalid schema for function '${String(name)}': ${problem}`
      return refuse(message, 'tools', 'invalid_function_parameters')
    }
  }
  if (isObject(choice) && choice['type'] === 'function' && typeof choice['name'] !== 'string')
    return refuse(
      "Missing required parameter: 'tool_choice.name'.",
      'tool_choice.name',
      'missing_required_parameter',
    )
  const isForced = choice === 'required' || isObject(choice)
  if (isForced && tools.length === 0)
    return refuse(
      "Tool choice must be 'none' or 'auto' when 'tools' is not specified.",
      'tool_choice',
    )
  return undefined
}

/** @see https://platform.openai.com/docs/guides/structured-outputs */
function checkFormat({ text, input, instructions }: Json): Failure {
  const format = isObject(text) ? text['format'] : undefined
  if (!isObject(format)) return undefined
  if (format['type'] === 'json_schema' && typeof format['name'] !== 'string')
    return refuse(
      "Missing required parameter: 'text.format.name'.",
      'text.format.name',
      'missing_required_parameter',
    )
  if (format['type'] === 'json_object' && !/json/i.test(JSON.stringify([input, instructions]))) {
    const message =
      "Response input messages must contain the word 'json' in some form to use 'text.format' of type 'json_object'."
    return refuse(message, 'input')
  }
  return undefined
}
