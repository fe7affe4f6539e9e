/**
 * Keys that expire: a refused one may have a successor.
 */
import { untilAborted } from '../async/abort.ts'
import type { Call } from '../call.ts'
import type { ChatError } from '../errors.ts'
import type { ModelConfig } from '../options.ts'

/** Calls that have asked for another key: once is enough. */
const renewed = /* @__PURE__ */ new WeakSet<Call>()

/**
 * Whether a request that was refused with 401 may succeed with another key: a function that gives keys is told of the
 * refusal, once in a call, and gives one that was not sent yet.
 */
export async function refreshApiKey(
  error: ChatError,
  { apiKey }: ModelConfig,
  call: Call,
): Promise<boolean> {
  const { secrets } = call
  if (error.code !== 'authentication' || typeof apiKey !== 'function') return false
  if (renewed.has(call)) return false
  renewed.add(call)
  try {
    return !secrets.includes((await untilAborted(apiKey(secrets.at(-1)), call.signal)).trim())
  } catch {
    call.signal.throwIfAborted()
    // The refusal is what the caller gets: that there is no other key comes second.
    return false
  }
}
