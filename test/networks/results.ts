/**
 * Writes the table of a full run (`NETWORKS=all`) to `results.md`.
 */
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { OUT } from '../runtimes/build.mjs'
import type { Cell, Outcome } from './cells.ts'
import { IS_FULL } from './runtimes.ts'

interface Row {
  proxy: string
  runtime: string
  http: 'h1' | 'h2'
  cell: Cell
  outcome: Outcome
  /** POSTs that arrived at the vendor, or at the gateway or relay in its place. */
  posts: number
  /** Requests of a gateway or relay to its model. */
  asked: number
}

const fresh: Row[] = []

export function recordRow(row: Row): void {
  fresh.push(row)
}

/** All rows, those of an earlier run where this one left them out (`-t nginx`). */
const ALL_ROWS = path.join(OUT, 'networks/rows.json')

export async function writeResults(): Promise<void> {
  if (!IS_FULL) return
  const earlier: Row[] = JSON.parse(await readFile(ALL_ROWS, 'utf8').catch(() => '[]'))
  const ids = new Set(fresh.map(({ cell }) => cell.id))
  const rows = [...earlier.filter(({ cell }) => !ids.has(cell.id)), ...fresh]
  await writeFile(ALL_ROWS, JSON.stringify(rows))
  const text = [
    '# Chats through reverse proxies',
    '',
    'Written by `npm run test:networks`. Each cell holds the results of all wire families, streamed and at once: `ok` or the error code. A number is the POSTs that arrived, if more than one.',
    '',
    ...table(
      rows.filter(({ cell }) => !isService(cell)),
      ({ cell }) => cell.fault,
      ({ posts, cell }) => posts - (cell.fault === 'kept' ? 1 : 0),
    ),
    '',
    '`kept`: the second request on a connection; the server reads it and closes.',
    '',
    '## The gateway and the relay in the place of the vendor',
    '',
    '`closed`: the connection breaks after the model has been asked. A number is how often the model was asked, of how many requests.',
    '',
    ...table(
      rows.filter(({ cell }) => isService(cell)),
      ({ cell }) => `${cell.server}, ${cell.fault}`,
      ({ posts, asked }) => (posts > 1 ? `${asked} of ${posts}` : 1),
    ),
  ]
  await writeFile(path.join(import.meta.dirname, 'results.md'), `${text.join('\n')}\n`)
}

const isService = ({ server }: Cell): boolean => server === 'gateway' || server === 'relay'

function table(
  all: readonly Row[],
  columnOf: (row: Row) => string,
  countOf: (row: Row) => number | string,
): string[] {
  const columns = [...new Set(all.map(columnOf))]
  const nameOf = ({ proxy, http, runtime }: Row) =>
    `${proxy} | ${http === 'h1' ? 'HTTP/1.1' : 'HTTP/2'} | ${runtime}`
  const names = [...new Set(all.map(nameOf))].sort()
  return [
    `| proxy | protocol | runtime | ${columns.join(' | ')} |`,
    `|${' --- |'.repeat(columns.length + 3)}`,
    ...names.map((name) => {
      const own = all.filter((row) => nameOf(row) === name)
      const cells = columns.map((column) => {
        const here = own.filter((row) => columnOf(row) === column)
        const codes = [...new Set(here.map(({ outcome }) => outcome.code))].sort().join(', ')
        const counts = [...new Set(here.map(countOf))].filter((count) => count !== 1)
        return counts.length > 0 ? `${codes} (${counts.join(', ')})` : codes
      })
      return `| ${name} | ${cells.join(' | ')} |`
    }),
  ]
}
