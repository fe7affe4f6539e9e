/** Measures bundle sizes: minified, dependencies included. */
import { bundle as bundleAll, measureSize, weigh } from '../scripts/sizes.mjs'
import { BASELINE, buildBaseline } from './baseline.mjs'
import { bundle as bundleChat, CHATS } from './programs.mjs'
import { round, tell } from './result.mjs'

/** Everything that a page loads at first, whatever of an entry it uses. */
const ENTRIES = [
  ['all of chatwire/core', `export * from 'chatwire/core'`, 15],
  [
    'ChatStream.from alone',
    `import { ChatStream } from 'chatwire/core'; export const { from } = ChatStream`,
    5,
  ],
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
/** Adds the row of a file, and returns the kB. */
const add = (name, text) => {
  const kB = weigh(text) / 1000
  rows.push([name, round(kB), ''])
  return kB
}

const figures = []
for (const [name, program, limit] of ENTRIES) {
  const { first, onDemand } = await measureSize(program)
  rows.push([name, round(first / 1000), round(onDemand / 1000)])
  figures.push({ what: name, value: first / 1000, limit, unit: 'kB gzip' })
}
for (const [name, program] of Object.entries(DEPENDENCIES)) add(name, await bundleAll(program))
add('the three together', await bundleAll(Object.values(DEPENDENCIES).join('\n')))
/** Limits of a file that contains whatever a chat may need, as bundlers for Workers write it. In kB. */
const ONE_FILE_LIMITS = { 'chatwire, one provider': 28, 'chatwire, every provider': 66 }
const baseline = buildBaseline()
const bars = []
for (const [name, program] of Object.entries(CHATS)) {
  const what = `one streamed chat: ${name}`
  const value = add(what, await bundleChat(program))
  bars.push({ name, value: round(value) })
  const limit = ONE_FILE_LIMITS[name]
  if (limit === undefined) continue
  figures.push({ what: `${what}, in one file`, value, limit, unit: 'kB gzip' })
  if (baseline) add(`${what}, of ${BASELINE}`, await bundleChat(program, baseline))
}
tell({
  title: 'Bundle size',
  note: 'kB are 1,000 bytes. Entries: what loads at first, and what loads with the calls that need it, as Rollup splits them. Chats: everything in one file, by esbuild.',
  head: ['', 'gzip, kB', 'on demand, kB'],
  rows,
  figures,
  bars,
})
