/**
 * Encodes a conversation as `input` items of the Responses API.
 * @see https://platform.openai.com/docs/api-reference/responses/create#responses_create-input
 */
import { sortedJSON } from '../sorted-json.ts'
import type { Call } from '../../call.ts'
import { isRecord } from '../../is-record.ts'
import type { AssistantMessage, ContentPart, Message, ToolMessage } from '../../message.ts'
import { textOf } from '../../message.ts'
import { unsupported } from '../openai/dialect.ts'
import { toObjectText } from '../tool-arguments.ts'
import type { ResponseItem } from './items.ts'
import { callArguments, itemText, PROVIDER_DATA } from './items.ts'

/** @throws {ConfigError} `unsupported_option` for an unsupported message part */
export function encodeInput(messages: readonly Message[], call: Call): ResponseItem[] {
  const customCalls = new Set<string>()
  return messages.flatMap((message): ResponseItem[] => {
    if (message.role === 'assistant') {
      const items = encodeAssistant(message)
      for (const { type, call_id } of items)
        if (type === 'custom_tool_call') customCalls.add(String(call_id))
      return items
    }
    if (message.role === 'tool') return [encodeResult(message, customCalls, call)]
    const { role, content } = message
    return [{ type: 'message', role, content: encodeContent(content, call) }]
  })
}

function encodeContent(content: Message['content'], call: Call): unknown {
  if (!Array.isArray(content)) return content ?? ''
  return content.map((part) => encodePart(part, call))
}

function encodePart(part: ContentPart, call: Call): Record<string, unknown> {
  switch (part.type) {
    case 'text':
      return { type: 'input_text', text: part.text }
    case 'image_url': {
      const { url, detail = 'auto' } = part.image_url
      return { type: 'input_image', image_url: url, detail }
    }
    case 'file':
      return { type: 'input_file', ...part.file }
    default:
      throw unsupported(call, `a message part of type ${part.type}`)
  }
}

/** Returns the items of an earlier reply if they still match the message, else the message itself. */
function encodeAssistant(message: AssistantMessage): ResponseItem[] {
  const { content, tool_calls: toolCalls = [], provider_data: data } = message
  const kept = keptItems(data?.[PROVIDER_DATA])
  const text = textOf(content ?? '')
  if (kept && isSame(kept, text, message))
    return kept.map((item) =>
      item.type === 'function_call'
        ? { ...item, arguments: toObjectText(callArguments(item)) }
        : item,
    )
  return [
    ...(text ? [{ type: 'message', role: 'assistant', content: text }] : []),
    ...toolCalls.map(({ id, function: { name, arguments: args } }) => ({
      type: 'function_call',
      call_id: id,
      name,
      arguments: toObjectText(args),
    })),
  ]
}

/** Removes status and id: the server sets the status, and does not store items under their ids. */
function keptItems(value: unknown): ResponseItem[] | undefined {
  if (
    !Array.isArray(value) ||
    !value.every((item) => isRecord(item) && typeof item.type === 'string')
  )
    return undefined
  return (value as ResponseItem[]).map(({ status: _status, ...item }) => item as ResponseItem)
}

function isSame(items: readonly ResponseItem[], text: string, message: AssistantMessage): boolean {
  const said = items.filter(({ type }) => type === 'message').map(itemText)
  const ids = new Set(message.tool_calls?.map(({ id }) => id))
  // A custom tool call without a call in the message was made by a server tool.
  const calls = items.filter(
    ({ type, call_id: id }) =>
      type === 'function_call' || (type === 'custom_tool_call' && ids.has(String(id))),
  )
  const { tool_calls: toolCalls = [] } = message
  return (
    said.join('') === text &&
    calls.length === toolCalls.length &&
    calls.every((item, index) => {
      const { id, function: called } = toolCalls[index] as (typeof toolCalls)[number]
      return (
        item.call_id === id &&
        item.name === called.name &&
        isSameJSON(callArguments(item), called.arguments)
      )
    })
  )
}

function isSameJSON(one: string, other: string): boolean {
  if (one === other) return true
  try {
    return sortedJSON(JSON.parse(one || '{}')) === sortedJSON(JSON.parse(other || '{}'))
  } catch {
    return false // arguments that are not JSON: the message was changed
  }
}

function encodeResult(
  { tool_call_id: id, content }: ToolMessage,
  customCalls: ReadonlySet<string>,
  call: Call,
): ResponseItem {
  const type = customCalls.has(id) ? 'custom_tool_call_output' : 'function_call_output'
  const hasMedia = Array.isArray(content) && content.some((part) => part.type !== 'text')
  const output = hasMedia ? encodeContent(content, call) : textOf(content)
  return { type, call_id: id, output }
}
