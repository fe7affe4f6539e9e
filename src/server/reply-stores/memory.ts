/**
 * Replies in memory.
 */
import { checkOption } from '../../edge/check-binding.ts'
import type { ReplyStore } from '../../stream/reply-store.ts'

interface Entry {
  texts: string[]
  expiresAt: number
  size: number
  isStopped: boolean
  listeners: Set<() => void>
}

/**
 * Keeps replies in memory, for one process and until it ends. Above `maxSize` characters in all, the oldest are
 * dropped.
 * @param options `maxSize` is 67,108,864 by default
 */
export function repliesInMemory(options: { maxSize?: number } = {}): ReplyStore {
  checkOption('repliesInMemory', options, 'maxSize', 'number')
  const { maxSize = 2 ** 26 } = options
  const replies = new Map<string, Entry>()
  const chats = new Map<string, [id: string, expiresAt: number]>()
  let size = 0
  const drop = (id: string, { size: own }: Entry) => {
    size -= own
    replies.delete(id)
  }
  const sweep = () => {
    const now = Date.now()
    for (const [id, entry] of replies) {
      if (entry.expiresAt > now && size <= maxSize) break // in the order of their beginnings
      drop(id, entry)
    }
    for (const [chat, [, expiresAt]] of chats) {
      if (expiresAt > now) break
      chats.delete(chat)
    }
  }
  const find = (id: string) => {
    const entry = replies.get(id)
    return entry && entry.expiresAt > Date.now() ? entry : undefined
  }
  return {
    async append(id, index, text, expiresAt) {
      if (index === 0) {
        replies.set(id, { texts: [], expiresAt, size: 0, isStopped: false, listeners: new Set() })
      }
      const entry = replies.get(id)
      if (!entry) throw new Error('The reply was dropped, since the store is full')
      entry.texts[index] = text
      entry.size += text.length
      size += text.length
      sweep()
      for (const listener of entry.listeners) listener()
      return entry.isStopped
    },
    async read(id, from, waitMs) {
      const entry = find(id)
      if (entry && entry.texts.length <= from && waitMs > 0) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(end, waitMs)
          function end(): void {
            clearTimeout(timer)
            entry?.listeners.delete(end)
            resolve()
          }
          entry.listeners.add(end)
        })
      }
      return entry?.texts.slice(from) ?? []
    },
    async stop(id) {
      const entry = find(id)
      if (entry) entry.isStopped = true
    },
    async setChat(chat, id, expiresAt) {
      chats.delete(chat) // keeps the order
      chats.set(chat, [id, expiresAt])
    },
    async getChat(chat) {
      const [id, expiresAt = 0] = chats.get(chat) ?? []
      return expiresAt > Date.now() ? id : undefined
    },
  }
}
