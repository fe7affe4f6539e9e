/**
 * The seam between virtual keys and the storage that keeps them.
 */

/** Stores the records of keys, as text by id. */
export interface KeyRecords {
  /** Returns a text that was passed to `set`, or nothing. */
  get: (id: string) => Promise<string | null | undefined>
  /** Stores a text. The store may drop it after `expiresAt`, in milliseconds since 1970. */
  set: (id: string, value: string, expiresAt: number | undefined) => Promise<unknown>
  /** Removes the record, and the counters kept with it. */
  delete: (id: string) => Promise<unknown>
}

/** A change of one counter. Counters hold whole numbers and begin at 0. */
export interface CounterChange {
  /** Name of the counter, unique to its key. */
  name: string
  /** Added to the counter. 0 only reads it. */
  by: number
  /** Highest value that an increment may reach. */
  limit?: number | undefined
  /** Time after which the counter may be dropped, in milliseconds since 1970. */
  expiresAt?: number | undefined
}

/** The result of changing counters. */
export interface Counted {
  /** Values after the change, in its order. */
  values: number[]
  /** Name of a counter that would have exceeded its limit: then none was changed. */
  exceeded?: string | undefined
}

/** Counts for keys. */
export interface KeyCounters {
  /** Applies all changes or, if one would exceed its limit, none. Atomic: parallel calls for a key must not interleave. */
  count: (id: string, changes: readonly CounterChange[]) => Promise<Counted>
}

/** Keeps virtual keys. Without `count`, keys cannot have limits or budgets. */
export interface KeyStore extends KeyRecords, Partial<KeyCounters> {}

/** Counters of one key as stored: values, and when they may be dropped (0: never). */
export type Counters = Record<string, [value: number, expiresAt: number]>

/** Applies changes to the counters of one key, in place, and drops the expired ones. */
export function applyChanges(counters: Counters, changes: readonly CounterChange[]): Counted {
  const now = Date.now()
  for (const [name, [, expiresAt]] of Object.entries(counters))
    if (expiresAt > 0 && expiresAt <= now) delete counters[name]
  const valueOf = (name: string): number => counters[name]?.[0] ?? 0
  const over = changes.find(
    ({ name, by, limit = Infinity }) => by > 0 && valueOf(name) + by > limit,
  )
  if (over) return { values: changes.map(({ name }) => valueOf(name)), exceeded: over.name }
  for (const { name, by, expiresAt = 0 } of changes)
    if (by !== 0) counters[name] = [valueOf(name) + by, expiresAt]
  return { values: changes.map(({ name }) => valueOf(name)) }
}
