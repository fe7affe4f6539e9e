/**
 * Encodes options as a request body.
 * @see https://platform.claude.com/docs/en/api/messages
 */
import type { Call } from '../../call.ts'
import { dropUndefined } from '../../drop-undefined.ts'
import { ConfigError, unsupportedOption } from '../../errors.ts'
import { mergeDeep } from '../../merge-deep.ts'
import type { Message, ToolDefinition } from '../../message.ts'
import { isFunctionTool } from '../../message.ts'
import type { Dialect } from '../../wire/openai/dialect.ts'
import { hasTools, isOn, rejectUnsupported, unsupported } from '../../wire/openai/dialect.ts'
import { lookUp } from '../../wire/openai/errors.ts'
import type { Turn } from './turn.ts'
import { containerOf, encodeMessages } from './messages.ts'
import { signerOf } from './signer.ts'
import type { Thinking } from './models.ts'
import { defaultMaxTokens, isForcible, supportsSchema, thinkingOf, versionOf } from './models.ts'
import { encodeSchema } from '../../schema/adapt-format.ts'
import { ANTHROPIC } from '../../schema/vendor-support.ts'
import { refusedName } from '../../schema/wire-schema.ts'

const AT = { vendor: 'Anthropic' }

type Body = Record<string, unknown>

const DIALECT: Dialect = {
  unsupportedOptions: ['seed', 'presencePenalty', 'frequencyPenalty', 'repetitionPenalty'],
  reasoningStyle: 'object',
  search: 'web_search',
}

/**
 * Maximum number of tokens of a buffered reply. The vendor's SDKs reject more, since connections are dropped
 * after ten silent minutes. Longer replies are streamed and collected here.
 * @see https://platform.claude.com/docs/en/api/errors#long-requests
 */
const MOST_UNSTREAMED = 21_333

/**
 * Encodes a request body.
 * @param url where it is sent. Claude gets no thinking that another server signed.
 * @throws {ConfigError} `unsupported_option`, `invalid_messages`
 */
export function encodeRequest(
  messages: readonly Message[],
  call: Call,
  { stream }: { stream: boolean },
  url = 'https://api.anthropic.com',
): Body {
  const thinking = thinkingOf(call.model)
  const { reasoning, extraBody } = call
  rejectUnsupported(call, {
    ...DIALECT,
    ...(thinking.style === 'none' && { reasoningStyle: 'off' }),
    alwaysThinks: thinking.off === 'never',
    formats: supportsSchema(call.model) ? ['text', 'json_schema'] : ['text'],
  })
  const wantsThinking = reasoning !== undefined && isOn(reasoning)
  const { system, turns } = encodeMessages(messages, call, {
    keepsThinking: reasoning === undefined || wantsThinking,
    signer: signerOf(url, call.model),
  })
  const { budget } = typeof reasoning === 'object' ? reasoning : {}
  const usesBudget =
    thinking.style === 'budget' || (thinking.style === 'either' && budget !== undefined)
  const thinks = wantsThinking && !(usesBudget && lacksThinking(turns))
  rejectPrefill(turns, call, { thinks })
  const container = containerOf(messages)
  const body: Body = dropUndefined({
    model: call.model,
    ...encodeLength(call, thinking, { thinks }),
    system,
    messages: turns,
    container,
    ...encodeSampling(call, { thinks }),
    ...encodeTools(call, turns, { thinks, forcible: isForcible(call.model) }),
    ...encodeUser(call, url),
  })
  // Blank stop sequences are rejected; they are applied locally.
  const stop = call.stop.filter((word) => word.trim() !== '')
  if (stop.length > 0) body.stop_sequences = stop
  encodeOutput(body, call, thinking)
  const whole = mergeDeep(body, extraBody)
  const isLong = Number(whole.max_tokens) > MOST_UNSTREAMED
  return stream || isLong ? { stream: true, ...whole } : whole
}

/**
 * Rejects the start of a reply to be continued if the model does not support it: since 4.6, and while thinking. A turn
 * that paused in a server tool is not one.
 * @throws {ConfigError} `unsupported_option`
 * @see https://platform.claude.com/docs/en/about-claude/models/migration-guide
 */
