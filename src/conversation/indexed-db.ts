/**
 * Keeps conversations in the page's IndexedDB.
 */
import type { ConversationStorage } from './types.ts'

const STORE = 'conversations'

/**
 * Stores conversations in the IndexedDB database `name`. Stores nothing where there is no IndexedDB, as on a server.
 */
export function storeInIndexedDB({
  name = 'chatwire',
}: { name?: string } = {}): ConversationStorage {
  let opened: Promise<IDBDatabase> | undefined
  const open = () => {
    const request = indexedDB.open(name, 1)
    request.addEventListener('upgradeneeded', () => request.result.createObjectStore(STORE))
    return settle(request)
  }
  const store = async (mode: IDBTransactionMode) => {
    // A failed attempt, such as in a private window, is made again.
    const database = await (opened ??= open().catch((error: unknown) => {
      opened = undefined
      throw error
    }))
    return database.transaction(STORE, mode).objectStore(STORE)
  }
  const exists = () => typeof indexedDB === 'object'
  return {
    async load(id) {
      return exists() ? await settle((await store('readonly')).get(id)) : undefined
    },
    async save(id, state) {
      if (exists()) await settle((await store('readwrite')).put(state, id))
    },
  }
}

function settle<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result))
    request.addEventListener('error', () => reject(request.error as Error))
  })
}
