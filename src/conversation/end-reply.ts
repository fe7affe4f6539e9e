/**
 * Ends a reply: its marks, its unanswered tool calls, its error.
 */
import type { ErrorInfo } from '../error-code.ts'
import { isChatError } from '../errors.ts'
import type { ConversationTurn, ToolCallState } from './types.ts'

/** Marks a reply as ended, as cut unless it is complete, and its unanswered tool calls as failed. */
export function endReply(turn: ConversationTurn): void {
  const { finishReason = 'length', stopped } = turn
  if (turn.pending && !stopped && finishReason === 'length') turn.cut = true
  turn.pending = undefined
  closeCalls(turn, ['streaming', 'running'], 'failed')
}

/** Changes the state of the tool calls that are in one of these states. Approved ones stay while others wait. */
export function closeCalls(
  { parts = [] }: ConversationTurn,
  from: readonly ToolCallState[],
  state: ToolCallState,
): void {
  const waits = parts.some((part) => part.type === 'tool-call' && part.state === 'waiting')
  parts.forEach((part, at) => {
    if (part.type !== 'tool-call' || !from.includes(part.state)) return
    if (!waits || !part.approved) parts[at] = { ...part, state }
  })
}

/** Returns an error as plain data, without the partial text, which the reply has. */
export function toErrorInfo(error: Error): ErrorInfo {
  const { name, message } = error
  const { partialText: _, ...info }: ErrorInfo & { partialText?: string } = isChatError(error)
    ? error.toJSON()
    : { name, code: 'server_error', message, retryable: false }
  return info
}
