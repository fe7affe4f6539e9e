/**
 * Keeps conversations in the page's `localStorage`.
 */
import { assertConfig } from '../assert-config.ts'
import { isRecord } from '../is-record.ts'
import type { ConversationStorage } from './types.ts'

/**
 * Stores conversations in `localStorage`, which holds about 5 MB per origin. Conversations with pictures need
 * `storeInIndexedDB`. Stores nothing where there is no `localStorage`, as on a server.
 */
export function storeInLocalStorage(options: { prefix?: string } = {}): ConversationStorage {
  assertConfig(isRecord(options), 'storeInLocalStorage() takes { prefix }')
  const { prefix = 'chatwire:' } = options
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
