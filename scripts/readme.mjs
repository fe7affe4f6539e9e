/**
 * Fills the marked places of both READMEs (`<!-- sizes -->…<!-- /sizes -->`) with what was measured, run and declared.
 * `npm run readme` writes them; a test fails where they are stale.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { formatPeers } from './readme-peers.mjs'
import { WORDS } from './readme-words.mjs'
import { readServers } from './servers.mjs'
import { measureSizes } from './sizes.mjs'
import { formatTable } from './table.mjs'

const root = fileURLToPath(new URL('../', import.meta.url))
const readJSON = (file) => JSON.parse(readFileSync(`${root}${file}`, 'utf8'))

/** The READMEs by their languages. */
export const READMES = { en: 'README.md', zh: 'README.zh-CN.md' }

/**
 * What stands in the marked places, by their names.
 * @param {'en' | 'zh'} language
 * @param {{ servers: Awaited<ReturnType<typeof readServers>>, sizes: Awaited<ReturnType<typeof measureSizes>> }} found
 *   what takes its time, found once for all languages
 * @returns {Record<string, string>}
 */
export function readRegions(language, found) {
  const words = WORDS[language]
  const { cells, faults, servers } = readJSON('test/faults/results.json')
  const runtimes = readJSON('test/runtimes/results.json')
  const results = readJSON('bench/results/results.json')
  return {
    recordings: String(countRecordings()),
    cells: formatCount(cells),
    faults: formatCount(faults),
    columns: String(servers),
    cases: String(runtimes[0].cases),
    'runtimes-count': String(runtimes.length),
    servers: formatServers(found.servers, words),
    runtimes: formatRuntimes(runtimes, words),
    sizes: formatSizes(found.sizes, words),
    peers: formatPeers(results, words),
    ...formatGateway(results.gateway),
  }
}

/**
 * A page with its marked places filled: a table stands apart, a number in its line.
 * @param {string} page @param {Record<string, string>} regions
 */
export function fill(page, regions) {
  let filled = page
  for (const [name, text] of Object.entries(regions)) {
    const place = new RegExp(`(<!-- ${name} -->)[^]*?(<!-- /${name} -->)`, 'g')
    if (!place.test(page)) throw new Error(`There is no place for ${name}`)
    const content = text.includes('\n') ? `\n\n${text}\n\n` : text
    filled = filled.replace(place, (_all, start, end) => `${start}${content}${end}`)
  }
  return filled
}

function countRecordings() {
  const files = readdirSync(`${root}test/providers/fixtures`, { recursive: true })
  return files.filter((file) => String(file).endsWith('.expected.json')).length
}

/** Milliseconds of CPU in workerd, of a stream of 1,000 tokens. */
function formatGateway({ cpu }) {
  const places = Object.entries(cpu).map(([way, ms]) => [`${way}-ms`, String(Math.round(ms))])
  return Object.fromEntries(places)
}

function formatCount(count) {
  return count.toLocaleString('en')
}

const MARKS = { yes: '✓', no: '–', model: '○', json: 'JSON', set: '⚙', unknown: '?', page: '·' }
const ABILITIES = ['tools', 'thinking', 'schema', 'images', 'audio', 'video', 'files', 'raw']

function formatServers(servers, { serverHead, optional }) {
  const rows = servers.map((server) => {
    const { names, variable, isOptional, cors } = server
    const key = variable ? `\`${variable}\`${isOptional ? optional : ''}` : MARKS.page
    const marks = ABILITIES.map((ability) => MARKS[server[ability]])
    return [names.map((name) => `\`${name}\``).join(' '), key, MARKS[cors], ...marks]
  })
  return formatTable(serverHead, rows)
}

function formatRuntimes(runtimes, { runtimeHead }) {
  const rows = runtimes.map(({ name, cases, passed, cannot }) =>
    [name, cases, passed, cannot].map(String),
  )
  return formatTable(runtimeHead, rows)
}

function formatSizes(sizes, { sizeHead, imports }) {
  const rows = sizes.map(({ what, kB }) => [imports[what] ?? what, `${kB.toFixed(1)} kB`])
  return formatTable(sizeHead, rows)
}

async function main() {
  const found = { servers: await readServers(), sizes: await measureSizes() }
  for (const [language, file] of Object.entries(READMES)) {
    const page = readFileSync(`${root}${file}`, 'utf8')
    const filled = fill(page, readRegions(language, found))
    if (filled !== page) writeFileSync(`${root}${file}`, filled)
    console.log(`${file}: ${filled === page ? 'as it was' : 'filled'}`)
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main()
