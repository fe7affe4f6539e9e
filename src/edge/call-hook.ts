/**
 * Calls hooks that a response does not wait for.
 */
import { TimeoutError } from '../errors.ts'

/** Calls a hook at once. @throws what it throws, or a `TimeoutError` after `limit` milliseconds */
export async function callHook(hook: () => unknown, limit: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  try {
    const timeout = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new TimeoutError('total', limit)), limit)
    })
    await Promise.race([hook(), timeout])
  } finally {
    clearTimeout(timer)
  }
}
