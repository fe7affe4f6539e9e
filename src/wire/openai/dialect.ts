/**
 * What a server of the OpenAI format takes, as data, and the refusal of what it does not.
 */
import type { Call } from '../../call.ts'
import { ConfigError } from '../../errors.ts'
import type { ContentPart } from '../../message.ts'
import type { ChatOptions, ReasoningOptions } from '../../options.ts'

/** The options that have a name of their own in the request body. */
export type NamedOption =
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
  unsupportedOptions?: readonly (keyof ChatOptions)[]
  /** The words of `toolChoice` that it takes; `function` stands for a named one. @default all */
  toolChoice?: readonly ('auto' | 'none' | 'required' | 'function')[]
  /** The forms of `responseFormat` that it takes. @default all */
  formats?: readonly ('text' | 'json_object' | 'json_schema')[]
  /** Absent: thinking cannot be switched. */
  reasoningStyle?: ReasoningStyle
  /** What `reasoning: true` stands for, where models do not think unless they are told how much. */
  defaultEffort?: string
  /** Whether its models always think. */
  alwaysThinks?: boolean
  /** The member for the vendor's web search. Absent: there is none. */
  search?: string
  /** Whether earlier thinking is sent back: never, on the turns of a running tool exchange, always. @default 'never' */
  replayReasoning?: 'never' | 'tools' | 'always'
  /** Whether `reasoning_details` is sent back. */
  reasoningDetails?: boolean
  /** Ids of tool calls it takes. Others are replaced, the same one by the same. */
  toolCallId?: { pattern: RegExp; length: number }
  /** Parts of messages that it cannot take. */
  unsupportedParts?: readonly ContentPart['type'][]
  /** Parts that it takes as data only, not by URL. */
  dataOnlyParts?: readonly ContentPart['type'][]
}

/**
 * Refuses what the server would.
 * @throws {ConfigError} `unsupported_option`, before anything is sent
 */
export function refuse(call: Call, dialect: Dialect): void {
  for (const option of dialect.unsupportedOptions ?? []) {
    if (call[option] !== undefined) throw unsupported(call, `\`${option}\``)
  }
  if (call.rawPrompt !== undefined) refuseChatOptions(call)
  const { toolChoice, responseFormat, reasoning, search } = call
  const choice = typeof toolChoice === 'object' ? 'function' : toolChoice
  if (choice && dialect.toolChoice && !dialect.toolChoice.includes(choice)) {
    throw unsupported(call, `the \`toolChoice\` "${choice}"`)
  }
  if ((choice === 'required' || choice === 'function') && !hasTools(call)) {
    throw unsupported(call, `the \`toolChoice\` "${choice}" without \`tools\``)
  }
  if (responseFormat && dialect.formats && !dialect.formats.includes(responseFormat.type)) {
    throw unsupported(call, `\`responseFormat\` of the type ${responseFormat.type}`)
  }
  if (reasoning !== undefined) refuseReasoning(call, reasoning, dialect)
  if (search !== undefined && search !== false && !dialect.search)
    throw unsupported(call, '`search`')
}

function refuseReasoning(
  call: Call,
  setting: boolean | ReasoningOptions,
  { reasoningStyle: style, alwaysThinks }: Dialect,
): void {
  const off = !isOn(setting)
  if (style === undefined || (style === 'off' && !off) || (alwaysThinks && off)) {
    throw unsupported(call, `\`reasoning\`${off ? ' switched off' : ''} with ${call.model}`)
  }
  if (typeof setting !== 'object') return
  const { effort, budget } = setting
  if (budget !== undefined && style !== 'flag' && style !== 'object')
    throw unsupported(call, '`reasoning.budget`')
  if (effort !== undefined && !off && style === 'flag')
    throw unsupported(call, '`reasoning.effort`')
  if (effort !== undefined && budget !== undefined)
    throw unsupported(call, '`reasoning.effort` together with `reasoning.budget`')
}

/** A raw prompt has its own endpoint, which knows nothing of chats. */
function refuseChatOptions(call: Call): void {
  const { tools, search } = call
  for (const option of ['toolChoice', 'parallelToolCalls', 'responseFormat', 'reasoning'] as const)
    if (call[option] !== undefined) throw unsupported(call, `\`${option}\` with a raw prompt`)
  if (tools?.length || search) throw unsupported(call, 'tools with a raw prompt')
}

/** The error for what a server does not take. */
export function unsupported(call: Call, what: string): ConfigError {
  return new ConfigError(
    'unsupported_option',
    `"${call.provider}" does not take ${what}: leave it out, or pass the server's own member in \`extraBody\``,
    { provider: call.provider },
  )
}

/** False for `false` and for the effort `none`. */
export function isOn(setting: boolean | ReasoningOptions): boolean {
  return typeof setting === 'object' ? setting.effort !== 'none' : setting
}

/** Whether there are tools, also in the vendor's own spelling. */
export function hasTools({ tools, extraBody }: Call): boolean {
  return (tools !== undefined && tools.length > 0) || extraBody?.tools !== undefined
}
