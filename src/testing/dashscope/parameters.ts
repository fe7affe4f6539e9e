/**
 * Rejects the parameters that DashScope rejects, by type and range.
 */
import { isObject, isOutside, matches, type Failure, type Json } from '../vendor.ts'

function refuse(message: string): Failure {
  return { status: 400, code: 'InvalidParameter', message }
}

/**
 * Types and ranges of numbers.
 * @see https://help.aliyun.com/zh/model-studio/error-code
 */
const NUMBERS: Readonly<Record<string, readonly [integer: boolean, low: number, high: number]>> = {
  temperature: [false, 0, 2],
  top_p: [false, 0, 1],
  top_k: [true, 0, Number.POSITIVE_INFINITY],
  max_tokens: [true, 1, Number.POSITIVE_INFINITY],
  max_completion_tokens: [true, 1, Number.POSITIVE_INFINITY],
  seed: [true, 0, 2 ** 63],
  presence_penalty: [false, -2, 2],
  frequency_penalty: [false, -2, 2],
  repetition_penalty: [false, Number.MIN_VALUE, Number.POSITIVE_INFINITY],
  n: [true, 1, 4],
  top_logprobs: [true, 0, 5],
  thinking_budget: [true, 1, Number.POSITIVE_INFINITY],
}

export function checkNumbers(parameters: Json): Failure {
  for (const [name, [integer, low, high]] of Object.entries(NUMBERS)) {
    const value = parameters[name]
    if (value === undefined || value === null) continue
    const isNumber = integer ? Number.isInteger(value) : typeof value === 'number'
    if (!isNumber)
      return refuse(`<400> InternalError.Algo.InvalidParameter: ${name} must be a number.`)
    if (isOutside(value, low, high))
      return refuse(
        `<400> InternalError.Algo.InvalidParameter: Range of ${name} should be [${low}, ${high}]`,
      )
  }
  for (const name of [
    'enable_thinking',
    'incremental_output',
    'enable_search',
    'parallel_tool_calls',
  ]) {
    const value = parameters[name]
    if (value !== undefined && value !== null && typeof value !== 'boolean')
      return refuse(`<400> InternalError.Algo.InvalidParameter: ${name} must be a boolean.`)
  }
  return undefined
}

/** @see https://help.aliyun.com/zh/model-studio/qwen-function-calling */
export function checkTools(parameters: Json): Failure {
  const { tools, tool_choice: choice, result_format: format, n } = parameters
  if (tools === undefined || tools === null) return undefined
  if (!Array.isArray(tools) || tools.length === 0)
    return refuse(
      '<400> InternalError.Algo.InvalidParameter: tools must be a list that is not empty.',
    )
  if (format === 'text') return refuse('result_format must be "message" when tools are given.')
  if (typeof n === 'number' && n > 1)
    return refuse('<400> InternalError.Algo.InvalidParameter: n must be 1 when tools are given.')
  const named = tools.map((tool: { function?: Json } | null) => tool?.function?.['name'])
  if (!named.every((name) => matches(/^[a-zA-Z0-9_-]{1,64}$/, name)))
    return refuse(
      '<400> InternalError.Algo.InvalidParameter: The tool name must match ^[a-zA-Z0-9_-]{1,64}$.',
    )
  if (choice === undefined || choice === null || choice === 'auto' || choice === 'none')
    return undefined
  const called =
    isObject(choice) && isObject(choice['function']) ? choice['function']['name'] : undefined
  return called !== undefined && named.includes(called)
    ? undefined
    : refuse(
        '<400> InternalError.Algo.InvalidParameter: tool_choice is one of the strings that should be ["none", "auto"]',
      )
}
