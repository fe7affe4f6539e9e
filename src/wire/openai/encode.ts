/**
 * Encodes requests in the OpenAI format.
 * @see https://platform.openai.com/docs/api-reference/chat/create
 */
import type { Call } from '../../call.ts'
import type { Message } from '../../message.ts'
import type { ReasoningOptions } from '../../options.ts'
import type { Dialect, NamedOption } from './dialect.ts'
import { fixedSampling, forModel, hasTools, isOn, rejectUnsupported } from './dialect.ts'
import { mergeDeep } from '../../merge-deep.ts'
import { withFormat } from '../../schema-prompt.ts'
import { completeTool, nameFormat } from '../tool-schema.ts'
import { encodeMessages, isPrefill } from './messages.ts'

/** Encodes the body of a chat request. */
export function encodeRequest(
  messages: readonly Message[],
  call: Call,
  row: Dialect,
  { stream }: { stream: boolean },
): Record<string, unknown> {
  const dialect = forModel(row, call.model)
  rejectUnsupported(call, dialect)
  const body: Record<string, unknown> = { model: call.model }
  if (call.rawPrompt === undefined) {
    const encoded = encodeMessages(
      dialect.hidesSchema ? withFormat(messages, call.responseFormat) : messages,
      call,
      dialect,
    )
    body.messages = encoded
    // vLLM rejects both at once, and the second is its default.
    if (dialect.prefill === 'continue_final_message' && isPrefill(encoded.at(-1)))
      Object.assign(body, { continue_final_message: true, add_generation_prompt: false })
  } else body.prompt = call.rawPrompt
  encodeOptions(body, call, dialect)
  if (stream) {
    body.stream = true
    if (dialect.streamUsage !== false) body.stream_options = { include_usage: true }
  }
  return mergeDeep(body, call.extraBody)
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

/** Default for raw prompts. That of servers is 16 tokens, too short to be useful. */
const RAW_PROMPT_TOKENS = 1024

function encodeOptions(body: Record<string, unknown>, call: Call, dialect: Dialect): void {
  const toolless = !hasTools(call)
  const fixed = fixedSampling(call, dialect)
  for (const option of Object.keys(NAMES) as NamedOption[]) {
    const value = valueOf(option, call, dialect)
    // Without tools there is nothing to choose from, and servers reject the empty list as well as the choice.
    if (value === undefined || option in fixed || (toolless && TOOL_OPTIONS.has(option))) continue
    body[dialect.renamed?.[option] ?? NAMES[option]] = value
  }
  const maxTokens = call.maxTokens ?? (call.rawPrompt === undefined ? undefined : RAW_PROMPT_TOKENS)
  // The legacy endpoint for raw prompts supports only the older name.
  const limit = call.rawPrompt === undefined ? (dialect.maxTokens ?? 'max_tokens') : 'max_tokens'
  if (maxTokens !== undefined) body[limit] = maxTokens
  const stop = call.stop.slice(0, dialect.stopLimit)
  if (stop.length > 0) body.stop = stop
  if (call.search !== undefined && call.search !== false && dialect.search) {
    body[dialect.search] = call.search === true ? {} : call.search
  }
  if (call.verbosity && call.rawPrompt === undefined && dialect.verbosity?.test(call.model))
    body.verbosity = call.verbosity
  if (call.reasoning !== undefined) encodeReasoning(body, call.reasoning, dialect)
}

function valueOf(option: NamedOption, call: Call, { bareLists }: Dialect): unknown {
  if (option === 'tools' && !bareLists)
    return call.tools?.map((tool) => completeTool(tool, call.model))
  if (option === 'responseFormat') return call.responseFormat && nameFormat(call.responseFormat)
  return call[option]
}

const TOOL_OPTIONS = new Set<NamedOption>(['tools', 'toolChoice', 'parallelToolCalls'])

function encodeReasoning(
  body: Record<string, unknown>,
  setting: boolean | ReasoningOptions,
  dialect: Dialect,
): void {
  const on = isOn(setting)
  const { effort, budget } = typeof setting === 'object' ? setting : ({} as ReasoningOptions)
  switch (dialect.reasoningStyle) {
    case 'effort': {
      const word = on ? (effort ?? dialect.defaultEffort) : 'none'
      if (word !== undefined) body.reasoning_effort = word
      break
    }
    case 'flag':
      body.enable_thinking = on
      if (budget !== undefined) body.thinking_budget = budget
      break
    case 'template':
      // vLLM has a field for the effort, llama.cpp leaves it to the template.
      body.chat_template_kwargs = {
        enable_thinking: on,
        thinking: on,
        ...(effort !== undefined && on && { reasoning_effort: effort }),
      }
      if (effort !== undefined && on) body.reasoning_effort = effort
      break
    case 'type':
      if (effort !== undefined && on) body.reasoning_effort = effort
      if (effort === undefined || !on || !dialect.effortAlone)
        body.thinking = { type: on ? 'enabled' : 'disabled' }
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
