/** Measures bundle sizes: esbuild, minified, dependencies included. */
import { bundle, weigh } from '../scripts/sizes.mjs'
import { bundle as bundleChat, CHATS } from './programs.mjs'
import { round, tell } from './result.mjs'

/** All of an entry, whatever of it is used, bundled as the package's own gates do. */
const ENTRIES = [
  ['all of chatwire/core', `export * from 'chatwire/core'`, 9],
  ['all of chatwire/providers/openai', `export * from 'chatwire/providers/openai'`, 19],
  ['all of chatwire', `export * from 'chatwire'`, 34],
]
const DEPENDENCIES = `export { default } from 'ky'
export { createParser } from 'eventsource-parser'`

const rows = []
/** Adds a row, and gives the kB. */
const add = (name, text) => {
  const kB = weigh(text) / 1000
  rows.push([name, round(text.length / 1000), round(kB)])
  return kB
}

const figures = []
for (const [name, program, limit] of ENTRIES)
  figures.push({ what: name, value: add(name, await bundle(program)), limit, unit: 'kB gzip' })
add('what it carries: ky, eventsource-parser', await bundle(DEPENDENCIES))
const bars = []
for (const [name, program] of Object.entries(CHATS))
  bars.push({ name, value: round(add(`one streamed chat: ${name}`, await bundleChat(program))) })
tell({
  title: 'Bundle size',
  note: 'kB are 1,000 bytes.',
  head: ['', 'minified, kB', 'gzip, kB'],
  rows,
  figures,
  bars,
})
