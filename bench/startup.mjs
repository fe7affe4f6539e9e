/**
 * What it costs to start: the bundle of one streamed chat is loaded and its client made, and then the first chat is
 * read. In Node and Deno that is the CPU time of the process from just before the import; in workerd that of the
 * whole process until it answers, beyond one with an empty Worker.
 */
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { spread } from './measure.mjs'
import { bundle, CHATS, HERE, ROOT } from './programs.mjs'
import { round, tell, withSpread } from './result.mjs'

const ROUNDS = process.env.BENCH_QUICK === '1' ? 3 : 15
/** So many Workers of a kind are started at once, since one alone is lost in the cost of workerd itself. */
const WORKERS = 20
const NAMES = ['chatwire, one provider', 'chatwire, every provider', 'openai', 'xsai']
const require = createRequire(`${ROOT}package.json`)

/** Loads a client and chats with a server of its own; prints milliseconds, of CPU and on the wall. */
const PROGRAM = `
import process from 'node:process'
const frame = 'data: {"id":"1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":"stop"}]}\\n\\ndata: [DONE]\\n\\n'
const fetch = async () => new Response(frame, { headers: { 'content-type': 'text/event-stream' } })
await fetch()
const look = () => {
  const { user, system } = process.cpuUsage()
  return [(user + system) / 1000, performance.now()]
}
const began = look()
const { create, chat } = await import(process.argv[2])
const client = create(fetch)
const loaded = look()
if ((await chat(client)) !== 'Hi') throw new Error('Not the whole answer')
const ended = look()
const since = (one) => one.map((value, index) => value - began[index])
console.log(JSON.stringify({ loaded: since(loaded), ended: since(ended) }))
process.exit(0)
`

const folder = mkdtempSync(`${HERE}.startup-`)
try {
  writeFileSync(`${folder}/program.mjs`, PROGRAM)
  for (const name of NAMES) writeFileSync(fileOf(name), await bundle(CHATS[name]))
  await measure()
} finally {
  rmSync(folder, { recursive: true })
}

function fileOf(name) {
  return `${folder}/${name.replaceAll(/\W+/g, '-')}.mjs`
}

async function measure() {
  const node = [process.execPath]
  const deno = [require.resolve('deno/bin.cjs'), 'run', '--no-config', '--no-lock', '--allow-all']
  const results = {
    Node: inTurn((name) => runProgram(node, name)),
    Deno: inTurn((name) => runProgram([process.execPath, ...deno], name)),
  }
  const rows = []
  const figures = []
  for (const [runtime, samples] of Object.entries(results)) {
    const cpu = NAMES.map((name) => spread(samples[name].map(({ loaded }) => loaded[0])))
    for (const [index, name] of NAMES.entries()) {
      const pick = (moment, clock) => spread(samples[name].map((one) => one[moment][clock])).median
      rows.push([
        `${runtime}, ${name}`,
        withSpread(cpu[index]),
        round(cpu[index].median / cpu[2].median),
        round(pick('loaded', 1)),
        round(pick('ended', 0)),
      ])
    }
    figures.push(figureOf(runtime, cpu[0].median, cpu[2].median))
  }
  const workers = await inWorkerd()
  for (const name of NAMES)
    rows.push([
      `workerd, ${name}`,
      withSpread(workers[name]),
      round(workers[name].median / workers.openai.median),
      '',
      '',
    ])
  figures.push(figureOf('workerd', workers[NAMES[0]].median, workers.openai.median))
  tell({
    title: 'Start-up',
    note: `The bundle of one streamed chat, loaded and its client made. In workerd per Worker, of ${WORKERS} that are started together.`,
    head: ['', 'CPU, ms', '× openai', 'wall, ms', 'CPU with the first chat, ms'],
    rows,
    figures,
    bars: NAMES.map((name) => ({
      name,
      value: round(spread(results.Node[name].map(({ loaded }) => loaded[0])).median),
    })),
  })
}

function figureOf(runtime, ours, theirs) {
  return { what: `start-up CPU in ${runtime}, × openai client`, value: ours / theirs, limit: 0.25 }
}

/** @param {(name: string) => object} run */
function inTurn(run) {
  const samples = Object.fromEntries(NAMES.map((name) => [name, []]))
  for (let round = -1; round < ROUNDS; round++) {
    for (const name of NAMES) {
      const sample = run(name)
      if (round >= 0) samples[name].push(sample)
    }
  }
  return samples
}

function runProgram([command, ...words], name) {
  const all = [...words, `${folder}/program.mjs`, `file://${fileOf(name)}`]
  return JSON.parse(execFileSync(command, all, { encoding: 'utf8' }))
}

async function inWorkerd() {
  const kinds = ['empty', ...NAMES]
  writeFileSync(fileOf('empty'), 'export const create = () => {}')
  const samples = Object.fromEntries(kinds.map((kind) => [kind, []]))
  for (let round = -1; round < ROUNDS; round++) {
    for (const kind of kinds) {
      const sample = await startWorkerd(kind)
      if (round >= 0) samples[kind].push(sample)
    }
  }
  return Object.fromEntries(
    NAMES.map((name) => {
      const more = samples[name].map((one, round) => (one - samples.empty[round]) / WORKERS)
      return [name, spread(more)]
    }),
  )
}

/** Milliseconds of CPU until all Workers have answered. */
async function startWorkerd(kind) {
  const file = `${folder}/workerd.capnp`
  const main = `import { create } from 'chat.mjs'
const client = create(fetch)
export default { fetch: () => new Response(String(typeof client)) }`
  writeFileSync(`${folder}/main.mjs`, main)
  writeFileSync(`${folder}/chat.mjs`, readFileSync(fileOf(kind)))
  writeFileSync(file, configOf())
  const child = spawn(require('workerd').default, ['serve', '--control-fd=3', file], {
    stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
  })
  try {
    const ports = await portsOf(child.stdio[3])
    for (const port of ports) await (await fetch(`http://127.0.0.1:${port}/`)).text()
    return cpuOf(child.pid)
  } finally {
    child.kill()
  }
}

function configOf() {
  const numbers = Array.from({ length: WORKERS }, (_, number) => number)
  const services = numbers.map((number) => `(name = "w${number}", worker = .worker)`)
  const sockets = numbers.map(
    (number) => `(name = "s${number}", address = "127.0.0.1:0", http = (), service = "w${number}")`,
  )
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (services = [${services.join(', ')}], sockets = [${sockets.join(', ')}]);
const worker :Workerd.Worker = (
  modules = [
    (name = "main.mjs", esModule = embed "main.mjs"),
    (name = "chat.mjs", esModule = embed "chat.mjs"),
  ],
  compatibilityDate = "2026-01-01",
);
`
}

async function portsOf(control) {
  let text = ''
  for await (const piece of control) {
    text += piece
    const ports = [...text.matchAll(/"event":"listen".*?"port":(\d+)/g)].map(([, port]) => port)
    if (ports.length === WORKERS) return ports
  }
  throw new Error('workerd did not start')
}

/** The CPU of all its threads, which Linux tells in nanoseconds. */
function cpuOf(pid) {
  let nanoseconds = 0
  for (const task of readdirSync(`/proc/${pid}/task`))
    nanoseconds += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0])
  return nanoseconds / 1e6
}
