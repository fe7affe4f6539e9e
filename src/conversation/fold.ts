/**
 * Adds stream events to a reply.
 */
import { addUsage } from '../chat/add-usage.ts'
import type { StreamEvent } from '../event.ts'
import { countSteps, setFields, stepStart } from './steps.ts'
import type { ConversationTurn } from './types.ts'

/** Events that `applyRareEvent` adds, which loads with the first of them. */
export const RARE: RegExp = /^(?:tool-|source|failover)/

type RareEvent = Extract<StreamEvent, { type: `tool-${string}` | 'source' | 'failover' }>

/** Adds an event that is not rare. Parts are replaced, never changed, so that a page can tell which did. */
export function applyEvent(turn: ConversationTurn, event: StreamEvent): void {
  const parts = (turn.parts ??= [])
  switch (event.type) {
    case 'text-delta':
    case 'reasoning-delta': {
      const type = event.type === 'text-delta' ? 'text' : 'reasoning'
      const last = parts.at(-1)
      const isMore = last?.type === type
      const text = isMore ? (last.text as string) + event.text : event.text
      parts[parts.length - (isMore ? 1 : 0)] = { type, text }
      return
    }
    case 'step':
      if (parts.length > stepStart(parts)) parts.push({ type: 'step' })
      return
    case 'usage':
      turn.usage = turn.usage ? addUsage(turn.usage, event.usage) : event.usage
      return
    case 'finish': {
      const { finishReason, response, messageFields, stepFields = {} } = event
      turn.finishReason = finishReason
      turn.model = response?.model || turn.model
      turn.provider = response?.provider || turn.provider
      setFields(turn, countSteps(parts), messageFields)
      for (const [id, fields] of Object.entries(stepFields)) {
        const place = parts.findIndex((part) => 'id' in part && part.id === id)
        setFields(turn, countSteps(parts.slice(0, place)), fields)
      }
      return
    }
    case 'retry':
      return
    default:
      event satisfies RareEvent
  }
}
