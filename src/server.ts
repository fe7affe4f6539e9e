/**
 * For the server of a page: reads the requests of other SDKs' pages.
 * @module chatwire/server
 */
export type { FromUIMessagesOptions } from './server/from-ui-messages.ts'
export { fromUIMessages } from './server/from-ui-messages.ts'
