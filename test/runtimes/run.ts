/**
 * The one suite in every runtime: a table, what no runtime can do, and what failed. Browsers run one at a time, the
 * other runtimes, whose cases mostly wait, two at a time.
 * `--only deno,firefox` runs those whose name starts so.
 */
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { ROOT } from './build.mjs'
import { gapOf } from './gaps.ts'
import { edgeLauncher } from './launch-edge.ts'
import { firefoxLaunchers } from './launch-firefox.ts'
import { playwrightLaunchers } from './launch-playwright.ts'
import { processLaunchers } from './launch-process.ts'
import { webkitLaunchers } from './launch-webkit.ts'
import { workerdLaunchers } from './launch-workerd.ts'
import type { Launcher } from './launcher.ts'
import { printReport, type Row } from './report.ts'
import { startServers } from './servers.ts'

const PROCESSES: readonly Launcher[] = [...processLaunchers, ...workerdLaunchers, edgeLauncher]
const BROWSERS: readonly Launcher[] = [
  ...playwrightLaunchers,
  ...firefoxLaunchers,
  ...webkitLaunchers,
]

const { values } = parseArgs({ options: { only: { type: 'string' } } })
const wanted = values.only?.split(',')
const isWanted = ({ name }: Launcher) => !wanted || wanted.some((start) => name.startsWith(start))
const processes = PROCESSES.filter(isWanted)
const browsers = BROWSERS.filter(isWanted)
if (processes.length + browsers.length === 0)
  throw new Error(
    `--only: there are ${[...PROCESSES, ...BROWSERS].map(({ name }) => name).join(', ')}`,
  )

const servers = await startServers()
const half = Math.ceil(processes.length / 2)
const rows = (
  await Promise.all([runInTurn(processes.slice(0, half)), runInTurn(processes.slice(half))])
).flat()
rows.push(...(await runInTurn(browsers)))
servers.close()
if (!wanted && rows.every(({ failed }) => failed.length === 0)) writeResults(rows)
process.exitCode = printReport(rows) ? 0 : 1
// A browser that does not die must not keep the result waiting.
setTimeout(() => process.exit(), 2000).unref()

/** Writes the table that `npm run readme` puts into the READMEs. */
function writeResults(rows: readonly Row[]): void {
  // Playwright's own browsers are only on some machines.
  const always = rows.filter(({ name }) => !name.startsWith('playwright-'))
  const results = always.map(({ name, passed, failed, cannot }) => {
    const cases = passed.length + failed.length + cannot.length
    return { name, cases, passed: passed.length, cannot: cannot.length }
  })
  const file = path.join(ROOT, 'test/runtimes/results.json')
  writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`)
}

/** Runs the suite in one runtime after the other. */
async function runInTurn(launchers: readonly Launcher[]): Promise<Row[]> {
  const rows: Row[] = []
  for (const launcher of launchers) {
    const row = await runRow(launcher)
    rows.push(row)
    const bad = row.failed.length === 0 ? '' : `, ${row.failed.length} FAILED`
    console.log(`${row.name}: ${row.passed.length} passed${bad} (${(row.ms / 1000).toFixed(1)} s)`)
  }
  return rows
}

/** A runtime that does not even start is a row with one failure. */
async function runRow(launcher: Launcher): Promise<Row> {
  const { name } = launcher
  const start = Date.now()
  const row: Row = { name, version: '?', passed: [], failed: [], cannot: [], ms: 0 }
  try {
    const { version, results } = await launcher.launch(servers)
    row.version = version
    for (const { name: title, ok, error = '' } of results) {
      const gap = gapOf(name, title, error)
      if (!gap || (gap.varies && ok)) (ok ? row.passed : row.failed).push({ title, words: error })
      else if (!ok) row.cannot.push({ title, words: gap.reason })
      else row.failed.push({ title, words: 'It passes: take its line out of gaps.ts' })
    }
  } catch (error) {
    row.failed.push({
      title: 'The suite runs',
      words: String(error instanceof Error ? error.message : error),
    })
  }
  row.ms = Date.now() - start
  return row
}
