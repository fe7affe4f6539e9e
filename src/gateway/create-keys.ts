/**
 * Virtual keys: keys of your own for the callers of a gateway, each with its models, limits, budget and expiry.
 */
import { toBase64URL } from '../bytes-to-text.ts'
import { HttpError } from '../edge/http-error.ts'
import { ConfigError } from '../errors.ts'
import type { Usage } from '../event.ts'
import { isRecord } from '../is-record.ts'
import { checkMembers, optional, rule } from '../validation/shape.ts'
import type { PriceTable } from './cost.ts'
import { billedUsage, costOf, priceTable } from './cost.ts'
import type { AdmissionRequest, GatewayEnd, GatewayHooks } from './hooks.ts'
import type { AuthorizeFunction } from '../edge/authorize.ts'
import type { KeyPolicy, KeyUsage } from './key-policy.ts'
import { BILLION, changesOf, isCounted, POLICY, positive } from './key-policy.ts'
import type { KeyCounters, KeyStore } from './key-stores/key-store.ts'
import { sha256 } from '../edge/sha256.ts'
import { unknownModel } from './list-models.ts'

/** The caller that hooks receive. */
export interface KeyCaller extends KeyPolicy {
  /** Identifies the key without revealing it: a hash. */
  id: string
}

/** Options of `createKeys`. */
export interface KeysOptions<Env> {
  /** Store of the keys, or a function that makes one from the runtime's `env`. */
  store: KeyStore | ((env: Env) => KeyStore)
  /** Prices per million tokens by model name, as passed to the gateway. Required for budgets. */
  prices?: PriceTable | undefined
  /**
   * Tokens reserved for a reply while a request without a token limit runs. Set `limits.maxTokens` of the gateway to
   * give each request a limit: then the reservation is the most that a reply can take.
   * @default 4096
   */
  reservedTokens?: number | undefined
}

/** Virtual keys. */
// oxlint-disable-next-line typescript/no-explicit-any -- the same as the functions' own
export interface Keys<Env = any> {
  /**
   * Creates a key. The store holds only its hash: the key itself cannot be shown again.
   * @throws {ConfigError} `invalid_config`
   */
  create: (policy?: KeyPolicy, env?: Env) => Promise<{ id: string; key: string }>
  /**
   * Replaces the members given; `undefined` removes a restriction. Returns `undefined` if there is no such key.
   * @throws {ConfigError} `invalid_config`
   */
  update: (id: string, changes: KeyPolicy, env?: Env) => Promise<KeyCaller | undefined>
  /** Returns what a key admits, or `undefined` if there is no such key. */
  get: (id: string, env?: Env) => Promise<KeyCaller | undefined>
  /** Returns what a key has used. */
  usage: (id: string, env?: Env) => Promise<KeyUsage>
  /** Removes a key and its counters. */
  revoke: (id: string, env?: Env) => Promise<void>
  /** Options for `createGateway`. */
  hooks: {
    /** Admits requests with a valid key, in `authorization: Bearer …` or `x-api-key`. */
    authorize: AuthorizeFunction<Env, KeyCaller>
    /** Hides models that the key may not use. */
    allowModel: NonNullable<GatewayHooks<Env, KeyCaller>['allowModel']>
    /** Applies limits and budgets. */
    admit: NonNullable<GatewayHooks<Env, KeyCaller>['admit']>
  }
}

/**
 * Creates virtual keys for a gateway.
 *
 * Before a request is sent, its prompt (estimated) and its longest reply are reserved; afterwards the reservation is
 * replaced by the usage. All is counted in one atomic step, so that parallel requests cannot overspend: a budget or a
 * minute is exceeded by no more than usage exceeds reservations, of the requests running when it is used up.
 * @throws {ConfigError} `invalid_config`
 * @example
 * const keys = createKeys({ store: keysInRedis((command) => client.sendCommand(command)), prices })
 * const gateway = createGateway({ models, prices, ...keys.hooks, onEnd: log })
 * const { key } = await keys.create({ models: ['fast'], requestsPerMinute: 60, budget: 5 })
 */
