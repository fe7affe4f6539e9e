/**
 * Describes the capabilities of an OpenAI-format server as data, and rejects unsupported options.
 */
import type { Call } from '../../call.ts'
import { unsupportedOption, type ConfigError } from '../../errors.ts'
import type { ContentPart } from '../../message.ts'
import { isFunctionTool } from '../../message.ts'
import type { ChatOptions, ReasoningOptions } from '../../options.ts'
import { settleToolChoice } from './tool-choice.ts'

/** Options with their own field in the request body. */
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
 * Members by which a server switches thinking: `effort` with `reasoning_effort`; `flag` with `enable_thinking` and
 * `thinking_budget`; `template` with `chat_template_kwargs`; `type` with `thinking: { type }`; `object` with
 * `reasoning: {…}`; `off`: its models do not think, so only `false` is accepted.
 */
export type ReasoningStyle = 'effort' | 'flag' | 'template' | 'type' | 'object' | 'off'

/** Capabilities of an OpenAI-format server. Omitted properties mean the usual behavior. */
export interface Dialect {
  /** The field that limits the reply. @default 'max_tokens' */
  maxTokens?: 'max_tokens' | 'max_completion_tokens'
  /** True if the `developer` role is supported; otherwise it is sent as `system`. */
  developerRole?: boolean
  /** True if a stream contains usage only on request. @default true */
  streamUsage?: boolean
  /** Maximum number of stop sequences. The others are applied locally. */
  stopLimit?: number
  /** Options with a different field name. */
  renamed?: Partial<Record<NamedOption, string>>
  /** Options that it rejects or ignores. */
  unsupportedOptions?: readonly (keyof ChatOptions)[]
  /** Supported values of `toolChoice`; `function` stands for a named one. @default all */
  toolChoice?: readonly ('auto' | 'none' | 'required' | 'function')[]
  /** Supported types of `responseFormat`. @default all */
  formats?: readonly ('text' | 'json_object' | 'json_schema')[]
  /** True if the model cannot see the schema that its reply must match, unless it is in the messages. */
  hidesSchema?: boolean
  /** Omit it if thinking cannot be switched. */
  reasoningStyle?: ReasoningStyle
  /** True if an effort must be sent without `thinking: { type }`, a combination that Moonshot rejects. */
  effortAlone?: boolean
  /** Effort for `reasoning: true`, if models think only on request. */
  defaultEffort?: string | undefined
  /** True if its models always think. */
  alwaysThinks?: boolean
  /** Models that take `verbosity`. It is dropped for others. */
  verbosity?: RegExp
  /** The field for the vendor's web search. Omit it if there is none. */
  search?: string
  /**
   * Selects the earlier assistant messages that carry their thinking: none; those after the last user message (`tools`);
   * every one with tool calls (`tool-calls`); all.
   * @default 'never', unless the model family requires it
   */
  replayReasoning?: 'never' | 'tools' | 'tool-calls' | 'always'
  /** Placeholder for missing thinking of a message with tool calls, if the server requires some. */
  emptyReasoning?: string
  /** True if the model thinks by default. */
  thinksByDefault?: boolean
  /** Supported values of `toolChoice` while thinking. @default as `toolChoice` */
  toolChoiceWhileThinking?: readonly ('auto' | 'none' | 'required' | 'function')[]
  /** Sampling options that it rejects while thinking, each with its only allowed value, which is not sent. */
  fixedWhileThinking?: Partial<Record<NamedOption, number>>
  /** The same while not thinking. */
  fixedOtherwise?: Partial<Record<NamedOption, number>>
  /** Supported values of `reasoning.effort`, including `none` if thinking can be switched off. @default any */
  efforts?: readonly string[] | undefined
  /** Rules of single models, by name: the first match overrides the row. */
  models?: readonly (readonly [model: RegExp, rules: Partial<Dialect>])[]
  /** True if `reasoning_details` is sent back. */
  reasoningDetails?: boolean
  /** Pattern of tool call ids. Others are replaced consistently. */
  toolCallId?: { pattern: RegExp; length: number }
  /**
   * Marks an assistant message at the end as the start of the reply: by a property of the message, or of the body
   * (`continue_final_message`). `true`: it needs no mark; `false`: it is refused. Absent: it is sent without one, and
   * what comes of it is undocumented.
   */
  prefill?: 'prefix' | 'partial' | 'continue_final_message' | boolean
  /** Joins system messages into one at the start. @default what the model's template requires */
  systemFirst?: boolean
  /** True if it rejects empty messages: a system message without text is left out. */
  rejectsEmpty?: boolean
  /** True if it refuses tool calls without a result. Templates of local models do not look for one. */
  needsResults?: boolean
  /** True if a list in the schema of a tool needs no `items`, and `{}` there would mean any object (llama.cpp). */
  bareLists?: boolean
  /** Unsupported message parts. */
  unsupportedParts?: readonly ContentPart['type'][]
  /** Parts that are supported as data only, not by URL. */
  dataOnlyParts?: readonly ContentPart['type'][]
}

