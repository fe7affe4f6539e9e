/**
 * Resolves URLs of a relayed server.
 */
import type { RelayRoutes } from '../wire/relay-routes.ts'

const HOST = /^https?:\/\/[^/?#]+/i

/** Returns the path of a server's base URL: `/v1`. */
export function rootOf({ baseURL = '' }: RelayRoutes): string {
  return baseURL.replace(HOST, '')
}

/**
 * Returns the base URL at a configured address: another region, a proxy, a local server. `root` is the one that the
 * call has; an address that ends in a version keeps its own.
 */
export function baseOf(server: RelayRoutes, given?: string, root = ''): string {
  const { baseURL = '', strippableSuffix, appendRoot } = server
  const ownRoot = rootOf(server)
  const place = (given ?? baseURL.slice(0, baseURL.length - ownRoot.length)).replace(/\/+$/, '')
  const base = strippableSuffix ? place.replace(strippableSuffix, '') : place
  const path = base.replace(HOST, '')
  const isWhole = path !== '' && (!appendRoot || /\/v\d\w*$/.test(path))
  return isWhole ? base : base + (root || ownRoot)
}
