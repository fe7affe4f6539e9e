/**
 * The conversation on the page, its last turn in sight as it grows.
 */
import type { ConversationMessage } from 'chatwire/conversation'
import type { Chat } from './chat.ts'
import { messagesOf } from './chat.ts'
import { h, iconButton } from './dom.ts'
import type { TurnContext, TurnView } from './turn-views.ts'
import { createAssistantView, createUserView } from './turn-views.ts'

/** So near to the end counts as being there, in pixels. */
const NEAR = 80

export class Transcript {
  readonly element: HTMLElement
  readonly chat: Chat
  #context: TurnContext
  #column = h('div', { className: 'column' })
  #toEnd: HTMLButtonElement
  /** In the order of the messages. */
  #views = new Map<string, TurnView>()
  #follows = true
  /** The last known scroll position, in pixels. */
  #top = 0

  constructor(chat: Chat, context: TurnContext) {
    const { words } = context
    this.chat = chat
    this.#context = context
    this.#toEnd = iconButton('down', words.toEnd, { className: 'icon-button to-end', hidden: true })
    this.#toEnd.addEventListener('click', () => this.follow())
    const attributes = { role: 'region', 'aria-label': words.conversation }
    this.element = h(
      'div',
      { className: 'transcript', tabIndex: 0, attributes },
      this.#column,
      this.#toEnd,
    )
    this.element.addEventListener('scroll', () => this.#look(), { passive: true })
    // Formulas and late parts of an answer make it higher.
    new ResizeObserver(() => {
      if (this.#follows && this.#views.size > 0) this.follow()
      else this.#look() // the end may have moved away
    }).observe(this.#column)
  }

  /** Shows the messages that the chat has now; those that were there stay as they are. */
  show(createGreeting: () => HTMLElement): void {
    const messages = messagesOf(this.chat)
    const keys = new Set(messages.map(keyOf))
    for (const [key, view] of this.#views) {
      if (keys.has(key)) continue
      view.element.remove()
      this.#views.delete(key)
    }
    const greeting = this.#column.querySelector('.greeting')
    if (messages.length > 0) greeting?.remove()
    else if (greeting) greeting.replaceWith(createGreeting())
    else this.#column.append(createGreeting())
    let isLonger = false
    for (const message of messages) {
      const view = this.#views.get(keyOf(message))
      if (view) {
        view.update(message)
        continue
      }
      const created = this.#createView(message)
      this.#views.set(keyOf(message), created)
      this.#column.append(created.element)
      isLonger = true
    }
    if (messages.length > 0 && (isLonger || this.#follows)) this.follow()
  }

  /** Returns the text of a turn. */
  textOf(message: ConversationMessage): string {
    const { element } = this.#views.get(keyOf(message)) ?? {}
    const blocks = [...(element?.querySelectorAll<HTMLElement>('.prose > *') ?? [])]
    // Of code not its head: a name of three letters, and a button.
    const texts = blocks.map((block) => block.querySelector<HTMLElement>(':scope > pre') ?? block)
    return texts.map(({ innerText }) => innerText).join(' ')
  }

  /** Goes to the end, and stays there. */
  follow(): void {
    this.#follows = true
    this.element.scrollTop = this.element.scrollHeight
    this.#look()
  }

  /** Opens the last thing that the person said. */
  editLast(): void {
    const view = [...this.#views.values()].findLast((each) => each.edit)
    view?.edit?.()
  }

  #createView(message: ConversationMessage): TurnView {
    return message.role === 'user'
      ? createUserView(message, this.#context)
      : createAssistantView(message, this.chat, this.#context)
  }

  /** Scrolling up, however little, stops following the end; coming near the end resumes it. */
  #look(): void {
    const { scrollTop, scrollHeight, clientHeight } = this.element
    const left = scrollHeight - scrollTop - clientHeight
    if (left < 2) this.#follows = true
    else if (scrollTop < this.#top) this.#follows = false
    else if (scrollTop > this.#top && left < NEAR) this.#follows = true
    this.#top = scrollTop
    this.#toEnd.hidden = this.#follows || left < NEAR
  }
}

/** Two tabs may give the same id to two messages. */
function keyOf({ id, createdAt = 0 }: ConversationMessage): string {
  return `${id} ${createdAt}`
}
