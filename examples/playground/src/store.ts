/**
 * Keeps the chats in the page's own database (pictures are too big for `localStorage`), and small choices beside it.
 */
import type { Chat } from './chat.ts'

const CHATS = 'chats'

/** Chats by their ids. Where the browser keeps nothing, they last as long as the page. */
export interface Store {
  load(): Promise<Chat[]>
  save(chat: Chat): Promise<void>
  remove(id: string): Promise<void>
}

export async function openStore(): Promise<Store> {
  try {
    return new DatabaseStore(await open())
  } catch {
    // Private windows, and pages that may not store: the chats are in memory anyway.
    return { load: async () => [], save: async () => {}, remove: async () => {} }
  }
}

class DatabaseStore implements Store {
  #database: IDBDatabase

  constructor(database: IDBDatabase) {
    this.#database = database
  }

  async load(): Promise<Chat[]> {
    const chats = await this.#ask<Chat[]>('readonly', (chats) => chats.getAll())
    for (const chat of chats) for (const turn of chat.turns) settle(turn)
    return chats.sort((one, other) => other.updatedAt - one.updatedAt)
  }

  async save(chat: Chat): Promise<void> {
    await this.#ask('readwrite', (chats) => chats.put(chat))
  }

  async remove(id: string): Promise<void> {
    await this.#ask('readwrite', (chats) => chats.delete(id))
  }

  async #ask<T>(mode: IDBTransactionMode, ask: (chats: IDBObjectStore) => IDBRequest): Promise<T> {
    const transaction = this.#database.transaction(CHATS, mode)
    // A disk that is full may say so only when the transaction ends.
    const [found] = await Promise.all([
      settled<T>(ask(transaction.objectStore(CHATS))),
      completed(transaction),
    ])
    return found
  }
}

/** An answer that was under way when the page was left has stopped. */
function settle(turn: Chat['turns'][number]): void {
  if (turn.role !== 'assistant' || turn.state !== 'running') return
  turn.state = 'stopped'
  delete turn.retry
  delete turn.download
  const text = turn.parts.findLast((part) => part.kind === 'text')?.text
  if (text) turn.messages = [{ role: 'assistant', content: text }]
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
