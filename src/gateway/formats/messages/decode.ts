/**
 * Decodes a request, rebuilding it member by member: nothing reaches a model that is not named here.
 * @see https://platform.claude.com/docs/en/api/messages/create
 */
import { dropUndefined } from '../../../drop-undefined.ts'
import { HttpError, invalid } from '../../../edge/http-error.ts'
import { isRecord } from '../../../is-record.ts'
import type { Message } from '../../../message.ts'
import type { ChatOptions, ChatRequest, ResponseFormat, ToolChoice } from '../../../options.ts'
import { estimateMessages, estimateTokens } from '../../../tokens/estimate.ts'
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
  mapValues,
  name,
  never,
  nullOr,
  positive,
  stop,
  toFunctionTool,
  whole,
} from '../shapes.ts'
import { decodeConversation } from './decode-messages.ts'
import { decodeThinking } from './decode-thinking.ts'

const tool = object(
  {
    name,
    type: nullOr(
      '"custom": tools that Anthropic defines or runs are not supported',
      (value) => value === 'custom',
    ),
    description: functionMembers.description,
    input_schema: record,
    strict: functionMembers.strict,
    allowed_callers: nullOr('["direct"]: only the model calls tools', (value) => {
      return Array.isArray(value) && value.includes('direct')
    }),
  },
  'must be an object with name and input_schema',
)
const toolChoice = object(
  {
    type: oneOf(['auto', 'any', 'none', 'tool'], 'must be "auto", "any", "none" or "tool"'),
    disable_parallel_tool_use: optional(flag),
  },
  'must be an object with a type',
)
const budget = rule(
  'must be a whole number, not below 0',
  (value) => Number.isSafeInteger(value) && value >= 0,
)
/** Settings that hide thinking. Updates are texts that only Claude writes between its tool calls. */
const HIDING: readonly unknown[] = ['omitted', 'updates']
const thinking = object(
  {
    type: oneOf(
      ['enabled', 'disabled', 'adaptive', 'between_tools'],
      'must be "enabled", "disabled", "adaptive" or "between_tools"',
    ),
    // Claude Code sends 0 with `adaptive`. https://github.com/routatic/proxy/issues/171
    budget_tokens: optional(budget),
    display: nullOr('"summarized", "omitted" or "updates"', (value) => {
      return value === 'summarized' || HIDING.includes(value)
    }),
    // Thinking that was not sealed here is always left out.
    block_binding: nullOr('an object', isRecord),
  },
  'must be an object with a type',
)
const format = object(
  {
    type: oneOf(['json_schema'], 'must be "json_schema"'),
    schema: record,
  },
  'must be an object with type and schema',
)
const outputConfig = rule(
  'must be an object with effort and format, and nothing else',
  (value: Members) =>
    isRecord(value) && Object.keys(value).every((key) => key === 'effort' || key === 'format'),
)

/** Edits that only save tokens: without them a conversation reaches the model whole. */
const contextManagement = rule(
  'must hold edits of the types clear_tool_uses_… and clear_thinking_… only',
  ({ edits = [] }: { edits?: unknown }) =>
    Array.isArray(edits) &&
    edits.every((edit) => isRecord(edit) && /^clear_(tool_uses|thinking)_/.test(asText(edit.type))),
)

/**
 * Members without effect on the reply (billing, caching, diagnosis, speed): dropped. The header `anthropic-beta` and the
 * parameter `beta` likewise: what a beta adds to the body is judged here, member by member.
 */
const WITHOUT_EFFECT = [
  'betas',
  'billing_policy',
  'cache_control',
  'diagnostics',
  'service_tier',
  'speed',
  'user_profile_id',
  'workspace_id',
]

const MEMBERS: Record<string, Shape> = /* @__PURE__ */ (() => ({
  ...Object.fromEntries(WITHOUT_EFFECT.map((member) => [member, ANYTHING])),
  model: name,
  messages: list(record, 'must be a list of messages'),
  max_tokens: positive,
  ...mapValues(
    {
      system: rule('must be a string or a list of text blocks', (value: unknown) => {
        return typeof value === 'string' || Array.isArray(value)
      }),
      stream: flag,
      temperature: number,
      top_p: number,
      top_k: whole,
      stop_sequences: stop,
      tools: list(tool, 'must be a list of tools'),
      tool_choice: toolChoice,
      thinking,
      output_config: outputConfig,
      output_format: format,
      metadata: record,
      context_management: contextManagement,
      mcp_servers: rule('must be empty: it is not supported', (value: unknown[]) => {
        return Array.isArray(value) && value.length === 0
      }),
      compaction: never('is not supported'),
      container: never('is not supported'),
      fallbacks: never('is not supported: the operator chooses the models'),
      fallback_credit_token: never('is not supported'),
      inference_geo: never('is not supported: the operator chooses the place'),
      thread: never('is not supported: send the whole conversation'),
    },
    optional,
  ),
}))()

