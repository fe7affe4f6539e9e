/**
 * Measures how much later a token arrives through the gateway than straight from the server, with 1,000 streams open at
 * once, beside a script that passes the same body on unread: in Node and in workerd.
 *
 * Each stream brings a token every second, so that the machine is not saturated: a saturated one measures its queue. A token
 * holds the time at which it was sent, by the clock of the one process that sends and receives. Before that, each has had
 * its first tokens, all of which have arrived: measured are streams under way, and not how fast what has piled up is worked off,
 * nor the collection of what the opening of a stream leaves behind. The ways take turns, in rounds; ratios are of the same round. A second
 * script parses each event and writes it anew, and does nothing else: what a translation costs at least.
 */
import { fork } from 'node:child_process'
import { Agent, createServer, request as ask } from 'node:http'
import { bundle, startWorkerd } from '../test/runtimes/workerd.mjs'
import { cpuOf, quantile, spread } from './measure.mjs'
import { HERE } from './programs.mjs'
import { round, tell, withSpread } from './result.mjs'

const QUICK = process.env.BENCH_QUICK === '1'
const STREAMS = Number(process.env.STREAMS ?? 1000)
const SECONDS = QUICK ? 3 : 5
const ROUNDS = QUICK ? 2 : 5
/**
 * Tokens of each stream before those that are measured: as many as it takes until the collector has moved what a stream
 * keeps out of its young generation, 20 MB of garbage later.
 */
const FIRST = 24
/** Ends a run that hangs, in milliseconds. */
const LONGEST = 900_000
const WAYS = { script: '/script', 'script that parses': '/parsed', gateway: '/v1/chat/completions' }

const frame = (delta, finish = null, usage = null) =>
  `data: ${JSON.stringify({ id: 'chatcmpl-bench', object: 'chat.completion.chunk', created: 1, model: 'gpt-4o', choices: [{ index: 0, delta, finish_reason: finish }], usage })}\n\n`
const USAGE = { prompt_tokens: 9, completion_tokens: 9, total_tokens: 18 }
const LAST = `${frame({}, 'stop', USAGE)}data: [DONE]\n\n`

/** Open responses of the upstream server. @type {import('node:http').ServerResponse[]} */
let open = []
const upstream = createServer((request, response) => {
  request.resume()
  request.on('end', () => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(frame({ role: 'assistant', content: 'opened' }))
    open.push(response)
  })
})
await new Promise((resolve) => upstream.listen(0, '127.0.0.1', () => resolve(undefined)))
const OPENAI = `http://127.0.0.1:${upstream.address().port}/v1`
const agent = new Agent({ keepAlive: false })

/** Opens a stream; resolves at its end. Calls back for the tokens before, and with the milliseconds that each other took. */
function readOne(url, onOpen, onFirst, onToken) {
  const body = { model: 'openai', messages: [{ role: 'user', content: 'Hello' }], stream: true }
  const headers = { 'content-type': 'application/json' }
  return new Promise((resolve, reject) => {
    const request = ask(url, { method: 'POST', agent, headers }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (piece) => {
        const now = performance.now()
        const end = (text += piece).lastIndexOf('\n\n') + 2
        if (end < 2) return
        const events = text.slice(0, end)
        text = text.slice(end)
        if (events.includes('"opened"')) onOpen()
        for (const _one of events.matchAll(/"one of the first/g)) onFirst()
        for (const [, sent] of events.matchAll(/"at ([\d.]+)"/g)) onToken(now - Number(sent))
      })
      response.on('end', resolve)
      response.on('error', reject)
    })
    request.on('error', reject)
    request.end(JSON.stringify(body))
  })
}

/** Resolves `done` with the last of so many calls of `count`. */
function countdown(left) {
  let resolveDone = () => {}
  const done = new Promise((resolve) => (resolveDone = () => resolve(undefined)))
  return { done, count: () => --left === 0 && resolveDone() }
}

