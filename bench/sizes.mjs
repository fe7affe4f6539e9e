/** Measures bundle sizes: esbuild, minified, dependencies included. */
import { bundle as bundleAll, bundleInitial, weigh } from '../scripts/sizes.mjs'
import { bundle as bundleChat, CHATS } from './programs.mjs'
import { round, tell } from './result.mjs'

/** Everything that a page loads at first, whatever of an entry it uses. */
const ENTRIES = [
  ['all of chatwire/core', `export * from 'chatwire/core'`, 15],
  ['ChatStream alone', `export { ChatStream } from 'chatwire/core'`, 5],
  ['all of chatwire/providers/openai', `export * from 'chatwire/providers/openai'`, 28],
  ['all of chatwire', `export * from 'chatwire'`, 66],
]
/** The dependencies, as far as they are in a bundle of a provider. */
const DEPENDENCIES = {
  ky: `export { default } from 'ky'`,
  'eventsource-parser': `export { createParser } from 'eventsource-parser'`,
  'six functions of valibot': `export { array, custom, lazy, looseObject, optional, safeParse } from 'valibot'`,
}

const rows = []
/** Adds a row, and returns the kB. */
const add = (name, text) => {
  const kB = weigh(text) / 1000
  rows.push([name, round(text.length / 1000), round(kB)])
  return kB
}

const figures = []
for (const [name, program, limit] of ENTRIES)
  figures.push({
    what: name,
    value: add(name, await bundleInitial(program)),
    limit,
    unit: 'kB gzip',
  })
add('all of chatwire, with all that loads on demand', await bundleAll(`export * from 'chatwire'`))
for (const [name, program] of Object.entries(DEPENDENCIES)) add(name, await bundleAll(program))
add('the three together', await bundleAll(Object.values(DEPENDENCIES).join('\n')))
const bars = []
for (const [name, program] of Object.entries(CHATS))
  bars.push({ name, value: round(add(`one streamed chat: ${name}`, await bundleChat(program))) })
tell({
  title: 'Bundle size',
  note: 'kB are 1,000 bytes. Entries: what loads at first, as Rollup and Vite split it. Chats: everything in one file.',
  head: ['', 'minified, kB', 'gzip, kB'],
  rows,
  figures,
  bars,
})
