/**
 * Begins.
 */
import { App } from './app.ts'
import { askHost } from './places.ts'
import { whenDrawn } from './drawing.ts'
import { setPrices } from './prices.ts'
import { loadPreferences, openStore } from './store.ts'
import { Tabs } from './tabs.ts'
import { loadMarkdown } from './text-view.ts'

// No `await` outside: scripts that load later import this one, and would wait for it while it waits for them.
async function begin(): Promise<void> {
  const tabs = new Tabs() // listens before the chats are read
  const opening = Promise.all([askHost(), openStore()])
  const preferences = loadPreferences() // waits for the disk, as the database does
  const [host, store] = await opening
  setPrices(host.prices)
  const kept = await store.load()
  if (kept.length > 0) await loadMarkdown()
  new App({ host, store, tabs, kept, preferences }).render()
  await whenDrawn()
  // For tests: the page is ready only after the chats have been read and drawn.
  document.documentElement.dataset.ready = ''
  // Before it is needed, and after all that is.
  setTimeout(() => {
    void loadMarkdown()
    void import('./later.ts')
  }, 500)
}

void begin()
