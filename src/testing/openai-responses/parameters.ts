/**
 * Rejects the option values that the Responses API rejects: types, words and ranges.
 * @see https://platform.openai.com/docs/api-reference/responses/create
 */
import { strictSchemaProblem } from '../strict-schema.ts'
import { isObject, type Failure, type Json } from '../vendor.ts'

/** Words that a member accepts. Each list is that of the member's own entry in the reference. */
const WORDS: Record<string, readonly string[]> = {
  // https://platform.openai.com/docs/api-reference/responses/create#responses_create-truncation
  truncation: ['auto', 'disabled'],
  // https://platform.openai.com/docs/api-reference/responses/create#responses_create-service_tier
  service_tier: ['auto', 'default', 'flex', 'scale', 'priority', 'fast', 'ultrafast'],
}

// https://platform.openai.com/docs/api-reference/responses/create#responses_create-reasoning
const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']
const SUMMARIES = ['auto', 'concise', 'detailed']

/** Members that are true or false. */
const FLAGS = ['stream', 'store', 'background', 'parallel_tool_calls']

/** Returns the first option whose value is rejected. */
export function checkParameters(body: Json): Failure {
  return (
    checkTypes(body) ??
    checkReasoning(body['reasoning']) ??
    checkMetadata(body['metadata']) ??
    checkTogether(body) ??
    checkStrict(body)
  )
}

function refuse(message: string, param: string, code: string): Failure {
  return { status: 400, code, message, param }
}

function wrongType(name: string, wanted: string): Failure {
  return refuse(`Invalid type for '${name}': expected ${wanted}.`, name, 'invalid_type')
}

function wrongWord(name: string, value: unknown, allowed: readonly string[]): Failure {
  const list = allowed.map((one) => `'${one}'`).join(', ')
  const message = `Invalid value: '${String(value)}'. Supported values are: ${list}.`
  return refuse(message, name, 'invalid_value')
}

function checkTypes(body: Json): Failure {
  for (const name of FLAGS) {
    const value = body[name] ?? false
    if (typeof value !== 'boolean') return wrongType(name, 'a boolean')
  }
  for (const [name, allowed] of Object.entries(WORDS)) {
    const value = body[name] ?? undefined
    if (value !== undefined && !(allowed as readonly unknown[]).includes(value))
      return wrongWord(name, value, allowed)
  }
  for (const name of ['instructions', 'user', 'previous_response_id']) {
    const value = body[name] ?? ''
    if (typeof value !== 'string') return wrongType(name, 'a string')
  }
  const { include } = body
  if (include !== undefined && include !== null && !Array.isArray(include))
    return wrongType('include', 'an array of strings')
  return undefined
}

function checkReasoning(reasoning: unknown): Failure {
  if (reasoning === undefined || reasoning === null) return undefined
  if (!isObject(reasoning)) return wrongType('reasoning', 'an object')
  for (const [name, allowed] of [
    ['effort', EFFORTS],
    ['summary', SUMMARIES],
  ] as const) {
    const value = reasoning[name] ?? undefined
    if (value !== undefined && !(allowed as readonly unknown[]).includes(value))
      return wrongWord(`reasoning.${name}`, value, allowed)
  }
  return undefined
}

/**
 * At most 16 pairs; keys of up to 64 characters, values of up to 512.
 * @see https://platform.openai.com/docs/api-reference/responses/create#responses_create-metadata
 */
function checkMetadata(metadata: unknown): Failure {
  if (metadata === undefined || metadata === null) return undefined
  if (!isObject(metadata)) return wrongType('metadata', 'an object')
  const pairs = Object.entries(metadata)
  const isLong = pairs.some(([key, value]) => {
    return typeof value !== 'string' || key.length > 64 || value.length > 512
  })
  if (pairs.length <= 16 && !isLong) return undefined
  return refuse("Invalid 'metadata'.", 'metadata', 'invalid_value')
}

function checkTogether(body: Json): Failure {
  // "Set this only when you set `stream: true`."
  // https://platform.openai.com/docs/api-reference/responses/create#responses_create-stream_options
  if (isObject(body['stream_options']) && body['stream'] !== true) {
    const message = "The 'stream_options' parameter is only allowed when 'stream' is enabled."
    return refuse(message, 'stream_options', 'invalid_value')
  }
  // "Cannot be used in conjunction with `previous_response_id`."
  // https://platform.openai.com/docs/api-reference/responses/create#responses_create-conversation
  if (body['conversation'] && body['previous_response_id']) {
    const message = "Only one of 'previous_response_id' and 'conversation' can be provided."
    return refuse(message, 'conversation', 'mutually_exclusive_parameters')
  }
  // https://platform.openai.com/docs/guides/background: stored, or it could not be fetched.
  if (body['background'] === true && body['store'] === false)
    return refuse("Background mode requires 'store' to be true.", 'background', 'invalid_value')
  return undefined
}

/** @see https://platform.openai.com/docs/guides/structured-outputs#supported-schemas */
function checkStrict({ tools, text }: Json): Failure {
  const list: unknown[] = Array.isArray(tools) ? tools : []
  for (const [index, tool] of list.entries()) {
    if (!isObject(tool) || tool['type'] !== 'function') continue
    const { parameters, strict, name } = tool
    const problem = strict === true ? strictSchemaProblem(parameters) : undefined
    const message = `Invalid schema for function '${String(name)}': ${problem}`
    if (problem) return refuse(message, `tools[${index}].parameters`, 'invalid_function_parameters')
  }
  const format = isObject(text) ? text['format'] : undefined
  if (!isObject(format) || format['type'] !== 'json_schema') return undefined
  const { name, schema, strict } = format
  if (typeof name === 'string' && !/^[\w-]{1,64}$/.test(name))
    return refuse(
      "Invalid 'text.format.name': string does not match pattern.",
      'text.format.name',
      'invalid_value',
    )
  if (!isObject(schema)) return wrongType('text.format.schema', 'an object')
  const problem = strict === true ? strictSchemaProblem(schema) : undefined
  const message = `Invalid schema for response_format '${String(name)}': ${problem}`
  return problem ? refuse(message, 'text.format.schema', 'invalid_json_schema') : undefined
}
