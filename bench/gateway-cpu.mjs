/**
 * What a stream of 1,000 tokens costs workerd: through the gateway, and through a bare pass-through of the same bytes.
 * Counted is the CPU time of the workerd process, user and system, as `/proc/<pid>/stat` tells it; so only on Linux.
 * Run it after a build: `node bench/gateway-cpu.mjs`
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { bundle, startWorkerd } from '../test/runtimes/workerd.mjs'

const TOKENS = 1000
const ROUNDS = 7
/** Streams in a round; the clock ticks only every 10 ms. */
const STREAMS = 30
/** Tokens that leave the upstream together, each in a frame of its own. Models write some at a time. */
const TOGETHER = 4

const tickMs = 1000 / Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))

/** @param {number} pid */
function cpuMs(pid) {
  // The name of the program, in brackets, may hold blanks.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * tickMs
}

/** @param {object} choice */
const frame = (choice, usage = null) =>
  `data: ${JSON.stringify({ id: 'chatcmpl-bench', object: 'chat.completion.chunk', created: 1, model: 'gpt-4o', choices: choice ? [choice] : [], usage })}\n\n`

const upstream = createServer(async (request, response) => {
  request.resume()
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  for (let token = 0; token < TOKENS; token += TOGETHER) {
    let text = ''
    for (let one = 0; one < TOGETHER; one++) {
      text += frame({ index: 0, delta: { content: ` token${token + one}` }, finish_reason: null })
    }
    response.write(text)
    await new Promise((resolve) => setImmediate(resolve))
  }
  response.write(frame({ index: 0, delta: {}, finish_reason: 'stop' }))
  response.end('data: [DONE]\n\n')
})
await new Promise((resolve) => upstream.listen(0, '127.0.0.1', () => resolve(undefined)))
const { port } = /** @type {import('node:net').AddressInfo} */ (upstream.address())
const worker = await startWorkerd({
  code: await bundle('bench/gateway-worker.mjs', { minify: true }),
  env: { OPENAI: `http://127.0.0.1:${port}/v1` },
})

/** @param {string} path */
async function readOne(path) {
  const response = await fetch(worker.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'openai',
      messages: [{ role: 'user', content: 'Count to a thousand' }],
      stream: true,
    }),
  })
  const text = await response.text()
  if (!text.includes(`token${TOKENS - 1}`)) throw new Error(`Not the whole: ${text.slice(-300)}`)
}

/** @param {string} path @returns {Promise<number>} milliseconds for one stream */
async function measure(path) {
  const before = cpuMs(worker.pid)
  for (let stream = 0; stream < STREAMS; stream++) await readOne(path)
  return (cpuMs(worker.pid) - before) / STREAMS
}

/** @param {number[]} values */
const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1]

const paths = ['/v1/chat/completions', '/bare']
for (const path of paths) await measure(path) // until it is compiled
/** @type {number[][]} */
const costs = [[], []]
for (let round = 0; round < ROUNDS; round++) {
  for (const [index, path] of paths.entries()) costs[index]?.push(await measure(path))
}
for (const [index, name] of ['gateway', 'bare pass-through'].entries()) {
  const values = costs[index] ?? []
  const range = `${Math.min(...values).toFixed(1)}-${Math.max(...values).toFixed(1)}`
  process.stdout.write(
    `${name}: ${median(values)?.toFixed(1)} ms for ${TOKENS} tokens (${range})\n`,
  )
}
await worker.stop()
upstream.close()
upstream.closeAllConnections()
