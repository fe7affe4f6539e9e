/**
 * Replies in Redis, or in a server that speaks its protocol and runs Lua (Valkey, Upstash, KeyDB).
 * @see https://redis.io/docs/latest/develop/programmability/eval-intro/
 */
import { checkBinding, checkOption, REDIS_COMMAND } from '../../edge/check-binding.ts'
import type { RedisCommand } from '../../gateway/key-stores/redis.ts'
import type { ReplyStore } from '../../stream/reply-store.ts'

/** Adds a text, and returns 1 if the reply was stopped. A write that is repeated adds nothing. */
const APPEND = `
if redis.call('LLEN', KEYS[1]) == tonumber(ARGV[1]) then
  redis.call('RPUSH', KEYS[1], ARGV[2])
  redis.call('PEXPIREAT', KEYS[1], ARGV[3])
end
return redis.call('EXISTS', KEYS[2])`

/**
 * Keeps replies in Redis, through the client you have. Other processes read along and stop them within a second or
 * two.
 * @example
 * repliesInRedis((command) => client.sendCommand(command)) // the `redis` package
 * repliesInRedis(([name, ...rest]) => client.call(name, ...rest)) // `ioredis`
 */
export function repliesInRedis(send: RedisCommand, options: { prefix?: string } = {}): ReplyStore {
  checkBinding('repliesInRedis() takes', REDIS_COMMAND, send)
  checkOption('repliesInRedis', options, 'prefix', 'string')
  const { prefix = 'chatwire' } = options
  // In braces: a cluster keeps both on one node.
  const log = (id: string) => `${prefix}:reply:{${id}}`
  const stopped = (id: string) => `${prefix}:reply-stop:{${id}}`
  const chatKey = (chat: string) => `${prefix}:reply-chat:{${chat}}`
  const set = async (key: string, value: string, expiresAt: number) =>
    send(['SET', key, value, 'PXAT', String(expiresAt)])
  return {
    writeInterval: 100,
    append: async (id, index, text, expiresAt) => {
      const keys = ['2', log(id), stopped(id)]
      return (
        Number(await send(['EVAL', APPEND, ...keys, String(index), text, String(expiresAt)])) > 0
      )
    },
    read: async (id, from) => (await send(['LRANGE', log(id), String(from), '-1'])) as string[],
    stop: async (id, expiresAt) => set(stopped(id), '1', expiresAt),
    setChat: async (chat, id, expiresAt) => set(chatKey(chat), id, expiresAt),
    getChat: async (chat) => (await send(['GET', chatKey(chat)])) as string | null,
  }
}
