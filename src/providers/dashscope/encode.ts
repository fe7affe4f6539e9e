/**
 * Options to `parameters`: translated, or refused before anything is sent.
 * @see https://help.aliyun.com/zh/model-studio/dashscope-api-reference
 */
import type { Call } from '../../call.ts'
import { mergeDeep } from '../../merge-deep.ts'
import type { Message, ToolDefinition } from '../../message.ts'
import { isFunctionTool, textOf } from '../../message.ts'
import { refuseToolNames } from '../../wire/openai/dialect.ts'
import { refusal } from './errors.ts'
import { encodeInput } from './messages.ts'
import type { GenerationPath } from './models.ts'
import { alwaysThinks, isStreamOnly, thinksByDefault } from './models.ts'

type Members = Record<string, unknown>

/** How one request is asked. */
export interface Plan {
  path: GenerationPath
  /** True if the server streams, which some models demand although the caller wants it whole. */
  stream: boolean
}

/** What goes over the wire, and what its headers depend on. */
export interface EncodedRequest {
  body: Members
  /** True if an `oss://` URL is in it, which the server resolves only when a header asks it to. */
  oss: boolean
  /** True if frames are asked to repeat the whole text so far. */
  wholes: boolean
}

/**
 * The body of a request.
 * @throws {ConfigError} `unsupported_option` for what the path does not take
 */
export function encodeRequest(
  messages: readonly Message[],
  call: Call,
  parameters: Members,
  plan: Plan,
): EncodedRequest {
  const { input, oss } = encodeInput(messages, call, plan.path)
  const { top } = splitExtra(call.extraBody)
  const sent: Members = {
    // The default is "text" for older text models, which has no place for tools and thinking.
    ...(plan.path === 'text-generation' && { result_format: 'message' }),
    ...(plan.stream && { incremental_output: true }),
    ...parameters,
  }
  const body = {
    model: call.model,
    ...top,
    input: mergeDeep(input, top.input as Members | undefined),
    parameters: sent,
  }
  return { body, oss, wholes: plan.stream && sent.incremental_output === false }
}

/**
 * The parameters that do not depend on the path, with those of `extraBody` over them.
 * @throws {ConfigError} `unsupported_option`
 */
export function encodeParameters(messages: readonly Message[], call: Call): Members {
  checkRanges(call)
  if (call.user !== undefined) throw refusal(call, 'has no member for `user`')
  const thinking = encodeThinking(call)
  const extra = splitExtra(call.extraBody).parameters
  const thinks = isThinking(call)
  const parameters: Members = {
    temperature: call.temperature,
    top_p: call.topP,
    top_k: call.topK,
    // Most models take no other limit; `max_completion_tokens` is for the newest, through
    // `extraBody`.
    max_tokens: call.maxTokens,
    seed: call.seed,
    presence_penalty: call.presencePenalty,
    frequency_penalty: call.frequencyPenalty,
    repetition_penalty: call.repetitionPenalty,
    stop: call.stop.length > 0 ? call.stop : undefined,
    use_raw_prompt: call.rawPrompt === undefined ? undefined : true,
    ...thinking,
    ...encodeTools(call, thinks),
    response_format: encodeFormat(messages, call, thinks),
    ...encodeSearch(call),
  }
  return mergeDeep(dropUndefined(parameters), extra)
}

/** True where the model will think with these options. */
export function isThinking(
  call: Pick<Call, 'model' | 'provider' | 'reasoning' | 'extraBody'>,
): boolean {
  const extra = splitExtra(call.extraBody).parameters
  return willThink(call.model, { ...encodeThinking(call), ...extra })
}

/** True where the server answers in a stream or not at all: while thinking, for the most part. */
export function needsStream(model: string, parameters: Members): boolean {
  return isStreamOnly(model) || willThink(model, parameters)
}

/** `extraBody` speaks of parameters, but for the three members of the body itself. */
function splitExtra(extra: Members = {}): { top: Members; parameters: Members } {
  const top: Members = {}
  const parameters: Members = {}
  for (const [name, value] of Object.entries(extra)) {
    if (name === 'parameters') Object.assign(parameters, value)
    else if (name === 'input' || name === 'model') top[name] = value
    else parameters[name] = value
  }
  return { top, parameters }
}

type RangedOption =
  | 'temperature'
  | 'topP'
  | 'repetitionPenalty'
  | 'presencePenalty'
  | 'frequencyPenalty'
  | 'seed'

