/**
 * Measures start-up: the bundle of one streamed chat is loaded and its client made, and then the first chat is
 * read. In Node and Deno that is the CPU time of the process from just before the import, in workerd that of the whole
 * process until it answers; in all of them beyond an empty module.
 */
import { execFile, spawn } from 'node:child_process'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { promisify } from 'node:util'
import { cpuOf, spread } from './measure.mjs'
import { bundle, bundleSplit, CHATS, createFolder, ROOT } from './programs.mjs'
import { round, tell, withSpread } from './result.mjs'

const ROUNDS = process.env.BENCH_QUICK === '1' ? 3 : 15
/** So many Workers of a kind are started at once, since one alone is lost in the cost of workerd itself. */
const WORKERS = 20
const NAMES = ['chatwire, one provider', 'chatwire, every provider', 'openai', 'xsai']
/** The first of them, with its code on demand in files of its own. */
const SPLIT = 'chatwire, one provider, split'
/** The first of them in a function that never runs: what reading the file takes, whatever is in it. */
const UNRUN = 'chatwire, one provider, only read'
/** As npm gives them, each file by itself, for programs in Node that are not bundled; the second is compared with. */
const UNBUNDLED = ['chatwire, one provider, unbundled', 'openai, unbundled']
/** The packages that chatwire imports, each loaded alone. */
const FLOORS = {
  'ky alone': `import ky from 'ky'
export const create = () => ky`,
  'eventsource-parser alone': `import { createParser } from 'eventsource-parser'
export const create = () => createParser({ onEvent() {} })`,
  'six functions of valibot alone': `import { array, custom, lazy, looseObject, optional, safeParse } from 'valibot'
export const create = () => [array, custom, lazy, looseObject, optional, safeParse]`,
}
/** A module with nothing in it: what the runtime itself takes to import one is not counted. */
const EMPTY = 'empty'
const ALL = [...NAMES, UNRUN, ...Object.keys(FLOORS)]
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
const [cpu, wall] = loaded.map((value, index) => value - began[index])
console.log(JSON.stringify({ cpu, wall, first: ended[0] - began[0] }))
process.exit(0)
`

const folder = createFolder()
try {
  writeFileSync(`${folder}/program.mjs`, PROGRAM)
  for (const name of NAMES) writeFileSync(fileOf(name), await bundle(CHATS[name]))
  writeFileSync(fileOf(UNRUN), unrun(await bundle(CHATS[NAMES[0]])))
  for (const [name, code] of Object.entries(FLOORS))
    writeFileSync(fileOf(name), await bundle(`${code}\nexport const chat = () => 'Hi'`))
  await bundleSplit(CHATS[NAMES[0]], `${folder}/split`)
  writeFileSync(fileOf(SPLIT), `export * from './split/stdin.mjs'`)
  const ours = CHATS[NAMES[0]]
    .replace('chatwire/', `file://${ROOT}dist/`)
    .replace("/openai'", "/openai.js'")
  for (const [index, program] of [ours, CHATS.openai].entries())
    writeFileSync(fileOf(UNBUNDLED[index]), program)
  writeFileSync(fileOf(EMPTY), `export const create = () => {}; export const chat = () => 'Hi'`)
  await measure()
} finally {
  rmSync(folder, { recursive: true })
}

/** Returns a module that holds a bundle, whose `export` is at its end, but runs nothing of it. */
function unrun(code) {
  const at = code.lastIndexOf('export{')
  if (at < 0) throw new Error('The bundle has another form')
  return `export function all(){${code.slice(0, at)}}
export const create = () => {}; export const chat = () => 'Hi'`
}

function fileOf(name) {
  return `${folder}/${name.replaceAll(/\W+/g, '-')}.mjs`
}

