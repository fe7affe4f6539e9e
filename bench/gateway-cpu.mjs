/**
 * Measures what a stream of 1,000 tokens costs workerd: through the gateway, through the relay, and passed through unread, in two
 * ways. A body that a Worker returns as it came, as the relay's is, is passed on by workerd itself and never meets
 * JavaScript: that is the bare one. Any that is read and written by a script costs some times as much before a byte of
 * it is looked at.
 *
 * Each piece holds one token, and the next is sent when the client has the one before: however slow the machine, or the
 * way through, no two pieces become one. Counted is the CPU time of all threads of the workerd process, the compiler and
 * the collector too, as Linux tells it. Rounds are paired: ratios are of the same minute.
 * Run it after a build: `node bench/gateway-cpu.mjs`
 */
import { Agent, createServer, request as ask } from 'node:http'
import { bundle, startWorkerd } from '../test/runtimes/workerd.mjs'
import { cpuOf, quantile } from './measure.mjs'

const QUICK = process.env.BENCH_QUICK === '1'
const TOKENS = 1000
const ROUNDS = QUICK ? 3 : 9
/** Streams in a round. */
const STREAMS = 16
/** Number of concurrent streams: with only one, the server wakes up for each of its chunks. */
const TOGETHER = [16, 1]
const WAYS = {
  gateway: '/v1/chat/completions',
  relay: '/relay/openai/chat/completions',
  'pass-through by a script': '/script',
  'bare pass-through': '/bare',
}

/** @param {object} choice */
const frame = (choice, usage = null) =>
  `data: ${JSON.stringify({ id: 'chatcmpl-bench', object: 'chat.completion.chunk', created: 1, model: 'gpt-4o', choices: [choice], usage })}\n\n`

/** Callbacks that resume a stream, by its number. @type {Map<string, () => void>} */
const next = new Map()

const upstream = createServer(async (request, response) => {
  let asked = ''
  for await (const piece of request) asked += piece
  const stream = /stream (\d+)/.exec(asked)?.[1] ?? ''
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  for (let token = 0; token < TOKENS; token++) {
    const arrived = new Promise((resolve) => next.set(stream, () => resolve(undefined)))
    response.write(frame({ index: 0, delta: { content: ` token${token}` }, finish_reason: null }))
    await arrived
  }
  next.delete(stream)
  const usage = { prompt_tokens: 9, completion_tokens: TOKENS, total_tokens: TOKENS + 9 }
  response.end(`${frame({ index: 0, delta: {}, finish_reason: 'stop' }, usage)}data: [DONE]\n\n`)
})
await new Promise((resolve) => upstream.listen(0, '127.0.0.1', () => resolve(undefined)))
const { port } = /** @type {import('node:net').AddressInfo} */ (upstream.address())
const worker = await startWorkerd({
  code: await bundle('bench/gateway-worker.mjs', { minify: true }),
  env: { OPENAI: `http://127.0.0.1:${port}/v1` },
})
const agent = new Agent({ keepAlive: true })
let streams = 0

/** @param {string} path */
function readOne(path) {
  const stream = String(streams++)
  const content = `stream ${stream}`
  const body = { model: 'openai', messages: [{ role: 'user', content }], stream: true }
  const headers = { 'content-type': 'application/json' }
  return new Promise((resolve, reject) => {
    const request = ask(worker.url + path, { method: 'POST', agent, headers }, (response) => {
      let text = ''
      let token = 0
      response.setEncoding('utf8')
      response.on('data', (piece) => {
        text = text.slice(-1000) + piece
        if (!text.includes(` token${token}"`)) return
        token++
        next.get(stream)?.()
      })
      response.on('end', () => {
        if (token === TOKENS) resolve(undefined)
        else reject(new Error(`Not the whole, ${token} tokens: ${text}`))
      })
    })
    request.on('error', reject)
    request.end(JSON.stringify(body))
  })
}

/** @param {string} path @param {number} together @returns {Promise<number>} milliseconds for one stream */
async function measure(path, together) {
  const before = cpuOf(worker.pid)
  for (let done = 0; done < STREAMS; done += together) {
    await Promise.all(Array.from({ length: together }, () => readOne(path)))
  }
  return (cpuOf(worker.pid) - before) / STREAMS
}

/** @param {number[]} values @param {string} unit */
const show = (values, unit) =>
  `${quantile(values, 0.5).toFixed(1)}${unit} (${Math.min(...values).toFixed(1)}-${Math.max(...values).toFixed(1)})`

const paths = Object.entries(WAYS)
for (const [, path] of paths) await measure(path, STREAMS) // until it is compiled
for (const together of TOGETHER) {
  /** @type {number[][]} */
  const costs = paths.map(() => [])
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, [, path]] of paths.entries())
      costs[index]?.push(await measure(path, together))
  }
  process.stdout.write(`${TOKENS} tokens, streams at a time: ${together}\n`)
  for (const [index, [name]] of paths.entries()) {
    const values = costs[index] ?? []
    const ratios = values.map((value, round) => value / (costs.at(-1)?.[round] ?? 1))
    process.stdout.write(`${name}: ${show(values, ' ms')}, × bare ${show(ratios, '')}\n`)
  }
}
await worker.stop()
agent.destroy()
upstream.close()
upstream.closeAllConnections()
