/**
 * Rejects the requests that DashScope rejects, with the vendor's messages where a recording or a report has them.
 */
import type { SimulatedRequest } from '../script.ts'
import { checkNumbers, checkTools } from './parameters.ts'
import {
  bearerOf,
  callIdsOf,
  isJson,
  isObject,
  isOutside,
  messagesOf,
  pathOf,
  type ServerConfig,
  type Failure,
  type Json,
} from '../vendor.ts'

type Route = 'text' | 'multimodal' | 'tokens'

/** Returns the service that a path names. Any prefix may precede it, so the simulator can be mounted anywhere. */
export function routeOf(request: SimulatedRequest): Route | undefined {
  const path = pathOf(request)
  if (path.endsWith('/services/aigc/text-generation/generation')) return 'text'
  if (path.endsWith('/services/aigc/multimodal-generation/generation')) return 'multimodal'
  return path.endsWith('/tokens') ? 'tokens' : undefined
}

/** True for models of the multimodal endpoint. The vendor has no endpoint that lists them. */
export function isMultimodal(model: string): boolean {
  return (
    /-vl|-omni|-asr|-ocr/.test(model) ||
    /^(qvq|qwen-audio|qwen3\.[568]-|qwen3\.7-(plus|flash)|kimi-k2\.[56])/.test(model)
  )
}

/** True if the reply contains thinking: it is switched on, or the model always thinks. */
export function isThinking(model: string, parameters: Json): boolean {
  if (typeof parameters['enable_thinking'] === 'boolean') return parameters['enable_thinking']
  // The open Qwen3 models think by default.
  return (
    isBoundToThink(model) || (/^qwen3-\d+(\.\d+)?b/.test(model) && !model.includes('-instruct'))
  )
}

/** Returns the parts of a body; missing ones are empty. */
export function readBody(request: SimulatedRequest): {
  model: string
  input: Json
  parameters: Json
} {
  const body: Json = isObject(request.body) ? request.body : {}
  const input = isObject(body['input']) ? body['input'] : {}
  const parameters = isObject(body['parameters']) ? body['parameters'] : {}
  const model = typeof body['model'] === 'string' ? body['model'] : ''
  return { model, input, parameters }
}

/** Returns the first error in a request. */
export function checkDashScope(request: SimulatedRequest, account: ServerConfig): Failure {
  const route = routeOf(request)
  if (!route) return { status: 404, code: 'NotFound', message: 'The requested URL was not found.' }
  if (request.method !== 'POST') {
    return {
      status: 405,
      code: 'UnsupportedOperation',
      message: `${request.method} is not supported.`,
    }
  }
  const key = bearerOf(request)
  if (account.asksKey && !key) return { status: 401, message: 'No API-key provided.' }
  if (account.asksKey && account.keys && !account.keys.has(key ?? '')) return { status: 401 }
  if (route === 'tokens') return checkExpiry(request)
  if (request.headers['x-dashscope-async']) {
    return { status: 403, message: 'current user api does not support asynchronous calls.' }
  }
  if (!isJson(request)) return refuse('The request body is no JSON object.')
  return (
    checkModel(request, account, route) ??
    checkInput(request) ??
    checkParameters(request) ??
    checkThinking(request)
  )
}

function refuse(message: string, code = 'InvalidParameter'): Failure {
  return { status: 400, code, message }
}

/** @see https://help.aliyun.com/zh/model-studio/error-code */
function checkExpiry(request: SimulatedRequest): Failure {
  const seconds = Number(new URL(request.url).searchParams.get('expire_in_seconds') ?? 60)
  return seconds >= 1 && seconds <= 1800
    ? undefined
    : refuse('expire_in_seconds must be between 1 and 1800.')
}

/** @see https://help.aliyun.com/zh/model-studio/error-code */
function checkModel(request: SimulatedRequest, account: ServerConfig, route: Route): Failure {
  const { model } = readBody(request)
  if (!model) return refuse('Model is required.', 'BadRequest.EmptyModel')
  if (account.models && !account.models.includes(model)) return { status: 404 }
  // The full-width exclamation mark is the vendor's.
  if ((route === 'multimodal') !== isMultimodal(model))
    return refuse('url error, please check url！')
  return undefined
}

