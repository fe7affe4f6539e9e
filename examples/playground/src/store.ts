/**
 * Keeps the chats in the page's own database (pictures are too big for `localStorage`), and small choices beside it.
 */
import type { SavedChat } from './chat.ts'
import type { OldChat } from './old-chats.ts'
import { mergeChats } from './merge-chats.ts'

const CHATS = 'chats'

/** Chats by their ids. Where the browser keeps nothing, they last as long as the page. */
export interface Store {
  load(): Promise<SavedChat[]>
  get(id: string): Promise<SavedChat | undefined>
  /** Returns what is stored then: more than what was given, where another tab has written in the meantime. */
  save(chat: SavedChat): Promise<SavedChat>
  remove(id: string): Promise<void>
}

export async function openStore(): Promise<Store> {
  try {
    return new DatabaseStore(await open())
  } catch {
    // Private windows, and pages that may not store: the chats are in memory anyway.
    return {
      load: async () => [],
      get: async () => undefined,
      save: async (chat) => chat,
      remove: async () => {},
    }
  }
}

class DatabaseStore implements Store {
  #database: IDBDatabase

  constructor(database: IDBDatabase) {
    this.#database = database
  }

  async load(): Promise<SavedChat[]> {
    const stored = await this.#ask<(SavedChat | OldChat)[]>('readonly', (chats) => chats.getAll())
    const isOld = stored.some((chat) => 'turns' in chat)
    const chats = isOld ? (await import('./old-chats.ts')).convertChats(stored) : stored
    return (chats as SavedChat[]).sort((one, other) => other.updatedAt - one.updatedAt)
  }

  get(id: string): Promise<SavedChat | undefined> {
    return this.#ask('readonly', (chats) => chats.get(id))
  }

  async save(mine: SavedChat): Promise<SavedChat> {
    const transaction = this.#database.transaction(CHATS, 'readwrite')
    const chats = transaction.objectStore(CHATS)
    // Both in one transaction: no other tab comes between.
    const stored = await settled<SavedChat | undefined>(chats.get(mine.id))
    const isNewer = stored !== undefined && stored.revision > mine.revision
    const chat = isNewer ? mergeChats(stored, mine) : { ...mine }
    chat.revision = Math.max(stored?.revision ?? 0, mine.revision) + 1
    // A disk that is full may say so only when the transaction ends.
    await Promise.all([settled(chats.put(chat)), completed(transaction)])
    return chat
  }

  async remove(id: string): Promise<void> {
    await this.#ask('readwrite', (chats) => chats.delete(id))
  }

  async #ask<T>(mode: IDBTransactionMode, ask: (chats: IDBObjectStore) => IDBRequest): Promise<T> {
    const transaction = this.#database.transaction(CHATS, mode)
    const [found] = await Promise.all([
      settled<T>(ask(transaction.objectStore(CHATS))),
      completed(transaction),
    ])
    return found
  }
}

function open(): Promise<IDBDatabase> {
  const request = indexedDB.open('chatwire-playground', 1)
  request.addEventListener('upgradeneeded', () => {
    request.result.createObjectStore(CHATS, { keyPath: 'id' })
  })
  return settled(request)
}

function settled<T>(request: IDBRequest): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result as T))
    request.addEventListener('error', () =>
      reject(request.error ?? new Error('The database failed')),
    )
  })
}

function completed(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.addEventListener('complete', () => resolve())
    transaction.addEventListener('abort', () =>
      reject(transaction.error ?? new Error('The transaction was undone')),
    )
  })
}

export type Theme = 'auto' | 'light' | 'dark'
export type Language = 'en' | 'zh'

export interface Preferences {
  theme: Theme
  language: Language
  /** The chat that was open. */
  chat?: string
}

const PREFERENCES = 'chatwire-playground'

export function loadPreferences(): Preferences {
  const language = navigator.language.startsWith('zh') ? 'zh' : 'en'
  const preferences: Preferences = { theme: 'auto', language }
  try {
    return { ...preferences, ...JSON.parse(localStorage.getItem(PREFERENCES) ?? '{}') }
  } catch {
    return preferences // nothing is stored, or nothing may be
  }
}

export function savePreferences(preferences: Preferences): void {
  try {
    localStorage.setItem(PREFERENCES, JSON.stringify(preferences))
  } catch {
    // Nothing may be stored here: the choice holds for this visit.
  }
}
