/**
 * The bar above the conversation: its title, its model, the way to the settings and, on a narrow screen, to the chats.
 */
import type { Chat } from './chat.ts'
import { h, iconButton } from './dom.ts'
import type { Place } from './places.ts'
import { labelOf } from './model-choice.ts'
import type { Words } from './words.ts'

export interface TopBarOptions {
  words: Words
  onMenu: () => void
  onSettings: () => void
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
  #title = h('h1', { attributes: { dir: 'auto' } })

  constructor({ words, onMenu, onSettings }: TopBarOptions) {
    this.#words = words
    this.menu = iconButton('menu', words.openMenu, {
      className: 'icon-button narrow-only',
      attributes: { 'aria-controls': 'chats', 'aria-expanded': 'false' },
    })
    const settings = iconButton('sliders', words.settings)
    this.menu.addEventListener('click', onMenu)
    this.model.addEventListener('click', onSettings)
    settings.addEventListener('click', onSettings)
    this.element = h('header', { className: 'top' }, this.menu, this.#title, this.model, settings)
  }

  update({ title, settings }: Chat, place: Place | undefined): void {
    const words = this.#words
    this.#title.textContent = title || words.untitled
    this.model.replaceChildren(
      h('span', { className: 'model-name' }, settings.model || words.model),
      h('span', { className: 'model-place' }, place ? labelOf(place, words) : ''),
    )
  }
}