function rejectPrefill(turns: readonly Turn[], call: Call, { thinks }: { thinks: boolean }): void {
  const { role, content = [] } = turns.at(-1) ?? {}
  const isPaused = content.some(({ type }) => type === 'server_tool_use' || type === 'mcp_tool_use')
  const version = versionOf(call.model)
  if (role !== 'assistant' || isPaused || version === undefined || (version < 406 && !thinks))
    return
  const when = version < 406 ? 'while it thinks' : `with ${call.model}`
  throw unsupportedOption(
    call.provider,
    `does not take an assistant message at the end ${when}: end with a user message`,
  )
}

/**
 * True if the current tool loop has a turn whose thinking was not sent back, as with clients of the OpenAI
 * format. With a budget, such a turn is rejected: "Expected `thinking` or `redacted_thinking`, but found
 * `tool_use`".
 * @see https://platform.claude.com/docs/en/build-with-claude/extended-thinking#preserving-thinking-blocks
 */
function lacksThinking(turns: readonly Turn[]): boolean {
  const isResult = ({ content }: Turn) => content.some(({ type }) => type === 'tool_result')
  for (let at = turns.length - 1; at > 0 && isResult(turns[at] as Turn); at -= 2) {
    const first = turns[at - 1]?.content[0]
    if (first && !/^(redacted_)?thinking$/.test(first.type)) return true
  }
  return false
}

/** Encodes the maximum length and the thinking budget. */
function encodeLength(call: Call, { style, off }: Thinking, { thinks }: { thinks: boolean }): Body {
  const { model, maxTokens, reasoning } = call
  const { budget, effort = 'medium' } = typeof reasoning === 'object' ? reasoning : {}
  const max_tokens = maxTokens ?? defaultMaxTokens(model, thinks ? budget : 0)
  if (reasoning === undefined) return { max_tokens }
  if (!thinks) return { max_tokens, ...(off && { thinking: { type: off } }) }
  if (style === 'adaptive' && budget !== undefined)
    throw unsupported(
      call,
      `\`reasoning.budget\` with ${model}, which requires \`reasoning.effort\``,
    )
  if (style !== 'budget' && budget === undefined) return { max_tokens, thinking: adaptive(model) }
  const tokens = budget ?? budgetOf(call, effort, max_tokens)
  if (tokens < LEAST_BUDGET || tokens >= max_tokens) {
    throw unsupported(
      call,
      `a \`reasoning.budget\` of ${tokens}: it must be ${LEAST_BUDGET} or more and less than \`maxTokens\`, here ${max_tokens}`,
    )
  }
  return { max_tokens, thinking: { type: 'enabled', budget_tokens: tokens } }
}

const LEAST_BUDGET = 1024
/** Efforts as a share of the maximum length, for models that only support budgets. */
const SHARES: Record<string, number> = { minimal: 0, low: 0.2, medium: 0.5, high: 0.8 }

function budgetOf(call: Call, effort: string, max: number): number {
  const share = lookUp(SHARES, effort)
  if (share === undefined)
    throw unsupported(call, `the \`reasoning.effort\` "${effort}" with ${call.model}`)
  return Math.max(LEAST_BUDGET, Math.floor(max * share))
}

/** Since 4.7 thinking is omitted unless requested; 4.6 includes it. */
function adaptive(model: string): Body {
  const shown = (versionOf(model) ?? 0) >= 407
  return { type: 'adaptive', ...(shown && { display: 'summarized' }) }
}

/**
 * Servers of other models have other limits.
 * @throws {ConfigError} `unsupported_option`
 */
function encodeUser(call: Call, url: string): Body {
  const { user } = call
  if (user === undefined) return {}
  const isClaude = signerOf(url, call.model) === undefined
  if (isClaude && user.length > 256) throw unsupported(call, 'a `user` of more than 256 characters')
  return { metadata: { user_id: user } }
}

/** @throws {ConfigError} `unsupported_option` for options that the generation rejects, always or while thinking */
function encodeSampling(call: Call, { thinks }: { thinks: boolean }): Body {
  const { temperature, topP, topK, model } = call
  const version = versionOf(model) ?? 0
  if (temperature !== undefined && (temperature < 0 || temperature > 1))
    throw unsupported(call, 'a `temperature` below 0 or above 1')
  const isFixed = version >= 407
  const why = isFixed ? `with ${model}` : 'along with `reasoning`'
  if (isFixed || thinks) {
    if (topK !== undefined) throw unsupported(call, `\`topK\` ${why}`)
    if ((temperature ?? 1) !== 1) throw unsupported(call, `\`temperature\` ${why}`)
    if ((topP ?? 1) < (isFixed ? 1 : 0.95)) throw unsupported(call, `\`topP\` ${why}`)
    // The remaining values are the defaults.
    return {}
  }
  // `topP: 1` has no effect, and these generations accept only one of the two.
  const isBoth = version >= 401 && temperature !== undefined && topP !== undefined
  if (isBoth && topP !== 1) throw unsupported(call, '`temperature` together with `topP`')
  return { temperature, top_p: isBoth ? undefined : topP, top_k: topK }
}

