/**
 * A whole answer, and the message that it is in the next conversation.
 */
import type { ChatResult, FinishEvent, Usage } from '../event.ts'
import type { AssistantMessage, ToolCall } from '../message.ts'

/** Its members are those of `ChatResult`, and as a string it is its text. */
class Result {
  constructor(members: ChatResult) {
    Object.assign(this, members)
  }
  toString(): string {
    return (this as unknown as ChatResult).text
  }
}

/** A whole answer of these members. */
export function toResult(members: ChatResult): ChatResult {
  return new Result(members) as unknown as ChatResult
}

/** What a message is made of; `fields` are those that the vendor wants back. */
export interface MessageParts {
  text: string
  reasoning: string
  toolCalls: readonly ToolCall[]
  fields?: Record<string, unknown> | undefined
}

/** The assistant message in the OpenAI format, ready to append. */
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

/** Some vendors finish twice, and some send usage after it: the last word counts. */
export function mergeFinish(before: FinishEvent | undefined, event: FinishEvent): FinishEvent {
  if (!before) return event
  const fields = { ...before.messageFields, ...event.messageFields }
  return {
    ...(event.finishReason === 'other' ? before : event),
    ...(Object.keys(fields).length > 0 && { messageFields: fields }),
  }
}

/** What a reply cost where its server does not tell. */
export function toEstimate(promptTokens: number, completionTokens: number): Usage {
  const totalTokens = promptTokens + completionTokens
  return { promptTokens, completionTokens, totalTokens, estimated: true }
}
