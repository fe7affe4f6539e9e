/**
 * The types of a chat. Plain data: stored in the database unchanged.
 */
import type { ErrorInfo, Message, Usage } from 'chatwire'

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

export interface UserTurn {
  role: 'user'
  id: string
  text: string
  /** Data URLs. */
  images: string[]
}

export interface TextPart {
  kind: 'text'
  text: string
}

export interface ThinkingPart {
  kind: 'thinking'
  text: string
  /** Milliseconds; absent while it goes on. */
  tookMs?: number
}

export interface ToolPart {
  kind: 'tool'
  /** Which call of its reply it is. */
  index: number
  id?: string
  name: string
  /** As the model wrote them so far. */
  argumentsText: string
  result?: string
  failed?: boolean
}

export type Part = TextPart | ThinkingPart | ToolPart

export interface AssistantTurn {
  role: 'assistant'
  id: string
  state: 'running' | 'done' | 'stopped' | 'failed'
  parts: Part[]
  /** Messages that the next call gets from this turn: the reply and the tool results. */
  messages: Message[]
  provider: string
  model: string
  error?: ErrorInfo
  /** A try that failed, while the next one is waited for. */
  retry?: { attempt: number; error: ErrorInfo }
  /** Download progress of the browser's model, from 0 to 1, while waiting for it. */
  download?: number
  /** True for an answer that the model had to end at its limit of tokens. */
  isCutAtLimit?: boolean
  usage?: Usage
  /** Milliseconds from sending. */
  firstTokenMs?: number
  tookMs?: number
  sources?: { url?: string; title?: string }[]
}

export type Turn = UserTurn | AssistantTurn

export interface Chat {
  id: string
  title: string
  /** When it was last written in, in milliseconds. */
  updatedAt: number
  settings: Settings
  turns: Turn[]
}

export function createChat(settings: Settings): Chat {
  return { id: createId(), title: '', updatedAt: Date.now(), settings: { ...settings }, turns: [] }
}

export function createAnswer(): AssistantTurn {
  return {
    role: 'assistant',
    id: createId(),
    state: 'running',
    parts: [],
    messages: [],
    provider: '',
    model: '',
  }
}

export function createId(): string {
  // `randomUUID` is for secure pages only, and a playground in the local network is none.
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (word) => word.toString(36)).join(
    '',
  )
}

/** Returns the conversation for the model, without turns that failed and left nothing. */
export function toMessages({ settings, turns }: Chat): Message[] {
  const system = settings.system.trim()
  const messages: Message[] = system ? [{ role: 'system', content: system }] : []
  for (const turn of turns) {
    if (turn.role === 'assistant') messages.push(...turn.messages)
    else messages.push({ role: 'user', content: contentOf(turn) })
  }
  return messages
}

function contentOf({ text, images }: UserTurn) {
  if (images.length === 0) return text
  const pictures = images.map((url) => ({ type: 'image_url' as const, image_url: { url } }))
  return text ? [...pictures, { type: 'text' as const, text }] : pictures
}

/** The text of an answer, its parts joined. */
export function textOfAnswer({ parts }: AssistantTurn): string {
  return parts.flatMap((part) => (part.kind === 'text' ? [part.text] : [])).join('\n\n')
}
