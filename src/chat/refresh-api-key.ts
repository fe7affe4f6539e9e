/**
 * Renews an API key that the server rejected.
 */
import { fetchedKey, offerKey } from '../api-key.ts'
import { untilAborted } from '../async/abort.ts'
import type { Call } from '../call.ts'
import type { ChatError } from '../errors.ts'
import type { ModelConfig } from '../options.ts'

/** Calls that have already renewed their key. Each may do so once. */
const renewed = /* @__PURE__ */ new WeakSet<Call>()

/**
 * Calls the key function again after a 401, with the rejected key. Returns true if it returned another key,
 * which the next request uses.
 * @throws the reason of the call's signal, if it aborts meanwhile
 */
export async function refreshApiKey(
  error: ChatError,
  { apiKey }: ModelConfig,
  call: Call,
): Promise<boolean> {
  const { secrets, signal } = call
  if (error.code !== 'authentication' || typeof apiKey !== 'function') return false
  if (renewed.has(call)) return false
  renewed.add(call)
  try {
    const key = (await untilAborted(apiKey(fetchedKey(call)), signal)).trim()
    if (secrets.includes(key)) return false
    offerKey(call, key)
    return true
  } catch {
    if (signal.aborted) throw signal.reason
    // The caller gets the server's 401, not the failure to renew the key.
    return false
  }
}
