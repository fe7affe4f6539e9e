/**
 * Continues a reply that was cut. Loaded at the first use.
 */
import type { StreamEvent } from '../event.ts'
import type { Shown } from '../failover/seam.ts'
import { Seam } from '../failover/seam.ts'
import { joinText } from './messages.ts'
import { stepStart } from './fold.ts'
import type { EventBatch } from '../stream/read-events.ts'
import type { ConversationTurn } from './types.ts'

export { CONTINUE_PROMPT } from '../failover/seam.ts'

/** Drops what the continuation repeats, and the text of the reply if the model started over. */
export async function* joinContinuation(
  turn: ConversationTurn,
  batches: AsyncIterable<EventBatch>,
): AsyncGenerator<EventBatch> {
  const parts = (turn.parts ??= [])
  const seam = new Seam(joinText(parts.slice(stepStart(parts)), 'text'))
  const show = ({ text, restarts }: Shown): StreamEvent[] => {
    if (restarts) {
      const kept = parts.slice(stepStart(parts)).filter(({ type }) => type !== 'text')
      parts.splice(stepStart(parts), parts.length, ...kept)
    }
    return text ? [{ type: 'text-delta', text }] : []
  }
  for await (const batch of batches) {
    const events = batch.events.flatMap((event) => {
      if (event.type === 'text-delta') return show(seam.push(event.text))
      const endsText = event.type === 'finish' || event.type.startsWith('tool-call')
      return endsText ? [...show(seam.end()), event] : [event]
    })
    yield { ...batch, events }
  }
}