/**
 * OpenAI's models that take every `verbosity`: those for chat and code take "medium" only, and older ones none.
 * @see https://platform.openai.com/docs/api-reference/chat/create#chat-create-verbosity
 */
export const TAKES_VERBOSITY: RegExp = /^(openai\/)?gpt-[5-9](?!.*-(chat|codex))/

/** Merges the rules of a model into a row. */
export function forModel(dialect: Dialect, model: string): Dialect {
  const rules = dialect.models?.find(([pattern]) => pattern.test(model))?.[1]
  return rules ? { ...dialect, ...rules } : dialect
}

/**
 * Values without any effect. Clients send them by default (NextChat, LlamaIndex), so they are allowed even if the
 * server does not support the option.
 */
const NEUTRAL: Partial<Record<keyof ChatOptions, unknown>> = {
  presencePenalty: 0,
  frequencyPenalty: 0,
  repetitionPenalty: 1,
  topP: 1,
}

/** True if omitting the option changes nothing. */
export function isNeutral(call: Call, option: keyof ChatOptions): boolean {
  if (option === 'tools') return !hasTools(call)
  if (option === 'parallelToolCalls') return call[option] === true || !hasTools(call)
  return call[option] === NEUTRAL[option]
}

/**
 * Rejects options that the server would reject.
 * @throws {ConfigError} `unsupported_option`, before anything is sent
 */
