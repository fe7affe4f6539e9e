/**
 * The chats that are kept.
 */
import type { Chat } from './chat.ts'
import { h, icon, iconButton } from './dom.ts'
import type { Words } from './words.ts'

export interface SidebarOptions {
  words: Words
  chats: readonly Chat[]
  current: Chat
  isRunning: (chat: Chat) => boolean
  onNew: () => void
  onSelect: (chat: Chat) => void
  onRemove: (chat: Chat) => void
  onClose: () => void
}

export function createSidebar(options: SidebarOptions): HTMLElement {
  const { words, chats, onNew, onClose } = options
  const create = h('button', { type: 'button', className: 'new-chat' }, icon('plus'), words.newChat)
  create.addEventListener('click', onNew)
  const close = iconButton('close', words.closeMenu, { className: 'icon-button narrow-only' })
  close.addEventListener('click', onClose)
  return h(
    'nav',
    { className: 'sidebar', id: 'chats', attributes: { 'aria-label': words.chats } },
    h(
      'div',
      { className: 'brand' },
      h('img', { src: 'icon.svg', alt: '', width: 22, height: 22 }),
      h('span', {}, 'chatwire'),
      close,
    ),
    create,
    h('ul', { className: 'chats' }, ...chats.map((chat) => createItem(chat, options))),
  )
}

function createItem(
  chat: Chat,
  { words, current, isRunning, onSelect, onRemove }: SidebarOptions,
): HTMLElement {
  const title = chat.title || words.untitled
  const attributes = { 'aria-current': chat === current && 'page', 'data-chat': chat.id }
  const open = h('button', { type: 'button', className: 'chat', title, attributes }, title)
  open.classList.toggle('pulse', isRunning(chat))
  open.addEventListener('click', () => onSelect(chat))
  const remove = iconButton('trash', words.deleteChat(title), { className: 'icon-button remove' })
  remove.addEventListener('click', () => onRemove(chat))
  return h('li', {}, open, remove)
}
