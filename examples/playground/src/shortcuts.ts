/**
 * Keys that work anywhere on the page, and the list of them.
 */
import { h, iconButton } from './dom.ts'
import type { Words } from './words.ts'

export interface ShortcutActions {
  newChat: () => void
  search: () => void
  composer: () => void
  settings: () => void
  help: () => void
}

type Name = keyof Words['shortcutNames']

const isMac = /Mac|iPhone|iPad/.test(navigator.userAgent)
const MOD = isMac ? '⌘' : 'Ctrl'

/** As they are shown. */
const KEYS: Record<Name, string[]> = {
  newChat: [MOD, 'Shift', 'O'],
  search: [MOD, 'K'],
  composer: ['/'],
  settings: [MOD, ','],
  help: ['?'],
  send: ['Enter'],
  line: ['Shift', 'Enter'],
  stop: ['Esc'],
  edit: ['↑'],
}

export function listenForShortcuts(actions: ShortcutActions): void {
  document.addEventListener('keydown', (event) => {
    if (event.isComposing || event.defaultPrevented || document.querySelector('dialog[open]'))
      return
    const name = shortcutOf(event)
    if (!name) return
    event.preventDefault()
    actions[name]()
  })
}

function shortcutOf(event: KeyboardEvent): keyof ShortcutActions | undefined {
  const { key, ctrlKey, metaKey, shiftKey, altKey } = event
  if (altKey) return undefined
  if (isMac ? metaKey : ctrlKey) {
    if (shiftKey && key.toLowerCase() === 'o') return 'newChat'
    if (!shiftKey && key.toLowerCase() === 'k') return 'search'
    return key === ',' ? 'settings' : undefined
  }
  const isTyping =
    event.target instanceof Element && event.target.closest('input, textarea, select')
  if (ctrlKey || metaKey || isTyping) return undefined
  if (key === '/') return 'composer'
  return key === '?' ? 'help' : undefined
}

export function showShortcuts(words: Words): void {
  const close = iconButton('close', words.close)
  const rows = Object.entries(KEYS).flatMap(([name, keys]) => [
    h('dt', {}, words.shortcutNames[name as Name]),
    h('dd', {}, ...keys.map((key) => h('kbd', {}, key))),
  ])
  const dialog = h(
    'dialog',
    { className: 'shortcuts', attributes: { 'aria-labelledby': 'shortcuts-title' } },
    h('header', {}, h('h2', { id: 'shortcuts-title' }, words.shortcuts), close),
    h('dl', {}, ...rows),
  )
  close.addEventListener('click', () => dialog.close())
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close()
  })
  dialog.addEventListener('close', () => dialog.remove())
  document.body.append(dialog)
  dialog.showModal()
}
