/**
 * Decodes a request, rebuilding it member by member: nothing reaches a model that is not named here.
 * @see https://platform.openai.com/docs/api-reference/responses/create
 */
import { dropUndefined } from '../../../drop-undefined.ts'
import { HttpError, invalid } from '../../../edge/http-error.ts'
import { isRecord } from '../../../is-record.ts'
import type { FunctionTool } from '../../../message.ts'
import type {
  ChatOptions,
  ChatRequest,
  ReasoningOptions,
  ResponseFormat,
  ToolChoice,
} from '../../../options.ts'
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
import type { DecodedRequest } from '../../format.ts'
import type { Limits } from '../../limits.ts'
import type { Members } from '../shapes.ts'
import {
  asText,
  decodeMembers,
  functionMembers,
  limitTokens,
  toVerbosity,
  mapValues,
  name,
  never,
  positive,
  shortText,
  toFunctionTool,
  toSchemaFormat,
} from '../shapes.ts'
import type { CallKind } from './client-tools.ts'
import { CLIENT_KINDS, isClientKind, isHostedSearch, toClientFunction } from './client-tools.ts'
import { customToFunction } from './custom-tools.ts'
import { decodeInput, ITEMS_WITH_TOOLS } from './decode-input.ts'
import type { Namespaces } from './namespaces.ts'
import { flattenTools, joinName } from './namespaces.ts'

const functionTool = object({ type: ANYTHING, ...functionMembers })

/**
 * Members without effect on the reply (storage, billing, caching), and hints on its style: dropped.
 */
const WITHOUT_EFFECT = [
  'client_metadata',
  'max_tool_calls',
  'metadata',
  'moderation',
  'prompt_cache_key',
  'prompt_cache_options',
  'prompt_cache_retention',
  'safety_identifier',
  'service_tier',
  'stream_options',
]

/** Tools that OpenAI runs, which agents send by default: the model is not told of them. */
const TOOLS_WITHOUT_EFFECT = /^(web_search|image_generation$)/

const NOT_STORED = 'is not supported: no responses are stored here, send the whole conversation'

const MEMBERS: Record<string, Shape> = /* @__PURE__ */ (() => ({
  ...Object.fromEntries(WITHOUT_EFFECT.map((member) => [member, ANYTHING])),
  model: name,
  input: rule('must be a string or a list of items', (value: unknown) => {
    return typeof value === 'string' || Array.isArray(value)
  }),
  ...mapValues(
    {
      instructions: rule('must be a string', (value) => typeof value === 'string'),
      stream: flag,
      temperature: number,
      top_p: number,
      // Not of OpenAI, but of Open Responses. https://www.openresponses.org/reference
      presence_penalty: number,
      frequency_penalty: number,
      max_output_tokens: positive,
      parallel_tool_calls: flag,
      tools: list(record, 'must be a list of tools'),
      tool_choice: ANYTHING,
      reasoning: record,
      text: record,
      user: shortText,
      truncation: oneOf(['auto', 'disabled'], 'must be "auto" or "disabled"'),
      store: oneOf([false], 'must be false: no responses are stored here'),
      background: oneOf([false], 'must be false: no responses are stored here'),
      top_logprobs: oneOf([0], 'must be 0: log probabilities are not supported'),
      include: rule(
        'must not ask for log probabilities: they are not supported',
        (value: unknown[]) =>
          Array.isArray(value) && !value.includes('message.output_text.logprobs'),
      ),
      context_management: rule('must be empty: it is not supported', (value: unknown[]) => {
        return Array.isArray(value) && value.length === 0
      }),
      previous_response_id: never(NOT_STORED),
      conversation: never(NOT_STORED),
      prompt: never('is not supported: no prompts are stored here'),
      access_programs: never('is not supported'),
      image: never('is not supported'),
    },
    optional,
  ),
}))()

