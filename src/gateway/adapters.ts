/**
 * Hooks for the engines that platforms bring: nothing is counted or kept here.
 */
import type { GatewayCache, GatewayHooks, GatewayRequest } from './hooks.ts'

/** Cloudflare's rate limit, as a Worker's `env` has it. */
export interface RateLimitBinding {
  /** Counts one more for the key, and tells whether there was room. */
  limit: (options: { key: string }) => Promise<{ success: boolean }>
}

/**
 * An `admit` hook over Cloudflare's rate limit, counted for each caller that `authorize` tells of, or by `keyOf`.
 * @see https://developers.cloudflare.com/workers/runtime-apis/bindings/rate-limit/
 * @example admit: admitByBinding((env) => env.LIMITER)
 */
// oxlint-disable-next-line typescript/no-explicit-any -- the same as the gateway's own
export function admitByBinding<Env = any, Caller = any>(
  binding: (env: Env) => RateLimitBinding,
  keyOf: (asked: GatewayRequest<Env, Caller>) => string = callerKey,
): NonNullable<GatewayHooks<Env, Caller>['admit']> {
  return async (asked) => (await binding(asked.env).limit({ key: keyOf(asked) })).success
}

function callerKey({ caller }: { caller: unknown }): string {
  return typeof caller === 'string' ? caller : (JSON.stringify(caller) ?? 'everyone')
}

/** How long an answer is kept. */
export interface KeepOptions {
  /**
   * In seconds.
   * @default 3600
   */
  maxAge?: number | undefined
}

/**
 * A `cache` over the Cache API of Cloudflare and Deno. Deno does not heed `maxAge`.
 * @see https://developers.cloudflare.com/workers/runtime-apis/cache/
 */
export function cacheInCacheAPI({ maxAge = 3600 }: KeepOptions = {}): GatewayCache<
  unknown,
  unknown
> {
  const open = () => caches.open('chatwire')
  // A key must be an address; this one is nobody's.
  const place = (key: string) => `https://chatwire.invalid/${key}`
  return {
    get: async (key) => (await (await open()).match(place(key)))?.text(),
    set: async (key, value) => {
      const headers = { 'cache-control': `max-age=${maxAge}` }
      await (await open()).put(place(key), new Response(value, { headers }))
    },
  }
}

/** Deno KV, as far as it is used here. */
export interface DenoKv {
  /** The value of a key, or `null`. */
  get: (key: string[]) => Promise<{ value: unknown }>
  /** Keeps a value, for `expireIn` milliseconds. */
  set: (key: string[], value: unknown, options?: { expireIn?: number }) => Promise<unknown>
}

/** Most that a value of Deno KV may hold is 64 KiB, and a character takes up to three bytes. */
const MOST_CHARACTERS = 21_000

/**
 * A `cache` over Deno KV. Answers longer than 21,000 characters do not fit, and are not kept.
 * @see https://docs.deno.com/deploy/kv/manual/
 * @example cache: cacheInDenoKv(await Deno.openKv())
 */
export function cacheInDenoKv(
  kv: DenoKv,
  { maxAge = 3600 }: KeepOptions = {},
): GatewayCache<unknown, unknown> {
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
