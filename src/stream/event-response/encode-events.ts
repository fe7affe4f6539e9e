/**
 * Encodes a stream of events in the formats of `toResponse()`.
 */
import { isAbort } from '../../async/abort.ts'
import { StreamError } from '../../errors.ts'
import type { StreamEvent } from '../../event.ts'
import type { SSEFormat, ToResponseOptions } from '../event-response.ts'
import type { EventEncoder } from './encoder.ts'
import { eventsEncoder } from './encoder.ts'
import { maskError, maskEvent, publicMessage } from './mask.ts'

export { withPings } from './with-pings.ts'

/** The formats of other SDKs are chunks of their own, loaded when they are first used. */
const ENCODERS: Record<
  SSEFormat,
  (options: ToResponseOptions) => EventEncoder | Promise<EventEncoder>
> = {
  events: () => eventsEncoder,
  'ui-message': async (options) =>
    (await import('./ui-message.ts')).createUIMessageEncoder(options),
  'ag-ui': async (options) => (await import('./ag-ui.ts')).createAGUIEncoder(options),
}

/** Loads the encoder of a format. */
export function loadEncoder(
  format: SSEFormat,
  options: ToResponseOptions = {},
): EventEncoder | Promise<EventEncoder> {
  return ENCODERS[format](options)
}

/** Iterates over what each event is in the format. The failure of the stream is the last item. */
export function encodeEvents(
  events: AsyncIterator<StreamEvent>,
  options: ToResponseOptions,
): AsyncIterator<readonly string[]> {
  let encoder: EventEncoder | undefined
  let isOver = false
  return {
    async next() {
      if (isOver) return { value: undefined, done: true }
      encoder ??= await loadEncoder((options.format ?? 'events') as SSEFormat, options)
      try {
        for (;;) {
          const { value, done } = await events.next()
          if (done) break
          const frames = encoder.event(maskEvent(value))
          if (frames.length > 0) return { value: frames, done: false }
        }
      } catch (error) {
        isOver = true
        const message = options.onError?.(error)
        const frames = isAbort(error) ? encoder.abort() : encoder.error(maskError(error, message))
        return { value: frames, done: false }
      }
      isOver = true
      return { value: undefined, done: true }
    },
    async return() {
      isOver = true
      await events.return?.()
      return { value: undefined, done: true }
    },
  }
}

/** Returns the error that aborts a body of plain text. */
export function toPublicError(error: unknown): StreamError {
  return new StreamError('connection_lost', publicMessage(error))
}
