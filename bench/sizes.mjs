/** What a bundle weighs: esbuild, minified, its dependencies included. */
import { bundle, CHATS, gzipped } from './programs.mjs'
import { round, tell } from './result.mjs'

/** All of an entry, whatever of it is used: the package's own gates measure these. */
const ENTRIES = [
  ['all of chatwire/core', `export * from 'chatwire/core'`, 9],
  ['all of chatwire/providers/openai', `export * from 'chatwire/providers/openai'`, 19],
  ['all of chatwire', `export * from 'chatwire'`, 34],
]
const DEPENDENCIES = `export { default } from 'ky'
export { createParser } from 'eventsource-parser'`

const rows = []
const weigh = async (name, program) => {
  const text = await bundle(program)
  rows.push([name, round(text.length / 1000), round(gzipped(text))])
  return gzipped(text)
}

const figures = []
for (const [name, program, limit] of ENTRIES)
  figures.push({ what: name, value: await weigh(name, program), limit, unit: 'kB gzip' })
await weigh('what it carries: ky, eventsource-parser', DEPENDENCIES)
const bars = []
for (const [name, program] of Object.entries(CHATS))
  bars.push({ name, value: round(await weigh(`one streamed chat: ${name}`, program)) })
tell({
  title: 'Bundle size',
  note: 'kB are 1,000 bytes.',
  head: ['', 'minified, kB', 'gzip, kB'],
  rows,
  figures,
  bars,
})
