/**
 * Decodes a request by rebuilding it property by property: models receive nothing that is not named here, such as
 * URLs, keys, headers or vendor-specific properties.
 * @see https://platform.openai.com/docs/api-reference/chat/create
 */
import { checkMessages } from '../../../validation/messages.ts'
import type { Shape } from '../../../validation/shape.ts'
import {
  ANYTHING,
  checkMembers,
  flag,
  list,
  number,
  object,
  oneOf,
  optional,
  record,
  rule,
} from '../../../validation/shape.ts'
import { isRecord } from '../../../is-record.ts'
import type { FunctionTool } from '../../../message.ts'
import type { ChatOptions, ChatRequest, ResponseFormat } from '../../../options.ts'
import type { DecodedRequest } from '../../format.ts'
import type { Limits } from '../../limits.ts'
import type { Members } from '../shapes.ts'
import {
  asText,
  decodeMembers,
  functionMembers,
  limitTokens,
  mapValues,
  name,
  never,
  shortText,
  stop,
  toFunctionTool,
  toSchemaFormat,
  toVerbosity,
  whole,
} from '../shapes.ts'
import { rebuildMessages } from './decode-messages.ts'
import { decodeReasoning, REASONING } from './decode-reasoning.ts'

const tool = object(
  {
    type: oneOf(['function'], 'must be "function": other tools are not supported'),
    function: object(functionMembers, 'must be an object with a name'),
  },
  'must be an object with type and function',
)
const toolChoice = rule(
  'must be "none", "auto", "required" or { type: "function", function: { name } }',
  (value: Members) =>
    ['none', 'auto', 'required', 'any'].includes(value as never) ||
    allowedTools(value) !== undefined ||
    (isRecord(value) &&
      value.type === 'function' &&
      isRecord(value.function) &&
      typeof value.function.name === 'string'),
)
const responseFormat = rule(
  'must be { type: "text" | "json_object" } or { type: "json_schema", json_schema: { name, schema } }',
  (value: Members) => {
    if (!isRecord(value)) return false
    if (value.type !== 'json_schema') return value.type === 'text' || value.type === 'json_object'
    const { json_schema: schema } = value
    return isRecord(schema) && typeof schema.name === 'string' && isRecord(schema.schema)
  },
)

/** Local servers read -1 as no limit. */
const limit = rule('must be a whole number above 0', (value: number) => {
  return value === -1 || (Number.isSafeInteger(value) && value > 0)
})
/** 0 and -1 ask for all tokens. */
const ranked = rule('must be a whole number of 0 or more', (value: number) => {
  return Number.isSafeInteger(value) && value >= -1
})

/** Properties that map to model options. */
const OPTIONS: Record<string, [option: keyof ChatOptions, shape: Shape]> = {
  temperature: ['temperature', number],
  top_p: ['topP', number],
  presence_penalty: ['presencePenalty', number],
  frequency_penalty: ['frequencyPenalty', number],
  seed: ['seed', whole],
  stop: ['stop', stop],
  max_tokens: ['maxTokens', limit],
  max_completion_tokens: ['maxTokens', limit],
  tools: ['tools', list(tool, 'must be a list of tools')],
  tool_choice: ['toolChoice', toolChoice],
  parallel_tool_calls: ['parallelToolCalls', flag],
  response_format: ['responseFormat', responseFormat],
  verbosity: ['verbosity', ANYTHING],
  // Not part of OpenAI's API, but sent by many clients.
  top_k: ['topK', ranked],
  repetition_penalty: ['repetitionPenalty', number],
  random_seed: ['seed', whole], // Mistral's
}

/** Properties without effect on the reply (storage, billing, caching): dropped. */
const WITHOUT_EFFECT = [
  'metadata',
  'moderation',
  'prediction',
  'prompt_cache_key',
  'prompt_cache_options',
  'prompt_cache_retention',
  'safety_identifier',
  'service_tier',
  'store',
]

/** Properties of unsupported features. Values without any effect are accepted. */
const NOT_OFFERED: Record<string, Shape> = {
  n: oneOf([1], 'must be 1: more choices are not supported'),
  logprobs: oneOf([false], 'must be false: log probabilities are not supported'),
  top_logprobs: oneOf([0], 'must be 0: log probabilities are not supported'),
  logit_bias: rule('must be empty: it is not supported', (value: object) => {
    return isRecord(value) && Object.keys(value).length === 0
  }),
  modalities: rule('must be ["text"]: other modalities are not supported', (value: unknown) => {
    return Array.isArray(value) && value.every((one) => one === 'text')
  }),
  functions: rule('is not supported: use `tools`', (value: unknown) => {
    return Array.isArray(value) && value.length === 0
  }),
  function_call: oneOf(['auto', 'none'], 'is not supported: use `tool_choice`'),
  audio: never('is not supported'),
  web_search_options: never('is not supported'),
  // Mistral's clients send it.
  safe_prompt: oneOf([false], 'must be false: it is not supported'),
}

