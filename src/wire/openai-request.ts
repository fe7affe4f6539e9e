/**
 * The OpenAI spelling of requests: messages and options, as data tells what a server takes of them.
 * @see https://platform.openai.com/docs/api-reference/chat/create
 */
import type { Call } from '../call.ts'
import { ConfigError } from '../errors.ts'
import type { AssistantMessage, Message } from '../message.ts'
import { textOf } from '../message.ts'
import type { ChatOptions, ReasoningOptions } from '../options.ts'

/** The options that have a name of their own in the request body. */
type NamedOption =
  | 'temperature'
  | 'topP'
  | 'topK'
  | 'seed'
  | 'presencePenalty'
  | 'frequencyPenalty'
  | 'repetitionPenalty'
  | 'tools'
  | 'toolChoice'
  | 'parallelToolCalls'
  | 'responseFormat'
  | 'user'

/**
 * How a server wants thinking to be switched: `effort` by `reasoning_effort`; `flag` by `enable_thinking` and
 * `thinking_budget`; `template` by `chat_template_kwargs`; `type` by `thinking: { type }`; `object` by `reasoning: {…}`;
 * `off`: its models do not think, so that only `false` can be said of it.
 */
export type ReasoningStyle = 'effort' | 'flag' | 'template' | 'type' | 'object' | 'off'

/** What a server of the OpenAI format takes. Absent members mean: as most servers do. */
export interface Dialect {
  /** The member that limits the answer. @default 'max_tokens' */
  maxTokens?: 'max_tokens' | 'max_completion_tokens'
  /** Whether `developer` is a role of its own; else it is sent as `system`. */
  developerRole?: boolean
  /** Whether a stream must be asked for its usage. @default true */
  streamUsage?: boolean
  /** Most stop words it takes; the others are cut here. */
  stopLimit?: number
  /** Options that it takes under another name. */
  renamed?: Partial<Record<NamedOption, string>>
  /** Options that it refuses, or would ignore. */
  refused?: readonly (keyof ChatOptions)[]
  /** The words of `toolChoice` that it takes; `function` stands for a named one. @default all */
  toolChoice?: readonly ('auto' | 'none' | 'required' | 'function')[]
  /** The forms of `responseFormat` that it takes. @default all */
  formats?: readonly ('text' | 'json_object' | 'json_schema')[]
  /** Absent: thinking cannot be switched. */
  reasoning?: ReasoningStyle
  /** The member for the vendor's web search. Absent: there is none. */
  search?: string
  /** Whether earlier thinking is sent back: never, on the turns of a running tool exchange, always. @default 'never' */
  replayReasoning?: 'never' | 'tools' | 'always'
  /** Whether `reasoning_details` is sent back. */
  reasoningDetails?: boolean
  /** Ids of tool calls it takes. Others are replaced, the same one by the same. */
  toolCallId?: { pattern: RegExp; length: number }
  /** Parts of messages that it cannot take. */
  refusedParts?: readonly string[]
}

/** The body of a chat request. */
export function encodeRequest(
  messages: readonly Message[],
  call: Call,
  dialect: Dialect,
  stream: boolean,
): Record<string, unknown> {
  refuse(call, dialect)
  const body: Record<string, unknown> = { model: call.model }
  if (call.rawPrompt === undefined) body.messages = encodeMessages(messages, call, dialect)
  else body.prompt = call.rawPrompt
  encodeOptions(body, call, dialect)
  if (stream) {
    body.stream = true
    if (dialect.streamUsage !== false) body.stream_options = { include_usage: true }
  }
  return { ...body, ...call.extraBody }
}

const NAMES: Record<NamedOption, string> = {
  temperature: 'temperature',
  topP: 'top_p',
  topK: 'top_k',
  seed: 'seed',
  presencePenalty: 'presence_penalty',
  frequencyPenalty: 'frequency_penalty',
  repetitionPenalty: 'repetition_penalty',
  tools: 'tools',
  toolChoice: 'tool_choice',
  parallelToolCalls: 'parallel_tool_calls',
  responseFormat: 'response_format',
  user: 'user',
}

/** Servers default to 16 tokens for a raw prompt, which nobody wants. */
const RAW_PROMPT_TOKENS = 1024

function encodeOptions(body: Record<string, unknown>, call: Call, dialect: Dialect): void {
  for (const option of Object.keys(NAMES) as NamedOption[]) {
    const value = call[option]
    if (value === undefined || (option === 'tools' && call.tools?.length === 0)) continue
    body[dialect.renamed?.[option] ?? NAMES[option]] = value
  }
  const maxTokens = call.maxTokens ?? (call.rawPrompt === undefined ? undefined : RAW_PROMPT_TOKENS)
  // The older endpoint of raw prompts knows the older name only.
  const limit = call.rawPrompt === undefined ? (dialect.maxTokens ?? 'max_tokens') : 'max_tokens'
  if (maxTokens !== undefined) body[limit] = maxTokens
  const stop = call.stop.slice(0, dialect.stopLimit)
  if (stop.length > 0) body.stop = stop
  if (call.search !== undefined && call.search !== false && dialect.search) {
    body[dialect.search] = call.search === true ? {} : call.search
  }
  if (call.reasoning !== undefined && dialect.reasoning)
    encodeReasoning(body, call.reasoning, dialect.reasoning)
}

