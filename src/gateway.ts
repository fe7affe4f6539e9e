/**
 * The door for the edge: chat models served to others.
 */
export { createGateway } from './gateway/handler.ts'
export { createRelay } from './gateway/relay.ts'
export { createToken } from './gateway/token.ts'
