/**
 * OpenAI's rules for the parameters of a chat request: unknown members, types, ranges, and what a model does not support.
 * @see https://platform.openai.com/docs/api-reference/chat/create
 */
import { isObject, isOutside, type Failure, type Json } from '../vendor.ts'
import { strictSchemaProblem } from '../strict-schema.ts'
import { hasType, refuse, wrongType } from './refusal.ts'

const MEMBERS = new Set(
  (
    'model messages audio frequency_penalty function_call functions logit_bias logprobs max_completion_tokens max_tokens ' +
    'metadata modalities moderation n parallel_tool_calls prediction presence_penalty prompt_cache_key ' +
    'prompt_cache_options prompt_cache_retention ' +
    'reasoning_effort response_format safety_identifier seed service_tier stop store stream stream_options temperature ' +
    'tool_choice tools top_logprobs top_p user verbosity web_search_options'
  ).split(' '),
)

/** Types of members that servers of the format share. */
const TYPES: Readonly<Record<string, string>> = {
  model: 'string',
  temperature: 'number',
  top_p: 'number',
  presence_penalty: 'number',
  frequency_penalty: 'number',
  max_tokens: 'integer',
  max_completion_tokens: 'integer',
  n: 'integer',
  seed: 'integer',
  top_logprobs: 'integer',
  stream: 'boolean',
  logprobs: 'boolean',
  parallel_tool_calls: 'boolean',
  store: 'boolean',
  user: 'string',
  reasoning_effort: 'string',
  stream_options: 'object',
  response_format: 'object',
  metadata: 'object',
  logit_bias: 'object',
  tools: 'array',
}

const RANGES: Readonly<Record<string, readonly [low: number, high: number]>> = {
  temperature: [0, 2],
  top_p: [0, 1],
  presence_penalty: [-2, 2],
  frequency_penalty: [-2, 2],
  max_tokens: [1, Number.POSITIVE_INFINITY],
  max_completion_tokens: [1, Number.POSITIVE_INFINITY],
  n: [1, 128],
  top_logprobs: [0, 20],
}

/** Members of the wrong type, which every server of the format refuses. */
export function checkTypes(body: Json): Failure {
  for (const [name, type] of Object.entries(TYPES)) {
    const value = body[name]
    if (value !== undefined && value !== null && !hasType(value, type))
      return wrongType(name, type, value)
  }
  return undefined
}

/** Checks the rules of OpenAI itself. @param isAzure Azure has members of its own */
export function checkParameters(body: Json, { isAzure }: { isAzure: boolean }): Failure {
  const unknown = Object.keys(body).find(
    (name) => !MEMBERS.has(name) && !(isAzure && name === 'data_sources'),
  )
  if (unknown) return refuse(`Unrecognized request argument supplied: ${unknown}`)
  return checkRanges(body) ?? checkStop(body['stop']) ?? checkForModel(body) ?? checkFormat(body)
}

/** @see https://platform.openai.com/docs/api-reference/chat/create */
function checkRanges(body: Json): Failure {
  for (const [name, [low, high]] of Object.entries(RANGES)) {
    const value = body[name]
    if (!isOutside(value, low, high)) continue
    const isLow = Number(value) < low
    const kind = TYPES[name] === 'integer' ? 'integer' : 'decimal'
    const code = `${kind}_${isLow ? 'below_min' : 'above_max'}_value`
    const [bound, limit] = isLow ? ['>=', low] : ['<=', high]
    const problem = `${kind} ${isLow ? 'below minimum' : 'above maximum'} value`
    return refuse(`Invalid '${name}': ${problem}. Expected a value ${bound} ${limit}.`, code, name)
  }
  if (body['max_tokens'] != null && body['max_completion_tokens'] != null)
    return refuse(
      "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
      'invalid_parameter_combination',
    )
  if (body['top_logprobs'] != null && body['logprobs'] !== true)
    return refuse("'top_logprobs' is only allowed when 'logprobs' is enabled.", '', 'top_logprobs')
  return undefined
}

/** @see https://platform.openai.com/docs/api-reference/chat/create#chat-create-stop */
function checkStop(stop: unknown): Failure {
  if (stop === undefined || stop === null) return undefined
  const words = Array.isArray(stop) ? stop : [stop]
  const wrong = words.find((word) => typeof word !== 'string')
  if (wrong !== undefined) return wrongType('stop', 'string', wrong)
  return words.includes('')
    ? refuse("Invalid 'stop': empty string. Expected a string with minimum length 1.", '', 'stop')
    : undefined
}

const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh']
const SAMPLING = { temperature: 1, top_p: 1, presence_penalty: 0, frequency_penalty: 0 }

