/**
 * The state of a chat page, for any framework or none: messages, the growing reply, versions, tool calls, saving and
 * resuming.
 * @module chatwire/conversation
 */
import { createStore } from './conversation/store.ts'
import type { Conversation, ConversationOptions } from './conversation/types.ts'

export { storeInIndexedDB } from './conversation/indexed-db.ts'
export { storeInLocalStorage } from './conversation/local-storage.ts'
export type * from './conversation/types.ts'

/**
 * Creates a conversation with a model in the page (`model`), with your server (`url`), or by code of your own
 * (`reply`). It does nothing before its first use, so a component may create it while rendering.
 * @throws {ConfigError} `invalid_config`
 * @example
 * const conversation = createConversation({ url: '/api/chat' })
 * conversation.subscribe(({ messages, status }) => render(messages, status))
 * await conversation.send('Hello')
 */
export function createConversation(options: ConversationOptions): Conversation {
  return createStore(options)
}
