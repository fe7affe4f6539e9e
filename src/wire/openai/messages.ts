/**
 * Encodes messages in the OpenAI format, adapted to a server's dialect.
 */
import type { Call } from '../../call.ts'
import { isRecord } from '../../is-record.ts'
import type { AssistantMessage, ContentPart, Message } from '../../message.ts'
import { lastUserIndex, textOf, withoutEmptyText } from '../../message.ts'
import type { Dialect } from './dialect.ts'
import { thinks, unsupported } from './dialect.ts'
import { plainCall, signaturesOf } from './signatures.ts'
import { requireResults } from '../require-results.ts'
import { systemFirst } from '../system-first.ts'
import { toObjectText } from '../tool-arguments.ts'

/**
 * Returns the messages to send. The caller's own are not changed.
 * @throws {ConfigError} `unsupported_option` for an unsupported part; `invalid_messages` for tool calls without a result
 */
export function encodeMessages(given: readonly Message[], call: Call, dialect: Dialect): unknown[] {
  const messages =
    (dialect.systemFirst ?? TAKES_ONE_SYSTEM.test(call.model)) ? systemFirst(given) : given
  const lastUser = lastUserIndex(messages)
  const encoded = messages.flatMap((message, index): unknown[] => {
    refuseParts(message, call, dialect)
    if (message.role === 'assistant')
      return encodeAssistant(message, call, dialect, { inToolExchange: index > lastUser })
    const content = flatten(message.content)
    if (message.role === 'tool')
      return [{ ...message, content, tool_call_id: fitId(message.tool_call_id, dialect) }]
    if (dialect.rejectsEmpty && message.role !== 'user' && content === '') return []
    const role = message.role === 'developer' && !dialect.developerRole ? 'system' : message.role
    return [{ ...message, ...fitName(message), role, content }]
  })
  // Without the empty messages that are left out.
  if (dialect.needsResults) requireResults(encoded as Message[])
  markPrefill(encoded.at(-1), call, dialect)
  return encoded
}

/**
 * Models that accept one system message, at the start, wherever they run: their templates refuse others (Qwen 3.5 and later),
 * or their server does (MiniMax: "invalid chat setting").
 * @see https://github.com/vllm-project/vllm/issues/41114
 * @see https://github.com/can1357/oh-my-pi/pull/954
 */
const TAKES_ONE_SYSTEM = /qwen-?(3\.[5-9]|[4-9])|minimax/i

/** Fits the name of a speaker to OpenAI's pattern: no blanks and none of `<|\/>`. */
function fitName({ name }: { name?: string | number | null | undefined }): {
  name?: string | undefined
} {
  // Other languages write `null`.
  if (name === undefined) return {}
  return { name: String(name ?? '').replace(/[\s<|\\/>]+/g, '_') || undefined }
}

/** Marks the start of the reply that the model is to go on with, or rejects it. */
function markPrefill(last: unknown, call: Call, { prefill }: Dialect): void {
  if (prefill === undefined || !isPrefill(last) || last.prefix || last.partial) return
  if (prefill === false)
    throw unsupported(call, `an assistant message at the end with ${call.model}`)
  if (prefill === 'prefix' || prefill === 'partial') last[prefill] = true
}

/** True for the start of a reply, if the message is the last one. */
export function isPrefill(message: unknown): message is Record<string, unknown> {
  return isRecord(message) && message.role === 'assistant' && !message.tool_calls
}

// Some models imitate the list form when they see it, and some servers reject it.
function flatten(content: Message['content']): unknown {
  if (!Array.isArray(content)) return content
  // A part with a vendor's own property (cache_control) must stay a part.
  const plain = content.every((part) => part.type === 'text' && Object.keys(part).length === 2)
  return plain ? textOf(content) : withoutEmptyText(content)
}

/** Properties of an assistant message that servers read. Strict servers reject others, which some SDKs add. */
const ASSISTANT_MEMBERS = [
  'name',
  'refusal',
  'audio',
  'prefix',
  'partial',
  'cache_control',
] as const

/**
 * Returns the properties of an assistant message that servers read, besides its content, thinking and tool calls.
 */
export function knownMembers(message: AssistantMessage): Record<string, unknown> {
  const given = message as unknown as Record<string, unknown>
  const known: Record<string, unknown> = {}
  for (const name of ASSISTANT_MEMBERS)
    if (given[name] !== undefined && given[name] !== null) known[name] = given[name]
  // The speech of a reply: servers take a reference, which expires, and its words are the content.
  const { content, audio } = message
  if (audio?.data && content) delete known.audio
  else if (audio?.data) known.audio = { id: audio.id }
  return known
}

