/**
 * The chats that are kept: searched, grouped by date, and reached by the arrow keys.
 */
import type { Chat } from './chat.ts'
import { messagesOf } from './chat.ts'
import { groupByDate } from './date-groups.ts'
import { h, icon, iconButton } from './dom.ts'
import type { Words } from './words.ts'

export interface SidebarOptions {
  words: Words
  isRunning: (chat: Chat) => boolean
  onNew: () => void
  onSelect: (chat: Chat) => void
  onRename: (chat: Chat, title: string) => void
  onRemove: (chat: Chat) => void
  onExport: () => void
  onImport: (files: readonly File[]) => void
  onClose: () => void
}

export class Sidebar {
  readonly element: HTMLElement
  readonly search: HTMLInputElement
  #options: SidebarOptions
  #list = h('div', { className: 'chats' })
  #chats: readonly Chat[] = []
  #current: Chat | undefined

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
    const logo = document.querySelector('.logo')?.cloneNode(true) // drawn before the script
    const attributes = { 'aria-label': words.search }
    this.search = h('input', { type: 'search', placeholder: words.search, attributes })
    this.search.addEventListener('input', () => this.#show())
    this.search.addEventListener('keydown', (event) => {
      if (event.key !== 'ArrowDown') return
      event.preventDefault()
      this.#buttons()[0]?.focus()
    })
    this.#list.addEventListener('keydown', (event) => this.#move(event))
    this.element = h(
      'nav',
      { className: 'sidebar', id: 'chats', attributes: { 'aria-label': words.chats } },
      h('div', { className: 'brand' }, logo, h('span', {}, 'chatwire'), close),
      create,
      this.search,
      this.#list,
      this.#createTransfer(),
    )
  }

  update(chats: readonly Chat[], current: Chat): void {
    this.#chats = chats
    this.#current = current
    this.search.hidden = chats.length < 2
    this.#show()
  }

  #show(): void {
    const { words } = this.#options
    const focused = this.#buttons().findIndex((button) => button === document.activeElement)
    const query = this.search.value.trim().toLowerCase()
    const found = this.#chats.filter((chat) => query === '' || textOf(chat).includes(query))
    const groups = [...groupByDate(found)].map(([group, chats]) =>
      h(
        'section',
        {},
        h('h2', { className: 'group-name' }, words.groups[group]),
        h('ul', {}, ...chats.map((chat) => this.#createItem(chat))),
      ),
    )
    const nothing = query !== '' && h('p', { className: 'hint' }, words.nothingFound)
    this.#list.replaceChildren(...(groups.length > 0 ? groups : [nothing || '']))
    const buttons = this.#buttons()
    const at = buttons.findIndex((button) => button.ariaCurrent)
    this.#rove(buttons[Math.max(at, 0)])
    if (focused >= 0) buttons[Math.min(focused, buttons.length - 1)]?.focus()
  }

  #createItem(chat: Chat): HTMLElement {
    const { words, isRunning, onSelect, onRemove } = this.#options
    const title = chat.title || words.untitled
    const attributes = { 'aria-current': chat === this.#current && 'page', dir: 'auto' }
    const open = h('button', { type: 'button', className: 'chat', title, attributes }, title)
    open.classList.toggle('pulse', isRunning(chat))
    open.addEventListener('click', () => onSelect(chat))
    const rename = iconButton('edit', words.rename(title), { className: 'icon-button rename' })
    const remove = iconButton('trash', words.deleteChat(title), { className: 'icon-button remove' })
    remove.addEventListener('click', () => onRemove(chat))
    const item = h('li', {}, open, h('span', { className: 'chat-actions' }, rename, remove))
    const startRename = () => this.#rename(chat, item)
    rename.addEventListener('click', startRename)
    open.addEventListener('keydown', ({ key }) => {
      if (key === 'F2') startRename()
      else if (key === 'Delete') onRemove(chat)
    })
    return item
  }

  #rename(chat: Chat, item: HTMLElement): void {
    const { words, onRename } = this.#options
    const attributes = { 'aria-label': words.rename(chat.title) }
    const input = h('input', { value: chat.title, className: 'chat-title', attributes })
    const end = (title: string): void => {
      input.removeEventListener('blur', onBlur)
      onRename(chat, title)
      this.#show()
    }
    const onBlur = (): void => end(input.value)
    input.addEventListener('blur', onBlur)
    input.addEventListener('keydown', (event) => {
      if (event.isComposing) return
      if (event.key === 'Enter') end(input.value)
      else if (event.key === 'Escape') end(chat.title)
      else return
      event.stopPropagation()
    })
    item.replaceChildren(input)
    input.select()
  }

  #createTransfer(): HTMLElement {
    const { words, onExport, onImport } = this.#options
    const accept = '.json,.md,application/json,text/markdown'
    const file = h('input', { type: 'file', accept, multiple: true, hidden: true })
    file.addEventListener('change', () => {
      onImport([...(file.files ?? [])])
      file.value = ''
    })
    const take = h(
      'button',
      { type: 'button', className: 'quiet' },
      icon('upload'),
      words.importChats,
    )
    take.addEventListener('click', () => file.click())
    const give = h(
      'button',
      { type: 'button', className: 'quiet' },
      icon('download'),
      words.exportAll,
    )
    give.addEventListener('click', onExport)
    return h('div', { className: 'transfer' }, take, give, file)
  }

  #buttons(): HTMLButtonElement[] {
    return [...this.#list.querySelectorAll<HTMLButtonElement>('.chat')]
  }

  /** One stop for the Tab key, at the chat that is open or was reached last. */
  #rove(to: HTMLElement | undefined): void {
    for (const button of this.#list.querySelectorAll<HTMLElement>('button')) {
      const isNear = to !== undefined && button.closest('li') === to.closest('li')
      button.tabIndex = isNear ? 0 : -1
    }
  }

  #move(event: KeyboardEvent): void {
    const buttons = this.#buttons()
    const at = buttons.findIndex((button) => button === event.target)
    if (at < 0) return
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: buttons.length - 1 }[event.key]
    if (to === undefined) return
    event.preventDefault()
    if (to < 0 && !this.search.hidden) return this.search.focus()
    const next = buttons[Math.min(Math.max(to, 0), buttons.length - 1)]
    this.#rove(next)
    next?.focus()
  }
}

/** Text to search: the title and all that was said. */
function textOf(chat: Chat): string {
  return [chat.title, ...messagesOf(chat).map(({ text }) => text)].join('\n').toLowerCase()
}
