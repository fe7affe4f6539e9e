/**
 * The steps of a reply: one for each request to the model.
 */
import type { ConversationTurn, MessagePart } from './types.ts'

/** Sets what a vendor requires back with the assistant message of a step. */
export function setFields(
  turn: ConversationTurn,
  step: number,
  value: Record<string, unknown> | undefined,
): void {
  if (!value) return
  const fields = (turn.fields ??= [])
  while (fields.length < step) fields.push(null)
  fields[step] = value
}

/** Returns the index of the last step. */
export function countSteps(parts: readonly MessagePart[] = []): number {
  return parts.filter(({ type }) => type === 'step').length
}

/** Returns where the last step begins. */
export function stepStart(parts: readonly MessagePart[]): number {
  return parts.map(({ type }) => type).lastIndexOf('step') + 1
}