// oxlint-disable-next-line typescript/no-explicit-any -- what a runtime passes, if not declared
export function createKeys<Env = any>(options: KeysOptions<Env>): Keys<Env> {
  checkMembers(OPTIONS, options ?? {}, 'invalid_config', 'options')
  const { store, prices, reservedTokens = 4096 } = options
  const storeOf = (env: Env): KeyStore => (typeof store === 'function' ? store(env) : store)

  const read = async (id: string, env: Env): Promise<KeyCaller | undefined> => {
    const text = await storeOf(env).get(id)
    const policy: unknown = typeof text === 'string' ? JSON.parse(text) : undefined
    if (!isRecord(policy)) return undefined
    const { expiresAt = Infinity } = policy as KeyPolicy
    return expiresAt > Date.now() ? { ...policy, id } : undefined
  }

  const write = async (id: string, policy: KeyPolicy, env: Env): Promise<void> => {
    checkMembers(POLICY, policy, 'invalid_config', 'policy')
    if (policy.budget !== undefined && !prices) throw needs('`budget`', '`prices`')
    if (isCounted(policy)) countersOf(storeOf(env))
    await storeOf(env).set(id, JSON.stringify(policy), policy.expiresAt)
  }

  const reserve = async (asked: AdmissionRequest<Env, KeyCaller>) => {
    const { caller, model, promptTokens, chat, env } = asked
    if (!caller) throw needs('`admit` of keys', '`authorize` of the same keys')
    if (!allows(caller, model)) throw unknownModel(model)
    if (!isCounted(caller)) return true
    const { id } = caller
    const now = Date.now()
    const completionTokens = chat.maxTokens ?? reservedTokens
    const total = promptTokens + completionTokens
    const estimate = { promptTokens, completionTokens, totalTokens: total }
    const cost = priceOf(estimate, caller, model)
    const { tokensPerMinute = Infinity } = caller
    if (promptTokens > tokensPerMinute) throw tooLarge(promptTokens, tokensPerMinute)
    // A request whose longest reply exceeds the minute may still run, alone.
    const tokens = Math.min(total, tokensPerMinute)
    const counters = countersOf(storeOf(env))
    const changes = changesOf(caller, { requests: 1, tokens, cost }, now)
    const { exceeded } = await counters.count(id, changes)
    if (exceeded) throw exhausted(exceeded, now)
    return async (end: GatewayEnd<Env, KeyCaller>) => {
      const used = billedUsage(end)
      const actual = {
        requests: 0,
        tokens: (used?.totalTokens ?? 0) - tokens,
        cost: (used ? priceOf(used, caller, model) : 0) - cost,
      }
      // Revoked meanwhile, with its counters.
      if ((await storeOf(env).get(id)) == null) return
      const correction = changesOf(caller, actual, now)
      // An increase here is usage that has happened: no limit applies.
      await counters.count(
        id,
        correction.map((change) => ({ ...change, limit: undefined })),
      )
    }
  }

  /** Returns the cost in billionths, since counters are whole; 0 for a key without a budget. */
  const priceOf = (usage: Usage, { budget }: KeyCaller, model: string): number => {
    if (budget === undefined) return 0
    const cost = costOf(prices, model, usage)
    if (cost === undefined) throw needs(`A key with a budget that uses "${model}"`, 'its price')
    return Math.ceil(cost * BILLION)
  }

  return {
    create: async (policy = {}, env) => {
      const key = createKey()
      const id = await sha256(key)
      await write(id, policy, env as Env)
      return { id, key }
    },
    update: async (id, changes, env) => {
      const current = await read(id, env as Env)
      if (!current) return undefined
      const { id: _id, ...policy } = { ...current, ...changes }
      await write(id, policy, env as Env)
      return { ...policy, id }
    },
    get: async (id, env) => read(id, env as Env),
    usage: async (id, env) => {
      const caller = { budgetPeriod: undefined, ...(await read(id, env as Env)), id }
      const counters = countersOf(storeOf(env as Env))
      const all = { ...caller, requestsPerMinute: 1, tokensPerMinute: 1, budget: 1 }
      const changes = changesOf(all, { requests: 0, tokens: 0, cost: 0 }, Date.now())
      const { values } = await counters.count(id, changes)
      const [requests = 0, tokens = 0, cost = 0] = values
      return { requests, tokens, cost: cost / BILLION }
    },
    revoke: async (id, env) => void (await storeOf(env as Env).delete(id)),
    hooks: {
      authorize: async (request, env) => {
        const key = keyIn(request)
        return key === undefined ? undefined : read(await sha256(key), env)
      },
      allowModel: ({ caller, model }) => caller !== undefined && allows(caller, model),
      admit: reserve,
    },
  }
}

const OPTIONS = {
  store: rule('must be a key store, or a function that returns one', (value: unknown) => {
    return typeof value === 'function' || isRecord(value)
  }),
  prices: optional(priceTable),
  reservedTokens: positive('a whole number above 0', Number.isSafeInteger),
}

function allows({ models }: KeyCaller, model: string): boolean {
  return !models || models.includes(model)
}

function countersOf({ count }: KeyStore): KeyCounters {
  if (count) return { count }
  throw needs('Keys with limits or a budget', 'a store that counts, such as `keysInDurableObjects`')
}

function needs(what: string, missing: string): ConfigError {
  return new ConfigError('invalid_config', `${what} needs ${missing}`)
}

/** @see https://platform.openai.com/docs/guides/error-codes */
function exhausted(counter: string, now: number): HttpError {
  if (counter.startsWith('cost:')) {
    const message = 'The rest of the budget of this key does not cover the request'
    return new HttpError({ status: 429, code: 'insufficient_quota', message, retryable: false })
  }
  const unit = counter.startsWith('requests:') ? 'Requests' : 'Tokens'
  const message = `${unit} per minute of this key exceeded`
  const retryAfter = 60_000 - (now % 60_000)
  return new HttpError({ status: 429, code: 'rate_limit_exceeded', message, retryAfter })
}

function tooLarge(tokens: number, limit: number): HttpError {
  const message = `The request of about ${tokens} tokens exceeds the ${limit} tokens per minute of this key`
  return new HttpError({ status: 429, code: 'rate_limit_exceeded', message, retryable: false })
}

/** Longest key that is looked up, in characters. */
const MAX_KEY = 512

function keyIn({ headers }: Request): string | undefined {
  const bearer = /^Bearer +(\S+) *$/i.exec(headers.get('authorization') ?? '')?.[1]
  const key = bearer ?? headers.get('x-api-key') ?? undefined
  return key !== undefined && key.length <= MAX_KEY ? key : undefined
}

/** Returns 192 random bits: stored hashes need no salt and no slow function. */
function createKey(): string {
  return `cw-${toBase64URL(crypto.getRandomValues(new Uint8Array(24)))}`
}