async function measure() {
  const deno = [require.resolve('deno/bin.cjs'), 'run', '--no-config', '--no-lock', '--allow-all']
  const runtimes = {
    Node: await inTurn([...ALL, SPLIT, ...UNBUNDLED], (kind) =>
      runProgram([process.execPath], kind),
    ),
    Deno: await inTurn([...ALL, SPLIT], (kind) => runProgram([process.execPath, ...deno], kind)),
    workerd: await inTurn([...ALL, SPLIT], startWorkerd),
  }
  const rows = []
  const figures = []
  for (const [runtime, samples] of Object.entries(runtimes)) {
    const costs = beyondEmpty(samples)
    const theirs = costs.openai.cpu.median
    const unbundled = costs[UNBUNDLED[1]]?.cpu.median
    for (const name of Object.keys(costs)) {
      const { cpu, wall, first } = costs[name]
      const ratio = round(cpu.median / (UNBUNDLED.includes(name) ? unbundled : theirs))
      rows.push([`${runtime}, ${name}`, withSpread(cpu), ratio, wall ?? '', first ?? ''])
    }
    const value = costs[NAMES[0]].cpu.median / theirs
    figures.push({
      what: `start-up CPU in ${runtime}, × openai client`,
      value,
      limit: runtime === 'Node' ? 0.3 : 0.15,
    })
    if (unbundled)
      figures.push({
        what: `start-up CPU in ${runtime}, unbundled, × openai client`,
        value: costs[UNBUNDLED[0]].cpu.median / unbundled,
        limit: 0.3,
      })
  }
  const { Node: node } = runtimes
  tell({
    title: 'Start-up',
    note: `The bundle of one streamed chat, loaded and its client made, beyond an empty module. In workerd per Worker, of ${WORKERS} that are started together.`,
    head: ['', 'CPU, ms', '× openai', 'wall, ms', 'CPU with the first chat, ms'],
    rows,
    figures,
    bars: NAMES.map((name) => ({ name, value: round(beyondEmpty(node)[name].cpu.median) })),
  })
}

/** Subtracts the cost of an empty module in the same round. */
function beyondEmpty(samples) {
  const more = (name, pick) =>
    spread(samples[name].map((one, round) => pick(one) - pick(samples[EMPTY][round])))
  const inNumbers = (name, pick) => round(more(name, pick).median)
  return Object.fromEntries(
    Object.keys(samples)
      .filter((name) => name !== EMPTY)
      .map((name) => [
        name,
        {
          cpu: more(name, ({ cpu }) => cpu),
          wall: samples[name][0].wall && inNumbers(name, ({ wall }) => wall),
          first: samples[name][0].first && inNumbers(name, ({ first }) => first),
        },
      ]),
  )
}

/** @param {string[]} kinds @param {(kind: string) => Promise<{ cpu: number, wall?: number, first?: number }>} run */
async function inTurn(kinds, run) {
  const all = [EMPTY, ...kinds]
  const samples = Object.fromEntries(all.map((kind) => [kind, []]))
  for (let round = -1; round < ROUNDS; round++) {
    for (const kind of all) {
      const sample = await run(kind)
      if (round >= 0) samples[kind].push(sample)
    }
  }
  return samples
}

async function runProgram([command, ...words], kind) {
  const all = [...words, `${folder}/program.mjs`, `file://${fileOf(kind)}`]
  const { stdout } = await promisify(execFile)(command, all)
  return JSON.parse(stdout)
}

/** Milliseconds of CPU for each Worker, until all have answered. */
async function startWorkerd(kind) {
  const file = `${folder}/workerd.capnp`
  const main = `import { create } from 'chat.mjs'
const client = create(fetch)
export default { fetch: () => new Response(String(typeof client)) }`
  writeFileSync(`${folder}/main.mjs`, main)
  writeFileSync(`${folder}/chat.mjs`, readFileSync(fileOf(kind)))
  writeFileSync(file, configOf(kind === SPLIT ? readdirSync(`${folder}/split`) : []))
  const child = spawn(require('workerd').default, ['serve', '--control-fd=3', file], {
    stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
  })
  try {
    const ports = await portsOf(child.stdio[3])
    for (const port of ports) await (await fetch(`http://127.0.0.1:${port}/`)).text()
    return { cpu: cpuOf(child.pid) / WORKERS }
  } finally {
    child.kill()
  }
}

/** @param {readonly string[]} files those that the module imports, now or later */
function configOf(files) {
  const others = files.map((name) => `(name = "split/${name}", esModule = embed "split/${name}"),`)
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
    ${others.join('\n    ')}
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
