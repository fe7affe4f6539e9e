/**
 * Builds results and their assistant message.
 */
import type { ChatResult, FinishEvent, FinishReason, Usage } from '../event.ts'
import type { AssistantMessage, ToolCall } from '../message.ts'

/** Implements `ChatResult`; converts to its text. */
class Result {
  constructor(members: ChatResult) {
    Object.assign(this, members)
  }
  toString(): string {
    return (this as unknown as ChatResult).text
  }
}

/** Properties of a result that are computed when first read. */
export type LazyMembers = {
  readonly [Name in 'toolCalls' | 'message' | 'usage']?: () => ChatResult[Name]
}

/** Creates a result. Lazy properties stay enumerable, so reading, copying and cloning see ordinary ones. */
export function toResult(
  members: Omit<ChatResult, 'toolCalls' | 'message' | 'usage'> & Partial<ChatResult>,
  lazy: LazyMembers = {},
): ChatResult {
  const result = new Result(members as ChatResult) as unknown as ChatResult
  for (const [name, compute] of Object.entries(lazy)) defineLazy(result, name, compute)
  return result
}

function defineLazy(target: object, name: string, compute: () => unknown): void {
  const attributes = { enumerable: true, configurable: true }
  const set = (value: unknown) =>
    Object.defineProperty(target, name, { ...attributes, value, writable: true })
  const get = () => {
    const value = compute()
    set(value)
    return value
  }
  Object.defineProperty(target, name, { ...attributes, get, set })
}

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

/** Merges finish events: some vendors finish twice, and the last one counts. */
export function mergeFinish(before: FinishEvent | undefined, event: FinishEvent): FinishEvent {
  if (!before) return event
  const fields = { ...before.messageFields, ...event.messageFields }
  return {
    ...(event.finishReason === 'other' ? before : event),
    ...(Object.keys(fields).length > 0 && { messageFields: fields }),
  }
}

/** Creates the usage of a reply whose server sent none. */
export function toEstimate(promptTokens: number, completionTokens: number): Usage {
  const totalTokens = promptTokens + completionTokens
  return { promptTokens, completionTokens, totalTokens, estimated: true }
}

/** Merges counts that are sent more than once. They are cumulative; some servers end with zeros or omit fields. */
export function latest(before: Usage, usage: Usage): Usage {
  const merged: Usage = { ...before, ...usage }
  for (const name of ['promptTokens', 'completionTokens', 'totalTokens'] as const)
    merged[name] = usage[name] > 0 ? usage[name] : before[name]
  if (merged.totalTokens < merged.promptTokens + merged.completionTokens)
    merged.totalTokens = merged.promptTokens + merged.completionTokens
  return merged
}

/** Returns `tool_calls` exactly for a reply with tool calls, whatever the server reported. */
export function settleReason(
  reason: FinishReason,
  { text, toolCalls }: { text: string; toolCalls: readonly ToolCall[] },
): FinishReason {
  if (toolCalls.length > 0) return reason === 'stop' || reason === 'other' ? 'tool_calls' : reason
  if (reason !== 'tool_calls') return reason
  return text ? 'stop' : 'other'
}

/** Returns the text of tool calls that counts as tokens. */
export function textOfCalls(toolCalls: readonly ToolCall[]): string {
  return toolCalls.map((call) => call.name + call.argumentsText).join('')
}
