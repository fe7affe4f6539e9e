/**
 * Reads the numbered events that `toResponse()` sent, without folding them into a result.
 */
import type { StreamEvent } from '../event.ts'
import { readSSE } from '../http/sse.ts'
import { decodeFrame, toCall } from './read-response.ts'

/** Events that arrived together. */
export interface EventBatch {
  events: StreamEvent[]
  /** Number of the last event, if the server numbers them. */
  id?: number
  /** The error that ended the reply at its server, boxed. */
  failure?: { error: unknown }
}

/** Options of `readEventBatches`. */
export interface ReadOptions {
  signal: AbortSignal
  after?: number | undefined
  /** True if every event must have its number. */
  isNumbered: boolean
}

/**
 * Yields the events after number `after`. An event that was cut off is not yielded.
 * @throws {StreamError} if the connection is lost
 * @throws {TimeoutError}
 */
export async function* readEventBatches(
  response: Response,
  { signal, after = 0, isNumbered }: ReadOptions,
): AsyncGenerator<EventBatch> {
  let last = after
  for await (const frames of readSSE(response, toCall(signal))) {
    const batch: EventBatch = { events: [] }
    for (const frame of frames) {
      // Its number may be cut off as well, and then it would arrive twice.
      if (isNumbered && frame.kind === 'unterminated') break
      const id = Number(frame.id)
      if (id > 0) {
        if (id <= last) continue
        batch.id = last = id
      }
      try {
        batch.events.push(decodeFrame(frame))
      } catch (error) {
        if (frame.event !== 'error') throw error
        batch.failure = { error }
        break
      }
    }
    yield batch
    if (batch.failure) return
  }
}
