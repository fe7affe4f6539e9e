/**
 * Builds the parts of a result.
 */
import type { FinishEvent, FinishReason, Usage } from '../event.ts'
import type { ToolCall } from '../message.ts'

/** Marks the tool calls of a reply that did not end. */
export const CUT = 'The reply was cut off'
/** Marks the tool calls of a reply that a local stop sequence ended in the middle of a call. */
export const CUT_BY_STOP = 'The reply was cut at a stop sequence'
/** Finish reasons that mark the tool calls as invalid. */
export const CUT_REASONS: Partial<Record<FinishReason, string>> = {
  length: 'The reply was cut at its length limit',
}

/**
 * Merges finish events: some vendors finish twice, and the last one counts, unless the first says that the reply is
 * incomplete.
 */
export function mergeFinish(before: FinishEvent | undefined, event: FinishEvent): FinishEvent {
  if (!before) return event
  const fields = { ...before.messageFields, ...event.messageFields }
  return {
    ...(event.finishReason === 'other' || isIncomplete(before) ? before : event),
    ...(Object.keys(fields).length > 0 && { messageFields: fields }),
  }
}

function isIncomplete({ finishReason }: FinishEvent): boolean {
  return finishReason === 'length' || finishReason === 'content_filter'
}

/** Merges counts that are sent more than once. They are cumulative; some servers end with zeros or omit fields. */
export function latest(before: Usage, usage: Usage): Usage {
  const merged: Usage = { ...before, ...usage }
  const { promptTokens, completionTokens, totalTokens } = usage
  if (!(promptTokens > 0)) merged.promptTokens = before.promptTokens
  if (!(completionTokens > 0)) merged.completionTokens = before.completionTokens
  if (!(totalTokens > 0)) merged.totalTokens = before.totalTokens
  const sum = merged.promptTokens + merged.completionTokens
  if (merged.totalTokens < sum) merged.totalTokens = sum
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
