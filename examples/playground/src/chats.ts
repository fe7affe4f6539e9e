/**
 * The chats of this page and the replies under way: what happens, without how it looks.
 */
import { identityOf, showAlso } from './merge-chats.ts'
import type {
  ConversationMessage,
  ConversationSource,
  ConversationState,
} from 'chatwire/conversation'
import { createConversation } from 'chatwire/conversation'
import type { Chat, SavedChat, Settings } from './chat.ts'
import { createId, imagesOf, isEmpty, messagesOf, toContent } from './chat.ts'
import type { Draft } from './composer.ts'
import type { Place } from './places.ts'
import { settingsAt } from './places.ts'
import type { ReplyContext } from './reply.ts'
import { askModel } from './reply.ts'
import { noteReply, sourceAtHost } from './host-replies.ts'
import type { Store } from './store.ts'
import type { Tabs } from './tabs.ts'

const TITLE_LENGTH = 200

export interface ChatsOptions extends Omit<ReplyContext, 'onFacts'> {
  store: Store
  tabs: Tabs
  /** The current chat, or the list of chats, is another now. */
  onChange: () => void
  /** The messages of a chat have changed. */
  onMessages: (chat: Chat) => void
  onEnd: (chat: Chat, message: ConversationMessage) => void
  /** A chat could not be kept: it lasts as long as the page. */
  onUnsaved: () => void
}

export class Chats {
  readonly list: Chat[] = []
  current: Chat
  #options: ChatsOptions
  #running = new Set<Chat>()
  /** The last reply that was asked for here. It stays in sight when another tab adds a version beside it. */
  #own = new WeakMap<Chat, string>()
  #saves = new WeakMap<Chat, { hasBegun: boolean; ended: Promise<void> }>()
  /** Told once: the next second would bring the same news. */
  #isUnsavedTold = false

