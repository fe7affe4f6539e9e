/**
 * Entry for the edge: serves chat models to other clients.
 * @module chatwire/gateway
 */
import { getChatModel } from './builtins.ts'
import type { GatewayHandler, GatewayOptions } from './gateway/create-gateway.ts'
import { createSlimGateway } from './gateway/create-gateway.ts'

export type { DenoKv, KeepOptions, RateLimitBinding } from './gateway/adapters.ts'
export { admitByBinding, cacheInCacheAPI, cacheInDenoKv } from './gateway/adapters.ts'
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
} from './gateway/hooks.ts'
export type { GatewayLimits } from './gateway/limits.ts'
export type { GatewayConfig, GatewayList, GatewayModel, ModelTable } from './gateway/model-table.ts'
export type { GatewaySecret } from './gateway/provider-data.ts'
export { createRelay } from './relay/create-relay.ts'
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
export { createToken } from './relay/create-token.ts'
export type { Token, TokenOptions } from './relay/create-token.ts'

/**
 * Serves chat models at `…/chat/completions` and `…/models` to any client of OpenAI's format. Configs may name any built-in
 * server, so a bundle carries all of them; `createSlimGateway` carries only the models it is passed.
 * @throws {ConfigError} `invalid_config` if `authorize` is missing or an option is invalid
 * @example
 * export default { fetch: createGateway({
 *   models: (env) => ({ fast: { model: 'qwen-plus', modelServer: 'dashscope', env } }),
 *   authorize: (request, env) => isUserOf(env, request),
 * }) }
 */
// oxlint-disable-next-line typescript/no-explicit-any -- what a runtime passes, if not declared
export function createGateway<Env = any, Caller = any>(
  options: GatewayOptions<Env, Caller>,
): GatewayHandler<Env> {
  return createSlimGateway({ getChatModel, ...options })
}
