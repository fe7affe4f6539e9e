/**
 * Checks the table of servers, and matches requests against the routes that are forwarded.
 */
import { checkMembers, headers, optional, rule, text } from '../validation/shape.ts'
import { ConfigError } from '../errors.ts'
import type { ApiKey } from '../options.ts'
import { HttpError } from '../edge/http-error.ts'
import type { RelayRoutes, RelayRouteTable } from '../wire/relay-routes.ts'
import { baseOf, rootOf } from './routes.ts'

/** One server of a relay. */
export interface RelayTarget {
  /** The key to add: a string, or a function called for every request. */
  apiKey?: ApiKey | undefined
  /** Another region, a proxy, or a self-hosted server. @default the vendor's URL */
  baseURL?: string | undefined
  /**
   * The built-in server whose routes are forwarded.
   * @default its name in the table
   */
  server?: string | undefined
  /**
   * Sends the key itself, or a short-lived token signed with it (`zhipu` only).
   * @default 'key'
   */
  auth?: 'key' | 'jwt' | undefined
  /** Additional headers, such as `x-dashscope-workspace`. */
  headers?: Record<string, string> | undefined
  /**
   * Allowed models, by full name.
   * @default all
   */
  models?: readonly string[] | undefined
}

/** The servers of a relay, by their name in the path. */
export type RelayTable = Readonly<Record<string, RelayTarget>>

/** A request that the relay forwards. */
export interface RelayCall {
  /** The name in the path. */
  name: string
  target: RelayTarget
  server: RelayRoutes
  url: string
  /** The model, if the path names one. */
  model: string | undefined
}

const TARGET = {
  apiKey: optional(
    rule('must be a string or a function', (value: unknown) => {
      return typeof value === 'string' || typeof value === 'function'
    }),
  ),
  baseURL: optional(
    rule('must be a URL such as https://host/v1, without user, password or query', isBase),
  ),
  server: optional(text),
  auth: optional(rule('must be "key" or "jwt"', (value) => value === 'key' || value === 'jwt')),
  headers: optional(headers),
  models: optional(
    rule('must be a list of names', (value: unknown) => {
      return Array.isArray(value) && value.every((name) => typeof name === 'string')
    }),
  ),
}

/** @throws {ConfigError} `invalid_config`, `unknown_server`, `missing_api_key` */
export function checkTargets(table: RelayTable, routes: RelayRouteTable): void {
  if (typeof table !== 'object' || table === null) {
    throw new ConfigError('invalid_config', 'options.servers must be a table of servers')
  }
  for (const name of Object.keys(table)) checkTarget(name, table[name] as RelayTarget, routes)
}

function checkTarget(name: string, target: RelayTarget, routes: RelayRouteTable): RelayRoutes {
  const place = `options.servers.${name}`
  if (typeof target !== 'object' || target === null || !NAME.test(name)) {
    throw new ConfigError(
      'invalid_config',
      `${place} must be an object, and its name letters, digits, - and _`,
    )
  }
  checkMembers(TARGET, target, 'invalid_config', place)
  const kind = target.server ?? name
  const server = Object.hasOwn(routes, kind) ? routes[kind] : undefined
  if (!server) {
    const names = Object.keys(routes).join(', ')
    throw new ConfigError('unknown_server', `Unknown server "${kind}" (known: ${names})`)
  }
  if (!server.baseURL && !target.baseURL) {
    throw new ConfigError('invalid_config', `${place}.baseURL is missing`)
  }
  if (server.requiresKey !== false && !target.baseURL && !target.apiKey) {
    throw new ConfigError('missing_api_key', `${place}.apiKey is missing`)
  }
  if (target.auth === 'jwt' && !server.signedTokens) {
    throw new ConfigError(
      'invalid_config',
      `${place}.auth must be "key": only zhipu supports "jwt"`,
    )
  }
  return server
}

const NAME = /^[\w-]+$/

/**
 * Matches `<prefix>/<name>/<path>` against the routes of a server. The path is compared as written, so that
 * nothing escaped, doubled or relative passes, and the URL is built from what was compared.
 * @throws {HttpError} 403
 */
export function findCall(
  request: Request,
  prefix: string,
  { table, routes }: { table: RelayTable; routes: RelayRouteTable },
): RelayCall {
  const { pathname, searchParams } = new URL(request.url)
  const inside = pathname.startsWith(`${prefix}/`) ? pathname.slice(prefix.length + 1) : ''
  const slash = inside.indexOf('/')
  const name = inside.slice(0, Math.max(slash, 0))
  const target = Object.hasOwn(table, name) ? table[name] : undefined
  if (!target) throw unknownCall('No such server')
  const server = checkTarget(name, target, routes)
  const whole = inside.slice(slash)
  const roots = [rootOf(server), ...(server.otherRoots ?? [])]
  const root = roots.find((one) => one && whole.startsWith(`${one}/`)) ?? ''
  const path = whole.slice(root.length)
  const asked = `${request.method} ${path}`
  const match = server.calls.map((call) => call.exec(asked)).find((found) => found)
  if (!match) throw unknownCall('This call is not forwarded')
  const elsewhere = target.baseURL ? undefined : server.pathOverrides?.[path]
  return {
    name,
    target,
    server,
    url:
      (elsewhere ?? baseOf(server, target.baseURL, root) + path) + checkQuery(server, searchParams),
    model: match.groups?.model,
  }
}

function checkQuery({ query = {} }: RelayRoutes, search: URLSearchParams): string {
  const pairs = [...search]
  for (const [name, value] of pairs) {
    const isKnown = Object.hasOwn(query, name) && query[name]?.test(value)
    if (!isKnown || search.getAll(name).length > 1) {
      throw unknownCall('This query is not forwarded')
    }
  }
  return pairs.length > 0 ? `?${new URLSearchParams(pairs).toString()}` : ''
}

/** Not 404, which a client reads as an unknown model. */
function unknownCall(message: string): HttpError {
  return new HttpError({ status: 403, code: 'call_not_allowed', message })
}

function isBase(value: unknown): boolean {
  try {
    const { protocol, username, password, search, hash } = new URL(value as string)
    return /^https?:$/.test(protocol) && !username && !password && !search && !hash
  } catch {
    return false
  }
}
