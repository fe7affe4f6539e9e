/**
 * The conversation on the page, its last turn in sight as it grows.
 */
import type { Chat, Turn } from './chat.ts'
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
  /** In the order of the turns. */
  #views = new Map<string, TurnView>()
  #follows = true
  /** The last known scroll position, in pixels. */
  #top = 0
  /** The turns that have grown since the last frame. */
  #grown = new Set<string>()

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
      if (this.#follows) this.follow()
    }).observe(this.#column)
  }

  /** Shows the turns that the chat has now; those that were there stay as they are. */
  show(greeting: HTMLElement): void {
    const { turns } = this.chat
    this.#column.querySelector('.greeting')?.remove()
    const ids = new Set(turns.map(({ id }) => id))
    for (const [id, view] of this.#views) {
      if (ids.has(id)) continue
      view.element.remove()
      this.#views.delete(id)
    }
    const added = turns.filter(({ id }) => !this.#views.has(id))
    for (const turn of turns) this.#views.get(turn.id)?.update()
    for (const turn of added) {
      const view = this.#createView(turn)
      this.#views.set(turn.id, view)
      this.#column.append(view.element)
    }
    if (turns.length === 0) this.#column.append(greeting)
    else if (added.length > 0) this.follow()
  }

  /** Shows what a turn has become, once per frame. */
  update(turnId: string): void {
    if (this.#grown.size === 0) requestAnimationFrame(() => this.#grow())
    this.#grown.add(turnId)
  }

  /** Returns the text of a turn. */
  textOf(turnId: string): string {
    this.#grow()
    const { element } = this.#views.get(turnId) ?? {}
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

  #createView(turn: Turn): TurnView {
    return turn.role === 'user'
      ? createUserView(turn, this.#context)
      : createAssistantView(turn, this.#context)
  }

  #grow(): void {
    for (const id of this.#grown) this.#views.get(id)?.update()
    this.#grown.clear()
    if (this.#follows) this.element.scrollTop = this.element.scrollHeight
    this.#look()
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
