/**
 * The interface of a source of replies.
 */
import type { StreamEvent } from '../event.ts'
import type { Message } from '../message.ts'

/** Position in a resumable reply; the source keeps it up to date. */
export interface Cursor {
  replyId?: string | undefined
  lastEventId?: number | undefined
}

/** A request for a reply. */
export interface SourceRequest {
  messages: Message[]
  signal: AbortSignal
  cursor: Cursor
}

/** Events of one request, in batches, and the messages of the run if the source knows them. */
export interface Opened {
  events: AsyncIterable<readonly StreamEvent[]>
  added?: () => readonly Message[] | undefined
}

/** A source of replies. */
export interface Source {
  open(request: SourceRequest): Opened | Promise<Opened>
  /** Reads on from the cursor. */
  resume?(request: Omit<SourceRequest, 'messages'>): Opened
  /** Ends the reply on its server. */
  cancel?(cursor: Cursor): void
}

/** Returns the value of an option that may be a function. */
export function resolve<T>(option: T | (() => T) | undefined): T | undefined {
  return typeof option === 'function' ? (option as () => T)() : option
}
