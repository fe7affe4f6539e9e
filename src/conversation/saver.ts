/**
 * Saves a conversation: at once after a change, at intervals while a reply grows. Loaded with `storage` only.
 */
import type { ConversationOptions, ConversationState } from './types.ts'

/** Interval of saving while a reply grows, in milliseconds. */
const INTERVAL = 1000
/** A save that takes longer, in milliseconds, holds up no later one. */
const LONGEST = 30_000

/** Saves the states of one conversation. */
export interface Saver {
  /** Saves within the interval. */
  soon: () => void
  /** Saves now. A failure is reported to `onError`. */
  now: () => void
}

/**
 * Creates a saver, once the saved state has been loaded: one that cannot be read must not be overwritten. Saves one
 * state at a time, since a storage on a server may finish two in another order.
 */
export function createSaver(
  id: string,
  { storage, onError }: ConversationOptions,
  getState: () => ConversationState,
): Saver {
  let timer: ReturnType<typeof setTimeout> | undefined
  let isSaving = false
  let hasChanged = false
  const saver: Saver = {
    soon() {
      timer ??= setTimeout(saver.now, INTERVAL)
    },
    now() {
      clearTimeout(timer)
      timer = undefined
      hasChanged = true
      if (isSaving) return
      isSaving = true
      const save = async () => {
        hasChanged = false
        await storage?.save(id, getState())
      }
      let limit: ReturnType<typeof setTimeout> | undefined
      const isLate = new Promise((resolve) => {
        limit = setTimeout(resolve, LONGEST)
      })
      const saved = save().catch((error: unknown) => onError?.(error))
      void Promise.race([saved, isLate]).finally(() => {
        clearTimeout(limit)
        isSaving = false
        if (hasChanged) saver.now()
      })
    },
  }
  return saver
}
