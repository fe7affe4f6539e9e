/**
 * Entry for servers: a gateway and a relay for other clients.
 * @module chatwire/gateway
 */
import { ROUTES } from './builtins/routes.ts'
import type { ServerConfig } from './builtins.ts'
import { getChatModel } from './builtins.ts'
import type { GatewayHandler, GatewayOptions } from './gateway/create-gateway.ts'
import { createSlimGateway } from './gateway/create-gateway.ts'
import type { GatewayList, ModelTable } from './gateway/model-table.ts'
import type { BaseChatModel } from './chat/base.ts'
import type { ModelConfig } from './options.ts'
import type { LegacyConfig } from './registry.ts'
import type { RelayHandler, RelayOptions } from './relay/create-relay.ts'
import { createRelayFor } from './relay/create-relay.ts'
import type { Token, TokenOptions } from './relay/create-token.ts'
import { createTokenFor } from './relay/create-token.ts'

export type { DenoKv, KeepOptions, RateLimitBinding, WorkersKVCache } from './gateway/adapters.ts'
export {
  admitByBinding,
  cacheInCacheAPI,
  cacheInDenoKv,
  cacheInWorkersKV,
} from './gateway/adapters.ts'
export type { Authorize, AuthorizeFunction, ServeContext } from './edge/authorize.ts'
export type { Origins } from './edge/cors.ts'
export type { GatewayHandler, GatewayOptions } from './gateway/create-gateway.ts'
export { createSlimGateway } from './gateway/create-gateway.ts'
export type { ModelPrice, PriceTable } from './gateway/cost.ts'
export type {
  Admission,
  AdmissionRequest,
  GatewayCache,
  GatewayEnd,
  GatewayHookFailure,
  GatewayHooks,
  GatewayRequest,
  HookName,
  ModelAccess,
} from './gateway/hooks.ts'
export type { Keys, KeyCaller, KeysOptions } from './gateway/create-keys.ts'
export type { KeyPolicy, KeyUsage } from './gateway/key-policy.ts'
export { createKeys } from './gateway/create-keys.ts'
export type {
  DenoKvDatabase,
  DenoKvEntry,
  DenoKvTransaction,
} from './gateway/key-stores/deno-kv.ts'
export { keysInDenoKv } from './gateway/key-stores/deno-kv.ts'
export type {
  DurableObjectNamespace,
  DurableObjectState,
} from './gateway/key-stores/durable-objects.ts'
export { KeyObject, keysInDurableObjects } from './gateway/key-stores/durable-objects.ts'
export type {
  Counted,
  CounterChange,
  KeyCounters,
  KeyRecords,
  KeyStore,
} from './gateway/key-stores/key-store.ts'
export { keysInMemory } from './gateway/key-stores/memory.ts'
export type { RedisCommand } from './gateway/key-stores/redis.ts'
export { keysInRedis } from './gateway/key-stores/redis.ts'
export type { WorkersKV } from './gateway/key-stores/workers-kv.ts'
export { keysInWorkersKV } from './gateway/key-stores/workers-kv.ts'
export type { GatewayLimits } from './gateway/limits.ts'
export type { GatewayConfig, GatewayList, GatewayModel, ModelTable } from './gateway/model-table.ts'
export type { GatewaySecret } from './gateway/provider-data.ts'
export type {
  RelayAdmission,
  RelayEnd,
  RelayFailure,
  RelayHandler,
  RelayLimits,
  RelayOptions,
  RelayRequest,
} from './relay/create-relay.ts'
export type { RelayTable, RelayTarget } from './relay/match-route.ts'
export type { Token, TokenOptions } from './relay/create-token.ts'

/** Takes any text where one of several is required, so that a config may be declared before it is passed. */
type Widened<Config> = {
  [Name in keyof Config]: Config[Name] extends string | undefined
    ? string | undefined
    : Config[Name]
}

/** The members of every type of a union. */
type NamesOf<Config> = Config extends unknown ? keyof Config : never

/**
 * Requires an entry of a table to have no unknown member: the compiler does not check what a function returns for them.
 */
