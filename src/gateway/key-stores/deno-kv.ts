/**
 * Virtual keys in Deno KV.
 * @see https://docs.deno.com/deploy/kv/transactions/
 */
import { checkBinding, DENO_KV } from '../../edge/check-binding.ts'
import type { Counters, KeyCounters, KeyRecords } from './key-store.ts'
import { applyChanges } from './key-store.ts'

/** An entry of Deno KV. */
export interface DenoKvEntry {
  /** Its value, or `null`. */
  value: unknown
  /** Its version, or `null` if it does not exist. */
  versionstamp: string | null
}

/** A transaction of Deno KV. */
export interface DenoKvTransaction {
  /** Fails the transaction if the entry has changed. */
  check: (entry: { key: string[]; versionstamp: string | null }) => DenoKvTransaction
  /** Writes a value, kept for `expireIn` milliseconds. */
  set: (key: string[], value: unknown, options?: { expireIn?: number }) => DenoKvTransaction
  /** Removes an entry. */
  delete: (key: string[]) => DenoKvTransaction
  /** Applies the transaction; `ok` is false if a check failed. */
  commit: () => Promise<{ ok: boolean }>
}

/** A database of Deno KV, as far as it is used here. */
export interface DenoKvDatabase {
  /** Reads an entry. */
  get: (key: string[]) => Promise<DenoKvEntry>
  /** Begins a transaction. */
  atomic: () => DenoKvTransaction
}

/** Most attempts at a transaction that others keep overtaking. */
const ATTEMPTS = 200

/**
 * Keeps keys in Deno KV. Limits and budgets are exact: counters change in transactions.
 * @example createKeys({ store: keysInDenoKv(await Deno.openKv()) })
 */
export function keysInDenoKv(kv: DenoKvDatabase): KeyRecords & KeyCounters {
  checkBinding('keysInDenoKv() takes', DENO_KV, kv, 'atomic')
  const record = (id: string) => ['chatwire', 'keys', id]
  const counter = (id: string) => ['chatwire', 'key-counters', id]
  return {
    get: async (id) => (await kv.get(record(id))).value as string | null,
    set: async (id, value, expiresAt) => {
      const expireIn = expiresAt && Math.max(expiresAt - Date.now(), 1)
      await kv
        .atomic()
        .set(record(id), value, expireIn ? { expireIn } : {})
        .commit()
    },
    delete: async (id) => kv.atomic().delete(record(id)).delete(counter(id)).commit(),
    count: async (id, changes) => {
      const key = counter(id)
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const { value, versionstamp } = await kv.get(key)
        const counters = structuredClone(value ?? {}) as Counters
        const counted = applyChanges(counters, changes)
        if (counted.exceeded) return counted
        const { ok } = await kv.atomic().check({ key, versionstamp }).set(key, counters).commit()
        if (ok) return counted
      }
      throw new Error(`The counters of a key changed during all of ${ATTEMPTS} transactions`)
    },
  }
}
