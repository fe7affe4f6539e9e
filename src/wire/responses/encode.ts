/**
 * Encodes requests of the Responses API.
 * @see https://platform.openai.com/docs/api-reference/responses/create
 */
import type { Call } from '../../call.ts'
import { dropUndefined } from '../../drop-undefined.ts'
import type { Message, ToolDefinition } from '../../message.ts'
import { isFunctionTool } from '../../message.ts'
import type { ChatOptions, ResponseFormat, ToolChoice } from '../../options.ts'
import { mergeDeep } from '../../merge-deep.ts'
import { hasTools, isNeutral, isOn, refuseEffort, unsupported } from '../openai/dialect.ts'
import { completeTool, nameFormat } from '../tool-schema.ts'
import { encodeInput } from './input.ts'

/** Capabilities of a Responses API server. Omitted properties mean OpenAI's behavior. */
export interface ResponsesDialect {
  /**
   * True if the server returns reasoning encrypted, so that it can be sent back without being stored.
   * @default false
   */
  encryptedReasoning?: boolean
  /** Supported values of `reasoning.effort`, including `none` if thinking can be switched off. @default any */
  efforts?: readonly string[] | undefined
  /** True if the model rejects `temperature` and `topP` while it reasons. @default false */
  fixedSampling?: boolean
  /** True if the model reasons unless its effort is `none`. @default false */
  thinksByDefault?: boolean
  /** True if the model accepts `reasoning`. @default true */
  reasoning?: boolean
  /** Type of the built-in web search tool. Omit it if there is none. */
  searchTool?: string
  /** True if a list in the schema of a tool needs no `items`, and `{}` there would mean any object (llama.cpp). */
  bareLists?: boolean
  /** True if the model takes `verbosity`. It is dropped otherwise. @default false */
  verbosity?: boolean
}

/** Options that the API lacks. */
const UNSUPPORTED: readonly (keyof ChatOptions)[] = [
  'topK',
  'seed',
  'presencePenalty',
  'frequencyPenalty',
  'repetitionPenalty',
]

/** OpenAI rejects less: https://platform.openai.com/docs/api-reference/responses/create */
const LEAST_TOKENS = 16

/**
 * Encodes a request body. The server stores nothing (`store: false`): the entire conversation is sent, with
 * encrypted reasoning. Stop sequences are applied locally, since the API has none.
 * @throws {ConfigError} `unsupported_option`
 */
export function encodeRequest(
  messages: readonly Message[],
  call: Call,
  dialect: ResponsesDialect,
  { stream }: { stream: boolean },
): Record<string, unknown> {
  for (const option of UNSUPPORTED)
    if (call[option] !== undefined && !isNeutral(call, option))
      throw unsupported(call, `\`${option}\``)
  const { model, maxTokens, user } = call
  const body = dropUndefined({
    model,
    input: encodeInput(messages, call),
    store: false,
    stream: stream || undefined,
    ...encodeSampling(call, dialect),
    max_output_tokens: maxTokens === undefined ? undefined : Math.max(LEAST_TOKENS, maxTokens),
    user,
    ...encodeText(call, dialect),
    ...encodeTools(call, dialect),
    ...encodeReasoning(call, dialect),
  })
  return mergeDeep(body, call.extraBody)
}

/** gpt-5.1 and later accept sampling options while they do not think. Where they are fixed, 1 is dropped. */
function encodeSampling(
  call: Call,
  { fixedSampling, thinksByDefault }: ResponsesDialect,
): Record<string, unknown> {
  const { temperature, topP, reasoning } = call
  const reasons = reasoning === undefined ? thinksByDefault : isOn(reasoning)
  if (!fixedSampling || !reasons) return { temperature, top_p: topP }
  for (const option of ['temperature', 'topP'] as const)
    if ((call[option] ?? 1) !== 1) throw unsupported(call, `\`${option}\` with ${call.model}`)
  return {}
}

function encodeTools(
  call: Call,
  { searchTool, bareLists }: ResponsesDialect,
): Record<string, unknown> {
  const { tools = [], toolChoice, parallelToolCalls, search } = call
  const encoded = tools.map((tool) => encodeTool(bareLists ? tool : completeTool(tool, call.model)))
  if (search !== undefined && search !== false) {
    if (!searchTool) throw unsupported(call, '`search`')
    encoded.push({ type: searchTool, ...(typeof search === 'object' && search) })
  }
  if (!hasTools(call) && (toolChoice === 'required' || typeof toolChoice === 'object'))
    throw unsupported(call, 'a `toolChoice` that forces a tool without `tools`')
  if (encoded.length === 0) return {}
  return {
    tools: encoded,
    tool_choice: encodeChoice(toolChoice),
    parallel_tool_calls: parallelToolCalls,
  }
}

/** Encodes a tool: flat, and strict by default. Built-in tools are passed unchanged. */
function encodeTool(tool: ToolDefinition): Record<string, unknown> {
  if (!isFunctionTool(tool)) {
    const { type, custom, ...rest } = tool
    return type === 'custom' && custom ? { type, ...(custom as object), ...rest } : tool
  }
  const { name, description, parameters, strict = false } = tool.function
  return dropUndefined({
    type: 'function',
    name,
    description,
    parameters: parameters ?? { type: 'object', properties: {} },
    strict,
  })
}

function encodeChoice(choice: ToolChoice | undefined): unknown {
  return typeof choice === 'object' ? { type: 'function', name: choice.function.name } : choice
}

function encodeText(
  { responseFormat, verbosity }: Call,
  dialect: ResponsesDialect,
): Record<string, unknown> {
  const text = {
    ...(responseFormat && { format: encodeFormat(responseFormat) }),
    ...(verbosity && dialect.verbosity && { verbosity }),
  }
  return Object.keys(text).length > 0 ? { text } : {}
}

function encodeFormat(format: ResponseFormat): Record<string, unknown> {
  const named = nameFormat(format)
  if (named.type !== 'json_schema') return named
  const { name, schema, description, strict } = named.json_schema
  return dropUndefined({ type: 'json_schema', name, schema, description, strict })
}

function encodeReasoning(call: Call, dialect: ResponsesDialect): Record<string, unknown> {
  const { reasoning: setting } = call
  const { efforts } = dialect
  const thinks = dialect.reasoning !== false
  if (setting !== undefined && isOn(setting) && !thinks)
    throw unsupported(call, `\`reasoning\` with ${call.model}`)
  if (typeof setting === 'object' && setting.budget !== undefined)
    throw unsupported(call, '`reasoning.budget`')
  if (!thinks) return {}
  refuseEffort(call, efforts)
  if (setting === false && efforts?.includes('none') === false)
    throw unsupported(call, `\`reasoning\` switched off with ${call.model}`)
  const effort = typeof setting === 'object' ? setting.effort : undefined
  const on = setting === undefined || isOn(setting)
  return {
    ...(setting !== undefined && {
      reasoning: on
        ? {
            ...(effort !== undefined
              ? { effort }
              : setting === true && efforts?.includes('medium') !== false && { effort: 'medium' }),
            summary: 'auto',
          }
        : { effort: 'none' },
    }),
    ...(dialect.encryptedReasoning && { include: ['reasoning.encrypted_content'] }),
  }
}