/** One round of a way: the latencies of all tokens, and the CPU of the process in between for each, in microseconds. */
async function measure(url, pid) {
  open = []
  const latencies = []
  const opened = countdown(STREAMS)
  const begun = countdown(STREAMS * FIRST)
  const all = []
  while (all.length < STREAMS) {
    const one = readOne(url, opened.count, begun.count, (ms) => latencies.push(ms))
    one.catch(() => {}) // thrown by `all`
    all.push(one)
    // The queue of a listening socket is short.
    if (all.length % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 30))
  }
  await Promise.race([opened.done, Promise.all(all)])
  for (let sent = 0; sent < STREAMS * FIRST; sent++) {
    open[sent % STREAMS].write(frame({ content: `one of the first ${sent}` }))
    if (sent % 20 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  await Promise.race([begun.done, Promise.all(all)])
  await new Promise((resolve) => setTimeout(resolve, 500))
  const before = pid === undefined ? 0 : cpuOf(pid)
  const began = performance.now()
  // Evenly, in steps of a few milliseconds.
  for (let sent = 0; sent < STREAMS * SECONDS;) {
    const due = Math.floor(((performance.now() - began) / 1000) * STREAMS)
    for (; sent < Math.min(due, STREAMS * SECONDS); sent++)
      open[sent % STREAMS].write(frame({ content: `at ${performance.now().toFixed(3)}` }))
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  await new Promise((resolve) => setTimeout(resolve, 300))
  const cpu = pid === undefined ? 0 : (cpuOf(pid) - before) / latencies.length
  for (const response of open) response.end(LAST)
  await Promise.all(all)
  if (latencies.length !== STREAMS * SECONDS) throw new Error(`Lost some: ${latencies.length}`)
  return { p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99), cpu: cpu * 1000 }
}

const node = fork(`${HERE}gateway-node.mjs`, { env: { ...process.env, OPENAI } })
const port = await new Promise((resolve) => node.once('message', resolve))
const worker = await startWorkerd({
  code: await bundle('bench/gateway-worker.mjs', { minify: true }),
  env: { OPENAI },
})
const runtimes = {
  Node: { url: `http://127.0.0.1:${port}`, pid: node.pid },
  workerd: { url: worker.url, pid: worker.pid },
}
const samples = { direct: [] }
const limit = setTimeout(() => {
  node.kill()
  process.kill(worker.pid, 'SIGKILL')
  process.stderr.write('The streams did not all open, or did not end\n')
  process.exit(1)
}, LONGEST)
try {
  for (let count = -1; count < ROUNDS; count++) {
    const note = (name, sample) => count >= 0 && (samples[name] ??= []).push(sample)
    note('direct', await measure(`${OPENAI}/chat/completions`))
    for (const [runtime, { url, pid }] of Object.entries(runtimes))
      for (const [way, path] of Object.entries(WAYS))
        note(`${runtime}, ${way}`, await measure(url + path, pid))
  }
} finally {
  clearTimeout(limit)
  await worker.stop()
  node.kill()
  agent.destroy()
  upstream.close()
  upstream.closeAllConnections()
}

const pick = (name, value) => spread(samples[name].map(value))
/** The 99th percentile beyond the median of the direct way, in the same round. */
const added = (name) => samples[name].map(({ p99 }, place) => p99 - samples.direct[place].p50)
const ratioOf = (runtime) => {
  const theirs = added(`${runtime}, script`)
  return spread(added(`${runtime}, gateway`).map((one, place) => one / theirs[place]))
}
const cpuRatioOf = (runtime) =>
  spread(
    samples[`${runtime}, gateway`].map(
      ({ cpu }, place) => cpu / samples[`${runtime}, script`][place].cpu,
    ),
  )
tell({
  title: 'Latency of the gateway',
  note: `${STREAMS} streams open at once, a token a second each: milliseconds from the server to the client, which are one process, and the CPU of the process in between. The script passes the body on unread.`,
  head: ['', 'p50, ms', 'p99, ms', 'CPU, µs a token'],
  rows: Object.keys(samples).map((name) => [
    name,
    withSpread(pick(name, ({ p50 }) => p50)),
    withSpread(pick(name, ({ p99 }) => p99)),
    name === 'direct' ? '' : round(pick(name, ({ cpu }) => cpu).median),
  ]),
  figures: Object.keys(runtimes).flatMap((runtime) => [
    {
      what: `gateway in ${runtime}, p99 of the added latency at 1,000 streams, × script`,
      value: ratioOf(runtime).median,
      limit: 2,
    },
    {
      what: `gateway in ${runtime}, CPU per chunk at 1,000 streams, × script`,
      value: cpuRatioOf(runtime).median,
      limit: 1.1,
    },
  ]),
})
