/**
 * Replies in Workers KV.
 * @see https://developers.cloudflare.com/kv/concepts/how-kv-works/
 */
import { checkBinding, KV_NAMESPACE } from '../../edge/check-binding.ts'
import type { WorkersKV } from '../../gateway/key-stores/workers-kv.ts'
import type { ReplyStore } from '../../stream/reply-store.ts'

/** KV rejects an expiration that is nearer, in milliseconds. */
const NEAREST_EXPIRATION = 60_000

/**
 * Keeps replies in Workers KV, which is eventually consistent: a page that resumes may get the newest events up to a
 * minute late, and a stop from another location takes up to a minute. One write a second and reply is paid for.
 * Prefer `repliesInDurableObjects`, which has none of these limits.
 * @example repliesInWorkersKV(env.REPLIES)
 */
export function repliesInWorkersKV(kv: WorkersKV): ReplyStore {
  checkBinding('repliesInWorkersKV() takes', KV_NAMESPACE, kv, 'get')
  const log = (id: string, index: number) => `chatwire-reply:${id}:${index}`
  const stopped = (id: string) => `chatwire-reply-stop:${id}`
  const chatKey = (chat: string) => `chatwire-reply-chat:${chat}`
  const set = async (key: string, value: string, expiresAt: number) => {
    const soonest = Date.now() + NEAREST_EXPIRATION + 1000
    await kv.put(key, value, { expiration: Math.ceil(Math.max(expiresAt, soonest) / 1000) })
  }
  return {
    writeInterval: 1000,
    delay: 60_000,
    append: async (id, index, text, expiresAt) => {
      await set(log(id, index), text, expiresAt)
      return (await kv.get(stopped(id))) !== null
    },
    // One after the other: KV remembers for a minute that a key was missing.
    read: async (id, from) => {
      const texts: string[] = []
      for (;;) {
        const text = await kv.get(log(id, from + texts.length))
        if (text === null) return texts
        texts.push(text)
      }
    },
    stop: async (id, expiresAt) => set(stopped(id), '1', expiresAt),
    setChat: async (chat, id, expiresAt) => set(chatKey(chat), id, expiresAt),
    getChat: async (chat) => kv.get(chatKey(chat)),
  }
}
