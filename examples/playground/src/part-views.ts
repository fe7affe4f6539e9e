/**
 * The parts of an answer on the page: text, thinking, tool calls. Each is made once and grows in place, so that what a
 * reader has opened or marked stays so.
 */
import type { AssistantTurn, Part, ThinkingPart, ToolPart } from './chat.ts'
import { h, icon } from './dom.ts'
import { MarkdownView } from './markdown.ts'
import type { Words } from './words.ts'

export interface PartView {
  readonly element: HTMLElement
  update(part: Part, state: AssistantTurn['state']): void
}

export function createPartView(part: Part, words: Words): PartView {
  if (part.kind === 'thinking') return new ThinkingView(words)
  if (part.kind === 'tool') return new ToolView(words)
  const view = new MarkdownView(words)
  return {
    element: view.element,
    update: (given, state) => {
      if (given.kind === 'text') view.update(given.text, state === 'running' ? 'growing' : 'done')
    },
  }
}

class ThinkingView implements PartView {
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

  update({ text, tookMs }: ThinkingPart, state: AssistantTurn['state']): void {
    const isOn = tookMs === undefined && state === 'running'
    const { thinking, thought } = this.#words
    this.element.classList.toggle('is-running', isOn)
    setText(this.#label, isOn ? thinking : thought(seconds(tookMs ?? 0)))
    if (text.length > this.#shown) this.#text.append(text.slice(this.#shown))
    this.#shown = text.length
  }
}

class ToolView implements PartView {
  readonly element: HTMLElement
  #words: Words
  #name = h('strong')
  #status = h('span', { className: 'tool-status' })
  #arguments: HTMLElement
  #result: HTMLElement

  constructor(words: Words) {
    this.#words = words
    this.#arguments = h('pre', { tabIndex: 0, attributes: { 'aria-label': words.arguments } })
    this.#result = h('pre', { tabIndex: 0, hidden: true, className: 'tool-result' })
    this.#result.setAttribute('aria-label', words.result)
    for (const pre of [this.#arguments, this.#result]) pre.setAttribute('role', 'group')
    const head = h('div', { className: 'tool-head' }, icon('tool'), this.#name, this.#status)
    this.element = h('section', { className: 'tool' }, head, this.#arguments, this.#result)
  }

  update({ name, argumentsText, result, failed }: ToolPart, state: AssistantTurn['state']): void {
    const words = this.#words
    setText(this.#name, name)
    setText(this.#arguments, argumentsText)
    if (result !== undefined) setText(this.#result, result)
    this.#result.hidden = result === undefined
    const isOn = result === undefined && state === 'running'
    const open = isOn ? words.toolRunning : words.toolNotRun
    const done = failed ? words.toolFailed : words.toolDone
    setText(this.#status, result === undefined ? open : done)
    this.element.classList.toggle('is-running', isOn)
    this.element.classList.toggle('is-failed', failed === true)
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
