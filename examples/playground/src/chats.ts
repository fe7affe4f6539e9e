/**
 * The chats of this page and the answers under way: what happens, without how it looks.
 */
import { answer } from './answer.ts'
import type { AssistantTurn, Chat, Settings } from './chat.ts'
import { createAnswer, createChat, createId, toMessages } from './chat.ts'
import type { Draft } from './composer.ts'
import type { Host, Place } from './places.ts'
import { createModel, settingsAt } from './places.ts'
import type { Store } from './store.ts'

/** Interval for saving a growing answer, in milliseconds. */
const SAVE_EVERY = 1000
const TITLE_LENGTH = 60

export interface ChatsOptions {
  store: Store
  kept: Chat[]
  host: Host
  places: readonly Place[]
  /** The turns of a chat, or the list of chats, are others now. */
  onChange: (chat: Chat) => void
  /** A turn has grown. */
  onGrow: (chat: Chat, turn: AssistantTurn) => void
  onEnd: (chat: Chat, turn: AssistantTurn) => void
  /** A chat could not be kept: it lasts as long as the page. */
  onUnsaved: () => void
}

export class Chats {
  readonly list: Chat[]
  current: Chat
  #options: ChatsOptions
  #runs = new Map<string, AbortController>()
  /** Told once: the next second would bring the same news. */
  #isUnsavedTold = false

  constructor(options: ChatsOptions, currentId: string | undefined) {
    this.#options = options
    this.list = options.kept
    this.current = this.list.find(({ id }) => id === currentId) ?? this.list[0] ?? this.#create()
  }

  isRunning(chat: Chat): boolean {
    return this.#runs.has(chat.id)
  }

  /** Another empty chat, unless this one is empty already. */
  open(): void {
    if (this.current.turns.length > 0) this.current = this.#create(this.current.settings)
    this.#options.onChange(this.current)
  }

  select(chat: Chat): void {
    this.current = chat
    this.#options.onChange(chat)
  }

  /** Gives what takes it back. */
  remove(chat: Chat): () => void {
    this.stop(chat)
    const at = this.list.indexOf(chat)
    this.list.splice(at, 1)
    this.#options.store.remove(chat.id).catch(() => this.#options.onUnsaved())
    if (chat === this.current) this.current = this.list[0] ?? this.#create(chat.settings)
    this.#options.onChange(this.current)
    return () => {
      this.list.splice(at, 0, chat)
      this.save(chat)
      this.select(chat)
    }
  }

  send({ text, images }: Pick<Draft, 'text' | 'images'>): void {
    const chat = this.current
    if (chat.turns.length === 0) {
      this.#forget(chat)
      this.list.unshift(chat)
    }
    chat.turns.push({ role: 'user', id: createId(), text: text.trim(), images: [...images] })
    chat.title ||= text.trim().replaceAll(/\s+/g, ' ').slice(0, TITLE_LENGTH)
    void this.#run(chat)
  }

  /** Asks again from a turn on; what followed it is gone. */
  resend(turnId: string, text?: string): void {
    const chat = this.current
    const at = chat.turns.findIndex(({ id }) => id === turnId)
    const turn = chat.turns[at]
    if (!turn) return
    this.stop(chat)
    if (turn.role === 'user' && text !== undefined) turn.text = text
    // The person's turn stays, the answer that is asked for again goes.
    chat.turns.splice(turn.role === 'user' ? at + 1 : at)
    void this.#run(chat)
  }

  stop(chat: Chat): void {
    this.#runs.get(chat.id)?.abort(new DOMException('Stopped', 'AbortError'))
    this.#runs.delete(chat.id)
  }

  save(chat: Chat): void {
    // An empty chat is not worth keeping; one that was removed must not come back.
    if (chat.turns.length === 0 || !this.list.includes(chat)) return
    this.#options.store.save(chat).then(
      () => (this.#isUnsavedTold = false),
      () => {
        if (!this.#isUnsavedTold) this.#options.onUnsaved()
        this.#isUnsavedTold = true
      },
    )
  }

  async #run(chat: Chat): Promise<void> {
    const { host, places, onChange, onGrow, onEnd } = this.#options
    const controller = new AbortController()
    const messages = toMessages(chat)
    const turn = createAnswer()
    chat.turns.push(turn)
    chat.updatedAt = Date.now()
    this.#runs.set(chat.id, controller)
    this.save(chat)
    onChange(chat)
    let timer: ReturnType<typeof setTimeout> | undefined
    const saveSoon = (): void => {
      timer = undefined
      this.save(chat)
    }
    const place = places.find(({ id }) => id === chat.settings.place)
    const onDownload = (progress: number): void => {
      turn.download = progress
      onGrow(chat, turn)
    }
    await answer(() => createModel(chat.settings, place, { host, onDownload }), {
      turn,
      settings: chat.settings,
      messages,
      signal: controller.signal,
      onChange: () => {
        onGrow(chat, turn)
        timer ??= setTimeout(saveSoon, SAVE_EVERY)
      },
    })
    clearTimeout(timer)
    if (this.#runs.get(chat.id) === controller) this.#runs.delete(chat.id)
    this.save(chat)
    onEnd(chat, turn)
  }

  #create(settings?: Settings): Chat {
    const { places } = this.#options
    const place = places[0]
    const isOffered = places.some(({ id }) => id === settings?.place)
    if (settings && isOffered) return createChat(settings)
    if (!place) throw new Error('There is no place at all')
    return createChat(settingsAt(place))
  }

  #forget(chat: Chat): void {
    const at = this.list.indexOf(chat)
    if (at !== -1) this.list.splice(at, 1)
  }
}
