/**
 * OpenAI's rules for tools.
 * @see https://platform.openai.com/docs/guides/function-calling
 */
import { isObject, type Failure, type Json } from '../vendor.ts'
import { bareListProblem, strictSchemaProblem } from '../strict-schema.ts'
import { missing } from './parameters.ts'
import { refuse, wrongType } from './refusal.ts'

const MOST_TOOLS = 128

/** The names of tools, which all servers of the format check alike. */
export function checkToolNames({ tools }: Json): Failure {
  for (const [index, tool] of (Array.isArray(tools) ? tools : []).entries()) {
    const at = `tools[${index}]`
    if (!isObject(tool)) return wrongType(at, 'object', tool)
    if (tool['type'] === undefined) return missing(`${at}.type`)
    if (tool['type'] !== 'function') continue
    const called = tool['function']
    if (!isObject(called)) return missing(`${at}.function`)
    const { name } = called
    if (name === undefined) return missing(`${at}.function.name`)
    if (typeof name !== 'string') return wrongType(`${at}.function.name`, 'string', name)
    const failure = checkName(name, `${at}.function.name`)
    if (failure) return failure
  }
  return undefined
}

/** @see https://platform.openai.com/docs/api-reference/chat/create#chat-create-tools */
function checkName(name: string, param: string): Failure {
  if (name.length > 64)
    return refuse(
      `Invalid '${param}': string too long. Expected a string with maximum length 64, but got a string with length ${name.length} instead.`,
      'string_above_max_length',
      param,
    )
  return /^[a-zA-Z0-9_-]+$/.test(name)
    ? undefined
    : refuse(
        `Invalid '${param}': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.`,
        'invalid_value',
        param,
      )
}

/** Checks the rules of OpenAI itself. */
export function checkTools(body: Json): Failure {
  const { tools, tool_choice: choice, parallel_tool_calls: parallel } = body
  if (!Array.isArray(tools)) {
    const name = choice != null ? 'tool_choice' : parallel != null ? 'parallel_tool_calls' : ''
    if (!name) return undefined
    return refuse(
      `Invalid value for '${name}': '${name}' is only allowed when 'tools' are specified.`,
      '',
      name,
    )
  }
  if (tools.length === 0)
    return refuse(
      "Invalid 'tools': empty array. Expected an array with minimum length 1, but got an empty array instead.",
      'empty_array',
      'tools',
    )
  if (tools.length > MOST_TOOLS)
    return refuse(
      `Invalid 'tools': array too long. Expected an array with maximum length 128, but got an array with length ${tools.length} instead.`,
      'array_above_max_length',
      'tools',
    )
  const wrong = tools.map((tool: Json, index) => checkTool(tool, index)).find(Boolean)
  return wrong ?? checkChoice(choice, tools as Json[])
}

/** @see https://platform.openai.com/docs/api-reference/chat/create#chat-create-tools */
function checkTool(tool: Json, index: number): Failure {
  const { type } = tool
  if (type !== 'function' && type !== 'custom')
    return refuse(
      `Invalid value: '${String(type)}'. Supported values are: 'function' and 'custom'.`,
      'invalid_value',
      `tools[${index}].type`,
    )
  if (type === 'custom') return undefined
  const { name, parameters, strict, ...rest } = tool['function'] as Json
  const unknown = Object.keys(rest).find((one) => one !== 'description')
  if (unknown) {
    const param = `tools[${index}].function.${unknown}`
    return refuse(`Unknown parameter: '${param}'.`, 'unknown_parameter', param)
  }
  if (parameters === undefined || parameters === null) return undefined
  const problem = strict === true ? strictSchemaProblem(parameters) : looseSchemaProblem(parameters)
  const param = `tools[${index}].function.parameters`
  return problem
    ? refuse(
        `Invalid schema for function '${String(name)}': ${problem}`,
        'invalid_function_parameters',
        param,
      )
    : undefined
}

function looseSchemaProblem(schema: unknown): string | undefined {
  const type = isObject(schema) ? (schema['type'] ?? 'object') : undefined
  return type === 'object'
    ? bareListProblem(schema)
    : `schema must be a JSON Schema of 'type: "object"', got 'type: ${JSON.stringify(type ?? 'None')}'.`
}

/** @see https://platform.openai.com/docs/api-reference/chat/create#chat-create-tool_choice */
function checkChoice(choice: unknown, tools: readonly Json[]): Failure {
  if (choice === undefined || choice === null) return undefined
  if (typeof choice === 'string') {
    if (['none', 'auto', 'required'].includes(choice)) return undefined
    return refuse(
      `Invalid value: '${choice}'. Supported values are: 'none', 'auto', and 'required'.`,
      'invalid_value',
      'tool_choice',
    )
  }
  if (!isObject(choice)) return wrongType('tool_choice', 'object', choice)
  const { type } = choice
  if (type === 'allowed_tools') return undefined
  const kind = type === 'custom' ? 'custom' : 'function'
  const named = choice[kind]
  if (!isObject(named) || typeof named['name'] !== 'string')
    return missing(`tool_choice.${kind}.name`)
  const isKnown = tools.some((tool) => (tool[kind] as Json | undefined)?.['name'] === named['name'])
  return isKnown
    ? undefined
    : refuse(
        `Invalid value for 'tool_choice': no tool with the name '${named['name']}' found in 'tools'.`,
        'invalid_value',
        'tool_choice',
      )
}
