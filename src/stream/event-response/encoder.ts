/**
 * The seam between a stream of events and the formats it is sent in.
 */
import type { ErrorInfo } from '../../error-code.ts'
import type { StreamEvent } from '../../event.ts'
import { encodeSSE } from '../../http/sse.ts'
import { toJSON } from '../../well-formed.ts'

/** Writes the events of one stream as server-sent events, each a complete text. */
export interface EventEncoder {
  /** Encodes an event; some formats have no word for some events. */
  event(event: StreamEvent): string[]
  /** Ends a failed stream. */
  error(error: ErrorInfo): string[]
  /** Ends a stream that was stopped on purpose. */
  abort(): string[]
}

/** Returns a server-sent event without a name. */
export function frame(value: unknown): string {
  return encodeSSE(toJSON(value) as string)
}

/** chatwire's own events, as `ChatStream.from` reads them. */
export const eventsEncoder: EventEncoder = {
  event: (event) => [frame(event)],
  error: (error) => [encodeSSE(toJSON(error) as string, 'error')],
  abort: () => [
    encodeSSE('{"name":"AbortError","code":"aborted","message":"The reply was stopped"}', 'error'),
  ],
}