  constructor(options: ChatsOptions, kept: readonly SavedChat[], currentId: string | undefined) {
    this.#options = options
    for (const saved of kept) this.list.push(this.#open(saved))
    this.current = this.find(currentId) ?? this.list[0] ?? this.#create()
    for (const chat of this.list) void this.#watchOthers(chat)
    options.tabs.listen(({ chatId, isRunning }) => void this.#takeOver(chatId, isRunning))
  }

  find(id: string | undefined): Chat | undefined {
    return this.list.find((chat) => chat.id === id)
  }

  isRunning(chat: Chat): boolean {
    return this.#running.has(chat)
  }

  /** Another empty chat, unless this one is empty already. */
  open(): void {
    if (!isEmpty(this.current)) this.current = this.#create(this.current.settings)
    this.#options.onChange()
  }

  select(chat: Chat): void {
    this.current = chat
    this.#options.onChange()
  }

  /** Gives what takes it back. */
  remove(chat: Chat): () => void {
    chat.conversation.stop()
    const at = this.list.indexOf(chat)
    this.list.splice(at, 1)
    this.#options.store.remove(chat.id).then(
      () => this.#options.tabs.tell({ chatId: chat.id, isRunning: false }),
      () => this.#options.onUnsaved(),
    )
    if (chat === this.current) this.current = this.list[0] ?? this.#create(chat.settings)
    this.#options.onChange()
    return () => {
      this.list.splice(at, 0, chat)
      this.save(chat)
      this.select(chat)
    }
  }

  rename(chat: Chat, title: string): void {
    chat.title = title.trim() || chat.title
    this.save(chat)
    this.#options.onChange()
  }

  send({ text, images }: Pick<Draft, 'text' | 'images'>): void {
    const chat = this.current
    if (isEmpty(chat)) this.list.unshift(chat)
    chat.title ||= text.trim().replaceAll(/\s+/g, ' ').slice(0, TITLE_LENGTH)
    void this.#run(chat, () => chat.conversation.send(toContent(text.trim(), images)))
  }

  /** Asks again for a reply; the one before stays as a version. */
  retry(messageId: string): void {
    const { current } = this
    void this.#run(current, () => current.conversation.retry(messageId))
  }

  /** Asks anew with another text; the one before stays as a version. */
  edit(message: ConversationMessage, text: string): void {
    const { current } = this
    const content = toContent(text, imagesOf(message))
    void this.#run(current, () => current.conversation.edit(message.id, content))
  }

  /** Goes on with a reply that was cut or stopped. */
  continue(): void {
    const { current } = this
    void this.#run(current, () => current.conversation.continue())
  }

  stop(chat: Chat): void {
    chat.conversation.stop()
  }

  save(chat: Chat): void {
    void this.#save(chat)
  }

  /** Adds a chat from elsewhere. */
  add(saved: SavedChat): Chat {
    const chat = this.#open({ ...saved, id: createId(), revision: 0 })
    this.list.unshift(chat)
    this.save(chat)
    this.select(chat)
    return chat
  }

  async #run(chat: Chat, begin: () => Promise<void>): Promise<void> {
    chat.conversation.stop()
    chat.updatedAt = Date.now()
    // Another model may be elsewhere.
    if (chat.isAtHost !== this.#isAtHost(chat)) this.#converse(chat, chat.conversation.toJSON())
    const ended = begin().then(() => {
      const message = lastReply(chat)
      if (message) this.#own.set(chat, identityOf(message))
    })
    await this.#follow(chat, ended)
  }

  /** Sees a reply to its end, whether this tab asked for it or reads along. */
  async #follow(chat: Chat, ended: Promise<void>): Promise<void> {
    const began = performance.now()
    this.#running.add(chat)
    this.#options.tabs.hold(chat.id, ended)
    const { conversation } = chat
    await ended
    const message = lastReply(chat)
    // One that was stopped by the next has ended before.
    if (
      conversation.getSnapshot().status !== 'submitted' &&
      conversation.getSnapshot().status !== 'streaming'
    )
      this.#running.delete(chat)
    if (!message) return
    const facts = (chat.facts[message.id] ??= { state: 'running', thinkingMs: [] })
    facts.state = message.error ? 'failed' : message.stopped ? 'stopped' : 'done'
    facts.tookMs ??= performance.now() - began
    const saved = this.#save(chat)
    this.#options.onEnd(chat, message)
    await saved
  }

