/**
 * The parts of an answer on the page: text, thinking, tool calls. Each is made once and grows in place, so that what a
 * reader has opened or marked stays so.
 */
import type {
  ConversationMessage,
  MessagePart,
  ReasoningPart,
  ToolCallPart,
} from 'chatwire/conversation'
import { h, icon } from './dom.ts'
import { TextView } from './text-view.ts'
import type { Words } from './words.ts'

/** The reply that a part belongs to, and the milliseconds that its reasoning took. */
export interface PartContext {
  message: ConversationMessage
  isRunning: boolean
  tookMs: number | undefined
}

export interface PartView {
  readonly element: HTMLElement
  update(part: MessagePart, context: PartContext): void
}

/** Returns `undefined` for parts that show nothing. */
export function createPartView({ type }: MessagePart, words: Words): PartView | undefined {
  if (type === 'reasoning') return new ThinkingView(words) as PartView
  if (type === 'tool-call') return new ToolView(words) as PartView
  if (type !== 'text') return undefined
  const view = new TextView(words)
  return {
    element: view.element,
    update: (part, { isRunning }) => {
      if (part.type === 'text') view.update(part.text, isRunning ? 'growing' : 'done')
    },
  }
}

class ThinkingView {
  readonly element: HTMLDetailsElement
  #words: Words
  #label = h('span')
  #text = h('div', { className: 'thinking-text', tabIndex: 0 })
  #shown = 0

  constructor(words: Words) {
    this.#words = words
    const summary = h('summary', {}, icon('chevron'), this.#label)
    this.element = h('details', { className: 'thinking' }, summary, this.#text)
  }

  update(part: ReasoningPart, { message, isRunning, tookMs }: PartContext): void {
    const { text } = part
    const isOn = isRunning && message.parts.at(-1) === part
    const { thinking, thought } = this.#words
    this.element.classList.toggle('is-running', isOn)
    setText(this.#label, isOn ? thinking : thought(seconds(tookMs ?? 0)))
    if (text.length > this.#shown) this.#text.append(text.slice(this.#shown))
    this.#shown = text.length
  }
}

/** Folded: its name and what came of it say enough. */
class ToolView {
  readonly element: HTMLElement
  #words: Words
  #name = h('strong')
  #status = h('span', { className: 'tool-status' })
  #arguments: HTMLElement
  #result: HTMLElement
  #brief = h('span', { className: 'tool-brief' })

  constructor(words: Words) {
    this.#words = words
    this.#arguments = h('pre', { tabIndex: 0, attributes: { 'aria-label': words.arguments } })
    this.#result = h('pre', { tabIndex: 0, hidden: true, className: 'tool-result' })
    this.#result.setAttribute('aria-label', words.result)
    for (const pre of [this.#arguments, this.#result]) pre.setAttribute('role', 'group')
    const head = h(
      'summary',
      { className: 'tool-head' },
      icon('tool'),
      this.#name,
      this.#brief,
      this.#status,
      icon('chevron'),
    )
    this.element = h('details', { className: 'tool' }, head, this.#arguments, this.#result)
  }

  update({ name, argumentsText, result, state }: ToolCallPart, { isRunning }: PartContext): void {
    const words = this.#words
    setText(this.#name, name)
    setText(this.#arguments, argumentsText)
    if (result !== undefined) setText(this.#result, result)
    this.#result.hidden = result === undefined
    setText(this.#brief, result === undefined ? '' : (result.split('\n')[0] ?? ''))
    const isOn = result === undefined && isRunning
    const isFailed = result !== undefined && state === 'failed'
    const open = isOn ? words.toolRunning : words.toolNotRun
    const done = isFailed ? words.toolFailed : words.toolDone
    setText(this.#status, result === undefined ? open : done)
    this.element.classList.toggle('is-running', isOn)
    this.element.classList.toggle('is-failed', isFailed)
    this.element.setAttribute('aria-label', name)
  }
}

function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text
}

/** `0.4 s`, `12 s` */
export function seconds(milliseconds: number): string {
  const value = milliseconds / 1000
  return `${value < 10 ? value.toFixed(value < 1 ? 2 : 1) : Math.round(value)} s`
}
