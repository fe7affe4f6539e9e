/**
 * The chats that are kept.
 */
import type { Chat } from './chat.ts'
import { h, icon, iconButton } from './dom.ts'
import type { Words } from './words.ts'

export interface SidebarOptions {
  words: Words
  isRunning: (chat: Chat) => boolean
  onNew: () => void
  onSelect: (chat: Chat) => void
  onRemove: (chat: Chat) => void
  onClose: () => void
}

export class Sidebar {
  readonly element: HTMLElement
  #options: SidebarOptions
  #list = h('ul', { className: 'chats' })

  constructor(options: SidebarOptions) {
    const { words, onNew, onClose } = options
    this.#options = options
    const create = h(
      'button',
      { type: 'button', className: 'new-chat' },
      icon('plus'),
      words.newChat,
    )
    create.addEventListener('click', onNew)
    const close = iconButton('close', words.closeMenu, { className: 'icon-button narrow-only' })
    close.addEventListener('click', onClose)
    const logo = h('img', { src: 'icon.svg', alt: '', width: 22, height: 22 })
    this.element = h(
      'nav',
      { className: 'sidebar', id: 'chats', attributes: { 'aria-label': words.chats } },
      h('div', { className: 'brand' }, logo, h('span', {}, 'chatwire'), close),
      create,
      this.#list,
    )
  }

  update(chats: readonly Chat[], current: Chat): void {
    this.#list.replaceChildren(...chats.map((chat) => this.#createItem(chat, chat === current)))
  }

  #createItem(chat: Chat, isCurrent: boolean): HTMLElement {
    const { words, isRunning, onSelect, onRemove } = this.#options
    const title = chat.title || words.untitled
    const attributes = { 'aria-current': isCurrent && 'page', dir: 'auto' }
    const open = h('button', { type: 'button', className: 'chat', title, attributes }, title)
    open.classList.toggle('pulse', isRunning(chat))
    open.addEventListener('click', () => onSelect(chat))
    const remove = iconButton('trash', words.deleteChat(title), { className: 'icon-button remove' })
    remove.addEventListener('click', () => onRemove(chat))
    return h('li', {}, open, remove)
  }
}