function encodeReasoning(
  body: Record<string, unknown>,
  setting: boolean | ReasoningOptions,
  style: ReasoningStyle,
): void {
  const on = setting !== false && (setting === true || setting.effort !== 'none')
  const { effort, budget } = typeof setting === 'object' ? setting : ({} as ReasoningOptions)
  switch (style) {
    case 'effort':
      if (effort !== undefined || !on) body.reasoning_effort = effort ?? 'none'
      break
    case 'flag':
      body.enable_thinking = on
      if (budget !== undefined) body.thinking_budget = budget
      break
    case 'template':
      body.chat_template_kwargs = { enable_thinking: on, thinking: on }
      if (effort !== undefined) body.reasoning_effort = effort
      break
    case 'type':
      body.thinking = { type: on ? 'enabled' : 'disabled' }
      if (effort !== undefined && on) body.reasoning_effort = effort
      break
    case 'object':
      body.reasoning = {
        enabled: on,
        ...(effort !== undefined && on && { effort }),
        ...(budget !== undefined && { max_tokens: budget }),
      }
      break
  }
}

/** @throws {ConfigError} `unsupported_option`, before anything is sent */
function refuse(call: Call, dialect: Dialect): void {
  for (const option of dialect.refused ?? []) {
    if (call[option] !== undefined) throw unsupported(call, `\`${option}\``)
  }
  const { toolChoice, responseFormat, reasoning, search } = call
  const choice = typeof toolChoice === 'object' ? 'function' : toolChoice
  if (choice && dialect.toolChoice && !dialect.toolChoice.includes(choice)) {
    throw unsupported(
      call,
      choice === 'function'
        ? 'a `toolChoice` that names a function'
        : `\`toolChoice: '${choice}'\``,
    )
  }
  if (responseFormat && dialect.formats && !dialect.formats.includes(responseFormat.type)) {
    throw unsupported(call, `\`responseFormat\` of the type ${responseFormat.type}`)
  }
  const unswitched =
    dialect.reasoning === undefined || (dialect.reasoning === 'off' && reasoning !== false)
  if (reasoning !== undefined && unswitched)
    throw unsupported(call, `\`reasoning\` with ${call.model}`)
  if (
    typeof reasoning === 'object' &&
    reasoning.budget !== undefined &&
    !BUDGET.has(dialect.reasoning as ReasoningStyle)
  ) {
    throw unsupported(call, '`reasoning.budget`')
  }
  if (search !== undefined && search !== false && !dialect.search)
    throw unsupported(call, '`search`')
}

const BUDGET = new Set<ReasoningStyle>(['flag', 'object'])

/** The error for what a server does not take. */
export function unsupported(call: Call, what: string): ConfigError {
  return new ConfigError(
    'unsupported_option',
    `"${call.provider}" does not take ${what}: leave it out, or pass the server's own member in \`extraBody\``,
    { provider: call.provider },
  )
}

function encodeMessages(messages: readonly Message[], call: Call, dialect: Dialect): unknown[] {
  const { replayReasoning = 'never' } = dialect
  const running = { never: messages.length, tools: lastUserIndex(messages), always: -1 }[
    replayReasoning
  ]
  return messages.map((message, index) => {
    refuseParts(message, call, dialect)
    if (message.role === 'assistant') return encodeAssistant(message, dialect, index > running)
    if (message.role === 'tool') {
      return {
        ...message,
        content: textOf(message.content),
        tool_call_id: fitId(message.tool_call_id, dialect),
      }
    }
    const role = message.role === 'developer' && !dialect.developerRole ? 'system' : message.role
    return { ...message, role, content: flatten(message.content) }
  })
}

// Some models imitate the list form when they see it, and some servers reject it.
function flatten(content: Message['content']): unknown {
  if (!Array.isArray(content)) return content
  // A part with a member of a vendor's own (cache_control) must stay a part.
  const plain = content.every((part) => part.type === 'text' && Object.keys(part).length === 2)
  return plain ? textOf(content) : content
}

function encodeAssistant(
  message: AssistantMessage,
  dialect: Dialect,
  inToolExchange: boolean,
): unknown {
  const { reasoning_content, tool_calls, content, ...rest } = message as AssistantMessage &
    Record<string, unknown>
  if (!dialect.reasoningDetails) delete rest.reasoning_details
  return {
    ...rest,
    content: textOf(content),
    ...(reasoning_content && inToolExchange && { reasoning_content }),
    ...(tool_calls?.length && {
      tool_calls: tool_calls.map((one) => ({ ...one, id: fitId(one.id, dialect) })),
    }),
  }
}

function lastUserIndex(messages: readonly Message[]): number {
  for (let index = messages.length - 1; index >= 0; index--)
    if (messages[index]?.role === 'user') return index
  return -1
}

function refuseParts(message: Message, call: Call, dialect: Dialect): void {
  if (!dialect.refusedParts || !Array.isArray(message.content)) return
  for (const part of message.content) {
    if (dialect.refusedParts.includes(part.type))
      throw unsupported(call, `a message part of the type ${part.type}`)
  }
}

/** An id that the server takes: the same one for the same, letters and digits only. */
function fitId(id: string, dialect: Dialect): string {
  const rule = dialect.toolCallId
  if (!rule || rule.pattern.test(id)) return id
  let text = ''
  for (let seed = 2166136261; text.length < rule.length; seed += 97) text += hash(id, seed)
  return text.slice(0, rule.length)
}

/** FNV-1a, as seven letters and digits. */
function hash(text: string, seed: number): string {
  let value = seed >>> 0
  for (let index = 0; index < text.length; index++)
    value = Math.imul(value ^ text.charCodeAt(index), 16777619)
  return (value >>> 0).toString(36).padStart(7, '0')
}