/** @see https://help.aliyun.com/zh/model-studio/qwen-api-reference */
function checkInput(request: SimulatedRequest): Failure {
  const { model, input } = readBody(request)
  if (typeof input['prompt'] === 'string' && input['messages'] === undefined) return undefined
  if (input['messages'] === undefined) {
    return refuse('Either "prompt" or "messages" must exist and cannot both be none')
  }
  const messages = messagesOf(input['messages'])
  const last = messages?.at(-1)
  if (!messages || !last || messages.some(({ role }) => !ROLES.has(role))) {
    return refuse('Role must be user or assistant and Content length must be greater than 0')
  }
  if (last['role'] === 'system' || (last['role'] === 'assistant' && last['partial'] !== true)) {
    return refuse('The last message must come from user, tool or function.')
  }
  // "messages with role system must be the first": https://help.aliyun.com/zh/model-studio/error-code
  if (messages.some(({ role }, index) => role === 'system' && index > 0))
    return refuse(
      '<400> InternalError.Algo.InvalidParameter: System message must be at the beginning.',
    )
  const silent = messages.find(isSilent)
  if (silent) return refuse(silent['role'] === 'assistant' ? NO_CONTENT : NO_LENGTH)
  if (hasStrayResult(messages)) return refuse(STRAY_RESULT)
  if (hasUnansweredCalls(messages)) return refuse(OPEN_CALLS)
  if (messages.some(hasBrokenArguments)) return refuse(BROKEN_ARGUMENTS)
  if (request.headers['x-dashscope-ossresourceresolve'] !== 'enable' && hasOssUrl(messages)) {
    return refuse('The provided URL does not appear to be valid. Ensure it is correctly formatted.')
  }
  return checkContents(model, messages)
}

const ROLES: ReadonlySet<unknown> = new Set([
  'system',
  'user',
  'assistant',
  'tool',
  'function',
  'plugin',
])
const STRAY_RESULT =
  '<400> InternalError.Algo.InvalidParameter: messages with role "tool" must be a response to a preceeding message with "tool_calls".'

const OPEN_CALLS =
  '<400> InternalError.Algo.InvalidParameter: An assistant message with "tool_calls" must be followed by tool messages responding to each "tool_call_id". The following tool_call_ids did not have response messages.'
const BROKEN_ARGUMENTS =
  '<400> InternalError.Algo.InvalidParameter: The "function.arguments" parameter of the code model must be in JSON format.'
const NO_CONTENT =
  '<400> InternalError.Algo.InvalidParameter: The content field is a required field.'
const NO_LENGTH = 'Role must be user or assistant and Content length must be greater than 0'

function isSilent(message: Json): boolean {
  const { role, content } = message
  if (role === 'tool' || role === 'function' || callIdsOf(message).length > 0) return false
  return content === undefined || content === null || (content as unknown[] | string).length === 0
}

/** Counts results by position only, as `hasStrayResult` does. */
function hasUnansweredCalls(messages: readonly Json[]): boolean {
  return messages.some((message, index) => {
    const next = messages.slice(index + 1).findIndex(({ role }) => role !== 'tool')
    const answers = next === -1 ? messages.length - index - 1 : next
    return answers < callIdsOf(message).length
  })
}

function hasBrokenArguments(message: Json): boolean {
  const calls = Array.isArray(message['tool_calls']) ? message['tool_calls'] : []
  return calls.some((call: { function?: Json } | null) => {
    try {
      return !isObject(JSON.parse(String(call?.function?.['arguments'])))
    } catch {
      return true
    }
  })
}

// Finds results by position only: old models name the function instead of the call id.
function hasStrayResult(messages: readonly Json[]): boolean {
  let called = false
  return messages.some((message) => {
    if (message['role'] === 'tool') return !called
    called = callIdsOf(message).length > 0
    return false
  })
}

