/**
 * Comparison of JSON by value.
 */
import { isRecord } from '../is-record.ts'

/** Returns JSON whose members are sorted: a store may reorder them (Postgres' JSONB does). */
export function sortedJSON(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    isRecord(member)
      ? Object.fromEntries(Object.entries(member).sort(([one], [other]) => (one < other ? -1 : 1)))
      : member,
  )
}
