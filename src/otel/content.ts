/**
 * Converts messages to the JSON of the conventions.
 * @see https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/#recording-content-on-attributes
 */
import type { ChatResult } from '../event.ts'
import type {
  AssistantMessage,
  ContentPart,
  FunctionTool,
  MessageInput,
  ToolMessage,
  VideoFramesPart,
} from '../message.ts'
import type { ChatRequest } from '../options.ts'
import type { Attributes } from './attributes.ts'

type Part = Record<string, unknown>

type AnyMessage = Pick<MessageInput, 'role'> &
  Pick<AssistantMessage, 'reasoning_content' | 'tool_calls'> &
  Partial<Pick<ToolMessage, 'tool_call_id'>> & { content?: string | ContentPart[] | null }

/** Returns the attributes of the input: leading instructions on their own, then the messages, and the tools. */
export function inputAttributes({ prompt, messages, tools }: ChatRequest): Attributes {
  const turns: MessageInput[] = [...(messages ?? [{ role: 'user', content: prompt ?? '' }])]
  const instructions: Part[] = []
  while (/system|developer/.test(turns[0]?.role ?? '')) {
    instructions.push(...toParts(turns.shift() as MessageInput))
  }
  return {
    'gen_ai.system_instructions':
      instructions.length > 0 ? JSON.stringify(instructions) : undefined,
    'gen_ai.input.messages': JSON.stringify(
      turns.map((message) => ({ role: message.role, parts: toParts(message) })),
    ),
    'gen_ai.tool.definitions': JSON.stringify(
      tools?.map((tool) => {
        const { function: definition, ...rest } = tool as FunctionTool
        return { ...rest, ...definition }
      }),
    ),
  }
}

/** Returns the attribute of the reply, or of as much of it as arrived. */
export function outputAttributes({ message, finishReason }: ChatResult): Attributes {
  const reply = {
    role: 'assistant',
    parts: toParts(message),
    finish_reason: finishReason.replace('calls', 'call'),
  }
  return { 'gen_ai.output.messages': JSON.stringify([reply]) }
}

function toParts(message: MessageInput): Part[] {
  const { role, content, reasoning_content, tool_calls = [], tool_call_id } = message as AnyMessage
  if (role === 'tool') return [{ type: 'tool_call_response', id: tool_call_id, response: content }]
  const parts: Part[] =
    typeof content === 'string' ? [{ type: 'text', content }] : (content ?? []).flatMap(toOwnParts)
  if (reasoning_content) parts.unshift({ type: 'reasoning', content: reasoning_content })
  for (const { id, function: called } of tool_calls) {
    parts.push({ type: 'tool_call', id, name: called.name, arguments: parse(called.arguments) })
  }
  return parts.filter((part) => part.content !== '' || part.modality)
}

/** Frames of a video are images: the conventions have no part of several sources. */
function toOwnParts(part: ContentPart): Part[] {
  if (part.type !== 'video') return [toPart(part)]
  return part.video.map((url) => toPart({ type: 'image_url', image_url: { url } }))
}

function toPart(part: Exclude<ContentPart, VideoFramesPart>): Part {
  if (part.type === 'text') return { type: 'text', content: part.text }
  const [modality] = /image|audio|video|file/.exec(part.type) as RegExpExecArray
  const [, media] = Object.entries(part).find(([name]) => name !== 'type') as [string, Part]
  const { file_id, url = media.file_url ?? media.data ?? media.file_data, format } = media
  if (file_id) return { type: 'file', modality, file_id }
  const [, uri, type] = /^(http.*)|^data:([^;,]+)/.exec(String(url)) ?? []
  if (uri) return { type: 'uri', modality, uri }
  // Bytes would fill the exporter's queue.
  return { type: 'blob', modality, mime_type: type ?? `${modality}/${String(format)}`, content: '' }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
