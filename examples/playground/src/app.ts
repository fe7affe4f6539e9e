/**
 * The page: puts the views together, and makes them anew when the chat or the language is another.
 */
import type { Chat } from './chat.ts'
import { textOfAnswer } from './chat.ts'
import { Chats } from './chats.ts'
import type { Draft } from './composer.ts'
import { Composer } from './composer.ts'
import { h, iconButton } from './dom.ts'
import { toWords } from './failures.ts'
import { picturesOf } from './images.ts'
import { Notices } from './notices.ts'
import type { Host, Place } from './places.ts'
import { placesOf } from './places.ts'
import { labelOf, SettingsPanel } from './settings-panel.ts'
import { createSidebar } from './sidebar.ts'
import type { Preferences, Store } from './store.ts'
import { savePreferences } from './store.ts'
import { Transcript } from './transcript.ts'
import type { Words } from './words.ts'
import { LANGUAGES } from './words.ts'

export interface AppOptions {
  host: Host
  store: Store
  kept: Chat[]
  preferences: Preferences
}

export class App {
  #preferences: Preferences
  #host: Host
  #places: readonly Place[]
  #chats: Chats
  #notices = new Notices()
  #draft: Draft = { text: '', images: [] }
  #transcript: Transcript | undefined
  #composer: Composer | undefined
  #modelButton = h('button', { type: 'button', className: 'model-button' })
  #isMenuOpen = false

