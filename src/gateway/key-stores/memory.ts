/**
 * Virtual keys in memory.
 */
import type { Counters, KeyCounters, KeyRecords } from './key-store.ts'
import { applyChanges } from './key-store.ts'

/** Keeps keys in memory, for one process and until it ends. */
export function keysInMemory(): KeyRecords & KeyCounters {
  const records = new Map<string, string>()
  const counters = new Map<string, Counters>()
  return {
    get: async (id) => records.get(id),
    set: async (id, value) => void records.set(id, value),
    delete: async (id) => {
      records.delete(id)
      counters.delete(id)
    },
    count: async (id, changes) => {
      const own: Counters = counters.get(id) ?? {}
      counters.set(id, own)
      return applyChanges(own, changes)
    },
  }
}