/** Encodes the effort and the response format. */
function encodeOutput(body: Body, call: Call, { style }: Thinking): void {
  const { reasoning, responseFormat, model } = call
  const output: Body = {}
  const effort = typeof reasoning === 'object' && isOn(reasoning) ? reasoning.effort : undefined
  if (effort !== undefined && style !== 'budget') {
    const least = lookUp(EFFORTS, effort) ?? Infinity
    if ((versionOf(model) ?? 0) < least)
      throw unsupported(call, `the \`reasoning.effort\` "${effort}" with ${model}`)
    output.effort = effort
  }
  if (responseFormat?.type === 'json_schema')
    output.format = {
      type: 'json_schema',
      schema: encodeSchema(responseFormat.json_schema.schema, ANTHROPIC, AT),
    }
  if (Object.keys(output).length > 0) body.output_config = output
}

/**
 * Efforts, and the first generation that supports them. Recorded from 4.6: "Supported levels: high, low, max,
 * medium".
 */
const EFFORTS: Record<string, number> = { low: 406, medium: 406, high: 406, max: 406, xhigh: 407 }

function encodeTools(
  call: Call,
  turns: readonly Turn[],
  { thinks, forcible }: { thinks: boolean; forcible: boolean },
): Body {
  const { toolChoice, parallelToolCalls: parallel, search } = call
  const tools: Body[] = (call.tools ?? []).map(encodeTool)
  if (search) tools.push({ ...WEB_SEARCH, ...(typeof search === 'object' && search) })
  if (tools.length === 0 && !hasTools(call)) return recallTools(turns)
  const own = tools.length > 0 && { tools }
  if ((thinks || !forcible) && (toolChoice === 'required' || typeof toolChoice === 'object')) {
    const when = forcible ? 'together with `reasoning`' : `with ${call.model}`
    throw unsupported(call, `a \`toolChoice\` that forces a call ${when}`)
  }
  if (toolChoice === 'none') return { ...own, tool_choice: { type: 'none' } }
  if (toolChoice === undefined && parallel === undefined) return { ...own }
  const choice =
    typeof toolChoice === 'object'
      ? { type: 'tool', name: toolChoice.function.name }
      : { type: toolChoice === 'required' ? 'any' : 'auto' }
  return {
    ...own,
    tool_choice: { ...choice, ...(parallel === false && { disable_parallel_tool_use: true }) },
  }
}

/** The oldest version of the search, which every model supports. */
const WEB_SEARCH = { type: 'web_search_20250305', name: 'web_search' }

/** A history with tool calls is rejected without `tools`: declares those it mentions, and forbids new calls. */
function recallTools(turns: readonly Turn[]): Body {
  const names = turns.flatMap(({ content }) =>
    content.filter(({ type }) => type === 'tool_use').map(({ name }) => name),
  )
  if (names.length === 0) return {}
  const tools = [...new Set(names)].map((name) => ({ name, input_schema: { type: 'object' } }))
  return { tools, tool_choice: { type: 'none' } }
}

function encodeTool(tool: ToolDefinition): Body {
  if (!isFunctionTool(tool)) return tool
  const { type: _type, function: definition, ...rest } = tool
  const { name, description, parameters, strict } = definition
  const schema: Body = { type: 'object', ...parameters }
  const refused = refusedName(schema, ANTHROPIC)
  if (refused !== undefined)
    throw new ConfigError(
      'unsupported_option',
      `${AT.vendor} does not accept the parameter "${refused}" of the tool "${name}": names have up to 64 letters, digits, "_", "-" and "."; use runTools(), which wraps the parameters`,
    )
  return dropUndefined({
    name,
    description,
    input_schema: strict
      ? encodeSchema(schema, ANTHROPIC, { ...AT, place: 'a strict tool' })
      : schema,
    strict,
    ...rest, // such as `cache_control`
  })
}
