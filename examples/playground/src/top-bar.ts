/**
 * The bar above the conversation: its title, its model, the way to the settings and, on a narrow screen, to the chats.
 */
import type { Chat } from './chat.ts'
import { isEmpty } from './chat.ts'
import { h, iconButton } from './dom.ts'
import type { Place } from './places.ts'
import { labelOf } from './places.ts'
import type { Words } from './words.ts'

export interface TopBarOptions {
  words: Words
  onMenu: () => void
  onSettings: () => void
  onModel: (model: string) => void
  onExport: () => void
}

export class TopBar {
  readonly element: HTMLElement
  readonly menu: HTMLButtonElement
  readonly model = h('button', {
    type: 'button',
    className: 'model-button',
    attributes: { 'aria-haspopup': 'dialog' },
  })
  #words: Words
  /** The models of the server, one click away. */
  #quick = h('select', { className: 'quick-model' })
  #export: HTMLButtonElement
  #title = h('h1', { attributes: { dir: 'auto' } })

  constructor({ words, onMenu, onSettings, onModel, onExport }: TopBarOptions) {
    this.#words = words
    this.menu = iconButton('menu', words.openMenu, {
      className: 'icon-button narrow-only',
      attributes: { 'aria-controls': 'chats', 'aria-expanded': 'false' },
    })
    const settings = iconButton('sliders', words.settings)
    this.menu.addEventListener('click', onMenu)
    this.model.addEventListener('click', onSettings)
    settings.addEventListener('click', onSettings)
    this.#quick.setAttribute('aria-label', words.quickModel)
    this.#quick.addEventListener('change', () => onModel(this.#quick.value))
    this.#export = iconButton('download', words.exportChat, { className: 'icon-button wide-only' })
    this.#export.addEventListener('click', onExport)
    const pill = h('div', { className: 'model-pill' }, this.model, this.#quick)
    this.element = h(
      'header',
      { className: 'top' },
      this.menu,
      this.#title,
      pill,
      this.#export,
      settings,
    )
  }

  update(chat: Chat, place: Place | undefined): void {
    const { title, settings } = chat
    this.#export.hidden = isEmpty(chat)
    const models = [...new Set([settings.model, ...(place?.models ?? [])])].filter(Boolean)
    this.#quick.replaceChildren(...models.map((name) => h('option', { value: name }, name)))
    this.#quick.value = settings.model
    this.#quick.hidden = models.length < 2
    const words = this.#words
    this.#title.textContent = title || words.untitled
    this.model.replaceChildren(
      h('span', { className: 'model-name' }, settings.model || words.model),
      h('span', { className: 'model-place' }, place ? labelOf(place, words) : ''),
    )
  }
}
