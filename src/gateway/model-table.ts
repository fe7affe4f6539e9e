/**
 * Resolves the models of a gateway by the names that callers use.
 */
import type { BaseChatModel } from '../chat/base.ts'
import { ConfigError } from '../errors.ts'
import type { FailoverOptions } from '../failover/failover.ts'
import { failover } from '../failover/failover.ts'
import { isList } from '../is-record.ts'
import type { ModelConfig } from '../options.ts'
import { withOptionFallbacks } from './with-option-fallbacks.ts'

/** A config, including properties that only its own class defines. */
export type GatewayConfig = ModelConfig | { model: string; [member: string]: unknown }

/** A model in the table: an instance, its config, or `server:model`. */
export type GatewayModel<Config = GatewayConfig> = BaseChatModel | Config | string

/** Lists have no members of a config, so that the compiler's errors name the wrong member of either. */
interface NoConfig {
  model?: undefined
  modelServer?: undefined
  model_server?: undefined
  type?: undefined
}

/**
 * A list with failover options. `onCut: 'continue'` lets the next model continue a text that was cut. A reply cut
 * in its reasoning or in a tool call fails, since a stream cannot retract what it sent.
 */
export interface GatewayList<Config = GatewayConfig> extends FailoverOptions, NoConfig {
  /** The models, in the order in which they are tried. */
  failover: readonly GatewayModel<Config>[]
}

/** Models by the names for callers. In a list, each model takes over when the previous one fails (`failover`). */
export type ModelTable<Config = GatewayConfig> = Readonly<
  Record<
    string,
    GatewayModel<Config> | (readonly GatewayModel<Config>[] & NoConfig) | GatewayList<Config>
  >
>

/** Creates a model from a config, as `getChatModel` does. */
export type Resolve = (config: never) => BaseChatModel

/** Returns the models for an environment. */
export type ResolvedModels<Env> = (env: Env) => ReadonlyMap<string, BaseChatModel>

/**
 * Resolves a table immediately, so that mistakes show at startup. Calls a function once per `env`: models
 * remember what they discovered about their server, and lists which of their models keep failing.
 * @throws {ConfigError}
 */
export function resolveModels<Env>(
  models: ModelTable | ((env: Env) => ModelTable),
  resolve: Resolve | undefined,
): ResolvedModels<Env> {
  if (typeof models !== 'function') {
    const table = readTable(models, resolve)
    return () => table
  }
  const tables = new WeakMap<object, ReadonlyMap<string, BaseChatModel>>()
  const noEnv = {}
  return (env) => {
    const key = typeof env === 'object' && env !== null && !isServeInfo(env) ? env : noEnv
    const table = tables.get(key) ?? readTable(models(env), resolve)
    tables.set(key, table)
    return table
  }
}

/** True for what `Deno.serve` and Hono in Node pass in place of an environment: another object for each request. */
function isServeInfo(env: object): boolean {
  return ('remoteAddr' in env && 'completed' in env) || ('incoming' in env && 'outgoing' in env)
}

function readTable(table: ModelTable, resolve?: Resolve): ReadonlyMap<string, BaseChatModel> {
  const entries = Object.entries(table ?? {})
  if (entries.length === 0 || Array.isArray(table)) {
    throw new ConfigError(
      'invalid_config',
      '`models` must name at least one model: { name: model }',
    )
  }
  const create = (entry: GatewayModel): BaseChatModel =>
    withOptionFallbacks(toModel(entry, resolve))
  // A map, since callers may request names such as `constructor`.
  return new Map(
    entries.map(([name, entry]) => {
      if (Array.isArray(entry)) return [name, failover((entry as GatewayModel[]).map(create))]
      if (!isFailoverList(entry)) return [name, create(entry as GatewayModel)]
      const { failover: models, ...options } = entry
      return [name, failover(models.map(create), options)]
    }),
  )
}

function isFailoverList(entry: unknown): entry is GatewayList {
  return isList((entry as Partial<GatewayList> | null)?.failover)
}

function toModel(entry: GatewayModel, resolve?: Resolve): BaseChatModel {
  if (typeof (entry as Partial<BaseChatModel> | null)?.chat === 'function') {
    return entry as BaseChatModel
  }
  if (resolve) return resolve(entry as never)
  throw new ConfigError(
    'invalid_config',
    'A config in `models` needs `getChatModel`: pass that option, or pass the model itself',
  )
}
