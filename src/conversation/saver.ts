/**
 * Saves a conversation: at once after a change, at intervals while a reply grows. Loaded with `storage` only.
 */
import type { ConversationOptions, ConversationState } from './types.ts'

/** Interval of saving while a reply grows, in milliseconds. */
const INTERVAL = 1000

/** Saves the states of one conversation. */
export interface Saver {
  /** Saves within the interval. */
  soon: () => void
  /** Saves now. A failure is reported to `onError`. */
  now: () => void
}

/** Creates a saver. Only once the saved state is loaded: one that cannot be read must not be overwritten. */
export function createSaver(
  id: string,
  { storage, onError }: ConversationOptions,
  getState: () => ConversationState,
): Saver {
  let timer: ReturnType<typeof setTimeout> | undefined
  const saver: Saver = {
    soon() {
      timer ??= setTimeout(saver.now, INTERVAL)
    },
    now() {
      clearTimeout(timer)
      timer = undefined
      const save = async () => storage?.save(id, getState())
      save().catch((error: unknown) => onError?.(error))
    },
  }
  return saver
}