/** @throws {HttpError} 400, naming the member to blame. `null` means absent. */
export function decodeRequest(body: unknown, limits: Limits): DecodedRequest {
  return decodeBody(body, limits, MEMBERS)
}

/** A request to count tokens lacks the members that concern the reply. */
export function decodeCountRequest(body: unknown, limits: Limits): DecodedRequest {
  return decodeBody(body, limits, { ...MEMBERS, max_tokens: optional(positive) })
}

function decodeBody(body: unknown, limits: Limits, shapes: Record<string, Shape>): DecodedRequest {
  return decodeMembers(body, (members) => {
    checkMembers(shapes, members, 'unsupported_option', '')
    const messages = decodeConversation(members, limits.maxMessages)
    const options = decodeOptions(members, limits)
    const chat: ChatRequest = { ...options, messages }
    checkMessages(messages)
    const { metadata, thinking, stop_sequences: stop, context_management: context } = members
    const { user_id: user } = (metadata ?? {}) as Members
    return {
      model: members.model as string,
      stream: members.stream === true,
      user: typeof user === 'string' ? user.slice(0, 512) : undefined,
      chat,
      fallback: 'reasoning' in options ? { reasoning: undefined } : undefined,
      encoding: {
        stop,
        managesContext: context !== undefined,
        hidesThinking: HIDING.includes((thinking as Members | undefined)?.display),
        countPrompt: () => countPrompt(messages, options),
      },
    }
  })
}

function decodeOptions(members: Members, { maxTokens }: Limits): ChatOptions {
  const { temperature, top_p: topP, top_k: topK, stop_sequences: stop, tools } = members
  const hasTools = Array.isArray(tools) && tools.length > 0
  const choice = members.tool_choice as Members | undefined
  const options = dropUndefined({
    maxTokens: limitTokens(members.max_tokens as number | undefined, maxTokens),
    // Anthropic's default, which clients send although they ask for nothing: other models have another one.
    temperature: temperature === 1 ? undefined : temperature,
    topP: topP === 1 ? undefined : topP,
    topK: topK === 0 ? undefined : topK, // 0 asks for all tokens
    stop: Array.isArray(stop) && stop.length === 0 ? undefined : stop,
    tools: hasTools
      ? tools.map((tool: Members) => toFunctionTool({ ...tool, parameters: tool.input_schema }))
      : undefined,
    ...(hasTools && choice && decodeToolChoice(choice)),
    responseFormat: decodeFormat(members),
  }) as ChatOptions
  const isForced = typeof options.toolChoice === 'object' || options.toolChoice === 'required'
  const reasoning = decodeThinking(members, { isForced })
  return { ...options, ...(reasoning !== undefined && { reasoning }) }
}

function decodeToolChoice(choice: Members): ChatOptions {
  const { type, name, disable_parallel_tool_use: isSingle } = choice
  if (type === 'tool' && typeof name !== 'string')
    throw new HttpError(invalid('tool_choice.name must be a string'))
  const choices: Record<string, ToolChoice | undefined> = {
    any: 'required',
    none: 'none',
    tool: { type: 'function', function: { name: name as string } },
  }
  return {
    toolChoice: choices[type as string],
    parallelToolCalls: isSingle === true ? false : undefined,
  }
}

function decodeFormat({
  output_config: config,
  output_format: former,
}: Members): ResponseFormat | undefined {
  const asked = (config as Members | undefined)?.format ?? former
  if (asked === undefined || asked === null) return undefined
  checkMembers(
    { type: ANYTHING, schema: ANYTHING },
    asked,
    'unsupported_option',
    'output_config.format',
  )
  const { type, schema } = asked as Members
  if (type !== 'json_schema' || !isRecord(schema)) {
    throw new HttpError(
      invalid('output_config.format must be an object with type "json_schema" and schema'),
    )
  }
  return { type: 'json_schema', json_schema: { name: 'response', schema, strict: true } }
}

function countPrompt(messages: readonly Message[], { tools = [] }: ChatOptions): number {
  return estimateMessages(messages) + (tools.length > 0 ? estimateTokens(JSON.stringify(tools)) : 0)
}
