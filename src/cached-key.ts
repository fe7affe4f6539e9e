/**
 * Caches a short-lived key until it expires.
 */
import { ConfigError } from './errors.ts'

/** A token as returned by `createToken` of `chatwire/gateway`. */
export interface ExpiringKey {
  /** Used as the API key. */
  token: string
  /** Expiry in milliseconds since the epoch, comparable to `Date.now()`. */
  expiresAt: number
}

/** Time before expiry at which a new key is fetched, in milliseconds, so that none expires in flight. */
const MARGIN = 10_000

/**
 * Turns a function that fetches short-lived tokens into an `apiKey`. Fetches on demand, once for concurrent requests,
 * and reuses the token until ten seconds before it expires. A token the server rejects is never reused, so a wrong
 * local clock is harmless.
 * @throws {ConfigError} `invalid_config` at the first request if the function does not return a token
 * @example
 * const apiKey = cachedKey(async () => (await fetch('/token', { method: 'POST' })).json())
 * const llm = getChatModel({ model: 'glm-4.7', modelServer: 'zhipu', apiKey })
 */
export function cachedKey(
  fetchKey: () => Promise<ExpiringKey>,
): (refused?: string) => Promise<string> {
  let known: ExpiringKey | undefined
  let pending: Promise<ExpiringKey> | undefined
  return async (refused) => {
    if (known && known.token !== refused && known.expiresAt - MARGIN > Date.now()) {
      return known.token
    }
    pending ??= Promise.resolve()
      .then(fetchKey)
      .finally(() => (pending = undefined))
    known = await pending
    const problem = problemOf(known)
    if (problem) throw new ConfigError('invalid_config', `cachedKey(): ${problem}`)
    return known.token
  }
}

function problemOf(key: Partial<ExpiringKey> | undefined): string | undefined {
  if (typeof key?.token !== 'string') return 'the function must return { token, expiresAt }'
  if (Number.isFinite(key.expiresAt)) return undefined
  return 'the token has no `expiresAt` (milliseconds since the epoch), so it cannot be cached'
}
