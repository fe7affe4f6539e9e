/**
 * Caches replies. The operator chooses the storage.
 */
import { withLimit } from '../async/with-limit.ts'
import type { BaseChatModel } from '../chat/base.ts'
import type { ChatResult } from '../event.ts'
import { isRecord } from '../is-record.ts'
import type { Exchange } from './exchange.ts'
import type { GatewayRequest } from './hooks.ts'
import { sha256 } from '../edge/sha256.ts'

/** Timeout of a lookup, in milliseconds: a cache exists to save time. */
const LOOKUP_TIMEOUT = 1000
const tooLate = (): Error => new Error(`\`cache.get\` took longer than ${LOOKUP_TIMEOUT} ms`)

/** A reply as it is stored. */
interface Entry {
  /** Milliseconds since 1970. */
  storedAt: number
  result: ChatResult
}

/**
 * The cache's part in one request. A cache that fails or stalls is a miss.
 * `cache-control` of the request: `no-cache` skips the lookup, `no-store` the cache, `max-age` bounds the age in seconds.
 */
export class CacheLookup {
  // oxlint-disable-next-line typescript/no-explicit-any -- serves every environment and caller
  #exchange: Exchange<any, any>
  #model: BaseChatModel
  #key: string | undefined
  #status: 'hit' | 'miss' | 'bypass' | undefined

  // oxlint-disable-next-line typescript/no-explicit-any -- the same
  constructor(exchange: Exchange<any, any>, model: BaseChatModel) {
    this.#exchange = exchange
    this.#model = model
  }

  async find(): Promise<ChatResult | undefined> {
    const { gatewayRequest, settings, request, deadline } = this.#exchange
    const { cache } = settings
    if (!cache || !gatewayRequest) return undefined
    const control = request.headers.get('cache-control') ?? ''
    this.#status = 'bypass'
    if (/\bno-store\b/i.test(control)) return undefined
    this.#key = await cacheKey(gatewayRequest, this.#model)
    if (/\bno-cache\b/i.test(control)) return undefined
    this.#status = 'miss'
    const look = () => deadline.race(cache.get(this.#key as string, gatewayRequest))
    try {
      const text = await withLimit(look, LOOKUP_TIMEOUT, tooLate)
      const result = typeof text === 'string' ? parseEntry(text, maxAgeOf(control)) : undefined
      if (result) this.#status = 'hit'
      return result
    } catch (error) {
      deadline.signal.throwIfAborted()
      this.#exchange.report('cache', error)
      return undefined
    }
  }

  /** Stores a complete reply. One that a limit or a filter cut short, or that a server broke off, is not stored. */
  keep(result: ChatResult): void {
    const { gatewayRequest, settings } = this.#exchange
    const { cache } = settings
    const key = this.#key
    const isComplete = result.finishReason === 'stop' || result.finishReason === 'tool_calls'
    if (!cache || !gatewayRequest || !key || !isComplete) return
    const entry: Entry = { storedAt: Date.now(), result }
    const store = () => cache.set(key, JSON.stringify(entry), gatewayRequest)
    this.#exchange.addCleanup('cache', store)
  }

  /** Returns the header that tells a hit from a miss. */
  headers(): Record<string, string> {
    return this.#status ? { 'x-chatwire-cache': this.#status } : {}
  }
}

function maxAgeOf(control: string): number {
  const seconds = /\bmax-age=(\d+)/i.exec(control)?.[1]
  return seconds === undefined ? Infinity : Number(seconds) * 1000
}

function parseEntry(text: string, maxAge: number): ChatResult | undefined {
  const { storedAt, result } = JSON.parse(text) as Partial<Entry>
  if (storedAt === undefined || Date.now() - storedAt > maxAge) return undefined
  return isResult(result) ? result : undefined
}

/** False for an entry of another version. */
function isResult(value: Partial<ChatResult> | undefined): value is ChatResult {
  return (
    typeof value?.text === 'string' &&
    typeof value.finishReason === 'string' &&
    value.message?.role === 'assistant' &&
    Array.isArray(value.toolCalls) &&
    isRecord(value.usage)
  )
}

type KeyParts = Pick<GatewayRequest<never, never>, 'model' | 'chat'>

/** Returns a hash of everything a reply depends on, the model that the name stands for included. */
async function cacheKey({ model, chat }: KeyParts, served: BaseChatModel): Promise<string> {
  const { provider, model: id } = served
  return sha256(JSON.stringify([model, provider, id, chat]))
}
