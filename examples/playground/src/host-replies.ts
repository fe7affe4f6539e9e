/**
 * Replies that the host of the page asks for: they go on after a reload, and in every tab.
 */
import type { ConversationOptions } from 'chatwire/conversation'
import type { Chat, ReplyFacts } from './chat.ts'
import { messagesOf } from './chat.ts'
import { optionsOf } from './reply.ts'

/** Returns the source of the replies of a chat. */
export function sourceAtHost(chat: Chat, language: () => string): ConversationOptions {
  return {
    url: new URL('chat', document.baseURI),
    defaults: () => optionsOf(chat.settings),
    body: () => {
      const { model, system, tools } = chat.settings
      return { model: model.trim(), system: system.trim(), tools, language: language() }
    },
  }
}

/** Takes the times of the last reply, from what has arrived of it. */
export function noteReply(chat: Chat): void {
  const message = messagesOf(chat).at(-1)
  if (message?.role !== 'assistant') return
  const { id, parts, pending, createdAt = Date.now() } = message
  let facts = chat.facts[id]
  if (pending && facts?.state !== 'running') {
    const { model } = chat.settings
    facts = chat.facts[id] = { state: 'running', model, thinkingMs: [] } satisfies ReplyFacts
  }
  if (facts?.state !== 'running') return
  const shown = parts.filter(({ type }) => type !== 'step')
  if (shown.length > 0) facts.firstTokenMs ??= Date.now() - createdAt
  const isThinking = pending && shown.at(-1)?.type === 'reasoning'
  if (isThinking) facts.thinkingSince ??= Date.now()
  else if (facts.thinkingSince !== undefined) {
    facts.thinkingMs.push(Date.now() - facts.thinkingSince)
    delete facts.thinkingSince
  }
  if (!pending) facts.tookMs = Date.now() - createdAt
}
