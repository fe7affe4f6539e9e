/**
 * Continues a reply that was cut: the model gets the text as the start of its reply where it supports that (`supportPrefill`),
 * and is asked in words elsewhere.
 */
import { isChatError } from '../errors.ts'
import type { StreamEvent } from '../event.ts'
import type { Shown } from '../failover/seam.ts'
import { CONTINUE_PROMPT, Seam } from '../failover/seam.ts'
import type { Message } from '../message.ts'
import { textOf } from '../message.ts'
import { joinText } from './messages.ts'
import type { EventBatch } from '../stream/read-events.ts'
import type { Opened } from './source.ts'
import { resolve, toBatch } from './source.ts'
import type { Run } from './run.ts'
import { stepStart } from './steps.ts'
import type { ConversationOptions, ConversationTurn } from './types.ts'

/** Asks for the rest of a reply. Reasoning and tool calls cannot be continued: their step is asked again. */
export async function continueReply(run: Run, options: ConversationOptions): Promise<void> {
  const parts = (run.turn.parts ??= [])
  const text = joinText(parts.slice(stepStart(parts)), 'text')
  if (parts.at(-1)?.type !== 'text' || text.trim() === '') {
    parts.length = stepStart(parts)
    return run.request()
  }
  const { model, defaults } = options
  if (!model?.supportPrefill?.(resolve(defaults))) return continueInWords(run, text)
  try {
    await ask(run, toPrefill, new Seam(text, { isPrefilled: true }))
  } catch (error) {
    const hasMore = joinText(parts.slice(stepStart(parts)), 'text') !== text
    if (hasMore || !isChatError(error) || !REJECTIONS.has(error.code)) throw error
    await continueInWords(run, text)
  }
}

/** Errors of a server that takes no reply that has begun. */
const REJECTIONS: ReadonlySet<string> = new Set(['bad_request', 'unsupported_option'])

/** Ends the messages with the start of the reply, without its last blanks: Claude rejects them, and they mislead others. */
function toPrefill(messages: Message[]): Message[] {
  const last = messages.at(-1)
  return [...messages.slice(0, -1), { role: 'assistant', content: textOf(last?.content).trimEnd() }]
}

function continueInWords(run: Run, text: string): Promise<void> {
  const prompt: Message = { role: 'user', content: CONTINUE_PROMPT }
  return ask(run, (messages) => [...messages, prompt], new Seam(text))
}

async function ask(
  { turn, open, read }: Run,
  complete: (messages: Message[]) => Message[],
  seam: Seam,
): Promise<void> {
  const opened = await open(complete)
  await read({ ...opened, events: joinContinuation(turn, opened.events, seam) })
}

/** Drops what the continuation repeats, and the text of the reply if the model started over. */
async function* joinContinuation(
  turn: ConversationTurn,
  all: Opened['events'],
  seam: Seam,
): AsyncGenerator<EventBatch> {
  const parts = (turn.parts ??= [])
  const show = ({ text, restarts }: Shown): StreamEvent[] => {
    if (restarts) {
      const kept = parts.slice(stepStart(parts)).filter(({ type }) => type !== 'text')
      parts.splice(stepStart(parts), parts.length, ...kept)
    }
    return text ? [{ type: 'text-delta', text }] : []
  }
  try {
    for await (const each of all) {
      const batch = toBatch(each)
      const events = batch.events.flatMap((event) => {
        // A run with tools begins with one: the reply goes on in its own.
        if (event.type === 'step' && event.step === 1) return []
        if (event.type === 'text-delta') return show(seam.push(event.text))
        const endsText = event.type === 'finish' || event.type.startsWith('tool-call')
        return endsText ? [...show(seam.end()), event] : [event]
      })
      yield { ...batch, events }
    }
  } catch (error) {
    yield { events: show(seam.cut()) } // what it still held
    throw error
  }
}
