/**
 * Writes the table of a full run (`NETWORKS=all`) to `results.md`.
 */
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Cell, Outcome } from './cells.ts'
import { FAULTS } from './vendor.ts'

interface Row {
  proxy: string
  runtime: string
  cell: Cell
  outcome: Outcome
  posts: number
}

const rows: Row[] = []

export function recordRow(row: Row): void {
  rows.push(row)
}

export async function writeResults(): Promise<void> {
  if (process.env.NETWORKS !== 'all') return
  const lines = [
    '# Chats through reverse proxies',
    '',
    'Written by `npm run test:networks`. Each cell: the codes of all wire families, and POSTs at the vendor per chat.',
    '',
    `| proxy | runtime | ${FAULTS.join(' | ')} |`,
    `|---|---|${FAULTS.map(() => '---').join('|')}|`,
  ]
  const keys = new Set(rows.map(({ proxy, runtime }) => `${proxy} | ${runtime}`))
  for (const key of keys) {
    const own = rows.filter(({ proxy, runtime }) => `${proxy} | ${runtime}` === key)
    const columns = FAULTS.map((fault) => {
      const cells = own.filter(({ cell }) => cell.fault === fault)
      const codes = [...new Set(cells.map(({ outcome }) => outcome.code))].sort().join(', ')
      return `${codes} (${Math.max(...cells.map(({ posts }) => posts))})`
    })
    lines.push(`| ${key} | ${columns.join(' | ')} |`)
  }
  await writeFile(path.join(import.meta.dirname, 'results.md'), `${lines.join('\n')}\n`)
}
