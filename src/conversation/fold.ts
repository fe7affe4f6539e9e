/**
 * Adds stream events to a reply.
 */
import { addUsage } from '../chat/add-usage.ts'
import type { StreamEvent, ToolResultEvent } from '../event.ts'
import { isToolCall } from './messages.ts'
import type { ConversationTurn, MessagePart, ToolCallPart } from './types.ts'

/** Options of `applyEvent`. */
export interface FoldOptions {
  /** State of a complete tool call without a result. */
  called: 'streaming' | 'running'
}

/** Adds an event. Parts are replaced, never changed, so that a page can tell which did. */
export function applyEvent(
  turn: ConversationTurn,
  event: StreamEvent,
  { called }: FoldOptions,
): void {
  const parts = (turn.parts ??= [])
  switch (event.type) {
    case 'text-delta':
      return grow(parts, 'text', event.text)
    case 'reasoning-delta':
      return grow(parts, 'reasoning', event.text)
    case 'tool-call-delta': {
      const { index, id = '', name = '', argumentsDelta } = event
      const at = findInStep(parts, (part) => part.index === index)
      const part = parts[at] as ToolCallPart | undefined
      if (part) {
        parts[at] = { ...part, argumentsText: part.argumentsText + argumentsDelta }
        return
      }
      const argumentsText = argumentsDelta
      parts.push({ type: 'tool-call', id, name, index, state: 'streaming', argumentsText })
      return
    }
    case 'tool-call': {
      const { index, toolCall } = event
      const at = findInStep(
        parts,
        (part) => part.id === toolCall.id || (index !== undefined && part.index === index),
      )
      const part: ToolCallPart = { type: 'tool-call', index, state: called, ...toolCall }
      if (at === -1) parts.push(part)
      else if ((parts[at] as ToolCallPart).result === undefined) parts[at] = part
      return
    }
    case 'tool-result':
      return setResult(parts, event)
    case 'source':
      turn.sources = [...(turn.sources ?? []), event.source]
      return
    case 'step':
      if (parts.length > 0 && parts.at(-1)?.type !== 'step') parts.push({ type: 'step' })
      return
    case 'failover':
      if (event.action === 'restart') parts.length = stepStart(parts)
      return
    case 'usage':
      turn.usage = turn.usage ? addUsage(turn.usage, event.usage) : event.usage
      return
    case 'finish':
      turn.finishReason = event.finishReason
      turn.model = event.response?.model || turn.model
      turn.provider = event.response?.provider || turn.provider
      if (event.messageFields) setFields(turn, countSteps(parts), event.messageFields)
      return
    case 'retry':
      return
    default:
      event satisfies never
  }
}

/** Sets what a vendor requires back with the assistant message of a step. */
export function setFields(
  turn: ConversationTurn,
  step: number,
  value: Record<string, unknown>,
): void {
  const fields = (turn.fields ??= [])
  while (fields.length < step) fields.push(null)
  fields[step] = value
}

/** Returns the index of the last step. */
export function countSteps(parts: readonly MessagePart[]): number {
  return parts.filter(({ type }) => type === 'step').length
}

/** Returns where the last step begins. */
export function stepStart(parts: readonly MessagePart[]): number {
  let at = parts.length
  while (at > 0 && parts[at - 1]?.type !== 'step') at--
  return at
}

function grow(parts: MessagePart[], type: 'text' | 'reasoning', text: string): void {
  const last = parts.at(-1)
  if (last?.type === type) parts[parts.length - 1] = { type, text: (last.text as string) + text }
  else parts.push({ type, text })
}

function findInStep(parts: readonly MessagePart[], test: (part: ToolCallPart) => boolean): number {
  for (let at = parts.length - 1; at >= 0; at--) {
    const part = parts[at] as MessagePart
    if (part.type === 'step') break
    if (isToolCall(part) && test(part)) return at
  }
  return -1
}

function setResult(parts: MessagePart[], event: ToolResultEvent): void {
  const { toolCallId, content, error, refused, durationMs } = event
  const state = refused ? 'denied' : error ? 'failed' : 'done'
  updateCall(parts, toolCallId, { state, result: content, error, durationMs })
}

/** Changes the last tool call with this id. */
export function updateCall(parts: MessagePart[], id: string, change: Partial<ToolCallPart>): void {
  for (let at = parts.length - 1; at >= 0; at--) {
    const part = parts[at] as MessagePart
    if (!isToolCall(part) || part.id !== id) continue
    parts[at] = { ...part, ...change }
    return
  }
}

/** True if the last step of a reply calls tools. */
export function hasCalls({ parts = [] }: ConversationTurn): boolean {
  return parts.slice(stepStart(parts)).some(isToolCall)
}