/** @throws {HttpError} 400, naming the member to blame. `null` means absent, as at OpenAI. */
export function decodeRequest(body: unknown, limits: Limits): DecodedRequest {
  return decodeMembers(body, (members) => {
    checkMembers(MEMBERS, members, 'unsupported_option', '')
    const messages = decodeInput(members, limits.maxMessages)
    const { options, fallback, kinds, namespaces } = decodeOptions(members, limits)
    const chat: ChatRequest = { ...options, messages }
    checkMessages(messages)
    return {
      model: members.model as string,
      stream: members.stream === true,
      user: members.user as string | undefined,
      chat,
      fallback,
      truncates: members.truncation === 'auto',
      encoding: { kinds, namespaces, echo: echo(members) },
    }
  })
}

/** Types of the tools that are no functions, by name. */
type Kinds = Record<string, CallKind>

interface Options {
  options: ChatOptions
  fallback: DecodedRequest['fallback']
  kinds: Kinds
  namespaces: Namespaces
}

function decodeOptions(members: Members, { maxTokens }: Limits): Options {
  const { temperature, top_p: topP, parallel_tool_calls: parallel } = members
  const { presence_penalty: presence, frequency_penalty: frequency } = members
  const { choice, allowed } = decodeChoice(members.tool_choice)
  const { tools: given, namespaces } = listTools(members)
  const { tools, kinds } = decodeTools(given, allowed)
  const hasTools = tools.length > 0
  const isForced = choice === 'required' || typeof choice === 'object'
  const isIdle = !hasTools && !isForced
  const options = dropUndefined({
    maxTokens: limitTokens(members.max_output_tokens as number | undefined, maxTokens),
    // OpenAI's defaults, which clients send although they ask for nothing.
    temperature: temperature === 1 ? undefined : temperature,
    topP: topP === 1 ? undefined : topP,
    presencePenalty: presence || undefined,
    frequencyPenalty: frequency || undefined,
    tools: hasTools ? tools : undefined,
    toolChoice: isIdle || choice === 'auto' ? undefined : choice,
    parallelToolCalls: hasTools ? parallel : undefined,
    responseFormat: decodeFormat((members.text ?? {}) as Members),
    verbosity: toVerbosity((members.text as Members | undefined)?.verbosity),
  }) as ChatOptions
  const reasoning = decodeReasoning((members.reasoning ?? {}) as Members)
  if (reasoning)
    return {
      options: { ...options, reasoning },
      fallback: { reasoning: undefined },
      kinds,
      namespaces,
    }
  // Models that think refuse a forced tool.
  return { options, fallback: isForced ? { reasoning: false } : undefined, kinds, namespaces }
}

/**
 * Lists all tools. Codex sends some in the input, and those that its search found, each time it did.
 * https://github.com/10/chatgpt-codex-proxy/issues/9
 */
function listTools({ tools, input }: Members): ReturnType<typeof flattenTools> {
  const items = Array.isArray(input) ? input.filter(isRecord) : []
  const more = items.flatMap(({ type, tools }) =>
    ITEMS_WITH_TOOLS.includes(type as string) && Array.isArray(tools) ? (tools as unknown[]) : [],
  )
  const own = flattenTools((tools ?? []) as Members[])
  const found = flattenTools(more.filter(isRecord))
  const names = new Set(own.tools.map(nameOf))
  const added = found.tools.filter((tool) => !names.has(nameOf(tool)) && names.add(nameOf(tool)))
  return {
    tools: [...own.tools, ...added],
    namespaces: { ...found.namespaces, ...own.namespaces },
  }
}

function nameOf({ name, type }: Members): unknown {
  return name ?? type
}

