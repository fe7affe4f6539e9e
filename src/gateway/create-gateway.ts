/**
 * Chat models served to any client that speaks OpenAI's wire.
 * @see https://platform.openai.com/docs/api-reference/chat
 */
import type { BaseChatModel } from '../chat/base.ts'
import { ANYTHING, checkMembers, func, object, optional, rule } from '../validation/shape.ts'
import type { Authorize, ServeContext } from '../edge/authorize.ts'
import { checkAuthorize } from '../edge/authorize.ts'
import type { Origins } from '../edge/cors.ts'
import { preflight } from '../edge/cors.ts'
import { Exchange } from './exchange.ts'
import type { GatewayHooks } from './hooks.ts'
import type { GatewayLimits } from './limits.ts'
import { checkLimits } from './limits.ts'
import type { ModelTable } from './model-table.ts'
import { resolveModels } from './model-table.ts'

/** What a gateway serves, to whom, and within which limits. */
export interface GatewayOptions<Env, Caller> extends GatewayHooks<Env, Caller> {
  /**
   * The models on offer by the names that callers use: each a model, its config, or a list of such to be asked in
   * this order. A function makes the table from the runtime's `env`, once for each `env`.
   */
  models: ModelTable | ((env: Env) => ModelTable)
  /** Who may ask. Without it there is no service. */
  authorize: Authorize<Env, Caller>
  /** Makes a model of a config. `createGateway` knows the built-in servers by itself. */
  getChatModel?: ((config: never) => BaseChatModel) | undefined
  /**
   * Origins whose pages may call.
   * @default '*', since no cookie is sent along: `authorize` decides by what the page itself sends
   */
  origins?: Origins | undefined
  /** How much one request may ask. */
  limits?: GatewayLimits | undefined
  /**
   * How long the client is left without a byte, in milliseconds; then a comment tells it, and the proxies on the way,
   * that the model still thinks. So long a failure can be answered with its status. `false`: never.
   * @default 15_000
   */
  pingInterval?: number | false | undefined
}

/** A web-standard handler: for `Deno.serve`, `Bun.serve`, the `fetch` of a Worker, or any server with an adapter. */
export type GatewayHandler<Env> = (
  request: Request,
  env?: Env,
  context?: ServeContext,
) => Promise<Response>

const OPTIONS = {
  models: rule('must be a table of models, or a function that gives one', (value: unknown) => {
    return (typeof value === 'object' && value !== null) || typeof value === 'function'
  }),
  authorize: ANYTHING,
  getChatModel: optional(func),
  origins: optional(
    rule('must be "*" or a list of origins such as https://app.example', (value: unknown) => {
      return value === '*' || (Array.isArray(value) && value.every(isOrigin))
    }),
  ),
  limits: ANYTHING,
  pingInterval: optional(
    rule('must be milliseconds above 0 (at most 2147483647), or false', (value) => {
      return value === false || (Number.isFinite(value) && value >= 1 && value < 2 ** 31)
    }),
  ),
  admit: optional(func),
  cache: optional(object({ get: func, set: func })),
  onEnd: optional(func),
}

/**
 * Serves models at `…/chat/completions` and `…/models`, below any path. It knows no vendor by itself: models are
 * passed as they are, or made of their configs by `getChatModel`, so that a bundle carries what it serves.
 * Errors are in OpenAI's shape and say nothing of the server behind; the whole error goes to `onEnd`.
 * @throws {ConfigError} `invalid_config` where `authorize` is missing, or anything else is wrong
 * @example
 * export default { fetch: createSlimGateway({ models: { fast: new ZhipuLLM({ model: 'glm-4.7' }) }, authorize }) }
 */
// oxlint-disable-next-line typescript/no-explicit-any -- what a runtime hands over, if nobody says what it is
export function createSlimGateway<Env = any, Caller = any>(
  options: GatewayOptions<Env, Caller>,
): GatewayHandler<Env> {
  checkAuthorize(options?.authorize, 'createGateway')
  checkMembers(OPTIONS, options, 'invalid_config', 'options')
  const { models, getChatModel, authorize, origins = '*', limits, admit, cache, onEnd } = options
  const settings = {
    menu: resolveModels(models, getChatModel),
    authorize,
    origins,
    limits: checkLimits(limits),
    pingInterval: options.pingInterval ?? 15_000,
    admit,
    cache,
    onEnd,
  }
  return async (request, env, context) => {
    if (request.method === 'OPTIONS') return preflight(request, origins)
    return new Exchange(settings, { request, env: env as Env, context }).answer()
  }
}

function isOrigin(value: unknown): boolean {
  try {
    return new URL(value as string).origin === value
  } catch {
    return false
  }
}
