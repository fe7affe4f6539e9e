/**
 * Keeps conversations in the page's IndexedDB.
 */
import { assertConfig } from '../assert-config.ts'
import { isRecord } from '../is-record.ts'
import type { ConversationStorage } from './types.ts'

const STORE = 'conversations'

/**
 * Stores conversations in the IndexedDB database `name`. Stores nothing where there is no IndexedDB, as on a server.
 */
export function storeInIndexedDB(options: { name?: string } = {}): ConversationStorage {
  assertConfig(isRecord(options), 'storeInIndexedDB() takes { name }')
  const { name = 'chatwire' } = options
  let opened: Promise<IDBDatabase> | undefined
  const forget = () => (opened = undefined)
  const open = async () => {
    const request = indexedDB.open(name, 1)
    request.addEventListener('upgradeneeded', () => request.result.createObjectStore(STORE))
    const database = await settle(request)
    // Browsers close it if its data are deleted, Safari also in the background: the next use opens it again.
    database.addEventListener('close', forget)
    database.addEventListener('versionchange', () => {
      database.close() // a deletion waits for that
      forget()
    })
    return database
  }
  const begin = async (mode: IDBTransactionMode) => {
    // A failed attempt, such as in a private window, is made again.
    const database = await (opened ??= open().catch((error: unknown) => {
      forget()
      throw error
    }))
    return database.transaction(STORE, mode)
  }
  const exists = () => typeof indexedDB === 'object'
  return {
    async load(id) {
      if (!exists()) return undefined
      const transaction = await begin('readonly')
      return await settle(transaction.objectStore(STORE).get(id))
    },
    async save(id, state) {
      if (!exists()) return
      const transaction = await begin('readwrite')
      transaction.objectStore(STORE).put(state, id)
      await complete(transaction)
    },
  }
}

/** Resolves once the data are stored. A full disk fails the transaction after its requests have succeeded. */
function complete(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.addEventListener('complete', () => resolve())
    transaction.addEventListener('abort', () => reject(transaction.error as Error))
  })
}

function settle<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result))
    request.addEventListener('error', () => reject(request.error as Error))
  })
}