/** Decodes functions, custom tools, and others that a client runs. */
function decodeTools(
  given: readonly Members[],
  allowed: readonly string[] | undefined,
): { tools: FunctionTool[]; kinds: Kinds } {
  const tools: FunctionTool[] = []
  const kinds: Kinds = {}
  for (const [index, tool] of given.entries()) {
    const path = `tools[${index}]`
    const { type } = tool
    if (TOOLS_WITHOUT_EFFECT.test(asText(type)) || isHostedSearch(tool)) continue
    if (isClientKind(type)) {
      if (allowed && !allowed.includes(type)) continue
      kinds[type] = type
      tools.push(toClientFunction(tool, type, path))
      continue
    }
    if (type !== 'function' && type !== 'custom') {
      const types = `"function", "custom", "namespace" or ${CLIENT_KINDS.join(', ')}`
      throw new HttpError(
        invalid(`${path}.type must be ${types}: OpenAI's other tools are not supported`),
      )
    }
    checkMembers({ [path]: functionTool }, { [path]: tool }, 'unsupported_option', '')
    if (allowed && !allowed.includes(tool.name as string)) continue
    if (type === 'custom') kinds[tool.name as string] = type
    const strict = tool.strict || undefined
    tools.push(type === 'custom' ? customToFunction(tool) : toFunctionTool({ ...tool, strict }))
  }
  return { tools, kinds }
}

/** A list of allowed tools leaves the others out. */
function decodeChoice(given: unknown): { choice?: ToolChoice; allowed?: string[] } {
  if (given === undefined) return {}
  if (given === 'none' || given === 'auto' || given === 'required') return { choice: given }
  const { type, mode, tools } = isRecord(given) ? given : ({} as Members)
  const name = joinName(isRecord(given) ? given : {})
  if ((type === 'function' || type === 'custom') && typeof name === 'string')
    return { choice: { type: 'function', function: { name } } }
  if (isClientKind(type)) return { choice: { type: 'function', function: { name: type } } }
  if (type === 'allowed_tools' && Array.isArray(tools)) {
    const allowed = tools.map((tool) => {
      const named = isRecord(tool) ? tool : {}
      return asText(isClientKind(named.type) ? named.type : joinName(named))
    })
    return { choice: mode === 'required' ? 'required' : 'auto', allowed }
  }
  throw new HttpError(
    invalid(
      'tool_choice must be "none", "auto", "required", or name a function, a custom tool or allowed_tools',
    ),
  )
}

function decodeFormat({ format }: Members): ResponseFormat | undefined {
  if (format === undefined || format === null) return undefined
  const members = isRecord(format) ? format : ({} as Members)
  const { type, name, schema } = members
  if (type === 'text') return undefined
  if (type === 'json_object') return { type }
  if (type === 'json_schema' && typeof name === 'string' && isRecord(schema))
    return toSchemaFormat(members)
  throw new HttpError(
    invalid(
      'text.format must be { type: "text" | "json_object" } or { type: "json_schema", name, schema }',
    ),
  )
}

function decodeReasoning({ effort }: Members): ReasoningOptions | undefined {
  if (effort === undefined || effort === null) return undefined
  if (typeof effort !== 'string' || effort.length > 20)
    throw new HttpError(invalid('reasoning.effort must be a word such as "low"'))
  return { effort }
}

/** Members of its request that a response repeats. */
function echo(members: Members): Members {
  const { tools = [], text = {}, reasoning = {} } = members as Record<string, Members | undefined>
  const { format = { type: 'text' }, verbosity } = text
  return {
    access_programs: null,
    background: false,
    frequency_penalty: members.frequency_penalty ?? 0,
    instructions: members.instructions ?? null,
    max_output_tokens: members.max_output_tokens ?? null,
    max_tool_calls: members.max_tool_calls ?? null,
    metadata: members.metadata ?? {},
    parallel_tool_calls: members.parallel_tool_calls ?? true,
    presence_penalty: members.presence_penalty ?? 0,
    previous_response_id: null,
    reasoning: { effort: reasoning.effort ?? null, summary: reasoning.summary ?? null },
    store: false,
    temperature: members.temperature ?? null,
    text: { format, ...(verbosity !== undefined && { verbosity }) },
    tool_choice: members.tool_choice ?? 'auto',
    tools,
    top_p: members.top_p ?? null,
    truncation: members.truncation ?? 'disabled',
  }
}
