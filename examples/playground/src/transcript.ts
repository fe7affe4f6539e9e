/**
 * The conversation on the page, its last turn in sight as it grows.
 */
import type { Chat } from './chat.ts'
import { h, iconButton } from './dom.ts'
import type { TurnContext, TurnView } from './turn-views.ts'
import { createAssistantView, createUserView } from './turn-views.ts'

/** So near to the end counts as being there, in pixels. */
const NEAR = 80

export class Transcript {
  readonly element: HTMLElement
  #column = h('div', { className: 'column' })
  #toEnd: HTMLButtonElement
  #views = new Map<string, TurnView & { edit?: () => void }>()
  #follows = true
  #frame = 0

  constructor(chat: Chat, context: TurnContext, greeting: HTMLElement) {
    const { words } = context
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
    for (const turn of chat.turns) {
      const view =
        turn.role === 'user' ? createUserView(turn, context) : createAssistantView(turn, context)
      this.#views.set(turn.id, view)
      this.#column.append(view.element)
    }
    if (chat.turns.length === 0) this.#column.append(greeting)
  }

  /** Shows what a turn has become, once per frame. */
  update(turnId: string): void {
    if (this.#frame) return
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0
      this.#views.get(turnId)?.update()
      if (this.#follows) this.element.scrollTop = this.element.scrollHeight
      this.#look()
    })
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

  #look(): void {
    const { scrollTop, scrollHeight, clientHeight } = this.element
    this.#follows = scrollHeight - scrollTop - clientHeight < NEAR
    this.#toEnd.hidden = this.#follows
  }
}
