/**
 * What a server of the OpenAI format takes, as data, and the refusal of what it does not.
 */
import type { Call } from '../../call.ts'
import { ConfigError } from '../../errors.ts'
import type { ContentPart } from '../../message.ts'
import { isFunctionTool } from '../../message.ts'
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

/** Capabilities of a server of the OpenAI format. Absent members mean: as most servers do. */
export interface Dialect {
  /** The member that limits the answer. @default 'max_tokens' */
  maxTokens?: 'max_tokens' | 'max_completion_tokens'
  /** True if `developer` is a role of its own; else it is sent as `system`. */
  developerRole?: boolean
  /** True if a stream must be asked for its usage. @default true */
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
  /** True if the model sees nothing of a schema that its answer is held to, unless it is in the messages. */
  hidesSchema?: boolean
  /** Absent: thinking cannot be switched. */
  reasoningStyle?: ReasoningStyle
  /** True if an effort must come without `thinking: { type }`, which Moonshot refuses beside it. */
  effortAlone?: boolean
  /** Effort that `reasoning: true` stands for, where models think only on request. */
  defaultEffort?: string
  /** True if its models always think. */
  alwaysThinks?: boolean
  /** The member for the vendor's web search. Absent: there is none. */
  search?: string
  /**
   * Which earlier assistant messages carry their thinking: none; those after the last user message (`tools`); every one
   * with tool calls (`tool-calls`); all.
   * @default 'never', unless the model's family demands it
   */
  replayReasoning?: 'never' | 'tools' | 'tool-calls' | 'always'
  /** Placeholder for thinking that a message with tool calls lacks, where the server demands some. */
  emptyReasoning?: string
  /** True if the model thinks unless it is told not to. */
  thinksByDefault?: boolean
  /** The words of `toolChoice` that it takes while it thinks. @default as `toolChoice` */
  toolChoiceWhileThinking?: readonly ('auto' | 'none' | 'required' | 'function')[]
  /** Sampling options that it refuses while it thinks, and the only value that it takes of each: it is not sent. */
  fixedWhileThinking?: Partial<Record<NamedOption, number>>
  /** The same while it does not think. */
  fixedOtherwise?: Partial<Record<NamedOption, number>>
  /** The words of `reasoning.effort` that it takes; `none` among them where thinking can be switched off. @default any */
  efforts?: readonly string[]
  /** Rules of single models, by their name: the first that matches wins over the row. */
  models?: readonly (readonly [model: RegExp, rules: Partial<Dialect>])[]
  /** True if `reasoning_details` is sent back. */
  reasoningDetails?: boolean
  /** Ids of tool calls it takes. Others are replaced, the same one by the same. */
  toolCallId?: { pattern: RegExp; length: number }
  /**
   * Member that marks an assistant message at the end as the start of the reply; `false` where it is refused. Absent: it needs
   * no mark.
   */
  prefill?: 'prefix' | 'partial' | false
  /** Parts of messages that it cannot take. */
  unsupportedParts?: readonly ContentPart['type'][]
  /** Parts that it takes as data only, not by URL. */
  dataOnlyParts?: readonly ContentPart['type'][]
}

/** The row with the rules of one model in it. */
export function forModel(dialect: Dialect, model: string): Dialect {
  const rules = dialect.models?.find(([pattern]) => pattern.test(model))?.[1]
  return rules ? { ...dialect, ...rules } : dialect
}

/** Values that ask for nothing. Clients send them by default (NextChat, LlamaIndex), so no server has to support them. */
const NEUTRAL: Partial<Record<keyof ChatOptions, unknown>> = {
  presencePenalty: 0,
  frequencyPenalty: 0,
  repetitionPenalty: 1,
  topP: 1,
}

/** Returns true if leaving the option out changes nothing. */
export function isNeutral(call: Call, option: keyof ChatOptions): boolean {
  if (option === 'parallelToolCalls') return call[option] === true || !hasTools(call)
  return call[option] === NEUTRAL[option]
}

