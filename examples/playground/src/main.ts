/**
 * Begins.
 */
import { App } from './app.ts'
import { askHost } from './places.ts'
import { loadPreferences, openStore } from './store.ts'

const [host, store] = await Promise.all([askHost(), openStore()])
const kept = await store.load()
new App({ host, store, kept, preferences: loadPreferences() }).render()
// For tests: the page is ready only after the chats have been read.
document.documentElement.dataset.ready = ''
