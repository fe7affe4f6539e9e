/**
 * Serves chat models to clients of common wire formats.
 */
import type { BaseChatModel } from '../chat/base.ts'
import {
  ANYTHING,
  checkMembers,
  flag,
  func,
  isDuration,
  object,
  optional,
  rule,
} from '../validation/shape.ts'
import { priceTable } from './cost.ts'
import type { Authorize, ServeContext } from '../edge/authorize.ts'
import { checkAuthorize } from '../edge/authorize.ts'
import type { Origins } from '../edge/cors.ts'
import { originsShape, preflight } from '../edge/cors.ts'
import { ResentRequests } from '../edge/resent-requests.ts'
import { ENDPOINTS } from './endpoints.ts'
import type { Settings } from './exchange.ts'
import { Exchange } from './exchange.ts'
import type { GatewayHooks } from './hooks.ts'
import type { GatewayLimits } from './limits.ts'
import { checkLimits } from './limits.ts'
import type { GatewayConfig, ModelTable } from './model-table.ts'
import { resolveModels } from './model-table.ts'
import type { GatewaySecret } from './provider-data.ts'
import { ProviderDataSealer } from './provider-data.ts'

/** Models, callers and limits of a gateway. `Config` is the type of the configs in its table. */
export interface GatewayOptions<Env, Caller, Config = GatewayConfig> extends GatewayHooks<
  Env,
  Caller
> {
  /**
   * Models by the names that callers use: each a model, its config, or a list to try in order. A function builds
   * the table from the runtime's `env`, once per `env`.
   */
  models: ModelTable<Config> | ((env: Env) => ModelTable<Config>)
  /** Admits or rejects requests. Required: a gateway is closed by default. */
  authorize: Authorize<Env, Caller>
  /** Creates a model from a config. `createGateway` supports all built-in servers. */
  getChatModel?: ((config: never) => BaseChatModel) | undefined
  /**
   * Origins whose pages may call, such as `https://app.example` or `https://*.app.example`.
   * @default '*', since cookies are never sent: `authorize` decides by what the page itself sends
   */
  origins?: Origins | undefined
  /**
   * Derives the gateway's own origin from `x-forwarded-proto` and `x-forwarded-host`. Set it only if a proxy sets
   * both.
   * @default false
   */
  trustProxy?: boolean | undefined
  /** Limits on one request. */
  limits?: GatewayLimits | undefined
  /**
   * Longest silence towards a streaming client, in milliseconds; then a comment tells it, and the proxies on the way,
   * that the model is still working. Until the first comment a failure is reported by its HTTP status. `false`: never.
   * @default 8_000
   */
  pingInterval?: number | false | undefined
  /**
   * Tells callers which model answered: the header `x-chatwire-model`, and `model` in the reply.
   * @default false: callers see only the name in your table
   */
  exposeModel?: boolean | undefined
  /**
   * Encrypts data that vendors require back on the next turn, such as thinking signatures (`provider_data` of a
   * message). Set it if several instances serve one conversation, as in Workers. At least 16 characters.
   * @default random: another instance drops the data
   */
  secret?: GatewaySecret<Env> | undefined
}

/** A web-standard handler: for `Deno.serve`, `Bun.serve`, the `fetch` of a Worker, or any server with an adapter. */
// oxlint-disable-next-line typescript/no-explicit-any -- the same as the functions' own
export type GatewayHandler<Env = any> = (
  request: Request,
  env?: Env,
  context?: ServeContext,
) => Promise<Response>

const OPTIONS = {
  models: rule('must be a table of models, or a function that returns one', (value: unknown) => {
    return (typeof value === 'object' && value !== null) || typeof value === 'function'
  }),
  authorize: ANYTHING,
  getChatModel: optional(func),
  origins: optional(originsShape),
  trustProxy: optional(flag),
  exposeModel: optional(flag),
  secret: optional(
    rule('must be a function, or a string of at least 16 characters', (value: unknown) => {
      return typeof value === 'function' || (typeof value === 'string' && value.length >= 16)
    }),
  ),
  limits: ANYTHING,
  pingInterval: optional(
    rule('must be milliseconds above 0 (at most 2147483647), or false', isDuration),
  ),
  admit: optional(func),
  allowModel: optional(func),
  cache: optional(object({ get: func, set: func })),
  onEnd: optional(func),
  onError: optional(func),
  prices: optional(priceTable),
}

/**
 * Serves the endpoints of `createGateway`. Includes no provider: pass models, or configs with `getChatModel`, so that
 * a bundle contains only what it serves. Errors are in the format of the endpoint and reveal nothing about the upstream;
 * `onEnd` receives the full error.
 * @throws {ConfigError} `invalid_config` if `authorize` is missing or an option is invalid
 * @example
 * export default { fetch: createSlimGateway({ models: { fast: new ZhipuLLM({ model: 'glm-4.7' }) }, authorize }) }
 */
// oxlint-disable-next-line typescript/no-explicit-any -- what a runtime passes, if not declared
export function createSlimGateway<Env = any, Caller = any>(
  options: GatewayOptions<Env, Caller>,
): GatewayHandler<Env> {
  checkAuthorize(options?.authorize, 'createGateway')
  checkMembers(OPTIONS, options, 'invalid_config', 'options')
  const { models, getChatModel, limits, secret, origins = '*', trustProxy = false } = options
  const { authorize, exposeModel = false, pingInterval = 8_000 } = options
  const { admit, allowModel, cache, onEnd, onError, prices } = options
  const settings: Settings<Env, Caller> = {
    models: resolveModels(models, getChatModel),
    authorize,
    origins,
    trustProxy,
    limits: checkLimits(limits),
    pingInterval,
    exposeModel,
    sealer: new ProviderDataSealer(secret),
    resends: new ResentRequests(),
    admit,
    allowModel,
    cache,
    onEnd,
    onError,
    prices,
  }
  return async (request, env, context) => {
    if (request.method === 'OPTIONS') return preflight(request, settings)
    return new Exchange(settings, { request, env: env as Env, context }).answer(ENDPOINTS)
  }
}