/** Returns the effort of a request without one. Until 5.5 nothing is thought unless it is asked for. */
function usualEffort(model: string): string {
  return /^gpt-5\.[1-4]/.test(model) ? 'none' : 'medium'
}

/** @see https://platform.openai.com/docs/guides/reasoning */
function checkForModel(body: Json): Failure {
  const { reasoning_effort: effort, stop, n } = body
  const model = String(body['model'])
  const isReasoning = /^(o\d|gpt-[5-9](?!.*-chat))/.test(model)
  const words = /^gpt-[5-9](?!.*-(chat|codex))/.test(model) ? ['low', 'medium', 'high'] : ['medium']
  if (body['verbosity'] != null && !words.includes(body['verbosity'] as string))
    return refuse(
      `Unsupported value: 'verbosity' does not support '${body['verbosity'] as string}' with this model. Supported values are: ${words.map((word) => `'${word}'`).join(', ')}.`,
      'unsupported_value',
      'verbosity',
    )
  if (!isReasoning) {
    if (effort == null) return undefined
    return refuse('Unrecognized request argument supplied: reasoning_effort')
  }
  const isAstra = model.startsWith('gpt-6-astra')
  const unsupported = (name: string): Failure =>
    refuse(
      `Unsupported parameter: '${name}' is not supported with this model.`,
      'unsupported_parameter',
      name,
    )
  if (stop != null) return unsupported('stop')
  if (/^o\d/.test(model) && Number(n ?? 1) > 1) return unsupported('n')
  const efforts = /^gpt-(5\.\d|[6-9])/.test(model)
    ? EFFORTS.filter((word) => word !== 'minimal' && (word !== 'none' || !isAstra))
    : EFFORTS.slice(/^o\d/.test(model) ? 2 : 1, 5)
  if (effort != null && !efforts.includes(effort as string)) {
    const known = efforts.map((word) => `'${word}'`).join(', ')
    return refuse(
      `Unsupported value: 'reasoning_effort' does not support '${effort as string}' with this model. Supported values are: ${known}.`,
      'unsupported_value',
      'reasoning_effort',
    )
  }
  // Tools are for models that do not think, or for the Responses API: from 5.4 on with an effort, from 5.6 on also without.
  const thinks = (effort ?? usualEffort(model)) !== 'none'
  const tools = Array.isArray(body['tools']) ? body['tools'] : []
  const refused = effort == null ? /^gpt-(5\.[6-9]|[6-9])/ : /^gpt-(5\.[4-9]|[6-9])/
  if (thinks && refused.test(model) && tools.some((tool) => tool?.type === 'function'))
    return refuse(
      `Function tools with reasoning_effort are not supported for ${model} in /v1/chat/completions. To use function tools, use /v1/responses or set reasoning_effort to 'none'.`,
      '',
      'reasoning_effort',
    )
  if (!thinks) return undefined
  for (const [name, only] of Object.entries(SAMPLING)) {
    const value = body[name]
    if (value == null || value === only) continue
    return refuse(
      `Unsupported value: '${name}' does not support ${JSON.stringify(value)} with this model. Only the default (${only}) value is supported.`,
      'unsupported_value',
      name,
    )
  }
  return undefined
}

/** @see https://platform.openai.com/docs/guides/structured-outputs */
function checkFormat(body: Json): Failure {
  const format = body['response_format']
  if (!isObject(format)) return undefined
  const { type, json_schema: described } = format
  if (!['text', 'json_object', 'json_schema'].includes(String(type)))
    return refuse(
      `Invalid value: '${String(type)}'. Supported values are: 'text', 'json_object', and 'json_schema'.`,
      'invalid_value',
      'response_format.type',
    )
  if (type === 'json_object' && !/json/i.test(JSON.stringify(body['messages'] ?? '')))
    return refuse(
      "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
      '',
      'messages',
    )
  if (type !== 'json_schema') return undefined
  if (!isObject(described)) return missing('response_format.json_schema')
  const { name, schema, strict } = described
  if (name === undefined) return missing('response_format.json_schema.name')
  if (!/^[a-zA-Z0-9_-]{1,64}$/.test(name as string))
    return refuse(
      "Invalid 'response_format.json_schema.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.",
      'invalid_value',
      'response_format.json_schema.name',
    )
  if (strict !== true) return undefined
  const problem = strictSchemaProblem(schema)
  const message = `Invalid schema for response_format '${name as string}': ${problem}`
  return problem ? refuse(message, '', 'response_format') : undefined
}

export function missing(param: string): Failure {
  return refuse(`Missing required parameter: '${param}'.`, 'missing_required_parameter', param)
}
