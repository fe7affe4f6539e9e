/**
 * The interface of a source of replies.
 */
import type { StreamEvent } from '../event.ts'
import type { Message } from '../message.ts'
import type { EventBatch } from '../stream/read-events.ts'

/** Position in a resumable reply. */
export interface Cursor {
  /** Set by the source. */
  replyId?: string | undefined
  /** Set by the conversation, together with the events. */
  lastEventId?: number | undefined
}

/** A request for a reply. */
export interface SourceRequest {
  messages: Message[]
  /** Ids of the tool calls at the end of the messages that the user approved. */
  approved: string[]
  signal: AbortSignal
  cursor: Cursor
}

/** Events of one request, single or in batches, and the messages of the run if the source knows them. */
export interface Opened {
  events: AsyncIterable<EventBatch | StreamEvent>
  added?: () => readonly Message[] | undefined
}

/** A source of replies. */
export interface Source {
  open(request: SourceRequest): Opened | Promise<Opened>
  /** Reads on from the cursor. */
  resume?(request: Pick<SourceRequest, 'signal' | 'cursor'>): Promise<Opened>
  /** Ends the reply on its server. */
  cancel?(replyId: string): Promise<void>
}

/** Returns an event as a batch. */
export function toBatch(batch: EventBatch | StreamEvent): EventBatch {
  return 'events' in batch ? batch : { events: [batch] }
}

/** Returns the value of an option that may be a function. */
export function resolve<T>(option: T | (() => T) | undefined): T | undefined {
  return typeof option === 'function' ? (option as () => T)() : option
}
