/**
 * Begins.
 */
import { App } from './app.ts'
import { askHost } from './places.ts'
import { whenDrawn } from './drawing.ts'
import { setPrices } from './prices.ts'
import { loadPreferences, openStore } from './store.ts'
import { loadMarkdown } from './text-view.ts'

const [host, store] = await Promise.all([askHost(), openStore()])
setPrices(host.prices)
const kept = await store.load()
if (kept.length > 0) await loadMarkdown()
new App({ host, store, kept, preferences: loadPreferences() }).render()
await whenDrawn()
// For tests: the page is ready only after the chats have been read and drawn.
document.documentElement.dataset.ready = ''
// Before it is needed, and after all that is.
setTimeout(() => {
  void loadMarkdown()
  void import('./later.ts')
}, 500)
