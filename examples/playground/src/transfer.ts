/**
 * Chats as files: all of them as JSON, one as Markdown, and back.
 */
import type { ConversationTurn } from 'chatwire/conversation'
import type { Chat, SavedChat, Settings } from './chat.ts'
import { createId, messagesOf, textOf } from './chat.ts'
import { toSaved } from './chats.ts'
import { h } from './dom.ts'
import type { Words } from './words.ts'

const FORMAT = 'chatwire-playground'

export function exportAll(chats: readonly Chat[]): void {
  const text = JSON.stringify({ format: FORMAT, version: 1, chats: chats.map(toSaved) }, null, 1)
  download('chatwire-chats.json', text, 'application/json')
}

export function exportMarkdown(chat: Chat, words: Words): void {
  const name = chat.title.replaceAll(/[^\p{L}\p{N}]+/gu, '-').slice(0, 60) || 'chat'
  download(`${name}.md`, toMarkdown(chat, words), 'text/markdown')
}

/** Each message under its author; the comments tell where one begins, whatever is in it. */
export function toMarkdown(chat: Chat, words: Words): string {
  const messages = messagesOf(chat).map((message) => {
    const author = message.role === 'user' ? words.you : (message.model ?? words.model)
    return `<!-- ${message.role} -->\n\n**${author}**\n\n${textOf(message)}\n`
  })
  return [`# ${chat.title}\n`, ...messages].join('\n')
}

/** @throws for a file without chats */
export async function readChats(file: File, settings: Settings): Promise<SavedChat[]> {
  const text = await file.text()
  if (/\.md$|\.markdown$/i.test(file.name)) return [fromMarkdown(text, settings)]
  const { format, chats } = JSON.parse(text) as { format: string; chats: SavedChat[] }
  if (format !== FORMAT || !Array.isArray(chats)) throw new TypeError('Not a file of chats')
  return chats.map((chat) => ({ ...chat, settings: { ...settings, ...chat.settings } }))
}

function fromMarkdown(text: string, settings: Settings): SavedChat {
  const [head = '', ...rest] = text.split(/^<!-- (user|assistant) -->\n+\*\*.*\*\*\n+/m)
  const turns: ConversationTurn[] = []
  for (let at = 0; at < rest.length; at += 2) {
    const id = `m${turns.length + 1}`
    const parent = turns.at(-1)?.id
    const said = (rest[at + 1] ?? '').trim()
    if (rest[at] === 'user') turns.push({ id, parent, role: 'user', content: said })
    else turns.push({ id, parent, role: 'assistant', parts: [{ type: 'text', text: said }] })
  }
  if (turns.length === 0) throw new TypeError('Not a file of a chat')
  return {
    id: createId(),
    title: head.replace(/^#\s*/, '').trim(),
    updatedAt: Date.now(),
    revision: 0,
    settings,
    conversation: { version: 1, turns },
    facts: {},
  }
}

function download(name: string, text: string, type: string): void {
  const href = URL.createObjectURL(new Blob([text], { type }))
  h('a', { href, download: name }).click()
  setTimeout(() => URL.revokeObjectURL(href), 10_000)
}
