/**
 * Ends a reply: its marks, its unanswered tool calls, its error.
 */
import type { ErrorInfo } from '../error-code.ts'
import { isChatError } from '../errors.ts'
import { isToolCall } from './messages.ts'
import type { ConversationTurn } from './types.ts'

/** Marks a reply as ended, as cut unless it is complete, and its unanswered tool calls as failed. */
export function endReply(turn: ConversationTurn): void {
  const { parts = [], finishReason = 'length', stopped } = turn
  if (turn.pending && !stopped && finishReason === 'length') turn.cut = true
  turn.pending = undefined
  parts.forEach((part, at) => {
    if (isToolCall(part) && (part.state === 'streaming' || part.state === 'running'))
      parts[at] = { ...part, state: 'failed' }
  })
}

/** Marks the tool calls that were not answered before the user went on. */
export function dropWaitingCalls({ parts = [] }: ConversationTurn): void {
  parts.forEach((part, at) => {
    if (isToolCall(part) && part.state === 'waiting') parts[at] = { ...part, state: 'denied' }
  })
}

/** Returns an error as such. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown))
}

/** Returns an error as plain data, without the partial text, which the reply has. */
export function toErrorInfo(error: Error): ErrorInfo {
  if (!isChatError(error)) {
    const { name, message } = error
    return { name, code: 'server_error', message, retryable: false }
  }
  const { partialText: _, ...info } = error.toJSON()
  return info
}
