/**
 * The page: puts the views together, and shows what happens to the chats in them. Views are made anew only where the
 * language is another, so that what a reader has opened, marked or scrolled to stays as it is.
 */
import type { AssistantTurn, Chat } from './chat.ts'
import { Chats } from './chats.ts'
import type { Draft } from './composer.ts'
import { Composer } from './composer.ts'
import { h } from './dom.ts'
import { listenForDrops } from './drop-zone.ts'
import { toWords } from './failures.ts'
import { createGreeting } from './greeting.ts'
import { Notices } from './notices.ts'
import type { Host, Place } from './places.ts'
import { placesOf } from './places.ts'
import { SettingsPanel } from './settings-panel.ts'
import { Sidebar } from './sidebar.ts'
import type { Preferences, Store } from './store.ts'
import { savePreferences } from './store.ts'
import { TopBar } from './top-bar.ts'
import { Transcript } from './transcript.ts'
import type { Words } from './words.ts'
import { LANGUAGES } from './words.ts'

export interface AppOptions {
  host: Host
  store: Store
  kept: Chat[]
  preferences: Preferences
}

/** The elements of the page, in one language. */
interface Views {
  sidebar: Sidebar
  top: TopBar
  composer: Composer
  main: HTMLElement
}

export class App {
  #preferences: Preferences
  #host: Host
  #places: readonly Place[]
  #chats: Chats
  #notices = new Notices()
  #draft: Draft = { text: '', images: [], reading: Promise.resolve() }
  #views: Views
  #transcript: Transcript
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
      onChange: () => this.#show(),
      onGrow: (chat: Chat, turn: AssistantTurn) => {
        if (chat === this.#chats.current) this.#transcript.update(turn.id)
      },
      onEnd: (chat: Chat, turn: AssistantTurn) => this.#end(chat, turn),
      onUnsaved: () => this.#notices.show(this.#words.unsaved),
    }
    this.#chats = new Chats(options, preferences.chat)
    this.#views = this.#createViews()
    this.#transcript = this.#createTranscript()
    this.#listen()
  }

  get #words(): Words {
    return LANGUAGES[this.#preferences.language].words
  }

  get #place(): Place | undefined {
    return this.#places.find(({ id }) => id === this.#chats.current.settings.place)
  }

  /** Puts everything on the page. */
  render(): void {
    const { theme, language } = this.#preferences
    const root = document.documentElement
    root.lang = LANGUAGES[language].code
    root.dataset.theme = theme
    const { sidebar, main } = this.#views
    const scrim = h('div', { className: 'scrim' })
    scrim.addEventListener('click', () => this.#toggleMenu(false))
    document.body.replaceChildren(sidebar.element, scrim, main, this.#notices.voice)
    this.#show()
  }

  #createViews(): Views {
    const words = this.#words
    const chats = this.#chats
    const sidebar = new Sidebar({
      words,
      isRunning: (chat) => chats.isRunning(chat),
      onNew: () => chats.open(),
      onSelect: (chat) => chats.select(chat),
      onRemove: (chat) => {
        const restore = chats.remove(chat)
        this.#notices.show(words.deleted, { label: words.undo, run: restore })
      },
      onClose: () => this.#toggleMenu(false),
    })
    const top = new TopBar({
      words,
      onMenu: () => this.#toggleMenu(true),
      onSettings: () => this.#openSettings(),
    })
    const composer = new Composer({
      words,
      draft: this.#draft,
      onDraft: () => this.#showComposer(),
      onSend: () => this.#send(),
      onStop: () => chats.stop(chats.current),
      onNotice: (text) => this.#notices.show(text),
      onEditLast: () => this.#transcript.editLast(),
    })
    const foot = h(
      'div',
      { className: 'foot-bar' },
      this.#notices.element,
      composer.element,
      composer.keys,
    )
    return { sidebar, top, composer, main: h('main', {}, top.element, foot) }
  }

  #createTranscript(): Transcript {
    const transcript = new Transcript(this.#chats.current, {
      words: this.#words,
      language: this.#preferences.language,
      onResend: (turnId: string, text?: string) => this.#chats.resend(turnId, text),
    })
    const { top } = this.#views
    top.element.parentElement?.querySelector('.transcript')?.remove()
    top.element.after(transcript.element)
    return transcript
  }

  /** The current chats. */
  #show(): void {
    const { current, list } = this.#chats
    savePreferences(Object.assign(this.#preferences, { chat: current.id }))
    document.title = `${current.title || this.#words.name} · chatwire`
    const isOther = this.#transcript.chat !== current
    if (isOther) this.#transcript = this.#createTranscript()
    const { sidebar, top } = this.#views
    sidebar.update(list, current)
    top.update(current, this.#place)
    this.#transcript.show(this.#createGreeting())
    this.#toggleMenu(false)
    this.#showComposer()
    // On a touch screen the keyboard would come up and hide half of the answer.
    const isLost = isOther || !document.activeElement || document.activeElement === document.body
    if (isLost && matchMedia('(hover: hover)').matches) this.#views.composer.focus()
  }

  #showComposer(): void {
    this.#views.composer.update(this.#chats.isRunning(this.#chats.current))
  }

  /** An answer is over, in this chat or in another. */
  #end(chat: Chat, turn: AssistantTurn): void {
    const { list, current } = this.#chats
    this.#views.sidebar.update(list, current)
    // One that was asked for again has left the chat.
    if (chat !== current || !chat.turns.includes(turn)) return
    this.#transcript.update(turn.id)
    this.#showComposer()
    const words = this.#words
    const { error, state } = turn
    if (error) {
      const said = toWords(error, this.#preferences.language)
      this.#notices.say(said + words.fullStop + error.message)
    } else {
      const said = state === 'done' ? words.answered : words.stopped
      this.#notices.say(`${said} ${this.#transcript.textOf(turn.id)}`)
    }
  }

  #send(): void {
    const { text, images } = { text: this.#draft.text, images: [...this.#draft.images] }
    this.#draft.text = ''
    this.#draft.images.length = 0
    this.#chats.send({ text, images })
    this.#notices.say(this.#words.answering)
  }

  #createGreeting(): HTMLElement {
    return createGreeting({
      words: this.#words,
      host: this.#host,
      place: this.#place,
      onAsk: (text) => {
        this.#draft.text = text
        this.#send()
      },
    })
  }

  #openSettings(): void {
    const chat = this.#chats.current
    const panel = new SettingsPanel({
      words: this.#words,
      settings: chat.settings,
      host: this.#host,
      places: this.#places,
      preferences: this.#preferences,
      onChange: () => {
        this.#chats.save(chat)
        this.#views.top.update(chat, this.#place)
        // The greeting suits the model.
        if (chat.turns.length === 0) this.#transcript.show(this.#createGreeting())
      },
      onPreference: () => {
        document.documentElement.dataset.theme = this.#preferences.theme
        savePreferences(this.#preferences)
        if (document.documentElement.lang === LANGUAGES[this.#preferences.language].code) return
        // Answers under way go on: they write into the chat, not into the page.
        this.#views = this.#createViews()
        this.#transcript = this.#createTranscript()
        this.render()
        this.#views.top.model.focus() // where one comes back to
        this.#openSettings()
      },
    })
    panel.element.addEventListener('close', () => panel.element.remove())
    document.body.append(panel.element)
    panel.open()
  }

  /** On a narrow screen the chats lie over the conversation, which is then out of reach. */
  #toggleMenu(isOpen: boolean): void {
    if (isOpen === this.#isMenuOpen) return
    this.#isMenuOpen = isOpen
    const { sidebar, top, main } = this.#views
    document.body.classList.toggle('menu-open', isOpen)
    main.toggleAttribute('inert', isOpen)
    top.menu.setAttribute('aria-expanded', String(isOpen))
    const first = sidebar.element.querySelector<HTMLElement>('.new-chat')
    if (isOpen) first?.focus()
    else top.menu.focus()
  }

  #listen(): void {
    document.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || event.isComposing || document.querySelector('dialog[open]'))
        return
      if (this.#isMenuOpen) this.#toggleMenu(false)
      else this.#chats.stop(this.#chats.current)
    })
    listenForDrops((pictures) => {
      if (pictures.length === 0) this.#notices.show(this.#words.notAnImage)
      else this.#views.composer.addPictures(pictures)
    })
  }
}
