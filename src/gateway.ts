/**
 * The door for the edge: chat models served to others.
 */
export { createGateway } from './gateway/handler.ts'
export { createRelay } from './gateway/relay.ts'
export type {
  RelayAdmission,
  RelayFailure,
  RelayHandler,
  RelayOptions,
  RelayRequest,
} from './gateway/relay.ts'
export type { RelayTable, RelayTarget } from './gateway/relay-targets.ts'
export { createToken } from './gateway/token.ts'
export type { Token, TokenOptions } from './gateway/token.ts'
export type { Authorize, AuthorizeFunction, ServeContext } from './gateway/authorize.ts'
export type { Origins } from './gateway/cors.ts'
