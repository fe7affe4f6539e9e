/**
 * Shown in an empty chat: starter questions, and how to reach a real model.
 */
import { h } from './dom.ts'
import type { Host, Place } from './places.ts'
import type { Words } from './words.ts'

export interface GreetingOptions {
  words: Words
  host: Host
  place: Place | undefined
  onAsk: (text: string) => void
}

export function createGreeting({ words, host, place, onAsk }: GreetingOptions): HTMLElement {
  const isSimulated = place?.kind === 'simulated'
  const starters = isSimulated ? words.starters : words.realStarters
  const cards = starters.map(([text = '', about = '']) => {
    const hint = about !== '' && h('small', {}, about)
    const card = h('button', { type: 'button', className: 'starter' }, h('span', {}, text), hint)
    card.addEventListener('click', () => onAsk(text))
    return h('li', {}, card)
  })
  // Where a local server serves the page, a key is all that is missing.
  const isKeyMissing = host.simulated.length > 0 && host.relay.length === 0
  const hint = isKeyMissing ? words.hintKeys : words.hintOther
  return h(
    'div',
    { className: 'greeting' },
    h('h2', {}, words.greeting),
    isSimulated && h('p', { className: 'hint' }, words.hintSimulated, ' ', hint),
    h('ul', { className: 'starters' }, ...cards),
  )
}