function hasOssUrl(messages: readonly Json[]): boolean {
  return messages.some((message) => /"oss:\/\//.test(JSON.stringify(message['content'])))
}

/** @see https://help.aliyun.com/zh/model-studio/vision */
function checkContents(model: string, messages: readonly Json[]): Failure {
  for (const { content } of messages) {
    if (!isMultimodal(model)) {
      const listed = model.startsWith('qwen-doc') && Array.isArray(content)
      if (typeof content !== 'string' && !listed) return refuse('input content must be a string.')
    } else if (!Array.isArray(content) || !content.every(isModalPart)) {
      return refuse('The item of content should be a message of a certain modal.')
    }
  }
  return undefined
}

// The key is the type: parts have no `type` property.
function isModalPart(part: unknown): boolean {
  return isObject(part) && ['text', 'image', 'video', 'audio', 'file'].some((key) => key in part)
}

/** @see https://help.aliyun.com/zh/model-studio/qwen-api-reference */
function checkParameters(request: SimulatedRequest): Failure {
  const { input, parameters } = readBody(request)
  const { temperature, top_p: topP, stop, tools, response_format: format } = parameters
  const failure = checkNumbers(parameters) ?? checkTools(parameters)
  if (failure) return failure
  if (isOutside(temperature, 0, 2) || temperature === 2) {
    return refuse('<400> InternalError.Algo.InvalidParameter: Temperature should be in [0.0, 2.0)')
  }
  if (isOutside(topP, 0, 1) || topP === 0) {
    return refuse('<400> InternalError.Algo.InvalidParameter: Range of top_p should be (0.0, 1.0]')
  }
  if (Array.isArray(stop) && new Set(stop.map((word) => typeof word === 'string')).size > 1) {
    return refuse('Parameter stop must not mix strings and token ids.')
  }
  if (Array.isArray(tools) && tools.some((tool) => tool?.function?.name === 'search')) {
    return refuse('Tool names are not allowed to be [search]')
  }
  if (
    isObject(format) &&
    format['type'] === 'json_object' &&
    !/json/i.test(JSON.stringify(input))
  ) {
    return refuse(
      "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
    )
  }
  return undefined
}

// QwQ and QVQ cannot switch thinking off.
function isBoundToThink(model: string): boolean {
  return /^(qwq|qvq)|-thinking/.test(model)
}

/** @see https://help.aliyun.com/zh/model-studio/deep-thinking */
function checkThinking(request: SimulatedRequest): Failure {
  const { model, parameters } = readBody(request)
  const streamed = request.headers['x-dashscope-sse'] === 'enable'
  if (isBoundToThink(model) && parameters['enable_thinking'] === false) {
    return refuse('The value of the enable_thinking parameter is restricted to True.')
  }
  if (!streamed && (isBoundToThink(model) || model.includes('-omni'))) {
    return refuse(
      'This model only support stream mode, please enable the stream parameter to access the model.',
    )
  }
  if (!isThinking(model, parameters)) return undefined
  // Third-party models were recorded thinking without a stream (2026-06).
  if (!streamed && model.startsWith('qwen')) {
    return refuse('parameter.enable_thinking must be set to false for non-streaming calls')
  }
  const { tool_choice: choice, response_format: format } = parameters
  if (streamed && parameters['incremental_output'] === false) {
    return refuse('The incremental_output parameter of this model cannot be set to False.')
  }
  if (parameters['result_format'] === 'text')
    return refuse('result_format must be "message" while thinking.')
  // https://help.aliyun.com/zh/model-studio/partial-mode: not while thinking
  if (messagesOf(readBody(request).input['messages'])?.at(-1)?.['partial'] === true)
    return refuse('partial mode is not supported while thinking.')
  if (choice === 'required' || isObject(choice))
    return refuse('tool_choice cannot be forced while thinking.')
  if (isObject(format) && format['type'] !== 'text')
    return refuse('response_format is not supported while thinking.')
  if (parameters['reasoning_effort'] !== undefined && parameters['thinking_budget'] !== undefined) {
    return refuse('reasoning_effort and thinking_budget exclude each other.')
  }
  return undefined
}