export function rejectUnsupported(call: Call, dialect: Dialect): void {
  rejectToolNames(call)
  const isThinking = thinks(call, dialect)
  if (isThinking) refuseForced(call, dialect)
  refuseFixed(call, dialect, { isThinking })
  for (const option of dialect.unsupportedOptions ?? []) {
    if (call[option] === undefined) continue
    if (!isNeutral(call, option)) throw unsupported(call, `\`${option}\``)
    delete (call as Partial<Call>)[option]
  }
  if (call.rawPrompt !== undefined) rejectChatOptions(call)
  settleToolChoice(call, dialect.toolChoice)
  const { responseFormat, reasoning, search } = call
  const choice = choiceOf(call)
  if (choice && dialect.toolChoice && !dialect.toolChoice.includes(choice)) {
    throw unsupported(call, `the \`toolChoice\` "${choice}"`)
  }
  if ((choice === 'required' || choice === 'function') && !hasTools(call)) {
    throw unsupported(call, `the \`toolChoice\` "${choice}" without \`tools\``)
  }
  if (responseFormat && dialect.formats && !dialect.formats.includes(responseFormat.type)) {
    throw unsupported(call, `\`responseFormat\` of type ${responseFormat.type}`)
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
  refuseEffort(call, efforts)
  if (budget !== undefined && style !== 'flag' && style !== 'object')
    throw unsupported(call, '`reasoning.budget`')
  if (effort !== undefined && !off && style === 'flag')
    throw unsupported(call, '`reasoning.effort`')
  if (effort !== undefined && budget !== undefined)
    throw unsupported(call, '`reasoning.effort` together with `reasoning.budget`')
}

/**
 * Rejects an effort that the model does not support.
 * @throws {ConfigError} `unsupported_option`
 */
export function refuseEffort(call: Call, efforts: readonly string[] | undefined): void {
  const { reasoning } = call
  const effort = typeof reasoning === 'object' ? reasoning.effort : undefined
  if (effort === undefined || !efforts || efforts.includes(effort)) return
  const known = efforts.length > 0 ? ` (only "${efforts.join('", "')}")` : ''
  throw unsupported(call, `the \`reasoning.effort\` "${effort}" with ${call.model}${known}`)
}

/**
 * Rejects tool names that servers reject. All of them accept `^[a-zA-Z0-9_-]{1,64}$`.
 * @throws {ConfigError} `unsupported_option`
 */
export function rejectToolNames(call: Call): void {
  for (const tool of call.tools ?? []) {
    const name = isFunctionTool(tool) ? tool.function.name : undefined
    if (name !== undefined && !/^[a-zA-Z0-9_-]{1,64}$/.test(name)) {
      const shown = name.slice(0, 80)
      throw unsupported(call, `the tool name "${shown}" (up to 64 letters, digits, "_" and "-")`)
    }
  }
}

/** True if a stream brings something while the model thinks. */
export function showsThinking(
  call: Call,
  server: Dialect & { silentWhileThinking?: boolean },
): boolean {
  return !server.silentWhileThinking && thinks(call, forModel(server, call.model))
}

/** True if the model will think in this call, as far as its row and the call determine that. */
export function thinks(
  { reasoning }: Pick<Call, 'reasoning'>,
  { alwaysThinks, thinksByDefault }: Dialect,
): boolean {
  if (reasoning === undefined) return Boolean(alwaysThinks || thinksByDefault)
  return isOn(reasoning)
}

/** Returns what dialects list: `function` stands for a named one. */
function choiceOf({ toolChoice }: Call): 'auto' | 'none' | 'required' | 'function' | undefined {
  return typeof toolChoice === 'object' ? 'function' : toolChoice
}

function refuseForced(
  call: Call,
  { toolChoiceWhileThinking: choices, alwaysThinks }: Dialect,
): void {
  const choice = choiceOf(call)
  if (!choice || !choices || choices.includes(choice)) return
  const way = alwaysThinks ? '' : ' (pass `reasoning: false`)'
  throw unsupported(call, `the \`toolChoice\` "${choice}" while ${call.model} thinks${way}`)
}

/** Returns the sampling options that cannot be set in this call, with their fixed values. */
export function fixedSampling(call: Call, dialect: Dialect): Partial<Record<NamedOption, number>> {
  return (thinks(call, dialect) ? dialect.fixedWhileThinking : dialect.fixedOtherwise) ?? {}
}

function refuseFixed(call: Call, dialect: Dialect, { isThinking }: { isThinking: boolean }): void {
  for (const [option, only] of Object.entries(fixedSampling(call, dialect))) {
    const value = call[option as NamedOption]
    if (value === undefined || value === only) continue
    const when = isThinking ? ' while thinking' : ''
    throw unsupported(
      call,
      `\`${option}\` ${JSON.stringify(value)} with ${call.model}${when} (only ${only})`,
    )
  }
}

/** Rejects chat options for a raw prompt, whose endpoint does not support them. */
function rejectChatOptions(call: Call): void {
  const { tools, search } = call
  for (const option of ['toolChoice', 'parallelToolCalls', 'responseFormat', 'reasoning'] as const)
    if (call[option] !== undefined) throw unsupported(call, `\`${option}\` with a raw prompt`)
  if (tools?.length || search) throw unsupported(call, 'tools with a raw prompt')
}

/** Creates the error for an unsupported option. */
export function unsupported(call: Call, what: string): ConfigError {
  const problem = `does not support ${what}: omit it, or pass the server's own field in \`extraBody\``
  return unsupportedOption(call.provider, problem)
}

/** False for `false` and for the effort `none`. */
export function isOn(setting: boolean | ReasoningOptions): boolean {
  return typeof setting === 'object' ? setting.effort !== 'none' : setting
}

/** True if there are tools, including those in the vendor's own format. */
export function hasTools({ tools, extraBody }: Call): boolean {
  return (tools !== undefined && tools.length > 0) || extraBody?.tools !== undefined
}