/**
 * Refuses what the server would.
 * @throws {ConfigError} `unsupported_option`, before anything is sent
 */
export function refuse(call: Call, dialect: Dialect): void {
  refuseToolNames(call)
  const isThinking = thinks(call, dialect)
  if (isThinking) refuseForced(call, dialect)
  refuseFixed(call, dialect, isThinking)
  for (const option of dialect.unsupportedOptions ?? []) {
    if (call[option] === undefined) continue
    if (!isNeutral(call, option)) throw unsupported(call, `\`${option}\``)
    delete (call as Partial<Call>)[option]
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
  { reasoningStyle: style, alwaysThinks, efforts }: Dialect,
): void {
  const off = !isOn(setting)
  if (
    style === undefined ||
    (style === 'off' && !off) ||
    (off && (alwaysThinks || (style === 'effort' && efforts?.includes('none') === false)))
  ) {
    throw unsupported(call, `\`reasoning\`${off ? ' switched off' : ''} with ${call.model}`)
  }
  if (typeof setting !== 'object') return
  const { effort, budget } = setting
  if (effort !== undefined && efforts && !efforts.includes(effort)) {
    const known = efforts.join('", "')
    throw unsupported(
      call,
      `the \`reasoning.effort\` "${effort}" with ${call.model} (only "${known}")`,
    )
  }
  if (budget !== undefined && style !== 'flag' && style !== 'object')
    throw unsupported(call, '`reasoning.budget`')
  if (effort !== undefined && !off && style === 'flag')
    throw unsupported(call, '`reasoning.effort`')
  if (effort !== undefined && budget !== undefined)
    throw unsupported(call, '`reasoning.effort` together with `reasoning.budget`')
}

/**
 * Rejects tool names that servers refuse; all of them accept `^[a-zA-Z0-9_-]{1,64}$`.
 * @throws {ConfigError} `unsupported_option`
 */
export function refuseToolNames(call: Call): void {
  for (const tool of call.tools ?? []) {
    const name = isFunctionTool(tool) ? tool.function.name : undefined
    if (name !== undefined && !/^[a-zA-Z0-9_-]{1,64}$/.test(name)) {
      const shown = name.slice(0, 80)
      throw unsupported(call, `the tool name "${shown}" (up to 64 letters, digits, "_" and "-")`)
    }
  }
}

/** True if the model will think in this call, as far as its row and the call tell. */
export function thinks({ reasoning }: Call, { alwaysThinks, thinksByDefault }: Dialect): boolean {
  if (reasoning === undefined) return Boolean(alwaysThinks ?? thinksByDefault)
  return isOn(reasoning)
}

function refuseForced(
  call: Call,
  { toolChoiceWhileThinking: choices, alwaysThinks }: Dialect,
): void {
  const choice = typeof call.toolChoice === 'object' ? 'function' : call.toolChoice
  if (!choice || !choices || choices.includes(choice)) return
  const way = alwaysThinks ? '' : ' (pass `reasoning: false`)'
  throw unsupported(call, `the \`toolChoice\` "${choice}" while ${call.model} thinks${way}`)
}

/** Sampling options that the model does not let callers set in this call, with the value that it has of each. */
export function fixedSampling(call: Call, dialect: Dialect): Partial<Record<NamedOption, number>> {
  return (thinks(call, dialect) ? dialect.fixedWhileThinking : dialect.fixedOtherwise) ?? {}
}

function refuseFixed(call: Call, dialect: Dialect, isThinking: boolean): void {
  for (const [option, only] of Object.entries(fixedSampling(call, dialect))) {
    const value = call[option as NamedOption]
    if (value === undefined || value === only) continue
    const when = isThinking ? ' while it thinks' : ''
    throw unsupported(
      call,
      `\`${option}\` ${JSON.stringify(value)} with ${call.model}${when} (only ${only})`,
    )
  }
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

/** True if there are tools, also in the vendor's own spelling. */
export function hasTools({ tools, extraBody }: Call): boolean {
  return (tools !== undefined && tools.length > 0) || extraBody?.tools !== undefined
}
