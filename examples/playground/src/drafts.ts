/**
 * Drafts of each chat. The text survives a reload, pictures last as long as the page.
 */
import type { Draft } from './composer.ts'

const PREFIX = 'chatwire-playground-draft:'
const pictures = new Map<string, string[]>()

/** Puts the draft of a chat in place of the one before. */
export function loadDraft(chatId: string, draft: Draft): void {
  draft.text = read(chatId)
  draft.images.splice(0, draft.images.length, ...(pictures.get(chatId) ?? []))
}

export function saveDraft(chatId: string, { text, images }: Draft): void {
  pictures.set(chatId, [...images])
  try {
    if (text) localStorage.setItem(PREFIX + chatId, text)
    else localStorage.removeItem(PREFIX + chatId)
  } catch {
    // Nothing may be stored here.
  }
}

function read(chatId: string): string {
  try {
    return localStorage.getItem(PREFIX + chatId) ?? ''
  } catch {
    return ''
  }
}