type Known<Entry, Config> = Entry extends string | BaseChatModel
  ? Entry
  : Entry extends readonly unknown[]
    ? { readonly [Place in keyof Entry]: Known<Entry[Place], Config> }
    : Entry extends { failover: infer List }
      ? { failover: Known<List, Config> } & NoOther<Entry, keyof GatewayList>
      : NoOther<Entry, NamesOf<Config>>

type NoOther<Entry, Names> = { [Name in Exclude<keyof Entry, Names>]: never }

/**
 * Serves chat models to clients of OpenAI and Anthropic, below any path: `…/chat/completions`, `…/responses`,
 * `…/messages`, `…/messages/count_tokens`, `…/models` and `…/healthz`. Configs may name any built-in server, so a bundle
 * carries all of them; `createSlimGateway` carries only the models it is passed. A class with own config members is passed
 * as a model, or with the type of its config: `createGateway<Env, Caller, MyConfig>`.
 * @throws {ConfigError} `invalid_config` if `authorize` is missing or an option is invalid
 * @example
 * export default { fetch: createGateway({
 *   models: (env) => ({ fast: { model: 'qwen-plus', modelServer: 'dashscope', env } }),
 *   authorize: (request, env) => isUserOf(env, request),
 * }) }
 */
// oxlint-disable-next-line typescript/no-explicit-any, typescript/no-unnecessary-type-parameters -- what a runtime passes, if not declared; callers name the config of their class
export function createGateway<
  Env = any,
  Caller = any,
  Config extends ModelConfig = ServerConfig,
  Table extends ModelTable<Widened<NoInfer<Config>> | LegacyConfig> = ModelTable<
    Widened<NoInfer<Config>> | LegacyConfig
  >,
>(
  options: Omit<GatewayOptions<Env, Caller>, 'models'> & {
    models:
      | ModelTable<Widened<NoInfer<Config>> | LegacyConfig>
      | ((
          env: Env,
        ) => Table & { [Name in keyof Table]: Known<Table[Name], NoInfer<Config> | LegacyConfig> })
  },
): GatewayHandler<Env> {
  return createSlimGateway<Env, Caller>({
    getChatModel,
    ...(options as unknown as GatewayOptions<Env, Caller>),
  })
}

/**
 * Forwards `<prefix>/<server>/…` to the configured servers, for exactly the routes that this package's providers
 * use, and adds the key. A page then needs no key: `baseURL: '/relay/dashscope'`.
 *
 * Forwards only the body, `content-type`, `accept` and headers that the vendor requires: no cookies, no
 * authorization. Responses are forwarded unchanged, chunk by chunk, with only the headers that clients read.
 * Errors are forwarded with the key redacted, except for an error about the key itself, which becomes a 502 since
 * the caller cannot fix it. A client disconnect aborts the request to the server.
 * @throws {ConfigError} `invalid_config`, `unknown_server`, `missing_api_key`
 * @example
 * const relay = createRelay({ servers: { zhipu: { apiKey } }, authorize: (request) => isMember(request) })
 * Deno.serve((request) => relay(request))
 */
// oxlint-disable-next-line typescript/no-explicit-any -- what a runtime passes, if not declared
export function createRelay<Env = any, Caller = any>(
  options: RelayOptions<Env, Caller>,
): RelayHandler<Env> {
  return createRelayFor(ROUTES, options)
}

/**
 * Creates a short-lived token that grants the same access as the key. Authorize the recipient first. DashScope
 * rejects requests from pages even with a token: use it there for apps and command lines, or for pages with a
 * proxy. One request, no retries.
 * @throws {ConfigError} `invalid_config`, `missing_api_key`, `browser_key`
 * @throws {ChatError} errors of DashScope, such as `authentication` for a key of another region
 * @example
 * const token = await createToken({ server: 'dashscope', apiKey: env.DASHSCOPE_API_KEY, expiresIn: 300 })
 * @see https://help.aliyun.com/zh/model-studio/obtain-temporary-authentication-token
 * @see https://docs.bigmodel.cn/cn/guide/develop/http/introduction
 */
export function createToken(options: TokenOptions): Promise<Token> {
  return createTokenFor(ROUTES, options)
}