function encodeAssistant(
  message: AssistantMessage,
  call: Call,
  dialect: Dialect,
  { inToolExchange }: { inToolExchange: boolean },
): unknown[] {
  const { tool_calls: toolCalls = [], content, provider_data: data } = message
  const others = knownMembers(message)
  const signed = signaturesOf(data, call.model)
  // A gateway that signed the reasoning wants it back.
  const { provider_data: sealed } = signed.message
  const reasoning =
    replayed(message, call, dialect, { inToolExchange }) ??
    (sealed === undefined ? undefined : message.reasoning_content)
  const text = flatten(content) ?? '' // some servers reject null
  const isEmpty = text === '' && toolCalls.length === 0 && !others.audio && !others.refusal
  // Mistral, Moonshot and DeepSeek reject an empty message, and no other server needs it.
  if (isEmpty) return []
  const encoded: Record<string, unknown> = { role: 'assistant', content: text, ...others }
  const { reasoning_details: details } = message as { reasoning_details?: unknown }
  if (dialect.reasoningDetails && details) encoded.reasoning_details = details
  if (reasoning !== undefined) encoded.reasoning_content = reasoning
  if (toolCalls.length > 0) {
    encoded.tool_calls = toolCalls.map((toolCall, index) => ({
      ...plainCall(toolCall),
      id: fitId(toolCall.id, dialect),
      function: {
        ...toolCall.function,
        arguments: toObjectText(toolCall.function.arguments),
      },
      ...signed.callAt(index, toolCall.id),
    }))
  }
  return [{ ...encoded, ...signed.message }]
}

/**
 * Models that respond with 400 to every later request after a tool call without the thinking that led to it, on
 * any server.
 * @see https://api-docs.deepseek.com/guides/thinking_mode
 * @see https://platform.moonshot.ai/docs/guide/use-kimi-k2-thinking-model
 */
const NEEDS_REASONING = /deepseek-(v([4-9]|3\.2)|reasoner)|kimi-k(2\.[5-9]|2-thinking|[3-9])/i

/**
 * Models that go on with their own thinking within a turn, and answer worse without it, on any server.
 * @see https://platform.minimax.io/docs/guides/text-m2-function-call
 */
const RESUMES_REASONING = /minimax-?m\d/i

/**
 * Returns the placeholder for missing thinking of a message with tool calls, for models that require some, or
 * `undefined` for others. Moonshot treats an empty text as missing.
 */
export function missingReasoning(model: string): string | undefined {
  if (!NEEDS_REASONING.test(model)) return undefined
  return /kimi/i.test(model) ? ' ' : ''
}

/** Returns the thinking that is sent back with a message, if any. */
function replayed(
  { reasoning_content: reasoning, tool_calls: toolCalls = [] }: AssistantMessage,
  call: Call,
  dialect: Dialect,
  { inToolExchange }: { inToolExchange: boolean },
): string | undefined {
  const isKnown = NEEDS_REASONING.test(call.model)
  const usual = RESUMES_REASONING.test(call.model) ? 'tools' : 'never'
  const { replayReasoning = isKnown ? 'tool-calls' : usual } = dialect
  const hasCalls = toolCalls.length > 0
  const isWanted =
    replayReasoning === 'always' ||
    (replayReasoning === 'tools' && inToolExchange) ||
    (replayReasoning === 'tool-calls' && (hasCalls || inToolExchange))
  if (!isWanted) return undefined
  if (reasoning) return reasoning
  // History of a model that did not think, or of another SDK.
  const isMissing = hasCalls && replayReasoning === 'tool-calls'
  if (!isMissing || !thinks(call, { thinksByDefault: isKnown, ...dialect })) return undefined
  return dialect.emptyReasoning ?? missingReasoning(call.model) ?? ''
}

function refuseParts(message: Message, call: Call, dialect: Dialect): void {
  if (!Array.isArray(message.content)) return
  const { unsupportedParts, dataOnlyParts } = dialect
  for (const part of message.content) {
    if (unsupportedParts?.includes(part.type))
      throw unsupported(call, `a message part of type ${part.type}`)
    if (dataOnlyParts?.includes(part.type) && isByURL(part))
      throw unsupported(call, `${part.type} by URL: pass its bytes`)
  }
}

function isByURL(part: ContentPart): boolean {
  if (part.type === 'image_url') return /^https?:/i.test(part.image_url.url)
  if (part.type === 'input_audio') return /^\w+:/.test(part.input_audio.data)
  if (part.type === 'file') return part.file.file_url !== undefined
  return false
}

/** Returns an id that the server accepts, of letters and digits: the same one each time. */
function fitId(id: string, dialect: Dialect): string {
  const rule = dialect.toolCallId
  if (!rule || rule.pattern.test(id)) return id
  let text = ''
  for (let seed = 2166136261; text.length < rule.length; seed += 97) text += hash(id, seed)
  return text.slice(0, rule.length)
}

/** Returns the FNV-1a hash, as seven letters and digits. */
function hash(text: string, seed: number): string {
  let value = seed >>> 0
  for (let index = 0; index < text.length; index++)
    value = Math.imul(value ^ text.charCodeAt(index), 16777619)
  return (value >>> 0).toString(36).padStart(7, '0')
}
