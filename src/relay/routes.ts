/**
 * Resolves URLs of a relayed server.
 */
import type { RelayRoutes } from '../wire/relay-routes.ts'

const HOST = /^https?:\/\/[^/?#]+/i

/** Returns the path of a server's base URL: `/v1`. */
export function rootOf({ baseURL = '' }: RelayRoutes): string {
  return baseURL.replace(HOST, '')
}

/** Returns the base URL at a configured address: another region, a proxy, a local server. */
export function baseOf(server: RelayRoutes, given: string = server.baseURL ?? ''): string {
  const place = given.replace(/\/+$/, '')
  const base = server.strippableSuffix ? place.replace(server.strippableSuffix, '') : place
  const path = base.replace(HOST, '')
  const isWhole = path !== '' && (!server.appendRoot || /\/v\d\w*$/.test(path))
  return isWhole ? base : base + rootOf(server)
}