  constructor({ host, store, kept, preferences }: AppOptions) {
    this.#preferences = preferences
    this.#host = host
    this.#places = placesOf(host)
    const options = {
      store,
      kept,
      host,
      places: this.#places,
      onChange: () => this.render(),
      onGrow: (chat: Chat, turn: { id: string }) => {
        if (chat === this.#chats.current) this.#transcript?.update(turn.id)
      },
      onEnd: (...ended: Parameters<App['end']>) => this.end(...ended),
    }
    this.#chats = new Chats(options, preferences.chat)
    this.#modelButton.addEventListener('click', () => this.#openSettings())
    this.#listen()
  }

  get #words(): Words {
    return LANGUAGES[this.#preferences.language].words
  }

  /** Everything anew. Answers under way go on: they write into the chat, not into the page. */
  render(): void {
    const { theme, language } = this.#preferences
    const { current } = this.#chats
    savePreferences(Object.assign(this.#preferences, { chat: current.id }))
    const root = document.documentElement
    root.lang = LANGUAGES[language].code
    root.dataset.theme = theme
    document.title = `${current.title || this.#words.name} · chatwire`
    this.#isMenuOpen = false
    const context = {
      words: this.#words,
      language,
      onResend: (turnId: string, text?: string) => this.#chats.resend(turnId, text),
    }
    this.#transcript = new Transcript(current, context, this.#greeting())
    this.#composer = new Composer({
      words: this.#words,
      draft: this.#draft,
      onSend: () => this.#send(),
      onStop: () => this.#chats.stop(current),
      onNotice: (text) => this.#notices.show(text),
      onEditLast: () => this.#transcript?.editLast(),
    })
    document.body.replaceChildren(this.#sidebar(), this.#scrim(), this.#main(), this.#notices.voice)
    this.#showMenu()
    this.#showModel()
    this.#composer.update(this.#chats.isRunning(current))
    if (current.turns.length > 0) this.#transcript.follow()
    // On a touch screen the keyboard would come up and hide half of the answer.
    if (matchMedia('(hover: hover)').matches) this.#composer.focus()
  }

  /** An answer is over, in this chat or in another. */
  end(chat: Chat, turn: Parameters<typeof textOfAnswer>[0]): void {
    document.querySelector(`[data-chat="${chat.id}"]`)?.classList.remove('pulse')
    if (chat !== this.#chats.current) return
    this.#transcript?.update(turn.id)
    this.#composer?.update(this.#chats.isRunning(chat))
    const words = this.#words
    const { error, state } = turn
    if (error) this.#notices.say(`${toWords(error, this.#preferences.language)}. ${error.message}`)
    else
      this.#notices.say(
        `${state === 'done' ? words.answered : words.stopped} ${textOfAnswer(turn)}`,
      )
  }

  #send(): void {
    const draft = { ...this.#draft, images: [...this.#draft.images] }
    this.#draft.text = ''
    this.#draft.images.length = 0
    this.#chats.send(draft)
    this.#notices.say(this.#words.answering)
  }

  #main(): HTMLElement {
    const words = this.#words
    const { current } = this.#chats
    const menu = iconButton('menu', words.openMenu, {
      className: 'icon-button narrow-only',
      attributes: { 'aria-controls': 'chats', 'aria-expanded': 'false' },
    })
    menu.addEventListener('click', () => this.#toggleMenu())
    const settings = iconButton('sliders', words.settings)
    settings.addEventListener('click', () => this.#openSettings())
    const title = h('h1', {}, current.title || words.untitled)
    const hint = h('p', { className: 'keys', id: 'composer-keys' }, words.keys)
    const foot = h(
      'div',
      { className: 'foot-bar' },
      this.#notices.element,
      this.#composer?.element,
      hint,
    )
    const head = h('header', { className: 'top' }, menu, title, this.#modelButton, settings)
    return h('main', {}, head, this.#transcript?.element, foot)
  }

  #sidebar(): HTMLElement {
    const chats = this.#chats
    return createSidebar({
      words: this.#words,
      chats: chats.list,
      current: chats.current,
      isRunning: (chat) => chats.isRunning(chat),
      onNew: () => chats.open(),
      onSelect: (chat) => chats.select(chat),
      onRemove: (chat) => {
        const restore = chats.remove(chat)
        this.#notices.show(this.#words.deleted, { label: this.#words.undo, run: restore })
      },
      onClose: () => this.#toggleMenu(),
    })
  }

  #greeting(): HTMLElement {
    const words = this.#words
    const isSimulated = this.#place()?.kind === 'simulated'
    const starters = isSimulated ? words.starters : words.realStarters
    const cards = starters.map(([text = '', about = '']) => {
      const hint = about !== '' && h('small', {}, about)
      const card = h('button', { type: 'button', className: 'starter' }, h('span', {}, text), hint)
      card.addEventListener('click', () => {
        this.#draft.text = text
        this.#send()
      })
      return h('li', {}, card)
    })
    return h(
      'div',
      { className: 'greeting' },
      h('h2', {}, words.greeting),
      isSimulated && h('p', { className: 'hint' }, words.hintSimulated, ' ', this.#hint()),
      h('ul', { className: 'starters' }, ...cards),
    )
  }

  /** How to come to a real model from here. */
  #hint(): string {
    const words = this.#words
    const { simulated, relay } = this.#host
    return simulated.length > 0 && relay.length === 0 ? words.hintKeys : words.hintOther
  }

  #openSettings(): void {
    const chat = this.#chats.current
    const { place } = chat.settings
    const panel = new SettingsPanel({
      words: this.#words,
      settings: chat.settings,
      places: this.#places,
      preferences: this.#preferences,
      onChange: () => {
        this.#chats.save(chat)
        this.#showModel()
      },
      onPreference: () => {
        document.documentElement.dataset.theme = this.#preferences.theme
        savePreferences(this.#preferences)
        if (document.documentElement.lang === LANGUAGES[this.#preferences.language].code) return
        this.render()
        this.#openSettings()
      },
    })
    panel.element.addEventListener('close', () => {
      panel.element.remove()
      // The greeting suits the model.
      if (chat.turns.length === 0 && place !== chat.settings.place) this.render()
      this.#modelButton.focus()
    })
    document.body.append(panel.element)
    panel.open()
  }

  #place(): Place | undefined {
    return this.#places.find(({ id }) => id === this.#chats.current.settings.place)
  }

  #showModel(): void {
    const place = this.#place()
    const { model } = this.#chats.current.settings
    const words = this.#words
    this.#modelButton.replaceChildren(
      h('span', { className: 'model-name' }, model || words.model),
      h('span', { className: 'model-place' }, place ? labelOf(place, words) : ''),
    )
    this.#modelButton.setAttribute('aria-haspopup', 'dialog')
  }

  #scrim(): HTMLElement {
    const scrim = h('div', { className: 'scrim' })
    scrim.addEventListener('click', () => this.#toggleMenu())
    return scrim
  }

  #toggleMenu(): void {
    this.#isMenuOpen = !this.#isMenuOpen
    this.#showMenu()
    const focused = this.#isMenuOpen ? '.sidebar .new-chat' : '.top .narrow-only'
    document.querySelector<HTMLElement>(focused)?.focus()
  }

  /** On a narrow screen the chats lie over the conversation, which is then out of reach. */
  #showMenu(): void {
    document.body.classList.toggle('menu-open', this.#isMenuOpen)
    document.querySelector('main')?.toggleAttribute('inert', this.#isMenuOpen)
    const menu = document.querySelector('.top .narrow-only')
    menu?.setAttribute('aria-expanded', String(this.#isMenuOpen))
  }

  #listen(): void {
    document.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || event.isComposing || document.querySelector('dialog[open]'))
        return
      if (this.#isMenuOpen) this.#toggleMenu()
      else this.#chats.stop(this.#chats.current)
    })
    document.addEventListener('dragover', (event) => {
      if (!event.dataTransfer?.types.includes('Files')) return
      event.preventDefault()
      document.body.classList.add('is-dropping')
    })
    document.addEventListener('dragleave', (event) => {
      if (!event.relatedTarget) document.body.classList.remove('is-dropping')
    })
    document.addEventListener('drop', (event) => {
      document.body.classList.remove('is-dropping')
      if (!event.dataTransfer?.types.includes('Files')) return
      event.preventDefault()
      const pictures = picturesOf(event.dataTransfer)
      if (pictures.length === 0) this.#notices.show(this.#words.notAnImage)
      else void this.#composer?.addPictures(pictures)
    })
  }
}
