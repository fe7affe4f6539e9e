/**
 * Merging of request bodies: the caller's `extraBody` adds members at any depth, and wipes out none beside them.
 */
import { isRecord } from './is-record.ts'

type Members = Record<string, unknown>

/** Members by which APIs tell variants of an object apart: another one replaces the whole object. */
const TAGS = ['type', 'mode'] as const

/** Returns `own` with the members of `extra` merged into it: objects deeply, while anything else replaces, lists included. */
export function mergeDeep(own: Members, extra: Members | undefined): Members {
  if (!extra) return own
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
