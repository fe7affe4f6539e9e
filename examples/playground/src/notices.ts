/**
 * Brief notices: visible at the bottom of the page, or for screen readers only.
 */
import { h } from './dom.ts'

/** Display time of a notice, in milliseconds. */
const STAY = 8000
/** Longest text that is read aloud by itself, in characters: the rest is read on request. */
const LONGEST = 4000

export class Notices {
  /** Seen and read aloud. */
  readonly element = h('div', { className: 'notices', attributes: { role: 'status' } })
  /** Read aloud only. */
  readonly voice = h('div', {
    className: 'visually-hidden',
    id: 'voice',
    attributes: { role: 'log', 'aria-live': 'polite' },
  })
  #timer: ReturnType<typeof setTimeout> | undefined
  #voiceTimer: ReturnType<typeof setTimeout> | undefined

  show(text: string, action?: { label: string; run: () => void }): void {
    const button = action && h('button', { type: 'button', className: 'quiet' }, action.label)
    button?.addEventListener('click', () => {
      this.element.replaceChildren()
      action?.run()
    })
    this.element.replaceChildren(
      h('div', { className: 'notice-card' }, h('span', {}, text), button),
    )
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.element.replaceChildren(), STAY)
  }

  say(text: string): void {
    const isLong = text.length > LONGEST
    const said = isLong ? `${text.slice(0, text.lastIndexOf(' ', LONGEST))} …` : text
    this.voice.replaceChildren(h('p', {}, said))
    // The page shows it already: a screen reader must not read it twice.
    clearTimeout(this.#voiceTimer)
    this.#voiceTimer = setTimeout(() => this.voice.replaceChildren(), STAY)
  }
}
