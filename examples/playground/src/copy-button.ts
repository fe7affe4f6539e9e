/**
 * Copies a text, and says so.
 */
import { h, icon } from './dom.ts'
import type { Words } from './words.ts'

export function copyButton(
  words: Words,
  { label, text }: { label: string; text: () => string },
): HTMLButtonElement {
  const name = h('span', {}, label)
  const button = h('button', { type: 'button', className: 'quiet' }, icon('copy'), name)
  button.addEventListener('click', () => {
    void copy(text()).then(() => {
      name.textContent = words.copied
      button.firstChild?.replaceWith(icon('check'))
      setTimeout(() => {
        name.textContent = label
        button.firstChild?.replaceWith(icon('copy'))
      }, 1500)
    })
  })
  return button
}

async function copy(text: string): Promise<void> {
  try {
    return await navigator.clipboard.writeText(text)
  } catch {
    // Pages without TLS have no clipboard of their own, and some frames may not use it: the old way works there.
  }
  const area = h('textarea', { value: text })
  document.body.append(area)
  area.select()
  document.execCommand('copy')
  area.remove()
}
