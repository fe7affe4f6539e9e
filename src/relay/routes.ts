/**
 * Addresses below a relayed server's base.
 */
import type { RelayRoutes } from '../wire/relay-routes.ts'

const HOST = /^https?:\/\/[^/?#]+/i

/** Returns what follows the host in a server's base: `/v1`. */
export function rootOf({ baseURL = '' }: RelayRoutes): string {
  return baseURL.replace(HOST, '')
}

/** Returns the base at a configured address: another region, a proxy, a local server. */
export function baseOf(server: RelayRoutes, given: string = server.baseURL ?? ''): string {
  const place = given.replace(/\/+$/, '')
  const base = server.strippableSuffix ? place.replace(server.strippableSuffix, '') : place
  const path = base.replace(HOST, '')
  const isWhole = path !== '' && (!server.appendRoot || /\/v\d\w*$/.test(path))
  return isWhole ? base : base + rootOf(server)
}
