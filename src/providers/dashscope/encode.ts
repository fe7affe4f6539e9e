/**
 * Encodes options as `parameters`, or rejects them before anything is sent.
 * @see https://help.aliyun.com/zh/model-studio/dashscope-api-reference
 */
import type { Call } from '../../call.ts'
import { dropUndefined } from '../../drop-undefined.ts'
import { unsupportedOption } from '../../errors.ts'
import { mergeDeep } from '../../merge-deep.ts'
import type { Message, ToolDefinition } from '../../message.ts'
import { isFunctionTool, textOf } from '../../message.ts'
import { repeatsText } from '../../wire/openai/content.ts'
import { rejectToolNames } from '../../wire/openai/dialect.ts'
import { settleToolChoice } from '../../wire/openai/tool-choice.ts'
import { encodeInput } from './messages.ts'
import type { GenerationPath } from './models.ts'
import { encodeThinking, isThinking, splitExtra } from './thinking.ts'

type Members = Record<string, unknown>

/** Path and encoding of one request. */
export interface Plan {
  path: GenerationPath
  /** True if the server streams, which some models require even for a buffered reply. */
  stream: boolean
}

/** The request body, and what its headers depend on. */
export interface EncodedRequest {
  body: Members
  /** True if it contains an `oss://` URL, which the server resolves only with a header. */
  oss: boolean
  /** True if frames are expected to repeat the whole text so far. */
  isCumulative: boolean
}

/**
 * Encodes a request body.
 * @throws {ConfigError} `unsupported_option` for options that the path does not support
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
    // Defaults to "text" for older text models, which has no room for tools and thinking.
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
  const repeats = sent.incremental_output === false || repeatsText(call.model)
  return { body, oss, isCumulative: plan.stream && repeats }
}

/**
 * Encodes the parameters that do not depend on the path, overridden by those of `extraBody`.
 * @throws {ConfigError} `unsupported_option`
 */
export function encodeParameters(messages: readonly Message[], call: Call): Members {
  checkRanges(call)
  if (call.user !== undefined) throw unsupportedOption(call.provider, 'does not support `user`')
  const thinking = encodeThinking(call)
  const extra = splitExtra(call.extraBody).parameters
  const thinks = isThinking(call)
  const parameters: Members = {
    temperature: call.temperature,
    top_p: call.topP,
    top_k: call.topK,
    // Most models support no other limit; `max_completion_tokens` is for the newest, through `extraBody`.
    max_tokens: call.maxTokens,
    seed: call.seed,
    presence_penalty: call.presencePenalty,
    frequency_penalty: call.frequencyPenalty,
    repetition_penalty: call.repetitionPenalty,
    stop: call.stop.length > 0 ? call.stop : undefined,
    use_raw_prompt: call.rawPrompt === undefined ? undefined : true,
    ...thinking,
    ...encodeTools(call, { thinks }),
    response_format: encodeFormat(messages, call, { thinks }),
    ...encodeSearch(call),
  }
  return mergeDeep(dropUndefined(parameters), extra)
}

type RangedOption =
  | 'temperature'
  | 'topP'
  | 'repetitionPenalty'
  | 'presencePenalty'
  | 'frequencyPenalty'
  | 'seed'

// Values outside of these are rejected with 400. The documentation is inconsistent on the upper limit of `seed`;
// this one is within all.
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
      throw unsupportedOption(call.provider, `takes \`${name}\` ${range}, not ${value}`)
  }
}

function encodeTools(call: Call, { thinks }: { thinks: boolean }): Members {
  settleToolChoice(call, ['auto', 'none', 'function'])
  const { tools = [], toolChoice, parallelToolCalls } = call
  if (toolChoice === 'required') {
    throw unsupportedOption(
      call.provider,
      'does not support `toolChoice: "required"` with several tools: name one, or use "auto"',
    )
  }
  const forced = typeof toolChoice === 'object'
  if (forced && thinks)
    throw unsupportedOption(
      call.provider,
      'cannot force a tool call while thinking: pass `reasoning: false`',
    )
  if (tools.length === 0) {
    if (forced) throw unsupportedOption(call.provider, 'cannot force a tool call without `tools`')
    return {} // "auto", "none" and `parallelToolCalls` have no effect without tools
  }
  if (call.rawPrompt !== undefined)
    throw unsupportedOption(call.provider, 'does not support `tools` with a raw prompt')
  checkToolNames(call, tools)
  return { tools, tool_choice: toolChoice, parallel_tool_calls: parallelToolCalls }
}

function checkToolNames(call: Call, tools: readonly ToolDefinition[]): void {
  rejectToolNames(call)
  for (const tool of tools) {
    if (isFunctionTool(tool) && tool.function.name === 'search') {
      throw unsupportedOption(
        call.provider,
        'does not allow a tool named "search": rename it, for example to "web_search"',
      )
    }
  }
}

function encodeFormat(
  messages: readonly Message[],
  call: Call,
  { thinks }: { thinks: boolean },
): unknown {
  const { responseFormat, rawPrompt } = call
  if (responseFormat === undefined || responseFormat.type === 'text') return undefined
  if (thinks)
    throw unsupportedOption(
      call.provider,
      'does not support `responseFormat` while thinking: pass `reasoning: false`',
    )
  if (responseFormat.type === 'json_object') {
    const said = rawPrompt ?? messages.map(({ content }) => textOf(content)).join('\n')
    if (!/json/i.test(said)) {
      throw unsupportedOption(
        call.provider,
        'requires the word "json" in a message if `responseFormat` is json_object',
      )
    }
  }
  return responseFormat
}

// Without `enable_source` the server searches but omits its sources.
function encodeSearch({ search }: Call): Members {
  if (search === undefined) return {}
  if (search === false) return { enable_search: false }
  const options = search === true ? {} : search
  return { enable_search: true, search_options: { enable_source: true, ...options } }
}
