/**
 * The types of a chat: a conversation, its settings, and what the page itself knows of its replies.
 */
import type { ErrorInfo } from 'chatwire'
import type {
  Conversation,
  ConversationInput,
  ConversationMessage,
  ConversationState,
} from 'chatwire/conversation'

/** The model of a chat and its options. */
export interface Settings {
  /** One of the places of `places.ts`, such as `relay:dashscope`. */
  place: string
  model: string
  /** Where a place leaves that open. */
  baseURL: string
  /** The server's name, where a place leaves that open too. */
  server: string
  system: string
  temperature: number | undefined
  topP: number | undefined
  maxTokens: number | undefined
  reasoning: 'auto' | 'on' | 'off'
  tools: boolean
}

/** Facts about a reply besides its content. */
export interface ReplyFacts {
  state: 'running' | 'done' | 'stopped' | 'failed'
  model?: string
  /** A try that failed, while the next one is waited for. */
  retry?: { attempt: number; error: ErrorInfo }
  /** Download progress of the browser's model, from 0 to 1, while waiting for it. */
  download?: number
  /** Milliseconds from sending. */
  firstTokenMs?: number
  tookMs?: number
  /** Milliseconds of each part of reasoning that is over. */
  thinkingMs: number[]
  /** Beginning of the reasoning that goes on, in milliseconds since 1970. */
  thinkingSince?: number
}

/** A chat as the database has it. */
export interface SavedChat {
  id: string
  title: string
  /** When it was last written in, in milliseconds. */
  updatedAt: number
  /** Increases with every save, by any tab. */
  revision: number
  settings: Settings
  conversation: ConversationState
  /** By the id of the reply. */
  facts: Record<string, ReplyFacts>
}

export interface Chat extends Omit<SavedChat, 'conversation'> {
  conversation: Conversation
  /** True if the host of the page answers, and keeps the reply while the page is away. */
  isAtHost: boolean
  /** True while another tab receives its reply. */
  isRunningElsewhere: boolean
}

export function createId(): string {
  // `randomUUID` is for secure pages only, and a playground in the local network is none.
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (word) => word.toString(36)).join(
    '',
  )
}

export function messagesOf({ conversation }: Chat): readonly ConversationMessage[] {
  return conversation.getSnapshot().messages
}

export function isEmpty(chat: Chat): boolean {
  return messagesOf(chat).length === 0
}

/** Message of a person: pictures come first. */
export function toContent(text: string, images: readonly string[]): ConversationInput {
  if (images.length === 0) return text
  const pictures = images.map((url) => ({ type: 'image_url' as const, image_url: { url } }))
  return text ? [...pictures, { type: 'text' as const, text }] : pictures
}

/** Data URLs. */
export function imagesOf({ parts }: ConversationMessage): string[] {
  return parts.flatMap((part) => (part.type === 'image_url' ? [part.image_url.url] : []))
}

/** The text of a message, its parts joined. */
export function textOf({ parts }: ConversationMessage): string {
  return parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n\n')
}
