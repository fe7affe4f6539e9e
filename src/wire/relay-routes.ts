/**
 * The calls that a relay forwards to a server, as data. Each vendor's are in `providers/<vendor>/routes.ts`, beside the
 * code that makes those calls; the gateway entry hands them to the relay.
 */

/** Address and calls of a server, as a relay needs them. */
export interface RelayRoutes {
  /** Base URL; absent if every customer has one of their own. What follows the host is its root. */
  baseURL?: string
  /** True if the root also follows a base that has a path (a proxy's), as with the native APIs. */
  appendRoot?: boolean
  /** Paths of the vendor's other APIs, which people paste after the root. */
  strippableSuffix?: RegExp
  /** The calls, as method and path below the base. A group named `model` captures the model. */
  calls: readonly RegExp[]
  /** Calls that go to another address of the vendor's, by their path. */
  pathOverrides?: Readonly<Record<string, string>>
  /** The header of the key. @default 'authorization', after `Bearer` */
  keyHeader?: string
  /** Keys that follow `Bearer` although others have a header of their own. */
  bearer?: RegExp
  /** False for a self-hosted server that needs no key. @default true */
  requiresKey?: boolean
  /** True for a vendor that accepts short-lived tokens signed with the key. @default false */
  signedTokens?: boolean
  /** Request headers that are forwarded, besides `accept` and `content-type`. */
  headers?: readonly string[]
  /** Query parameters that are forwarded, with the pattern of their values. */
  query?: Readonly<Record<string, RegExp>>
}

/** Routes by the names under which the servers are registered. */
export type RelayRouteTable = Readonly<Record<string, RelayRoutes>>

export const CHAT: RegExp = /^POST \/chat\/completions$/
export const COMPLETIONS: RegExp = /^POST \/completions$/
export const RESPONSES: RegExp = /^POST \/responses$/
