/**
 * Virtual keys in Workers KV.
 * @see https://developers.cloudflare.com/kv/api/
 */
import { checkBinding, KV_NAMESPACE } from '../../edge/check-binding.ts'
import type { KeyCounters, KeyStore } from './key-store.ts'

/** A namespace of Workers KV, as far as it is used here. */
export interface WorkersKV {
  /** Reads a text. */
  get: (key: string) => Promise<string | null>
  /** Writes a text; `expiration` is in seconds since 1970, at least 60 ahead. */
  put: (key: string, value: string, options?: { expiration?: number }) => Promise<unknown>
  /** Removes a key. */
  delete: (key: string) => Promise<unknown>
}

/** KV rejects an expiration that is nearer, in milliseconds. */
const NEAREST_EXPIRATION = 60_000

/**
 * Keeps keys in Workers KV, which is read at the nearest location. A change or a revocation takes up to a minute to be
 * seen everywhere. KV cannot count: keys with limits or budgets need `counters`.
 * @param counters such as `keysInDurableObjects(env.KEY_COUNTERS)`
 * @example createKeys({ store: (env: Env) => keysInWorkersKV(env.KEYS, keysInDurableObjects(env.KEY_COUNTERS)) })
 */
export function keysInWorkersKV(
  kv: WorkersKV,
  counters?: KeyCounters & { delete?: (id: string) => Promise<unknown> },
): KeyStore {
  checkBinding('keysInWorkersKV() takes', KV_NAMESPACE, kv, 'get')
  const keyOf = (id: string) => `chatwire-key:${id}`
  return {
    get: async (id) => kv.get(keyOf(id)),
    set: async (id, value, expiresAt) => {
      const soonest = Date.now() + NEAREST_EXPIRATION + 1000
      const expiration = expiresAt && Math.ceil(Math.max(expiresAt, soonest) / 1000)
      await kv.put(keyOf(id), value, expiration ? { expiration } : {})
    },
    delete: async (id) => {
      await Promise.all([kv.delete(keyOf(id)), counters?.delete?.(id)])
    },
    ...(counters && { count: async (id, changes) => counters.count(id, changes) }),
  }
}
