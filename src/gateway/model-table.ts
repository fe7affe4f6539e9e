/**
 * The models on offer, by the names that callers use.
 */
import { isList } from '../is-record.ts'
import type { BaseChatModel } from '../chat/base.ts'
import { failover } from '../failover/failover.ts'
import { ConfigError } from '../errors.ts'
import type { ModelConfig } from '../options.ts'

/** A config with members that only its own class knows. */
export type GatewayConfig = ModelConfig | { model: string; [member: string]: unknown }

/** What a name stands for: a model, its config, or `server:model`. */
export type GatewayModel = BaseChatModel | GatewayConfig | string

/** Names for callers. A list is asked in its order, the next where one fails (`failover`). */
export type ModelTable = Readonly<Record<string, GatewayModel | readonly GatewayModel[]>>

/** Makes a model of a config, as `getChatModel` does. */
export type Resolve = (config: never) => BaseChatModel

/** The models for an environment. */
export type ResolvedModels<Env> = (env: Env) => ReadonlyMap<string, BaseChatModel>

/**
 * A table is read at once, so that what is wrong with it shows when the server starts. A function is called once for
 * each `env`: models remember what they learnt of their server, and which of a list is out of order.
 * @throws {ConfigError}
 */
export function resolveModels<Env>(
  models: ModelTable | ((env: Env) => ModelTable),
  resolve: Resolve | undefined,
): ResolvedModels<Env> {
  if (typeof models !== 'function') {
    const menu = readTable(models, resolve)
    return () => menu
  }
  const menus = new WeakMap<object, ReadonlyMap<string, BaseChatModel>>()
  const nowhere = {}
  return (env) => {
    const key = typeof env === 'object' && env !== null ? env : nowhere
    const menu = menus.get(key) ?? readTable(models(env), resolve)
    menus.set(key, menu)
    return menu
  }
}

function readTable(table: ModelTable, resolve?: Resolve): ReadonlyMap<string, BaseChatModel> {
  const entries = Object.entries(table ?? {})
  if (entries.length === 0) {
    throw new ConfigError('invalid_config', '`models` must name at least one model')
  }
  const create = (entry: GatewayModel): BaseChatModel => toModel(entry, resolve)
  // A map, since names such as `constructor` are asked for too.
  return new Map(
    entries.map(([name, entry]) => [
      name,
      isList(entry) ? failover(entry.map(create)) : create(entry),
    ]),
  )
}

function toModel(entry: GatewayModel, resolve?: Resolve): BaseChatModel {
  if (typeof (entry as Partial<BaseChatModel> | null)?.chat === 'function') {
    return entry as BaseChatModel
  }
  if (resolve) return resolve(entry as never)
  throw new ConfigError(
    'invalid_config',
    'A config in `models` needs `getChatModel` to make a model of it: pass that, or the model itself',
  )
}
