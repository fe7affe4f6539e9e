/**
 * Calls hooks that a response does not wait for.
 */
import { withLimit } from '../async/with-limit.ts'
import { TimeoutError } from '../errors.ts'

/** Calls a hook at once. @throws what it throws, or a `TimeoutError` after `limit` milliseconds */
export async function callHook(hook: () => unknown, limit: number): Promise<void> {
  await withLimit(hook, limit, () => new TimeoutError('total', limit))
}
