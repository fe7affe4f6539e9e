/**
 * A key that expires, kept for as long as it is good.
 */
import { ConfigError } from './errors.ts'

/** A token as `createToken` of `chatwire/gateway` makes it. */
export interface ExpiringKey {
  /** What stands for the key. */
  token: string
  /** When it ends, as `Date.now()` tells the time: milliseconds since 1970. */
  expiresAt: number
}

/** How long before its end a key is fetched anew, in milliseconds: a request takes its time to arrive. */
const MARGIN = 10_000

/**
 * An `apiKey` out of a function that fetches short-lived tokens. A token is asked for when a request needs it, by one
 * fetch for all that wait, and kept until ten seconds before it ends. A clock that is off does no harm: a token that a
 * server refuses is not used again.
 * @throws {ConfigError} `invalid_config` for an answer that is no token, when a request needs it
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
    if (typeof known?.token === 'string') return known.token
    throw new ConfigError('invalid_config', 'cachedKey() was given no { token, expiresAt }')
  }
}
