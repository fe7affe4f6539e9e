/**
 * The page: puts the views together, and shows what happens to the chats in them. Views are made anew only where the
 * language is another, so that what a reader has opened, marked or scrolled to stays as it is.
 */
import type { ConversationMessage } from 'chatwire/conversation'
import type { Chat, SavedChat } from './chat.ts'
import { isEmpty } from './chat.ts'
import { Chats } from './chats.ts'
import type { Draft } from './composer.ts'
import { Composer } from './composer.ts'
import { h } from './dom.ts'
import { loadDraft, saveDraft } from './drafts.ts'
import { listenForDrops } from './drop-zone.ts'
import { toWords } from './failures.ts'
import { createGreeting } from './greeting.ts'
import { Notices } from './notices.ts'
import type { Host, Place } from './places.ts'
import { placesOf } from './places.ts'
import type { SettingsPanel } from './settings-panel.ts'
import { listenForShortcuts, showShortcuts } from './shortcuts.ts'
import { Sidebar } from './sidebar.ts'
import type { Preferences, Store } from './store.ts'
import { savePreferences } from './store.ts'
import type { Tabs } from './tabs.ts'
import { TopBar } from './top-bar.ts'
import { Transcript } from './transcript.ts'
import type { Words } from './words.ts'
import { LANGUAGES } from './words.ts'

export interface AppOptions {
  host: Host
  store: Store
  tabs: Tabs
  kept: SavedChat[]
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

