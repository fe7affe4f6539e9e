/**
 * Merges request bodies: the caller's `extraBody` adds properties at any depth without dropping others.
 */
import { isRecord } from './is-record.ts'

type Members = Record<string, unknown>

/**
 * Properties that discriminate variants of an object in vendor APIs: a different value replaces the whole object.
 */
const TAGS = ['type', 'mode'] as const

/** Returns `own` with `extra` merged into it: objects deeply, while anything else replaces, including lists. */
export function mergeDeep(own: Members, extra: Members | undefined): Members {
  if (!extra || Object.keys(extra).length === 0) return own
  const merged = Object.entries(extra).map(([name, value]) => {
    const before = Object.hasOwn(own, name) ? own[name] : undefined
    const isMerged = isRecord(before) && isRecord(value) && !isOtherVariant(before, value)
    return [name, isMerged ? mergeDeep(before, value) : value] as const
  })
  return { ...own, ...Object.fromEntries(merged) }
}

function isOtherVariant(own: Members, extra: Members): boolean {
  return TAGS.some((tag) => tag in own && tag in extra && own[tag] !== extra[tag])
}
