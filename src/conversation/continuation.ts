/**
 * Continues a reply that was cut.
 */
import type { StreamEvent } from '../event.ts'
import type { Shown } from '../failover/seam.ts'
import { CONTINUE_PROMPT, Seam } from '../failover/seam.ts'
import { joinText } from './messages.ts'
import type { EventBatch } from '../stream/read-events.ts'
import type { Opened } from './source.ts'
import { toBatch } from './source.ts'
import type { Run } from './run.ts'
import { stepStart } from './steps.ts'
import type { ConversationTurn } from './types.ts'

/** Asks for the rest of a reply. Reasoning and tool calls cannot be continued: their step is asked again. */
export async function continueReply({ turn, open, read, request }: Run): Promise<void> {
  const parts = (turn.parts ??= [])
  if (parts.at(-1)?.type !== 'text') {
    parts.length = stepStart(parts)
    return request()
  }
  const opened = await open([{ role: 'user', content: CONTINUE_PROMPT }])
  await read({ ...opened, events: joinContinuation(turn, opened.events) })
}

/** Drops what the continuation repeats, and the text of the reply if the model started over. */
async function* joinContinuation(
  turn: ConversationTurn,
  all: Opened['events'],
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
  for await (const each of all) {
    const batch = toBatch(each)
    const events = batch.events.flatMap((event) => {
      if (event.type === 'text-delta') return show(seam.push(event.text))
      const endsText = event.type === 'finish' || event.type.startsWith('tool-call')
      return endsText ? [...show(seam.end()), event] : [event]
    })
    yield { ...batch, events }
  }
}
