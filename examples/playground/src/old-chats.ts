/**
 * Chats as the first playground stored them.
 */
import type { ConversationTurn, MessagePart } from 'chatwire/conversation'
import type { SavedChat, Settings } from './chat.ts'
import { toContent } from './chat.ts'

type OldPart =
  | { kind: 'text' | 'thinking'; text: string }
  | { kind: 'tool'; id?: string; name: string; argumentsText: string; result?: string }

type OldTurn =
  | { role: 'user'; text: string; images: string[] }
  | { role: 'assistant'; parts: OldPart[]; model: string; provider: string }

export interface OldChat {
  id: string
  title: string
  updatedAt: number
  settings: Settings
  turns: OldTurn[]
}

export function convertChats(chats: readonly (SavedChat | OldChat)[]): SavedChat[] {
  return chats.map((chat) => ('turns' in chat ? convertChat(chat) : chat))
}

function convertChat({ turns, ...chat }: OldChat): SavedChat {
  const converted = turns.map((turn, index): ConversationTurn => {
    const place = { id: `m${index + 1}`, ...(index > 0 && { parent: `m${index}` }) }
    if (turn.role === 'user') {
      const content = toContent(turn.text, turn.images) as ConversationTurn['content'] & {}
      return { ...place, role: 'user', content }
    }
    const { model, provider, parts } = turn
    return { ...place, role: 'assistant', model, provider, parts: parts.map(convertPart) }
  })
  return { ...chat, revision: 0, conversation: { version: 1, turns: converted }, facts: {} }
}

function convertPart(part: OldPart, index: number): MessagePart {
  if (part.kind !== 'tool')
    return { type: part.kind === 'text' ? 'text' : 'reasoning', text: part.text }
  const { name, argumentsText, result, id = `call-${index}` } = part
  const state = result === undefined ? 'failed' : 'done'
  return { type: 'tool-call', id, name, argumentsText, result, state }
}
