/**
 * Messages in the OpenAI spelling, as a server's dialect has it.
 */
import type { Call } from '../../call.ts'
import type { AssistantMessage, ContentPart, Message } from '../../message.ts'
import { lastUserIndex, textOf } from '../../message.ts'
import type { Dialect } from './dialect.ts'
import { unsupported } from './dialect.ts'

/**
 * The messages as they are sent; those of the caller stay as they are.
 * @throws {ConfigError} `unsupported_option` for a part that the server cannot take
 */
export function encodeMessages(
  messages: readonly Message[],
  call: Call,
  dialect: Dialect,
): unknown[] {
  const { replayReasoning = 'never' } = dialect
  const running = { never: messages.length, tools: lastUserIndex(messages), always: -1 }[
    replayReasoning
  ]
  return messages.map((message, index) => {
    refuseParts(message, call, dialect)
    if (message.role === 'assistant') return encodeAssistant(message, dialect, index > running)
    const content = flatten(message.content)
    if (message.role === 'tool')
      return { ...message, content, tool_call_id: fitId(message.tool_call_id, dialect) }
    const role = message.role === 'developer' && !dialect.developerRole ? 'system' : message.role
    return { ...message, role, content }
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
  const {
    reasoning_content,
    tool_calls,
    content,
    provider_data: _,
    ...rest
  } = message as AssistantMessage & Record<string, unknown>
  if (!dialect.reasoningDetails) delete rest.reasoning_details
  return {
    ...rest,
    content: flatten(content) ?? '', // some servers reject null
    ...(reasoning_content && inToolExchange && { reasoning_content }),
    ...(tool_calls?.length && {
      tool_calls: tool_calls.map((one) => ({ ...one, id: fitId(one.id, dialect) })),
    }),
  }
}

function refuseParts(message: Message, call: Call, dialect: Dialect): void {
  if (!Array.isArray(message.content)) return
  const { unsupportedParts, dataOnlyParts } = dialect
  for (const part of message.content) {
    if (unsupportedParts?.includes(part.type))
      throw unsupported(call, `a message part of the type ${part.type}`)
    if (dataOnlyParts?.includes(part.type) && isByURL(part))
      throw unsupported(call, `${part.type} by URL: pass its bytes`)
  }
}

function isByURL(part: ContentPart): boolean {
  if (part.type === 'input_audio') return /^\w+:/.test(part.input_audio.data)
  if (part.type === 'file') return part.file.file_url !== undefined
  return false
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