  constructor({ host, store, tabs, kept, preferences }: AppOptions) {
    this.#preferences = preferences
    this.#host = host
    this.#places = placesOf(host)
    const options = {
      store,
      tabs,
      host,
      places: this.#places,
      language: () => LANGUAGES[this.#preferences.language].code,
      onChange: () => this.#show(),
      onMessages: (chat: Chat) => this.#showMessages(chat),
      onEnd: (chat: Chat, message: ConversationMessage) => this.#end(chat, message),
      onUnsaved: () => this.#notices.show(this.#words.unsaved),
    }
    const asked = new URLSearchParams(location.search).get('chat')
    this.#chats = new Chats(options, kept, asked ?? preferences.chat)
    loadDraft(this.#draftId, this.#draft)
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

  /** An empty chat is not kept, its draft is. */
  get #draftId(): string {
    return isEmpty(this.#chats.current) ? 'new' : this.#chats.current.id
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
    const skip = h('a', { className: 'skip', href: '#message' }, this.#words.skip)
    skip.addEventListener('click', (event) => {
      event.preventDefault()
      this.#views.composer.focus()
    })
    document.body.replaceChildren(skip, sidebar.element, scrim, main, this.#notices.voice)
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
      onRename: (chat, title) => chats.rename(chat, title),
      onExport: () => void import('./transfer.ts').then(({ exportAll }) => exportAll(chats.list)),
      onImport: (files) => void this.#import(files),
      onClose: () => this.#toggleMenu(false),
    })
    const top = new TopBar({
      words,
      onMenu: () => this.#toggleMenu(true),
      onSettings: () => void this.#openSettings(),
      onModel: (model) => {
        chats.current.settings.model = model
        chats.save(chats.current)
        top.update(chats.current, this.#place)
      },
      onExport: () =>
        void import('./transfer.ts').then(({ exportMarkdown }) => {
          exportMarkdown(chats.current, words)
        }),
    })
    const composer = new Composer({
      words,
      draft: this.#draft,
      onDraft: () => {
        saveDraft(this.#draftId, this.#draft)
        this.#showComposer()
      },
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
      onRetry: ({ id }) => this.#chats.retry(id),
      onEdit: (message, text) => this.#chats.edit(message, text),
      onContinue: () => this.#chats.continue(),
      onSelect: ({ id }, index) => this.#chats.current.conversation.select(id, index),
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
    if (isOther) {
      this.#transcript = this.#createTranscript()
      loadDraft(this.#draftId, this.#draft)
      this.#showAddress()
    }
    const { sidebar, top } = this.#views
    sidebar.update(list, current)
    top.update(current, this.#place)
    this.#transcript.show(() => this.#createGreeting())
    this.#toggleMenu(false)
    this.#showComposer()
    // On a touch screen the keyboard would come up and hide half of the answer.
    const isLost = isOther || !document.activeElement || document.activeElement === document.body
    if (isLost && matchMedia('(hover: hover)').matches) this.#views.composer.focus()
  }

  /** An address for each chat that is kept, for bookmarks and the Back button. */
  #showAddress(): void {
    const { current, list } = this.#chats
    const address = new URL(location.href)
    const before = address.searchParams.get('chat')
    const now = list.includes(current) ? current.id : null
    if (before === now) return
    if (now) address.searchParams.set('chat', now)
    else address.searchParams.delete('chat')
    history.pushState(null, '', address)
  }

  /** The messages of a chat have changed, this one or another. */
  #showMessages(chat: Chat): void {
    if (chat !== this.#chats?.current) return
    const had = document.activeElement
    this.#transcript.show(() => this.#createGreeting())
    this.#showComposer()
    // What had the focus may be gone.
    const isLost = had !== document.activeElement && document.activeElement === document.body
    if (isLost && matchMedia('(hover: hover)').matches) this.#views.composer.focus()
  }

  #showComposer(): void {
    this.#views.composer.update(this.#chats.isRunning(this.#chats.current))
  }

  /** A reply is over, in this chat or in another. */
  #end(chat: Chat, message: ConversationMessage): void {
    const { list, current } = this.#chats
    this.#views.sidebar.update(list, current)
    if (chat !== current) return
    this.#showMessages(chat)
    const words = this.#words
    const { error, stopped } = message
    if (error) {
      const said = toWords(error, this.#preferences.language)
      this.#notices.say(said + words.fullStop + error.message)
    } else {
      const said = stopped ? words.stopped : words.answered
      this.#notices.say(`${said} ${this.#transcript.textOf(message)}`)
    }
  }

  #send(): void {
    const { text, images } = { text: this.#draft.text, images: [...this.#draft.images] }
    const draftId = this.#draftId
    this.#draft.text = ''
    this.#draft.images.length = 0
    saveDraft(draftId, this.#draft)
    this.#chats.send({ text, images })
    this.#showAddress()
    this.#show()
    this.#notices.say(this.#words.answering)
  }

  async #import(files: readonly File[]): Promise<void> {
    const { readChats } = await import('./transfer.ts')
    let count = 0
    for (const file of files) {
      try {
        const chats = await readChats(file, this.#chats.current.settings)
        for (const chat of chats) this.#chats.add(chat)
        count += chats.length
      } catch {
        // told below
      }
    }
    this.#notices.show(count > 0 ? this.#words.imported(count) : this.#words.notImported)
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

  async #openSettings(): Promise<void> {
    const { SettingsPanel } = await import('./later.ts')
    if (!document.querySelector('dialog[open]')) this.#showSettings(SettingsPanel)
  }

  #showSettings(Panel: typeof SettingsPanel): void {
    const chat = this.#chats.current
    const panel = new Panel({
      words: this.#words,
      settings: chat.settings,
      host: this.#host,
      places: this.#places,
      preferences: this.#preferences,
      onChange: () => {
        this.#chats.save(chat)
        this.#views.top.update(chat, this.#place)
        // The greeting suits the model.
        if (isEmpty(chat)) this.#transcript.show(() => this.#createGreeting())
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
        panel.element.close()
        this.#showSettings(Panel)
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
    addEventListener('popstate', () => {
      const chat = this.#chats.find(new URLSearchParams(location.search).get('chat') ?? undefined)
      if (chat) this.#chats.select(chat)
      else this.#chats.open()
    })
    listenForShortcuts({
      newChat: () => this.#chats.open(),
      search: () => {
        this.#toggleMenu(matchMedia('(max-width: 48rem)').matches)
        this.#views.sidebar.search.focus()
      },
      composer: () => this.#views.composer.focus(),
      settings: () => void this.#openSettings(),
      help: () => showShortcuts(this.#words),
    })
    listenForDrops((pictures) => {
      if (pictures.length === 0) this.#notices.show(this.#words.notAnImage)
      else this.#views.composer.addPictures(pictures)
    })
  }
}
