/**
 * The routes that a relay forwards to a server, as data. Each vendor's are in `providers/<vendor>/routes.ts`,
 * next to the code that uses them; the gateway entry passes them to the relay.
 */

/** Base URL and routes of a server. */
export interface RelayRoutes {
  /** Base URL, or `undefined` if every customer has their own. Its path is the root. */
  baseURL?: string
  /** Roots of the API's other versions, which have the same routes. */
  otherRoots?: readonly string[]
  /** True if the root is also appended to a base URL with a path (a proxy's), as with native APIs. */
  appendRoot?: boolean
  /** Paths of the vendor's other APIs, which users paste after the root. */
  strippableSuffix?: RegExp
  /** The routes, as method and path below the base. A group named `model` captures the model. */
  calls: readonly RegExp[]
  /** Routes with another base URL, by path. */
  pathOverrides?: Readonly<Record<string, string>>
  /** The header of the key. @default 'authorization', after `Bearer` */
  keyHeader?: string
  /** Keys that are sent as `Bearer`, although others have a separate header. */
  bearer?: RegExp
  /** False for a self-hosted server that needs no key. @default true */
  requiresKey?: boolean
  /** True for a vendor that accepts short-lived tokens signed with the key. @default false */
  signedTokens?: boolean
  /** Request headers that are forwarded, besides `accept` and `content-type`. */
  headers?: readonly string[]
  /** Query parameters that are forwarded, with the pattern of their values. */
  query?: Readonly<Record<string, RegExp>>
  /** Its streams. @default those of the OpenAI format */
  stream?: RelayStream
}

/** How a vendor's streams are requested, kept open while the model is silent, and ended by an error. */
export interface RelayStream {
  /** Returns true if a request asks for a stream. */
  isRequested: (asked: StreamRequest) => boolean
  /** @default 'text/event-stream' */
  contentType?: string
  /** Encodes an error response as the last event of a stream, as the vendor itself reports errors there. */
  encodeError: (failure: StreamFailure) => string
}

/** What may tell that a request asks for a stream. */
export interface StreamRequest {
  url: string
  headers: Headers
  /** The body, or `{}` if it is not a JSON object. */
  body: Record<string, unknown>
}

/** An error response of the server, or of the relay. */
export interface StreamFailure {
  /** The URL of the request at the server. */
  url: string
  status: number
  /** The vendor's code, or the relay's. */
  code: unknown
  message: string
  /** The vendor's error object; `{}` if its body has none. */
  error: Record<string, unknown>
  /** The body; `{}` if it is not a JSON object. */
  body: Record<string, unknown>
}

/** Routes by the names under which the servers are registered. */
export type RelayRouteTable = Readonly<Record<string, RelayRoutes>>

export const CHAT: RegExp = /^POST \/chat\/completions$/
export const COMPLETIONS: RegExp = /^POST \/completions$/
export const RESPONSES: RegExp = /^POST \/responses$/
