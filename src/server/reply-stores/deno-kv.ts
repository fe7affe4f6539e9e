/**
 * Replies in Deno KV.
 * @see https://docs.deno.com/deploy/kv/
 */
import { checkBinding, DENO_KV } from '../../edge/check-binding.ts'
import type { DenoKvDatabase } from '../../gateway/key-stores/deno-kv.ts'
import type { ReplyStore } from '../../stream/reply-store.ts'

/** A database of Deno KV, as far as replies need it. */
export interface DenoKvList extends DenoKvDatabase {
  /** Lists the entries of a range of keys. */
  list: (
    selector: { prefix: (string | number)[]; start?: (string | number)[] },
    options?: { limit?: number },
  ) => AsyncIterable<{ key: readonly unknown[]; value: unknown }>
}

/**
 * Keeps replies in Deno KV. Other isolates read along and stop them within a second or two.
 * @example repliesInDenoKv(await Deno.openKv())
 */
export function repliesInDenoKv(kv: DenoKvList): ReplyStore {
  checkBinding('repliesInDenoKv() takes', DENO_KV, kv, 'atomic')
  const log = (id: string) => ['chatwire', 'replies', id]
  const stopped = (id: string) => ['chatwire', 'reply-stops', id]
  const chatKey = (chat: string) => ['chatwire', 'reply-chats', chat]
  const set = async (key: (string | number)[], value: string, expiresAt: number) => {
    const expireIn = Math.max(expiresAt - Date.now(), 1)
    await kv
      .atomic()
      .set(key as string[], value, { expireIn })
      .commit()
  }
  return {
    writeInterval: 250,
    append: async (id, index, text, expiresAt) => {
      await set([...log(id), index], text, expiresAt)
      return (await kv.get(stopped(id))).value !== null
    },
    read: async (id, from) => {
      const texts: string[] = []
      for await (const { key, value } of kv.list({ prefix: log(id), start: [...log(id), from] })) {
        if (key.at(-1) !== from + texts.length) break
        texts.push(value as string)
      }
      return texts
    },
    stop: async (id, expiresAt) => set(stopped(id), '1', expiresAt),
    setChat: async (chat, id, expiresAt) => set(chatKey(chat), id, expiresAt),
    getChat: async (chat) => (await kv.get(chatKey(chat))).value as string | null,
  }
}
