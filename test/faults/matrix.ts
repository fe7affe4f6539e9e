/**
 * The fault matrix: every fault at every server, streamed and not, over real sockets against the built package.
 * `node test/faults/start.mjs [--only REGEX]`; a cell is named `fault | server | stream`.
 */
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { ROOT } from '../runtimes/build.mjs'
import { runCell } from './cell.ts'
import { createColumns } from './columns.ts'
import type { Fault, Mode, Place } from './fault.ts'
import { fine } from './fault.ts'
import { bodyRows } from './rows/body.ts'
import { callerRows } from './rows/callers.ts'
import { connectionRows } from './rows/connection.ts'
import { endRows } from './rows/ends.ts'
import { errorFrameRows } from './rows/error-frames.ts'
import { frameRows } from './rows/frames.ts'
import { packingRows } from './rows/packing.ts'
import { refusalRows } from './rows/refusals.ts'
import type { Finding } from './table.ts'
import { printMatrix } from './table.ts'
import type { Upstream } from './upstream.ts'
import { startUpstream } from './upstream.ts'

/** Matches every row: the default of `--only`. */
const ALL = /(?:)/
const WELL: Fault = { name: 'no fault', perform: (to) => to.heal(), expected: () => fine() }
const ROWS = [
  WELL,
  ...connectionRows,
  ...bodyRows,
  ...packingRows,
  ...frameRows,
  ...endRows,
  ...errorFrameRows,
  ...refusalRows,
  ...callerRows,
]
const MODES: readonly Mode[] = ['stream', 'whole']
/** Number of cells that run at once: most of them only wait. */
const AT_ONCE = 64
/** Cells in which a timeout must expire run separately: a busy loop would look like a silent server. */
const AT_ONCE_BY_THE_CLOCK = 32

interface Cell {
  fault: Fault
  place: Place
}

function createCells(elsewhere: string, only: RegExp): Cell[] {
  const cells: Cell[] = []
  for (const fault of ROWS) {
    for (const column of createColumns()) {
      if (fault.families && !fault.families.includes(column.family)) continue
      if (fault.except?.includes(column.family)) continue
      if (fault.tools && column.toolless) continue
      for (const mode of MODES) {
        if (fault.mode && fault.mode !== mode) continue
        if (!only.test(`${fault.name} | ${column.name} | ${mode}`)) continue
        cells.push({ fault, place: { column, mode, elsewhere, id: cells.length } })
      }
    }
  }
  return cells
}

function isByTheClock({ fault: { settings = {}, stop } }: Cell): boolean {
  return stop !== undefined || Object.keys(settings).some((name) => /timeout/i.test(name))
}

/** The first call is slow: timeouts of 300 ms would expire. */
async function warmUp(upstream: Upstream): Promise<void> {
  const [column] = createColumns()
  for (const mode of MODES) {
    await runCell(WELL, { column, mode, elsewhere: upstream.elsewhere, id: -1 }, upstream)
  }
}

/** Collects uncaught rejections, exceptions and warnings. */
function watchRejections(): () => string[] {
  const found: string[] = []
  process.on('unhandledRejection', (reason) => found.push(`unhandled rejection: ${String(reason)}`))
  process.on('uncaughtException', (error) => found.push(`uncaught: ${error.stack}`))
  process.on('warning', (warning) => found.push(`warning: ${warning.message}`))
  return () => found.splice(0)
}

/** Writes the counts that CONTRIBUTING.md gives. */
function writeCounts(cells: readonly Cell[], servers: number): void {
  const results = { faults: ROWS.length, servers, cells: cells.length }
  writeFileSync(
    path.join(ROOT, 'test/faults/results.json'),
    `${JSON.stringify(results, null, 2)}\n`,
  )
}

async function main(only: RegExp): Promise<boolean> {
  const started = Date.now()
  const stray = watchRejections()
  const upstream = await startUpstream()
  const cells = createCells(upstream.elsewhere, only)
  await warmUp(upstream)
  const findings: Finding[] = []
  const run = async (list: readonly Cell[], atOnce: number) => {
    const next = list[Symbol.iterator]()
    const work = async () => {
      for (const { fault, place } of next) {
        const problems = await runCell(fault, place, upstream)
        const { column, mode, id } = place
        findings[id] = { fault: fault.name, column: column.name, mode, problems }
      }
    }
    await Promise.all(Array.from({ length: atOnce }, work))
  }
  await run(
    cells.filter((cell) => !isByTheClock(cell)),
    AT_ONCE,
  )
  await run(cells.filter(isByTheClock), AT_ONCE_BY_THE_CLOCK)
  await pause(100) // uncaught rejections are reported a little later
  upstream.close()
  const everywhere = [
    ...stray(),
    ...upstream.strangers.map((one) => `came to another origin: ${one}`),
  ]
  await pause(50)
  const timers = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
  if (timers > 0) everywhere.push(`${timers} timers left running`)
  const columns = createColumns().map(({ name }) => name)
  if (only.source === ALL.source) writeCounts(cells, columns.length)
  for (const words of everywhere) console.log(`All cells together: ${words}`)
  return printMatrix(findings, columns, Date.now() - started) && everywhere.length === 0
}

const at = process.argv.indexOf('--only')
const good = await main(at === -1 ? ALL : new RegExp(process.argv[at + 1] ?? ''))
process.exit(good ? 0 : 1)
