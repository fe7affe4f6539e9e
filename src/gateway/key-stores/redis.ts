/**
 * Virtual keys in Redis, or in a server that speaks its protocol and runs Lua (Valkey, Upstash, KeyDB).
 * @see https://redis.io/docs/latest/develop/programmability/eval-intro/
 */
import { checkBinding, checkOption, REDIS_COMMAND } from '../../edge/check-binding.ts'
import type { KeyCounters, KeyRecords } from './key-store.ts'

/** Sends one command, such as `['GET', 'key']`, and returns the reply. */
export type RedisCommand = (command: string[]) => Promise<unknown>

/** `applyChanges` in Lua, which Redis runs atomically. The counters of a key are a hash of "value expiresAt". */
const COUNT = `
local now = tonumber(ARGV[1])
local values = {}
local stored = redis.call('HGETALL', KEYS[1])
for i = 1, #stored, 2 do
  local value, expires = string.match(stored[i + 1], '^(%S+) (%S+)$')
  if tonumber(expires) > 0 and tonumber(expires) <= now then redis.call('HDEL', KEYS[1], stored[i])
  else values[stored[i]] = tonumber(value) end
end
local exceeded = ''
for i = 2, #ARGV, 4 do
  local by, limit = tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2])
  if exceeded == '' and limit and by > 0 and (values[ARGV[i]] or 0) + by > limit then exceeded = ARGV[i] end
end
local result = { exceeded }
for i = 2, #ARGV, 4 do
  local name, by = ARGV[i], tonumber(ARGV[i + 1])
  if exceeded == '' and by ~= 0 then
    values[name] = (values[name] or 0) + by
    redis.call('HSET', KEYS[1], name, string.format('%.0f %s', values[name], ARGV[i + 3]))
  end
  result[#result + 1] = string.format('%.0f', values[name] or 0)
end
return result`

/**
 * Keeps keys in Redis, through the client you have. Limits and budgets are exact: counters change in one script.
 * @example
 * createKeys({ store: keysInRedis((command) => client.sendCommand(command)) }) // the `redis` package
 * createKeys({ store: keysInRedis(([name, ...rest]) => client.call(name, ...rest)) }) // `ioredis`
 */
export function keysInRedis(
  send: RedisCommand,
  options: { prefix?: string } = {},
): KeyRecords & KeyCounters {
  checkBinding('keysInRedis() takes', REDIS_COMMAND, send)
  checkOption('keysInRedis', options, 'prefix', 'string')
  const { prefix = 'chatwire' } = options
  // In braces: a cluster keeps both on one node.
  const record = (id: string) => `${prefix}:key:{${id}}`
  const counter = (id: string) => `${prefix}:key-counters:{${id}}`
  return {
    get: async (id) => (await send(['GET', record(id)])) as string | null,
    set: async (id, value, expiresAt) => {
      const wait = expiresAt && Math.max(Math.ceil(expiresAt - Date.now()), 1)
      await send(['SET', record(id), value, ...(wait ? ['PX', String(wait)] : [])])
    },
    delete: async (id) => send(['DEL', record(id), counter(id)]),
    count: async (id, changes) => {
      const parameters = changes.flatMap(({ name, by, limit, expiresAt = 0 }) => {
        return [name, String(by), limit === undefined ? '' : String(limit), String(expiresAt)]
      })
      const command = ['EVAL', COUNT, '1', counter(id), String(Date.now()), ...parameters]
      const [exceeded, ...values] = (await send(command)) as unknown[]
      return { values: values.map(Number), exceeded: String(exceeded) || undefined }
    },
  }
}
