/**
 * Builds the assistant message of a result.
 */
import type { AssistantMessage, ToolCall } from '../message.ts'

/** Parts of a message. `fields` are properties that the vendor requires back. */
export interface MessageParts {
  text: string
  reasoning: string
  toolCalls: readonly ToolCall[]
  fields?: Record<string, unknown> | undefined
}

/** Creates the assistant message in the OpenAI format, ready to append. */
export function toMessage({ text, reasoning, toolCalls, fields }: MessageParts): AssistantMessage {
  return {
    role: 'assistant',
    content: text,
    ...(reasoning && { reasoning_content: reasoning }),
    ...(toolCalls.length > 0 && {
      tool_calls: toolCalls.map(({ id, name, argumentsText }) => ({
        id,
        type: 'function' as const,
        function: { name, arguments: argumentsText.trim() || '{}' },
      })),
    }),
    ...fields,
  }
}
