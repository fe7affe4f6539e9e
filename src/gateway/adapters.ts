/**
 * Hooks for storage and rate limits of platforms.
 */
import {
  checkBinding,
  checkOption,
  DENO_KV,
  KV_NAMESPACE,
  RATE_LIMIT,
} from '../edge/check-binding.ts'
import type { GatewayCache, GatewayHooks, GatewayRequest } from './hooks.ts'

/** Cloudflare's rate limit binding in a Worker's `env`. */
export interface RateLimitBinding {
  /** Counts a request for the key. `success` is false if the limit is exceeded. */
  limit: (options: { key: string }) => Promise<{ success: boolean }>
}

/**
 * Creates an `admit` hook with Cloudflare's rate limit, per caller as returned by `authorize`, or per `keyOf`.
 * @see https://developers.cloudflare.com/workers/runtime-apis/bindings/rate-limit/
 * @example admit: admitByBinding((env) => env.LIMITER)
 */
// oxlint-disable-next-line typescript/no-explicit-any -- the same as the gateway's own
export function admitByBinding<Env = any, Caller = any>(
  binding: (env: Env) => RateLimitBinding,
  keyOf: (request: GatewayRequest<Env, Caller>) => string = callerKey,
): NonNullable<GatewayHooks<Env, Caller>['admit']> {
  checkBinding('admitByBinding() takes', 'a function of `env`', binding)
  return async (request) => {
    const limiter = binding(request.env)
    checkBinding('The function of admitByBinding() must return', RATE_LIMIT, limiter, 'limit')
    return (await limiter.limit({ key: keyOf(request) })).success
  }
}

function callerKey({ caller }: { caller: unknown }): string {
  return typeof caller === 'string' ? caller : (JSON.stringify(caller) ?? 'everyone')
}

/** Options of a stored reply. */
export interface KeepOptions {
  /**
   * Time to keep a reply, in seconds.
   * @default 3600
   */
  maxAge?: number | undefined
}

/**
 * Creates a `cache` with the Cache API of Cloudflare and Deno. Deno ignores `maxAge`.
 * @see https://developers.cloudflare.com/workers/runtime-apis/cache/
 */
export function cacheInCacheAPI(options: KeepOptions = {}): GatewayCache<unknown, unknown> {
  checkOption('cacheInCacheAPI', options, 'maxAge', 'number')
  const { maxAge = 3600 } = options
  const open = () => caches.open('chatwire')
  // A key must be a URL. This host does not exist.
  const place = (key: string) => `https://chatwire.invalid/${key}`
  return {
    get: async (key) => (await (await open()).match(place(key)))?.text(),
    set: async (key, value) => {
      const headers = { 'cache-control': `max-age=${maxAge}` }
      await (await open()).put(place(key), new Response(value, { headers }))
    },
  }
}

/** The part of Deno KV that is used here. */
export interface DenoKv {
  /** Returns the value of a key, or `null`. */
  get: (key: string[]) => Promise<{ value: unknown }>
  /** Stores a value for `expireIn` milliseconds. */
  set: (key: string[], value: unknown, options?: { expireIn?: number }) => Promise<unknown>
}

/** Deno KV limits values to 64 KiB, and a character takes up to three bytes. */
const MOST_CHARACTERS = 21_000

/**
 * Creates a `cache` with Deno KV. Does not store replies of more than 21,000 characters.
 * @see https://docs.deno.com/deploy/kv/manual/
 * @example cache: cacheInDenoKv(await Deno.openKv())
 */
export function cacheInDenoKv(
  kv: DenoKv,
  options: KeepOptions = {},
): GatewayCache<unknown, unknown> {
  checkBinding('cacheInDenoKv() takes', DENO_KV, kv, 'set')
  checkOption('cacheInDenoKv', options, 'maxAge', 'number')
  const { maxAge = 3600 } = options
  const place = (key: string) => ['chatwire', key]
  return {
    get: async (key) => {
      const { value } = await kv.get(place(key))
      return typeof value === 'string' ? value : undefined
    },
    set: async (key, value) => {
      if (value.length > MOST_CHARACTERS) return
      await kv.set(place(key), value, { expireIn: maxAge * 1000 })
    },
  }
}

/** The part of a Workers KV namespace that is used here. */
export interface WorkersKVCache {
  /** Reads a text. */
  get: (key: string) => Promise<string | null>
  /** Writes a text, kept for `expirationTtl` seconds, at least 60. */
  put: (key: string, value: string, options: { expirationTtl: number }) => Promise<unknown>
}

/** Workers KV limits values to 25 MiB, and a character takes up to three bytes. */
const MOST_CHARACTERS_IN_KV = 8_000_000

/**
 * Creates a `cache` with Workers KV. Another location sees a reply up to a minute later. Does not store replies of more
 * than 8,000,000 characters.
 * @see https://developers.cloudflare.com/kv/api/write-key-value-pairs/
 * @example cache: cacheInWorkersKV((env) => env.REPLIES)
 */
// oxlint-disable-next-line typescript/no-explicit-any -- the same as the gateway's own
export function cacheInWorkersKV<Env = any>(
  namespace: (env: Env) => WorkersKVCache,
  options: KeepOptions = {},
): GatewayCache<Env, unknown> {
  checkBinding('cacheInWorkersKV() takes', 'a function of `env`', namespace)
  checkOption('cacheInWorkersKV', options, 'maxAge', 'number')
  const { maxAge = 3600 } = options
  const open = (env: Env) => {
    const kv = namespace(env)
    checkBinding('The function of cacheInWorkersKV() must return', KV_NAMESPACE, kv, 'get')
    return kv
  }
  const place = (key: string) => `chatwire-reply:${key}`
  return {
    get: async (key, { env }) => (await open(env).get(place(key))) ?? undefined,
    set: async (key, value, { env }) => {
      if (value.length > MOST_CHARACTERS_IN_KV) return
      await open(env).put(place(key), value, {
        expirationTtl: Math.max(60, Math.ceil(maxAge)),
      })
    },
  }
}
