/**
 * Runs the measurements and writes `results/`: all of them, or those that are named.
 * `npm run bench`, `npm run bench -- per-wire startup`, `npm run bench -- --quick`
 */
import { execFile, execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { cpus } from 'node:os'
import { promisify } from 'node:util'
import { drawChart } from './chart.mjs'
import { readGateway, readPartialObjects, runOther } from './other-programs.mjs'
import { HERE, ROOT } from './programs.mjs'
import { writeReport } from './report.mjs'

const PROGRAM = promisify(execFile)
const program = (file) => async () => {
  const { stdout, stderr } = await PROGRAM(process.execPath, [HERE + file], { maxBuffer: 1e8 })
  process.stderr.write(stderr)
  return JSON.parse(stdout)
}

const MEASUREMENTS = {
  'chunk-cost': program('chunk-cost.mjs'),
  'node-versions': program('node-versions.mjs'),
  'in-browsers': program('in-browsers.mjs'),
  'per-wire': program('per-wire.mjs'),
  growth: program('growth.mjs'),
  'first-token': program('first-token.mjs'),
  crowd: program('crowd.mjs'),
  'partial-objects': () => runOther('partial-objects.mjs', readPartialObjects),
  gateway: () => runOther('gateway-cpu.mjs', readGateway),
  'gateway-latency': program('gateway-latency.mjs'),
  startup: program('startup.mjs'),
  'chat-page': program('chat-page.mjs'),
  sizes: program('sizes.mjs'),
  types: program('types.mjs'),
}

const words = process.argv.slice(2)
if (words.includes('--quick')) process.env.BENCH_QUICK = '1'
const asked = words.filter((word) => !word.startsWith('-'))
const unknown = asked.filter((name) => !(name in MEASUREMENTS))
if (unknown.length > 0)
  throw new Error(
    `Unknown: ${unknown.join(', ')}. There are ${Object.keys(MEASUREMENTS).join(', ')}`,
  )

if (!existsSync(`${ROOT}dist/index.js`))
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: ROOT, stdio: 'inherit' })

const file = `${HERE}results/results.json`
const results = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}
for (const name of asked.length > 0 ? asked : Object.keys(MEASUREMENTS)) {
  process.stdout.write(`${name} …\n`)
  try {
    const result = await MEASUREMENTS[name]()
    results[name] = { ...(result ?? { title: name, failed: 'not there yet' }), on: place() }
  } catch (error) {
    process.exitCode = 1
    results[name] = { title: name, failed: String(error.stderr || error).slice(-500), on: place() }
    process.stderr.write(`${results[name].failed}\n`)
  }
}

// In the order of the list, whenever each was measured.
const ordered = Object.fromEntries(
  Object.keys(MEASUREMENTS).flatMap((name) => (results[name] ? [[name, results[name]]] : [])),
)
mkdirSync(`${HERE}results`, { recursive: true })
writeFileSync(file, `${JSON.stringify(ordered, null, 2)}\n`)
writeFileSync(`${HERE}results/results.md`, writeReport(ordered))
if (ordered['chunk-cost']?.bars) writeFileSync(`${HERE}results/chart.svg`, drawChart(ordered))
// They are files of the project like any other.
const oxfmt = createRequire(`${ROOT}package.json`).resolve('oxfmt/package.json')
execFileSync(process.execPath, [oxfmt.replace('package.json', 'bin/oxfmt'), `${HERE}results`], {
  cwd: ROOT,
  stdio: 'ignore',
})
process.stdout.write(readFileSync(`${HERE}results/results.md`, 'utf8'))

/** Where and when: ratios hold elsewhere, microseconds do not. */
function place() {
  const date = new Date().toISOString().slice(0, 10)
  const quick = process.env.BENCH_QUICK === '1' ? ', quick' : ''
  const [{ model } = { model: 'unknown CPU' }] = cpus()
  return `${date}, Node ${process.versions.node}, ${cpus().length} × ${model.trim()}${quick}`
}