const MEMBERS: Record<string, Shape> = /* @__PURE__ */ (() => ({
  ...Object.fromEntries(WITHOUT_EFFECT.map((member) => [member, ANYTHING])),
  ...mapValues(NOT_OFFERED, optional),
  ...mapValues(OPTIONS, ([, shape]) => optional(shape)),
  ...mapValues(REASONING, optional),
  model: name,
  messages: list(record, 'must be a list of messages'),
  stream: optional(flag),
  stream_options: optional(record),
  user: optional(shortText),
}))()

/** @throws {HttpError} 400, with the property at fault. `null` means omitted, as in OpenAI's API. */
export function decodeRequest(body: unknown, limits: Limits): DecodedRequest {
  return decodeMembers(body, (members) => {
    checkMembers(MEMBERS, members, 'unsupported_option', '')
    const chat: ChatRequest = {
      ...decodeOptions(members, limits),
      messages: rebuildMessages(members.messages as Members[], limits.maxMessages),
    }
    checkMessages(chat.messages ?? [])
    const { include_usage: includeUsage } = (members.stream_options ?? {}) as Members
    return {
      model: members.model as string,
      stream: members.stream === true,
      user: members.user as string | undefined,
      chat,
      encoding: { includeUsage: includeUsage === true },
    }
  })
}

function decodeOptions(members: Members, { maxTokens }: Limits): ChatOptions {
  const options: Members = {}
  for (const [member, [option]] of Object.entries(OPTIONS)) {
    const value = members[member]
    // If an option has two names, the newer one is further down and overrides the other.
    if (value !== undefined) options[option] = (REBUILD[member] ?? keep)(value as never)
  }
  const reasoning = decodeReasoning(members)
  if (reasoning !== undefined) options.reasoning = reasoning
  const allowed = allowedTools(members.tool_choice)
  if (allowed) {
    const tools = (options.tools ?? []) as FunctionTool[]
    options.tools = tools.filter((tool) => allowed.includes(tool.function.name))
  }
  // Without tools these two have no effect, but some models reject them.
  if (!options.tools || (options.tools as FunctionTool[]).length === 0) {
    delete options.tools
    delete options.parallelToolCalls
    if (options.toolChoice === 'auto' || options.toolChoice === 'none') delete options.toolChoice
  }
  options.maxTokens = limitTokens(options.maxTokens as number | undefined, maxTokens)
  if (options.maxTokens === undefined) delete options.maxTokens
  return options as ChatOptions
}

const keep = (value: unknown): unknown => value
const aboveZero = (value: number): number | undefined => (value > 0 ? value : undefined)

/** Rebuilds nested objects from their known properties. */
const REBUILD: Record<string, (value: never) => unknown> = {
  max_tokens: aboveZero,
  max_completion_tokens: aboveZero,
  top_k: aboveZero,
  verbosity: toVerbosity,
  tools: (tools: { function: Members }[]) =>
    tools.length > 0 ? tools.map(({ function: members }) => toFunctionTool(members)) : undefined,
  tool_choice: (choice: string | Members) => {
    if (typeof choice === 'string') return choice === 'any' ? 'required' : choice // Mistral's
    if (allowedTools(choice)) return (choice.allowed_tools as Members).mode
    return { type: 'function', function: { name: (choice.function as Members).name } }
  },
  response_format: rebuildFormat,
}

/** Returns the names of a list of allowed tools, which leaves the others out; `undefined` for other choices. */
function allowedTools(choice: unknown): string[] | undefined {
  const list =
    isRecord(choice) && choice.type === 'allowed_tools' ? choice.allowed_tools : undefined
  if (!isRecord(list) || (list.mode !== 'auto' && list.mode !== 'required')) return undefined
  if (!Array.isArray(list.tools)) return undefined
  return list.tools.map((tool) => asText(isRecord(tool?.function) ? tool.function.name : ''))
}

function rebuildFormat(format: ResponseFormat): ResponseFormat | undefined {
  if (format.type === 'json_schema') return toSchemaFormat(format.json_schema as never)
  return format.type === 'text' ? undefined : { type: format.type }
}
