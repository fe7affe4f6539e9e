/**
 * Keeps conversations in the page's `localStorage`.
 */
import type { ConversationStorage } from './types.ts'

/**
 * Stores conversations in `localStorage`, which holds about 5 MB per origin. Conversations with pictures need
 * `storeInIndexedDB`. Stores nothing where there is no `localStorage`, as on a server.
 */
export function storeInLocalStorage({
  prefix = 'chatwire:',
}: { prefix?: string } = {}): ConversationStorage {
  return {
    load(id) {
      const text = globalThis.localStorage?.getItem(prefix + id)
      return text ? JSON.parse(text) : undefined
    },
    save(id, state) {
      globalThis.localStorage?.setItem(prefix + id, JSON.stringify(state))
    },
  }
}
