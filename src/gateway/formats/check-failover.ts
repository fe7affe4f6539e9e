/**
 * Refuses what a wire format cannot say of a reply that goes on with another model.
 */
import { StreamError } from '../../errors.ts'
import type { FailoverEvent } from '../../event.ts'

/** @throws {StreamError} for a reply that restarts, if a part of it was sent: no format can retract that */
export function checkFailover(action: FailoverEvent['action'], isBegun: boolean): void {
  if (action === 'restart' && isBegun) {
    throw new StreamError(
      'connection_lost',
      'The reply restarted, and this format cannot retract what was sent',
    )
  }
}
