/**
 * Begins.
 */
import { App } from './app.ts'
import { askHost } from './places.ts'
import { loadPreferences, openStore } from './store.ts'

const [host, store] = await Promise.all([askHost(), openStore()])
const kept = await store.load()
new App({ host, store, kept, preferences: loadPreferences() }).render()
// For who drives the page: loaded is not yet there, since chats are read first.
document.documentElement.dataset.ready = ''