  #isAtHost({ settings }: Chat): boolean {
    return this.#options.places.some(({ id, kind }) => id === settings.place && kind === 'host')
  }

  /** One after the other; several that wait are one. */
  #save(chat: Chat): Promise<void> {
    const waiting = this.#saves.get(chat)
    if (waiting?.hasBegun === false) return waiting.ended
    const save = { hasBegun: false, ended: Promise.resolve() }
    save.ended = (waiting?.ended ?? Promise.resolve()).then(async () => {
      save.hasBegun = true
      await this.#saveNow(chat)
      if (this.#saves.get(chat) === save) this.#saves.delete(chat)
    })
    this.#saves.set(chat, save)
    return save.ended
  }

  async #saveNow(chat: Chat): Promise<void> {
    // An empty chat is not worth keeping; one that was removed must not come back.
    if (isEmpty(chat) || !this.list.includes(chat)) return
    const { conversation } = chat
    try {
      const mine = toSaved(chat)
      const stored = await this.#options.store.save(mine)
      this.#options.tabs.tell({ chatId: chat.id, isRunning: this.isRunning(chat) })
      const isSame = stored.revision === mine.revision + 1 && conversation === chat.conversation
      if (isSame) chat.revision = stored.revision
      // Otherwise the revision stays, so that the next save joins both.
      else if (!this.isRunning(chat) && stored.revision > chat.revision) this.#adopt(chat, stored)
      this.#isUnsavedTold = false
    } catch {
      if (!this.#isUnsavedTold) this.#options.onUnsaved()
      this.#isUnsavedTold = true
    }
  }

  /** Shows what another tab has written, and continues from it. */
  async #takeOver(chatId: string, isRunning: boolean): Promise<void> {
    const chat = this.find(chatId)
    // What this tab has not stored yet would be lost.
    if (chat) await this.#saves.get(chat)?.ended
    const stored = await this.#options.store.get(chatId)
    if (chat && this.isRunning(chat)) return // joined when it is saved
    if (chat && this.#saves.has(chat)) return this.#takeOver(chatId, isRunning)
    if (!stored) {
      if (chat && chat !== this.current) this.list.splice(this.list.indexOf(chat), 1)
    } else if (chat) {
      if (stored.revision > chat.revision) this.#adopt(chat, stored)
      chat.isRunningElsewhere = isRunning
      if (isRunning) void this.#watchOthers(chat)
    } else {
      const added = this.#open(stored)
      added.isRunningElsewhere = isRunning
      this.list.unshift(added)
    }
    this.#options.onChange()
  }

  async #watchOthers(chat: Chat): Promise<void> {
    const facts = Object.values(chat.facts)
    if (!facts.some(({ state }) => state === 'running')) return
    await this.#options.tabs.waitForOthers(chat.id)
    if (!chat.isRunningElsewhere) return
    chat.isRunningElsewhere = false
    this.#options.onMessages(chat)
  }

  #adopt(chat: Chat, saved: SavedChat): void {
    const { title, updatedAt, revision, facts } = saved
    const shown = messagesOf(chat).at(-1)
    const isOwn = shown && identityOf(shown) === this.#own.get(chat)
    Object.assign(chat, { title, updatedAt, revision, facts })
    this.#converse(chat, isOwn ? showAlso(saved.conversation, shown) : saved.conversation)
    this.#options.onMessages(chat)
  }

  #open(saved: SavedChat): Chat {
    const chat = { ...saved, isAtHost: false, isRunningElsewhere: false } as Omit<
      Chat,
      'conversation'
    > as Chat
    this.#converse(chat, saved.conversation)
    return chat
  }

  #converse(chat: Chat, state: ConversationState): void {
    const conversation = createConversation({
      id: chat.id,
      state,
      storage: { load: () => undefined, save: () => this.#save(chat) },
      // Failed replies are shown in the conversation.
      onError: () => {},
      ...this.#sourceOf(chat),
    })
    chat.conversation = conversation
    conversation.subscribe(() => {
      if (chat.conversation !== conversation) return
      if (chat.isAtHost) noteReply(chat)
      this.#options.onMessages(chat)
    })
    // A reply that the page was left in, or that another tab receives.
    const isOpen = chat.isAtHost && messagesOf(chat).at(-1)?.replyId !== undefined
    if (isOpen) void this.#follow(chat, conversation.resume())
  }

  #sourceOf(chat: Chat): ConversationSource {
    const { language } = this.#options
    chat.isAtHost = this.#isAtHost(chat)
    if (chat.isAtHost) return sourceAtHost(chat, language)
    const onFacts = () => this.#options.onMessages(chat)
    return { reply: (request) => askModel(chat, request, { ...this.#options, onFacts }) }
  }

  #create(settings?: Settings): Chat {
    const { places } = this.#options
    const isOffered = places.some(({ id }) => id === settings?.place)
    const given = settings && isOffered ? { ...settings } : settingsAt(places[0] as Place)
    return this.#open({
      id: createId(),
      title: '',
      updatedAt: Date.now(),
      revision: 0,
      settings: given,
      conversation: { version: 1, turns: [] },
      facts: {},
    })
  }
}

function lastReply(chat: Chat): ConversationMessage | undefined {
  return messagesOf(chat).findLast(({ role }) => role === 'assistant')
}

export function toSaved(chat: Chat): SavedChat {
  // In this order: what is kept of a reply comes after the reply.
  const { id, title, updatedAt, revision, settings, conversation, facts } = chat
  return { id, title, updatedAt, revision, settings, conversation: conversation.toJSON(), facts }
}