// What lies outside of these is answered with 400. Pages disagree about the end of `seed`: this one
// is in all.
const RANGES: readonly (readonly [RangedOption, (value: number) => boolean, words: string])[] = [
  ['temperature', (value) => value >= 0 && value < 2, 'from 0 to below 2'],
  ['topP', (value) => value > 0 && value <= 1, 'above 0 up to 1'],
  ['repetitionPenalty', (value) => value > 0, 'above 0'],
  ['presencePenalty', (value) => Math.abs(value) <= 2, 'from -2 to 2'],
  ['frequencyPenalty', (value) => Math.abs(value) <= 2, 'from -2 to 2'],
  ['seed', (value) => value >= 0 && value < 2 ** 31, 'from 0 to 2147483647'],
]

function checkRanges(call: Call): void {
  for (const [name, fits, range] of RANGES) {
    const value = call[name]
    if (value !== undefined && !fits(value))
      throw refusal(call, `takes \`${name}\` ${range}, not ${value}`)
  }
}

function encodeThinking(call: Pick<Call, 'model' | 'provider' | 'reasoning'>): Members {
  const { reasoning } = call
  if (reasoning === undefined) return {}
  const { effort, budget } = typeof reasoning === 'object' ? reasoning : {}
  const off = reasoning === false || budget === 0
  if (effort !== undefined && budget !== undefined) {
    throw refusal(call, 'takes either `reasoning.effort` or `reasoning.budget`, not both')
  }
  if ((off || effort === 'none') && alwaysThinks(call.model)) {
    throw refusal(call, `cannot keep "${call.model}" from thinking: leave \`reasoning\` out`)
  }
  if (off) return { enable_thinking: false }
  if (effort === 'none') return { reasoning_effort: effort }
  return { enable_thinking: true, reasoning_effort: effort, thinking_budget: budget }
}

function willThink(model: string, parameters: Members): boolean {
  const { enable_thinking: on, thinking_budget: budget, reasoning_effort: effort } = parameters
  if (alwaysThinks(model)) return true
  if (on !== undefined) return on === true
  return Number(budget) > 0 || (effort !== undefined ? effort !== 'none' : thinksByDefault(model))
}

function encodeTools(call: Call, thinks: boolean): Members {
  const { tools = [], toolChoice, parallelToolCalls } = call
  if (toolChoice === 'required') {
    throw refusal(call, 'has no `toolChoice: "required"`: name the function, or use "auto"')
  }
  const forced = typeof toolChoice === 'object'
  if (forced && thinks)
    throw refusal(call, 'cannot force a tool while the model thinks: pass `reasoning: false`')
  if (tools.length === 0) {
    if (forced) throw refusal(call, 'cannot force a tool where there are no `tools`')
    return {} // "auto", "none" and `parallelToolCalls` say nothing without tools
  }
  if (call.rawPrompt !== undefined) throw refusal(call, 'takes no `tools` with a raw prompt')
  checkToolNames(call, tools)
  return { tools, tool_choice: toolChoice, parallel_tool_calls: parallelToolCalls }
}

function checkToolNames(call: Call, tools: readonly ToolDefinition[]): void {
  refuseToolNames(call)
  for (const tool of tools) {
    if (isFunctionTool(tool) && tool.function.name === 'search') {
      throw refusal(
        call,
        'takes no tool named "search": give it another name, such as "web_search"',
      )
    }
  }
}

function encodeFormat(messages: readonly Message[], call: Call, thinks: boolean): unknown {
  const { responseFormat, rawPrompt } = call
  if (responseFormat === undefined || responseFormat.type === 'text') return undefined
  if (thinks)
    throw refusal(call, 'takes no `responseFormat` while the model thinks: pass `reasoning: false`')
  if (responseFormat.type === 'json_object') {
    const said = rawPrompt ?? messages.map(({ content }) => textOf(content)).join('\n')
    if (!/json/i.test(said)) {
      throw refusal(
        call,
        'wants the word "json" in some message when `responseFormat` is json_object',
      )
    }
  }
  return responseFormat
}

// Without `enable_source` the server searches but does not tell where it found what it says.
function encodeSearch({ search }: Call): Members {
  if (search === undefined) return {}
  if (search === false) return { enable_search: false }
  const options = search === true ? {} : search
  return { enable_search: true, search_options: { enable_source: true, ...options } }
}

function dropUndefined(members: Members): Members {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))
}
